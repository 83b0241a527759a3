package loopback

import (
	"slices"

	"imgate/transports"
)

// maxAsking is how many requests wait for one account.
const maxAsking = 100

// Guard makes an account one that wants to be asked before others see it.
func (s *Server) Guard(id transports.LegacyID) { s.with(id, func(a *account) { a.guarded = true }) }

// Ask makes from ask for the authorisation of to, as another client of from would.
func (s *Server) Ask(from, to transports.LegacyID, nick, reason string) {
	s.with(to, func(a *account) { a.request(transports.AuthRequest{From: from, Nick: nick, Reason: reason}) })
}

// Answer makes id answer the request of to, as another client of id would; false when there is none.
func (s *Server) Answer(id, to transports.LegacyID, allow bool, reason string) (done bool) {
	s.with(id, func(a *account) { done = s.answerRequest(a, to, allow, reason) })
	return done
}

// waitsFor reports whether a has id on the list and may not see it yet.
func (a *account) waitsFor(id transports.LegacyID) bool {
	at := a.find(id)
	return at >= 0 && a.contacts[at].Pending
}

// request asks a; the request is kept until it is answered. A second one of the same account replaces the first.
func (a *account) request(r transports.AuthRequest) {
	a.forgetRequest(r.From)
	if len(a.asking) >= maxAsking || !a.allows(r.From) {
		return
	}
	a.asking = append(a.asking, r)
	a.feel(transports.CanAuthorize, r)
}

func (a *account) forgetRequest(from transports.LegacyID) {
	a.asking = slices.DeleteFunc(a.asking, func(r transports.AuthRequest) bool { return r.From == from })
}

// giveRequests gives a new session what was asked and answered while there was none.
func (a *account) giveRequests() {
	if !a.can(transports.CanAuthorize) {
		return
	}
	for _, r := range a.asking {
		a.line.put(r)
	}
	for _, r := range a.answers {
		a.line.put(r)
	}
	a.answers = nil
}

// answerAuth is AnswerAuth.
func (s *Server) answerAuth(l *line, c transports.AnswerAuth) answer {
	if !s.answerRequest(l.acct, c.To, c.Allow, c.Reason) {
		return outcome(transports.ErrUnknown)
	}
	return outcome(nil)
}

// answerRequest tells who asked. Who is not let in stays pending.
func (s *Server) answerRequest(a *account, to transports.LegacyID, allow bool, reason string) bool {
	if !slices.ContainsFunc(a.asking, func(r transports.AuthRequest) bool { return r.From == to }) {
		return false
	}
	a.forgetRequest(to)
	other := s.accounts[to]
	if other == nil {
		return true
	}
	at := other.find(a.id)
	if at >= 0 && allow {
		other.contacts[at].Pending = false
	}
	said := transports.AuthAnswer{From: a.id, Granted: allow, Reason: reason}
	if other.line == nil && len(other.answers) < maxAsking {
		other.answers = append(other.answers, said)
	}
	other.feel(transports.CanAuthorize, said)
	if at >= 0 && allow && other.line != nil {
		other.line.put(transports.Contacted{Contact: copied(other.contacts[at : at+1])[0]})
		other.line.put(s.seenBy(a, other))
	}
	return true
}
