package loopback

import "imgate/transports"

// sendTyping is SendTyping.
func (s *Server) sendTyping(l *line, c transports.SendTyping) answer {
	if to, err := s.reached(l.acct, c.To); err == nil {
		to.feel(transports.CanType, transports.TypingFrom{From: l.acct.id, State: c.State})
	}
	return outcome(nil)
}

// sendAttention is SendAttention. It wants somebody who is there.
func (s *Server) sendAttention(l *line, c transports.SendAttention) answer {
	to, err := s.reached(l.acct, c.To)
	switch {
	case err != nil:
		return outcome(err)
	case to.shown() == transports.Offline || to.line != nil && !to.can(transports.CanAttention):
		return outcome(transports.ErrUnavailable)
	}
	to.feel(transports.CanAttention, transports.Attention{From: l.acct.id})
	return answer{proof: transports.Delivered}
}

// Type tells to what the keyboard of from does, as another client of from would.
func (s *Server) Type(from, to transports.LegacyID, state transports.Typing) {
	s.with(to, func(a *account) {
		if a.allows(from) {
			a.feel(transports.CanType, transports.TypingFrom{From: from, State: state})
		}
	})
}

// Nudge asks for the attention of to, as another client of from would.
func (s *Server) Nudge(from, to transports.LegacyID) {
	s.with(to, func(a *account) {
		if a.allows(from) {
			a.feel(transports.CanAttention, transports.Attention{From: from})
		}
	})
}
