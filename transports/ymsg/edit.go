package ymsg

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// Bounds of edits.
const (
	maxEdits   = 200             // that wait
	maxGroups  = 20              // of one contact
	maxGroup   = 128             // bytes of a group's name
	silentStep = 5 * time.Second // for the answer to a step that may have none
)

// An edit is a command that changes the list, and the packets that it takes.
type edit struct {
	command transports.Command
	tag     transports.Tag
	id      transports.LegacyID
	steps   []step // that are left, once it has begun; the first is on its way if until is set
	begun   bool
	changed bool
	until   time.Time
}

// A step is one packet of an edit: 83 for a group to go into, 84 for one to leave, 85 to ignore or no longer to.
type step struct {
	service wire.Service
	group   string
	reason  string
	on      bool // of an 85
	silent  bool // a server may have done it with the step before, and then says nothing
}

// edits are those that wait; the first is under way. One goes at a time, since an answer says no more than whom and which
// group it is about.
type edits struct {
	queue []*edit
	fresh []transports.Presence // the last of who is about to be on the list; nil: none
}

// push queues a command that changes the list, or refuses what cannot be.
func (e *edits) push(s *session, c transports.Command) {
	d := &edit{command: c, tag: transports.TagOf(c)}
	var groups []string
	switch c := c.(type) {
	case transports.AddContact:
		d.id, groups = c.ID, c.Groups
	case transports.ChangeContact:
		d.id, groups = c.ID, c.Groups
	case transports.RemoveContact:
		d.id = c.ID
	case transports.Block:
		d.id = c.ID
	}
	if err := checkGroups(groups); err != nil {
		s.done(d.tag, transports.Written, err)
		return
	}
	if len(e.queue) >= maxEdits {
		s.done(d.tag, transports.Written, transports.ErrBusy)
		return
	}
	e.queue = append(e.queue, d)
}

func checkGroups(groups []string) error {
	if len(groups) > maxGroups {
		return transports.ErrTooLong
	}
	for _, g := range groups {
		switch {
		case len(g) > maxGroup:
			return transports.ErrTooLong
		case strings.ContainsAny(g, "\r\n"):
			return fmt.Errorf("%w: a group's name has one line", transports.ErrInvalid)
		}
	}
	return nil
}

// awaits reports whether somebody is about to be put on the list.
func (e *edits) awaits(id transports.LegacyID) bool {
	return len(e.queue) > 0 && e.queue[0].id == id && e.queue[0].begun
}

// run sends what may be sent, gives up on answers that are late, and tells when the next will be; zero if none is awaited.
func (e *edits) run(s *session, now time.Time) time.Time {
	for len(e.queue) > 0 {
		d := e.queue[0]
		switch {
		case !d.begun:
			d.begun = true
			if err := d.plan(&s.list); err != nil {
				e.finish(s, err)
			}
		case len(d.steps) == 0:
			e.finish(s, nil)
		case d.until.IsZero():
			if err := d.send(s, now); err != nil {
				e.finish(s, err)
			}
		case now.Before(d.until):
			return d.until
		case d.steps[0].silent:
			e.stepDone(s, nil)
		default:
			e.finish(s, transports.ErrNoAnswer)
		}
	}
	return time.Time{}
}

// plan finds the steps, now that all edits before it are done. New groups come before old ones go, so that nobody is off
// the list meanwhile.
func (d *edit) plan(l *contacts) error {
	now := slices.Clone(l.groupsOf(d.id))
	switch c := d.command.(type) {
	case transports.AddContact:
		d.regroup(now, c.Groups, c.Reason)
	case transports.ChangeContact:
		if !l.has(d.id) {
			return transports.ErrUnknown
		}
		d.regroup(now, c.Groups, "")
	case transports.RemoveContact:
		for _, g := range now {
			d.steps = append(d.steps, step{service: wire.RemoveContact, group: g})
		}
	case transports.Block:
		if slices.Contains(l.ignored, d.id) != c.On {
			d.steps = []step{{service: wire.Ignore, on: c.On}}
		}
	}
	return nil
}

func (d *edit) regroup(now, want []string, reason string) {
	if len(want) == 0 {
		want = []string{noGroup}
	}
	for _, g := range want {
		if !slices.Contains(now, g) {
			d.steps = append(d.steps, step{service: wire.AddContact, group: g, reason: reason})
			reason = "" // is said once
		}
	}
	for _, g := range now {
		if !slices.Contains(want, g) {
			// A server that has such a group of its own has taken them out of the others.
			d.steps = append(d.steps, step{service: wire.RemoveContact, group: g, silent: want[0] == noGroup})
		}
	}
}

// send sends the first step.
func (d *edit) send(s *session, now time.Time) error {
	t := d.steps[0]
	f := wire.Fields{wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyContact, string(d.id))}
	switch t.service {
	case wire.Ignore:
		flag := "2"
		if t.on {
			flag = "1"
		}
		f = append(f, wire.Text(wire.KeyFlag, flag))
	default:
		f = append(f, wire.Text(wire.KeyGroup, s.list.spell(t.group)))
		if t.service == wire.AddContact {
			f = append(f, wire.Text(wire.KeyText, shortened(t.reason, maxAwayText)), wire.Text(wire.KeyUTF8, "1"))
			if s.dialect.late {
				f = nested(f)
			}
		}
	}
	d.until = now.Add(answerWithin)
	if t.silent {
		d.until = now.Add(silentStep)
	}
	return s.say(t.service, wire.Available, f, nil)
}

// edited takes the answer to a step (83, 84, 85), or what another client of the account has done. What came of a list
// before it will not be finished.
func (s *session) edited(p wire.Packet) {
	s.parts = wire.Collector{}
	id, ok := s.id(p.Fields.String(wire.KeyContact))
	if !ok {
		return
	}
	result, _ := p.Fields.Number(wire.KeyResult)
	group := s.text(p.Fields, wire.KeyGroup)
	if e := &s.edits; e.underWay(p.Service, id, group) {
		e.stepDone(s, editError(result))
		return
	}
	if result != wire.ResultOK || len(group) > maxGroupHeld {
		return
	}
	t := step{service: p.Service, group: group, on: p.Fields.String(wire.KeyFlag) == "1"}
	if s.apply(id, t) {
		s.tellEntry(id, t.service)
	}
}

// underWay reports whether an answer is to the step that is.
func (e *edits) underWay(service wire.Service, id transports.LegacyID, group string) bool {
	if len(e.queue) == 0 || e.queue[0].until.IsZero() {
		return false
	}
	d := e.queue[0]
	return d.steps[0].service == service && d.id == id && (group == "" || group == d.steps[0].group)
}

// ignoreTaken takes the server's word that the ignore list has changed (11). It comes before the answer to the 85, and there
// are servers of which the answer never comes.
func (s *session) ignoreTaken(wire.Packet) {
	if q := s.edits.queue; len(q) > 0 && !q[0].until.IsZero() && q[0].steps[0].service == wire.Ignore {
		s.edits.stepDone(s, nil)
	}
}

// stepDone goes on to the next step, or ends the edit.
func (e *edits) stepDone(s *session, err error) {
	d := e.queue[0]
	if err != nil {
		e.finish(s, err)
		return
	}
	d.changed = s.apply(d.id, d.steps[0]) || d.changed
	d.steps, d.until = d.steps[1:], time.Time{}
	if len(d.steps) == 0 {
		e.finish(s, nil)
	}
}

// apply does to our list what the server did to its, and reports whether that is a change.
func (s *session) apply(id transports.LegacyID, t step) bool {
	switch t.service {
	case wire.AddContact:
		if slices.Contains(s.list.groupsOf(id), t.group) {
			return false
		}
		s.list.put(id, t.group)
		return true
	case wire.RemoveContact:
		had := slices.Contains(s.list.groupsOf(id), t.group)
		s.list.take(id, t.group)
		return had
	case wire.Ignore:
		had := slices.Contains(s.list.ignored, id)
		s.list.ignore(id, t.on)
		return had != t.on
	}
	return false
}

// finish ends the first edit: what it has changed is told, then how somebody is who is new, then that it is done.
func (e *edits) finish(s *session, err error) {
	d := e.queue[0]
	e.queue[0] = nil
	if e.queue = e.queue[1:]; len(e.queue) == 0 {
		e.queue = nil
	}
	switch c := d.command.(type) {
	case transports.AddContact:
		d.named(s, c.Name, err)
	case transports.ChangeContact:
		d.named(s, c.Name, err)
	case transports.RemoveContact:
		if err == nil || d.changed {
			s.tellEntry(d.id, wire.RemoveContact)
		}
	case transports.Block:
		if err == nil {
			s.tellEntry(d.id, wire.Ignore)
		}
	}
	for _, p := range e.fresh {
		if s.list.has(p.From) {
			s.tell(p)
		}
	}
	e.fresh = nil
	s.done(d.tag, transports.Accepted, err)
}

// named keeps the name of somebody, and tells how they are on the list now.
func (d *edit) named(s *session, name string, err error) {
	if c := s.list.who[d.id]; c != nil && (err == nil || d.changed) {
		c.name = name
		s.tellEntry(d.id, wire.AddContact)
	}
}

// tellEntry tells what has become of somebody.
func (s *session) tellEntry(id transports.LegacyID, service wire.Service) {
	switch {
	case service == wire.Ignore:
		s.tell(transports.Blocked{List: s.list.blocked()})
	case s.list.has(id):
		s.tell(transports.Contacted{Contact: s.list.entry(id)})
	default:
		s.tell(transports.ContactGone{ID: id})
	}
}
