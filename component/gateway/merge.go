package gateway

import (
	"slices"

	"imgate/registry"
	"imgate/xmpp"
)

// A naming is how a contact is called and sorted: in the user's roster, or on the legacy list.
type naming struct {
	name   string
	groups []string // without order
}

// A merger is what roster and list have to learn of each other about one contact.
type merger struct {
	roster, list naming // as they are to be
	put, tell    bool   // the roster is to be changed; the list
	name, groups change // who has changed what
}

// merge finds out who has changed what since both were last looked at, which m tells. What the user has changed in
// the roster stands, and goes to the list; what was changed on the list comes into the roster. A difference that
// stood when both were last looked at is nobody's business, and a list without a name for somebody takes none away from the
// roster: there are networks that keep no names. At first sight only what one side lacks is taken from
// the other: a name that a client has made up of the address does not count.
func merge(m registry.Memory, roster, list naming) merger {
	out := merger{roster: roster, list: list}
	if m.Put {
		out.name = winner(roster.name == list.name, roster.name != m.Name, list.name != m.ListName && list.name != "")
		out.groups = winner(sameGroups(roster.groups, list.groups), !sameGroups(roster.groups, m.Groups), !sameGroups(list.groups, m.ListGroups))
	} else {
		out.name = winner(roster.name == list.name || roster.name == string(m.ID), roster.name != "" && list.name == "", roster.name == "")
		out.groups = winner(sameGroups(roster.groups, list.groups), len(roster.groups) > 0 && len(list.groups) == 0, len(roster.groups) == 0)
	}
	switch out.name {
	case byUser:
		out.list.name, out.tell = roster.name, true
	case byList:
		out.roster.name, out.put = list.name, true
	case still:
	}
	switch out.groups {
	case byUser:
		out.list.groups, out.tell = roster.groups, true
	case byList:
		out.roster.groups, out.put = list.groups, true
	case still:
	}
	return out
}

// A change is who has changed a name, or groups.
type change uint8

const (
	still  change = iota // nobody
	byUser               // the user, in the roster
	byList               // whoever changes the legacy list: the network, or the user's other client there
)

func winner(same, user, list bool) change {
	switch {
	case same:
		return still
	case user:
		return byUser
	case list:
		return byList
	}
	return still
}

func sameGroups(a, b []string) bool {
	sorted := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	return slices.Equal(sorted(a), sorted(b))
}

func namingOf(i xmpp.RosterItem) naming { return naming{i.Name, i.Groups} }

// naming is how the legacy list has c. Who has no name there is called by the legacy address, where the XMPP address
// is not the same to read.
func (c *contact) naming() naming {
	e := naming{c.name, c.groups}
	if e.name == "" && xmpp.EscapeHash(xmpp.EscapeLocal(string(c.ID))) != string(c.ID) {
		e.name = string(c.ID)
	}
	return e
}

// note remembers how the roster has c, and the list as it was looked at.
func (a *account) note(c *contact, roster, list naming) {
	if c.Put && c.Name == roster.name && c.ListName == list.name && slices.Equal(c.Groups, roster.groups) && slices.Equal(c.ListGroups, list.groups) {
		return
	}
	c.Put, c.Name, c.Groups = true, roster.name, slices.Clone(roster.groups)
	c.ListName, c.ListGroups = list.name, slices.Clone(list.groups)
	a.touch(c)
}

// owed is how the list was when last it was in the roster, where what has changed there can't be put now: so it is
// still new when it can.
func (m merger) owed(c *contact, roster, list naming) naming {
	before := naming{c.ListName, c.ListGroups}
	if !c.Put {
		before = roster
	}
	if m.name == byList {
		list.name = before.name
	}
	if m.groups == byList {
		list.groups = before.groups
	}
	return list
}

// told is how the list is once it has taken what the user has changed.
func (m merger) told(list naming) naming {
	if m.name == byUser {
		list.name = m.list.name
	}
	if m.groups == byUser {
		list.groups = m.list.groups
	}
	return list
}
