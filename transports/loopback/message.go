package loopback

import (
	"fmt"
	"slices"

	"imgate/richtext"
	"imgate/transports"
)

// Bounds of the server.
const (
	maxText   = 8 << 10 // bytes of a message
	maxStored = 100     // messages that wait for an account
)

// sendMessage is SendMessage.
func (s *Server) sendMessage(l *line, c transports.SendMessage) answer {
	to, err := s.reached(l.acct, c.To)
	switch {
	case err != nil:
		return outcome(err)
	case len(c.Body.String()) > maxText:
		return outcome(transports.ErrTooLong)
	case to.away() && !l.powers.Has(transports.CanOffline):
		return outcome(transports.ErrUnavailable)
	}
	body := c.Body
	if !l.powers.Has(transports.CanStyle) {
		body = richtext.Plain(body.String())
	}
	return outcome(s.deliver(l.acct, to, transports.Message{From: l.acct.id, Body: body, Auto: c.Auto}))
}

// reached is the account of id if a may reach it.
func (s *Server) reached(a *account, id transports.LegacyID) (*account, error) {
	to := s.accounts[id]
	if to == nil {
		return nil, fmt.Errorf("%s: %w", id, transports.ErrUnknown)
	}
	if !to.allows(a.id) || !a.allows(id) {
		return nil, fmt.Errorf("%s: %w", id, transports.ErrDenied)
	}
	return to, nil
}

// away reports whether nobody is there to take something.
func (a *account) away() bool { return a.line == nil && a.shown() == transports.Offline }

// deliver delivers, echoes or stores.
func (s *Server) deliver(from, to *account, m transports.Message) error {
	if to.away() && len(to.stored) >= maxStored {
		return fmt.Errorf("%w: %s has too many messages", transports.ErrBusy, to.id)
	}
	to.heard = append(to.heard, m)
	switch {
	case to.echo:
		if from.line != nil {
			from.line.put(transports.Message{From: to.id, Body: m.Body})
		}
	case to.line != nil:
		to.line.put(m)
	default:
		m.Sent, m.Stored = now(), true
		to.stored = append(to.stored, m)
	}
	return nil
}

// Say sends a message between accounts, as another client of from would: a session of from is told of it.
func (s *Server) Say(from, to transports.LegacyID, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[from]
	if a == nil {
		a = &account{id: from}
	}
	other, err := s.reached(a, to)
	if err != nil {
		return // to an account that is not there: as the network would, silently
	}
	body := richtext.Plain(text)
	if err := s.deliver(a, other, transports.Message{From: from, Body: body}); err == nil && a.line != nil {
		a.line.put(transports.OwnMessage{To: to, Body: body, Sent: now()})
	}
}

// Heard are the messages that reached id.
func (s *Server) Heard(id transports.LegacyID) (heard []transports.Message) {
	s.with(id, func(a *account) { heard = slices.Clone(a.heard) })
	return heard
}

// giveStored gives a new session what waits for it. It is kept until the session says that it is handed over, and
// given again to the next if it never does.
func (a *account) giveStored() {
	for i := range a.stored {
		m := a.stored[i]
		m.Seq = transports.Seq(i + 1)
		a.line.put(m)
	}
	a.line.given = len(a.stored)
}

// forgetStored is HandedOver. The numbers of a session are the places in what it was given.
func (s *Server) forgetStored(l *line, c transports.HandedOver) answer {
	a := l.acct
	a.handedOver = max(a.handedOver, c.Seq)
	if upTo := int(min(c.Seq, transports.Seq(l.given))); upTo > l.forgotten {
		a.stored = slices.Clone(a.stored[upTo-l.forgotten:])
		l.forgotten = upTo
	}
	return outcome(nil)
}

// HandedOver is the highest number that id's gateway has said is with the user's server.
func (s *Server) HandedOver(id transports.LegacyID) (seq transports.Seq) {
	s.with(id, func(a *account) { seq = a.handedOver })
	return seq
}

// Stored is how many messages the network keeps for id.
func (s *Server) Stored(id transports.LegacyID) (n int) {
	s.with(id, func(a *account) { n = len(a.stored) })
	return n
}
