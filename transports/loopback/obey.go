package loopback

import (
	"slices"

	"imgate/transports"
)

// obey carries out one command and gives the answer, nil when none is wanted.
func (s *Server) obey(l *line, c transports.Command) *transports.Done {
	s.mu.Lock()
	defer s.mu.Unlock()
	proof, err := s.carryOut(l.acct, c)
	tag := transports.TagOf(c)
	if tag == 0 {
		return nil
	}
	return &transports.Done{Tag: tag, Proof: proof, Err: err}
}

func (s *Server) carryOut(a *account, c transports.Command) (transports.Proof, error) {
	switch c := c.(type) {
	case transports.SendMessage:
		return transports.Accepted, s.message(a.id, c.To, c.Body)
	case transports.SendTyping:
		if to := s.accounts[c.To]; to != nil && to.line != nil {
			to.line.put(transports.TypingFrom{From: a.id, State: c.State})
		}
		return transports.Written, nil
	case transports.SetPresence:
		s.setPresence(a, c)
		return transports.Accepted, nil
	case transports.AddContact:
		return transports.Accepted, s.add(a, transports.Contact{ID: c.ID, Name: c.Name, Groups: c.Groups})
	case transports.ChangeContact:
		return transports.Accepted, s.change(a, transports.Contact{ID: c.ID, Name: c.Name, Groups: c.Groups})
	case transports.RemoveContact:
		a.contacts = slices.DeleteFunc(a.contacts, func(k transports.Contact) bool { return k.ID == c.ID })
		a.line.put(transports.ContactGone{ID: c.ID})
		return transports.Accepted, nil
	case transports.HandedOver:
		a.handedOver = max(a.handedOver, c.Seq)
		return transports.Written, nil
	}
	return transports.Written, transports.ErrUnsupported
}

func (s *Server) add(a *account, c transports.Contact) error {
	other := s.accounts[c.ID]
	if other == nil {
		return transports.ErrUnknown
	}
	a.contacts = slices.DeleteFunc(a.contacts, func(k transports.Contact) bool { return k.ID == c.ID })
	a.contacts = append(a.contacts, c)
	a.line.put(transports.Contacted{Contact: c})
	a.line.put(other.presence())
	return nil
}

func (s *Server) change(a *account, c transports.Contact) error {
	for i := range a.contacts {
		if a.contacts[i].ID == c.ID {
			a.contacts[i] = c
			a.line.put(transports.Contacted{Contact: c})
			return nil
		}
	}
	return transports.ErrUnknown
}
