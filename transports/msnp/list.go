package msnp

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// The lists that somebody may be on, as bits.
const (
	onForward = 1 << iota // the contact list
	onAllow
	onBlock
	onReverse // they have us on theirs
	onPending // they wait for our word
)

var listBits = map[string]uint8{"FL": onForward, "AL": onAllow, "BL": onBlock, "RL": onReverse, "PL": onPending}

// defaultGroup is where contacts stand that are in no group, before MSNP10.
const defaultGroup = "0"

// maxPeople bounds the lists, and their groups: a server that says more is out of its mind.
const maxPeople = 50_000

// A contact is somebody on one of the lists.
type contact struct {
	id     transports.LegacyID
	name   string // on the list
	guid   string
	lists  uint8
	groups []string             // their ids
	added  bool                 // in this session: how they are may never be told
	shown                       // how they are
	told   *transports.Presence // the last that was told; nil: nothing
}

func (c *contact) on(list uint8) bool { return c != nil && c.lists&list != 0 }

// A list is all the lists, as the server has them.
type list struct {
	people  map[transports.LegacyID]*contact
	order   []transports.LegacyID
	groups  map[string]string // names by id
	privacy string            // AL: all but those on BL reach us; BL: only those on AL
	edits   []edit            // that wait for their turn
	editing bool
}

func newList() list {
	return list{people: map[transports.LegacyID]*contact{}, groups: map[string]string{}, privacy: "AL"}
}

// person is the contact of that address, made where there is none.
func (l *list) person(id transports.LegacyID) *contact {
	c := l.people[id]
	if c == nil {
		c = &contact{id: id}
		l.people[id] = c
		l.order = append(l.order, id)
	}
	return c
}

// full reports whether there is no room for somebody who is on no list yet.
func (l *list) full(id transports.LegacyID) bool {
	return l.people[id] == nil && len(l.people) >= maxPeople
}

// forget drops who is on no list any more.
func (l *list) forget(c *contact) {
	if c.lists == 0 {
		delete(l.people, c.id)
		l.order = slices.DeleteFunc(l.order, func(id transports.LegacyID) bool { return id == c.id })
	}
}

// entry is a contact as the gateway sees it.
func (l *list) entry(c *contact) transports.Contact {
	e := transports.Contact{ID: c.id}
	if c.name != string(c.id) {
		e.Name = c.name
	}
	for _, id := range c.groups {
		if name := l.groups[id]; name != "" && id != defaultGroup {
			e.Groups = append(e.Groups, name)
		}
	}
	return e
}

// all is the contact list, in the server's order.
func (l *list) all() []transports.Contact {
	var all []transports.Contact
	for _, id := range l.order {
		if c := l.people[id]; c.on(onForward) {
			all = append(all, l.entry(c))
		}
	}
	return all
}

func (l *list) blocked() []transports.LegacyID {
	var all []transports.LegacyID
	for _, id := range l.order {
		if l.people[id].on(onBlock) {
			all = append(all, id)
		}
	}
	return all
}

// asks reports whether somebody waits for our word.
func (c *contact) asks() bool {
	if c.on(onAllow | onBlock) {
		return false
	}
	return c.on(onPending | onReverse)
}

// requests are those who wait for our word.
func (l *list) requests() []transports.Event {
	var all []transports.Event
	for _, id := range l.order {
		if c := l.people[id]; c.asks() {
			all = append(all, transports.AuthRequest{From: id, Nick: l.entry(c).Name})
		}
	}
	return all
}

// groupNamed is the id of a group; empty: there is none.
func (l *list) groupNamed(name string) string {
	for id, n := range l.groups {
		if n == name && id != defaultGroup {
			return id
		}
	}
	return ""
}

// A syncing is how far the reading of the lists has come.
type syncing struct {
	on               bool
	contacts, groups int       // that are to come
	heard            time.Time // the last of them
}

// synchronise reads the lists (SYN, LSG, LST).
func (s *session) synchronise(ctx context.Context) error {
	args := []string{"0"}
	if s.dialect.guids {
		args = []string{"0", "0"}
	}
	s.sync = syncing{on: true, heard: time.Now()}
	answer, err := s.query(ctx, "SYN", args...)
	if err != nil {
		return err
	}
	n := len(answer.Args)
	if n >= 2+len(args) { // SYN trid ts [ts] contacts groups; fewer words: the list is as it was
		contacts, err1 := strconv.Atoi(answer.Arg(n - 2))
		groups, err2 := strconv.Atoi(answer.Arg(n - 1))
		if err1 == nil && err2 == nil {
			s.sync.contacts += contacts
			s.sync.groups += groups
		}
	}
	for s.sync.contacts > 0 || s.sync.groups > 0 {
		limit := s.sync.heard.Add(stepTimeout)
		if !time.Now().Before(limit) {
			return errNoAnswer
		}
		s.wakeBy(limit)
		if err := s.turn(ctx, nil); err != nil {
			return err
		}
	}
	s.sync.on = false
	return nil
}

// heardGroup is LSG: name guid, or id name 0.
func (s *session) heardGroup(c wire.Command) {
	id, name := c.Arg(1), c.Text(0)
	if !s.dialect.guids {
		id, name = c.Arg(0), c.Text(1)
	}
	if len(s.list.groups) < maxPeople {
		s.list.groups[id] = name
	}
	s.sync.groups--
	s.sync.heard = time.Now()
}

// heardContact is LST.
func (s *session) heardContact(c wire.Command) {
	s.sync.contacts--
	s.sync.heard = time.Now()
	address, name, guid, rest := "", "", "", c.Args
	if s.dialect.guids {
		for len(rest) > 0 && len(rest[0]) > 1 && rest[0][1] == '=' {
			switch value := rest[0][2:]; rest[0][0] {
			case 'N':
				address = wire.Unescape(value)
			case 'F':
				name = wire.Unescape(value)
			case 'C':
				guid = value
			}
			rest = rest[1:]
		}
	} else if len(rest) > 2 {
		address, name, rest = c.Text(0), c.Text(1), rest[2:]
	}
	id, err := canonical(address)
	if err != nil || len(rest) == 0 {
		s.log.Debug("not a contact", "address", address)
		return
	}
	bits, err := strconv.ParseUint(rest[0], 10, 8)
	if err != nil {
		return
	}
	if s.list.full(id) {
		s.end(failure(transports.Broken, "the contact list is too long", nil))
		return
	}
	p := s.list.person(id)
	p.name, p.guid, p.lists = name, guid, uint8(bits)
	rest = rest[1:]
	if s.dialect.typed && len(rest) > 0 {
		rest = rest[1:]
	}
	if len(rest) > 0 && p.on(onForward) {
		p.groups = strings.Split(rest[0], ",")
	}
	s.list.forget(p)
}

// heardProperty is PRP: our own nickname.
func (s *session) heardProperty(c wire.Command) {
	for i := range c.Args {
		if c.Args[i] == "MFN" {
			s.nick = c.Text(i + 1)
		}
	}
}

// heardPrivacy is BLP.
func (s *session) heardPrivacy(c wire.Command) {
	if mode := c.Arg(len(c.Args) - 1); mode == "AL" || mode == "BL" {
		s.list.privacy = mode
	}
}

// heardAdded is what somebody else did to our lists: ADC 0 RL N=address F=name, or ADD 0 RL serial address name.
func (s *session) heardAdded(c wire.Command) {
	address, name := "", ""
	if s.dialect.guids {
		for _, a := range c.Args {
			switch {
			case strings.HasPrefix(a, "N="):
				address = wire.Unescape(a[2:])
			case strings.HasPrefix(a, "F="):
				name = wire.Unescape(a[2:])
			}
		}
	} else {
		address, name = c.Text(len(c.Args)-2), c.Text(len(c.Args)-1)
	}
	id, err := canonical(address)
	bit := listBits[c.Arg(1)]
	if err != nil || bit == 0 || s.list.full(id) {
		return
	}
	p := s.list.person(id)
	if p.name == "" {
		p.name = name
	}
	p.lists |= bit
	if bit&(onReverse|onPending) == 0 {
		return
	}
	if p.asks() {
		if s.dialect.pending {
			p.lists |= onPending // until our word has come
		}
		s.tell(transports.AuthRequest{From: id, Nick: s.list.entry(p).Name})
	} else if p.on(onAllow) {
		s.tell(transports.AddedYou{From: id})
	}
}

// heardRemoved is REM 0 RL address, with a serial before it in the old dialects.
func (s *session) heardRemoved(c wire.Command) {
	id, err := canonical(c.Text(len(c.Args) - 1))
	p := s.list.people[id]
	if err != nil || p == nil {
		return
	}
	p.lists &^= listBits[c.Arg(1)]
	if listBits[c.Arg(1)] == onReverse {
		p.lists &^= onPending
	}
	s.list.forget(p)
}
