package soap

import (
	"crypto/rand"
	"time"
)

// A session is one client of a user. It belongs to its person, whose lock guards it.
type session struct {
	id       string
	used     time.Time
	attached bool // has asked for something of IM, and hears of it since
	queue    queue
	waiter   *waiter // the NoOp that waits; nil: none
}

// A waiter is a NoOp that waits. Whoever wakes it says why.
type waiter struct {
	woken   chan reason // has room for each reason
	limited bool        // limitToOneBlocked
}

type reason uint8

const (
	lookReason       reason = iota // there may be something
	releasedReason                 // it is to answer, whatever there is
	disallowedReason               // likewise, and the client is to stop waiting
	expiredReason                  // its user is out
	reasons          = iota
)

// wake never waits. That there may be something says nothing new to one that has been woken. p.mu is held.
func (w *waiter) wake(r reason) {
	if w == nil || r == lookReason && len(w.woken) > 0 {
		return
	}
	select {
	case w.woken <- r:
	default: // it has reasons enough
	}
}

// session gives the session with that id, or a new one where there is none, or none any more. p.mu is held.
func (p *person) session(id string, now time.Time) (s *session, made bool) {
	if s = p.sessions[id]; s != nil && p.idle(s, now) {
		p.end(s)
		s = nil
	}
	if s != nil {
		s.used = now
		return s, false
	}
	for len(p.sessions) >= p.door.opt.Sessions {
		p.end(p.oldest())
	}
	s = &session{id: rand.Text()[:16], used: now}
	s.queue.refresh = true
	p.sessions[s.id] = s
	return s, true
}

// idle reports whether a session has been left. One that waits has not. p.mu is held.
func (p *person) idle(s *session, now time.Time) bool {
	return s.waiter == nil && now.Sub(s.used) >= p.door.opt.SessionIdle
}

// oldest is the session that was used least recently. p.mu is held.
func (p *person) oldest() *session {
	var first *session
	for _, s := range p.sessions {
		if first == nil || s.used.Before(first.used) {
			first = s
		}
	}
	return first
}

// attach lets a session hear of IM; the first one begins the user's XMPP session. p.mu is held.
func (p *person) attach(s *session) {
	if s == nil || s.attached || p.sessions[s.id] != s {
		return
	}
	s.attached = true
	p.attached++
	if p.attached > 1 {
		return
	}
	p.watch = p.door.opt.Gateway.Watch(p.jid)
	if p.door.opt.Presence != nil {
		p.door.opt.Presence.Attach(p.jid, p.password)
	}
	for _, s := range p.sessions { // there is something to watch now
		s.waiter.wake(lookReason)
	}
}

// end ends a session; the last one that was attached ends the user's XMPP session. p.mu is held.
func (p *person) end(s *session) {
	if p.sessions[s.id] != s {
		return
	}
	delete(p.sessions, s.id)
	s.waiter.wake(releasedReason)
	if !s.attached {
		return
	}
	s.attached = false
	p.attached--
	if p.attached > 0 {
		return
	}
	p.watch.Close()
	p.watch = nil
	if p.door.opt.Presence != nil {
		p.door.opt.Presence.Detach(p.jid)
	}
}
