package loopback

import (
	"context"
	"crypto/rand"
	"slices"

	"imgate/transports"
)

// ticketName is the Keep value of this network: what tells one gateway's sign-ons from another's. It lets nobody
// in by itself.
const ticketName = "ticket"

func (s *Server) signOn(ctx context.Context, spawn func(string, func()), acct transports.Account) (*line, *transports.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, acct.Name)
	if s.refusal != nil {
		return nil, s.refusal
	}
	a := s.accounts[acct.Name]
	if a == nil || a.echo || a.password != acct.Password.Reveal() {
		return nil, &transports.Failure{Kind: transports.BadCredentials, Text: "wrong name or password"}
	}
	if a.line != nil {
		old := a.line
		s.leaveAll(old)
		old.put(ended{failure: &transports.Failure{Kind: transports.Replaced, Text: "signed on from another location"}})
	}
	powers := s.powers
	if a.granted != nil {
		powers = *a.granted
	}
	l := newLine(ctx, spawn, a, powers)
	a.line = l
	s.welcome(l, acct)
	return l, nil
}

// welcome tells a new session what it has to know, in the order in which networks do.
func (s *Server) welcome(l *line, acct transports.Account) {
	a := l.acct
	l.put(transports.SignedOn{Name: string(a.id), Powers: l.powers})
	a.ticket = acct.Kept[ticketName]
	if a.ticket.Empty() {
		a.ticket = transports.NewSecret(rand.Text())
		l.put(transports.Keep{Name: ticketName, Secret: a.ticket})
	}
	l.put(transports.ContactList{Contacts: copied(a.contacts)})
	l.putIf(transports.CanBlock, transports.Blocked{List: slices.Clone(a.blocked)})
	for _, c := range a.contacts {
		if other := s.accounts[c.ID]; other != nil && s.seenBy(other, a).Show != transports.Offline {
			l.put(s.seenBy(other, a))
		}
	}
	a.giveStored()
	a.giveRequests()
	p := acct.Presence
	p.Invisible = p.Invisible && l.powers.Has(transports.CanInvisible)
	s.setPresence(a, p)
}

// Ticket is what the last sign-on of id showed, or was given, to be recognised by.
func (s *Server) Ticket(id transports.LegacyID) (ticket transports.Secret) {
	s.with(id, func(a *account) { ticket = a.ticket })
	return ticket
}

// signOff takes a session out of everything. The second time does nothing.
func (s *Server) signOff(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaveAll(l)
	if l.acct.line != l {
		return
	}
	l.acct.line, l.acct.presence = nil, transports.SetPresence{}
	s.tellWatchers(l.acct)
}

// leaveAll takes a session out of its rooms and ends its files.
func (s *Server) leaveAll(l *line) {
	for _, r := range s.rooms {
		if in := r.of(l.acct); in != nil && in.line == l {
			s.leave(r, l.acct)
		}
	}
	s.dropOffers(l)
}
