package loopback

import (
	"slices"

	"imgate/transports"
)

// maxBlocked bounds a block list.
const maxBlocked = 1000

// allows reports whether id may reach a: write to it, see it, send it files. The account itself may.
func (a *account) allows(id transports.LegacyID) bool {
	switch a.mode {
	case transports.AllowAll:
		return true
	case transports.AllowContacts:
		return a.id == id || a.find(id) >= 0
	case transports.AllowListed:
		return a.id == id || slices.Contains(a.permitted, id)
	case transports.DenyListed:
		return !slices.Contains(a.blocked, id)
	}
	return a.id == id
}

// block is Block. With a block the rule must not be one that lets everybody through.
func (s *Server) block(l *line, c transports.Block) answer {
	a := l.acct
	switch {
	case s.accounts[c.ID] == nil:
		return outcome(transports.ErrUnknown)
	case c.On && len(a.blocked) >= maxBlocked:
		return outcome(transports.ErrBusy)
	}
	a.blocked = slices.DeleteFunc(a.blocked, func(id transports.LegacyID) bool { return id == c.ID })
	if c.On {
		a.blocked = append(a.blocked, c.ID)
		slices.Sort(a.blocked)
		if a.mode == transports.AllowAll {
			a.mode = transports.DenyListed
		}
	}
	l.put(transports.Blocked{List: slices.Clone(a.blocked)})
	s.tellWatchers(a)
	return outcome(nil)
}

// setPrivacy is SetPrivacy.
func (s *Server) setPrivacy(l *line, c transports.SetPrivacy) answer {
	if c.Mode > transports.DenyAll {
		return outcome(transports.ErrInvalid)
	}
	l.acct.mode = c.Mode
	s.tellWatchers(l.acct)
	return outcome(nil)
}

// Permit makes who the ones that AllowListed lets through, as another client of id would. The contract has no
// command for it.
func (s *Server) Permit(id transports.LegacyID, who ...transports.LegacyID) {
	s.with(id, func(a *account) {
		a.permitted = slices.Clone(who)
		s.tellWatchers(a)
	})
}

// Privacy is the mode of id, and whom it blocks.
func (s *Server) Privacy(id transports.LegacyID) (mode transports.Privacy, blocked []transports.LegacyID) {
	s.with(id, func(a *account) { mode, blocked = a.mode, slices.Clone(a.blocked) })
	return mode, blocked
}
