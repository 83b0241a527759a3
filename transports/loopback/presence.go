package loopback

import (
	"fmt"
	"slices"

	"imgate/transports"
)

// showPresence is SetPresence. A session without the power to be invisible is told so, and stays as it was: who
// wants to be unseen must not be shown.
func (s *Server) showPresence(l *line, c transports.SetPresence) answer {
	switch {
	case c.Show == transports.Offline || c.Show > transports.DND:
		return outcome(fmt.Errorf("%w: no such presence", transports.ErrInvalid))
	case c.Invisible && !l.powers.Has(transports.CanInvisible):
		return outcome(transports.ErrUnsupported)
	case len(c.Status) > maxStatus:
		return outcome(transports.ErrTooLong)
	}
	s.setPresence(l.acct, c)
	return outcome(nil)
}

// maxStatus is in bytes.
const maxStatus = 4 << 10

func (s *Server) setPresence(a *account, p transports.SetPresence) {
	a.presence = p
	s.tellWatchers(a)
}

// SetShow changes where an account without session stands, as another client would.
func (s *Server) SetShow(id transports.LegacyID, show transports.Show, status string) {
	s.SetPresence(id, transports.SetPresence{Show: show, Status: status})
}

// SetPresence changes all of the presence of an account, as another client would.
func (s *Server) SetPresence(id transports.LegacyID, p transports.SetPresence) {
	s.with(id, func(a *account) { s.setPresence(a, p) })
}

// Online reports whether id is signed on, and with which presence others see it.
func (s *Server) Online(id transports.LegacyID) (show transports.Show, status string, on bool) {
	s.with(id, func(a *account) { show, status, on = a.shown(), a.presence.Status, a.line != nil })
	return show, status, on
}

// Presence is the presence of id as its session set it last.
func (s *Server) Presence(id transports.LegacyID) (p transports.SetPresence) {
	s.with(id, func(a *account) { p = a.presence })
	return p
}

func (a *account) shown() transports.Show {
	if a.presence.Invisible {
		return transports.Offline
	}
	return a.presence.Show
}

// seenBy is the presence of a as by sees it, with what by's session can do.
func (s *Server) seenBy(a, by *account) transports.Presence {
	p := transports.Presence{From: a.id}
	if a.shown() == transports.Offline || !a.allows(by.id) || by.waitsFor(a.id) {
		return p
	}
	p.Show, p.Status = a.presence.Show, a.presence.Status
	p.Powers = Everything
	if a.line != nil {
		p.Powers = a.line.powers
	}
	if by.can(transports.CanIdle) {
		p.IdleSince = a.presence.IdleSince
	}
	if by.can(transports.CanTune) {
		p.Tune = a.presence.Tune
	}
	if by.can(transports.CanAvatar) {
		p.Avatar = hashOf(a.avatar)
	}
	return p
}

func (a *account) can(p transports.Power) bool { return a.line != nil && a.line.powers.Has(p) }

// tellWatchers tells everybody who has a on the list.
func (s *Server) tellWatchers(a *account) {
	for _, other := range s.accounts {
		if other.line == nil {
			continue
		}
		if slices.ContainsFunc(other.contacts, func(c transports.Contact) bool { return c.ID == a.id }) {
			other.line.put(s.seenBy(a, other))
		}
	}
}
