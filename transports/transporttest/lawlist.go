package transporttest

import (
	"reflect"
	"slices"

	"imgate/transports"
)

// learn follows the contact list as the events tell it.
func (s *subject) learn(e transports.Event) {
	switch e := e.(type) {
	case transports.ContactList:
		s.contacts = map[transports.LegacyID]transports.Contact{}
		for _, c := range e.Contacts {
			s.contacts[c.ID] = c
		}
	case transports.Contacted:
		s.contacts[e.Contact.ID] = e.Contact
	case transports.ContactGone:
		delete(s.contacts, e.ID)
	case transports.Blocked:
		s.blocked = e.List
	}
}

// contactsLaw takes the friend off the list, puts them on it, and changes them; the events follow.
func contactsLaw(s *subject) {
	id := s.h.Friend
	until := func(what string, there bool, name string, groups ...string) bool {
		s.t.Helper()
		return s.until("law broken: the list does not follow: "+what, func() bool {
			c, on := s.contacts[id]
			if !on || !there {
				return on == there
			}
			return c.Name == name && (!s.powers.Has(transports.CanGroup) || reflect.DeepEqual(slices.Sorted(slices.Values(c.Groups)), groups))
		})
	}
	if !s.until("ContactList", func() bool { return s.contacts != nil }) {
		return
	}
	if _, on := s.contacts[id]; on {
		s.works(transports.RemoveContact{Tag: s.tag(), ID: id})
	}
	_ = until("removed", false, "") &&
		s.works(transports.AddContact{Tag: s.tag(), ID: id, Name: "Friend", Groups: []string{"Law"}}) &&
		until("added", true, "Friend", "Law") &&
		s.works(transports.ChangeContact{Tag: s.tag(), ID: id, Name: "Best", Groups: []string{"Order"}}) &&
		until("changed", true, "Best", "Order") &&
		s.works(transports.RemoveContact{Tag: s.tag(), ID: id}) &&
		until("removed again", false, "")
}

func authLaw(s *subject) {
	for _, allow := range []bool{false, true} {
		if _, ok := feels(s, Asks, func(e transports.AuthRequest) bool { return e.From == s.h.Friend }); ok {
			s.works(transports.AnswerAuth{Tag: s.tag(), To: s.h.Friend, Allow: allow, Reason: "law"})
		}
	}
}

// blockLaw: after each change Blocked tells the whole list.
func blockLaw(s *subject) {
	for _, on := range []bool{true, false} {
		if !s.works(transports.Block{Tag: s.tag(), ID: s.h.Friend, On: on}) {
			return
		}
		s.until("law broken: Blocked does not follow the command", func() bool { return slices.Contains(s.blocked, s.h.Friend) == on })
	}
}

// privacyLaw: a mode that the network does not know is refused, and the others are not unsupported (checkPower).
func privacyLaw(s *subject) {
	for mode := transports.DenyAll; mode > transports.AllowAll; mode-- {
		s.ask(transports.SetPrivacy{Tag: s.tag(), Mode: mode})
	}
	s.works(transports.SetPrivacy{Tag: s.tag(), Mode: transports.AllowAll})
	s.refuses("a mode that there is not", transports.SetPrivacy{Tag: s.tag(), Mode: transports.DenyAll + 1})
}
