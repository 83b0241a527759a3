package loopback

import (
	"slices"

	"imgate/transports"
)

// Bounds of a contact list.
const (
	maxContacts = 1000
	maxGroups   = 20 // of one contact
)

// addContact is AddContact. Somebody who wants to be asked first is asked, and pending until they answer.
func (s *Server) addContact(l *line, c transports.AddContact) answer {
	a, other := l.acct, s.accounts[c.ID]
	at := a.find(c.ID)
	switch {
	case other == nil:
		return outcome(transports.ErrUnknown)
	case at < 0 && len(a.contacts) >= maxContacts:
		return outcome(transports.ErrBusy)
	case len(c.Groups) > maxGroups:
		return outcome(transports.ErrTooLong)
	}
	entry := l.entry(c.ID, c.Name, c.Groups)
	asks := other.guarded && (at < 0 || a.contacts[at].Pending)
	if asks && !l.powers.Has(transports.CanAuthorize) {
		return outcome(transports.ErrDenied)
	}
	entry.Pending = asks
	if at < 0 {
		a.contacts = append(a.contacts, entry)
	} else {
		a.contacts[at] = entry
	}
	l.put(transports.Contacted{Contact: copied([]transports.Contact{entry})[0]})
	switch {
	case asks:
		other.request(transports.AuthRequest{From: a.id, Nick: a.nick, Reason: c.Reason})
	case at < 0:
		other.feel(transports.CanAuthorize, transports.AddedYou{From: a.id})
	}
	l.put(s.seenBy(other, a))
	return outcome(nil)
}

// changeContact is ChangeContact.
func (s *Server) changeContact(l *line, c transports.ChangeContact) answer {
	at := l.acct.find(c.ID)
	switch {
	case at < 0:
		return outcome(transports.ErrUnknown)
	case len(c.Groups) > maxGroups:
		return outcome(transports.ErrTooLong)
	}
	entry := l.entry(c.ID, c.Name, c.Groups)
	entry.Pending = l.acct.contacts[at].Pending
	l.acct.contacts[at] = entry
	l.put(transports.Contacted{Contact: copied([]transports.Contact{entry})[0]})
	return outcome(nil)
}

// removeContact is RemoveContact. It is no error when there is nobody to remove.
func (s *Server) removeContact(l *line, c transports.RemoveContact) answer {
	a := l.acct
	a.contacts = slices.DeleteFunc(a.contacts, func(k transports.Contact) bool { return k.ID == c.ID })
	if other := s.accounts[c.ID]; other != nil {
		other.forgetRequest(a.id)
	}
	l.put(transports.ContactGone{ID: c.ID})
	return outcome(nil)
}

// entry makes an entry of the list; without CanGroup it has no groups.
func (l *line) entry(id transports.LegacyID, name string, groups []string) transports.Contact {
	if !l.powers.Has(transports.CanGroup) {
		groups = nil
	}
	return transports.Contact{ID: id, Name: name, Groups: slices.Clone(groups)}
}

// find is where id is on the list, or -1.
func (a *account) find(id transports.LegacyID) int {
	return slices.IndexFunc(a.contacts, func(c transports.Contact) bool { return c.ID == id })
}

// copied shares nothing with contacts.
func copied(contacts []transports.Contact) []transports.Contact {
	out := slices.Clone(contacts)
	for i := range out {
		out[i].Groups = slices.Clone(out[i].Groups)
	}
	return out
}

// Contacts is the list of id.
func (s *Server) Contacts(id transports.LegacyID) (list []transports.Contact) {
	s.with(id, func(a *account) { list = copied(a.contacts) })
	return list
}
