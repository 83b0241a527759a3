package ymsg

import (
	"slices"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// noGroup is the group of those who are in none: on this network everybody is in one.
const noGroup = "(No Group)"

// Bounds of what is kept of a list.
const (
	maxContacts   = 10_000
	maxIgnored    = 10_000
	maxGroupsHeld = 100 // of one contact
	maxGroupHeld  = 512 // bytes of a group's name that comes with a change; all names of a list have no more than wire.MaxList
)

// A contact is somebody on the list.
type contact struct {
	name   string   // this network knows no names: what the gateway has told in this session
	groups []string // as they are spelled here; noGroup is one of them
}

// contacts are the list as the session knows it. Servers send it once; what is changed is told by the answers, and a
// server that sends it again says nothing new. It is the session's own.
type contacts struct {
	order   []transports.LegacyID
	who     map[transports.LegacyID]*contact
	bytes   map[string]string // how the server spells a group, where it is not in UTF-8
	ignored []transports.LegacyID
}

// listPart takes a part of the list (55), and tells the whole once it is there. Once there is a list, one that does not end
// is no reason to end the session: there are servers that begin to send it after a change, and fail. Nor is one that
// says nothing of groups, as with new cookies alone, a list of nobody.
func (s *session) listPart(p wire.Packet) error {
	if time.Since(s.partsAt) > answerWithin {
		s.parts = wire.Collector{}
	}
	s.partsAt = time.Now()
	list, whole, err := s.parts.Add(p)
	if err != nil && s.listed {
		s.log.Warn("list passed over", "err", err)
		return nil
	}
	if err != nil || !whole {
		return err
	}
	if s.listed && !list.Grouped {
		return nil
	}
	before := s.list.all()
	blocked := s.list.blocked()
	s.takeList(list)
	if !s.listed {
		s.listed, s.cookies = true, list.Cookies
		return nil
	}
	if !sameContacts(before, s.list.all()) {
		s.tell(transports.ContactList{Contacts: s.list.all()})
	}
	if !slices.Equal(blocked, s.list.blocked()) {
		s.tell(transports.Blocked{List: s.list.blocked()})
	}
	return nil
}

// takeList replaces the list. Names stay: the server has none.
func (s *session) takeList(list wire.ContactList) {
	old := s.list.who
	s.list = contacts{who: map[transports.LegacyID]*contact{}, bytes: map[string]string{}}
	for _, g := range list.Groups {
		name := richtext.Guess(g.Name, s.charset)
		if name != string(g.Name) {
			s.list.bytes[name] = string(g.Name)
		}
		for _, m := range g.Members {
			if id, ok := s.id(m); ok {
				s.list.put(id, name)
			}
		}
	}
	for id, c := range s.list.who {
		if before := old[id]; before != nil {
			c.name = before.name
		}
	}
	for _, m := range list.Ignored {
		if id, ok := s.id(m); ok {
			s.list.ignore(id, true)
		}
	}
}

func sameContacts(a, b []transports.Contact) bool {
	return slices.EqualFunc(a, b, func(x, y transports.Contact) bool {
		return x.ID == y.ID && x.Name == y.Name && slices.Equal(x.Groups, y.Groups)
	})
}

func (l *contacts) has(id transports.LegacyID) bool { return l.who[id] != nil }

// groupsOf are the groups that somebody is in; nil if not on the list.
func (l *contacts) groupsOf(id transports.LegacyID) []string {
	if c := l.who[id]; c != nil {
		return c.groups
	}
	return nil
}

// put puts somebody into a group.
func (l *contacts) put(id transports.LegacyID, group string) {
	c := l.who[id]
	if c == nil {
		if len(l.order) >= maxContacts {
			return
		}
		if l.who == nil {
			l.who = map[transports.LegacyID]*contact{}
		}
		c = &contact{}
		l.who[id] = c
		l.order = append(l.order, id)
	}
	if len(c.groups) < maxGroupsHeld && !slices.Contains(c.groups, group) {
		c.groups = append(c.groups, group)
	}
}

// take takes somebody out of a group, and with the last off the list.
func (l *contacts) take(id transports.LegacyID, group string) {
	c := l.who[id]
	if c == nil {
		return
	}
	if c.groups = slices.DeleteFunc(c.groups, func(g string) bool { return g == group }); len(c.groups) == 0 {
		delete(l.who, id)
		l.order = slices.DeleteFunc(l.order, func(o transports.LegacyID) bool { return o == id })
	}
}

// rename gives a group another name.
func (l *contacts) rename(from, to string) {
	for _, c := range l.who {
		if slices.Contains(c.groups, from) {
			c.groups = slices.DeleteFunc(c.groups, func(g string) bool { return g == from || g == to })
			c.groups = append(c.groups, to)
		}
	}
}

// entry is somebody as the gateway knows them.
func (l *contacts) entry(id transports.LegacyID) transports.Contact {
	c := l.who[id]
	e := transports.Contact{ID: id, Name: c.name}
	for _, g := range c.groups {
		if g != noGroup && g != "" {
			e.Groups = append(e.Groups, g)
		}
	}
	return e
}

// all is the whole list.
func (l *contacts) all() []transports.Contact {
	list := make([]transports.Contact, 0, len(l.order))
	for _, id := range l.order {
		list = append(list, l.entry(id))
	}
	return list
}

// spell is how the server spells a group.
func (l *contacts) spell(group string) string {
	if b, ok := l.bytes[group]; ok {
		return b
	}
	return group
}

// ignore puts somebody on the ignore list, or takes them off.
func (l *contacts) ignore(id transports.LegacyID, on bool) {
	at, is := slices.BinarySearch(l.ignored, id)
	switch {
	case on && !is && len(l.ignored) < maxIgnored:
		l.ignored = slices.Insert(l.ignored, at, id)
	case !on && is:
		l.ignored = slices.Delete(l.ignored, at, at+1)
	}
}

// blocked is the ignore list, in alphabetical order.
func (l *contacts) blocked() []transports.LegacyID { return slices.Clone(l.ignored) }

// groupRenamed takes a group's new name (89): only where it is known that it worked, and is on the list.
func (s *session) groupRenamed(p wire.Packet) {
	result, _ := p.Fields.Number(wire.KeyResult)
	from, to := s.text(p.Fields, wire.KeyGroup), s.text(p.Fields, wire.KeyNewGroup)
	if editError(result) != nil || from == "" || to == "" || from == to || len(to) > maxGroupHeld {
		return
	}
	before := s.list.all()
	s.list.rename(from, to)
	if !sameContacts(before, s.list.all()) {
		s.tell(transports.ContactList{Contacts: s.list.all()})
	}
}
