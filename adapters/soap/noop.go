package soap

import (
	"time"

	"imgate/adapters/soap/wire"
)

// How long a NoOp may wait.
const (
	defaultWait  = 5 * time.Minute
	shortestWait = 30 * time.Second
	longestWait  = 20 * time.Minute
)

// noOp lets a client poll, or wait until there is something to hear.
func (d *Door) noOp(r *request) (*wire.Element, error) {
	wait, err := truth(r.body, "wait", false)
	if err != nil {
		return nil, err
	}
	limited, err := truth(r.body, "limitToOneBlocked", false)
	if err != nil {
		return nil, err
	}
	timeout, err := number(r.body, "timeout", defaultWait.Milliseconds())
	if err != nil {
		return nil, err
	}
	out := wire.New(mailSpace, "NoOpResponse")
	switch {
	case wait && r.session == nil:
		return nil, refuse(invalidRequest, "wait needs a session")
	case !wait || r.made || r.batch: // a new session hears of itself at once; a batch holds nobody up
		return out, nil
	}
	timeout = min(max(timeout, shortestWait.Milliseconds()), longestWait.Milliseconds())
	why, err := r.wait(limited, time.Duration(timeout)*time.Millisecond)
	switch {
	case err != nil:
		return nil, err
	case why == expiredReason:
		return nil, refuse(authExpired, "the token is no longer good; authenticate again")
	case why == disallowedReason:
		out.SetValue("waitDisallowed", wire.Truth(true))
	}
	return out, nil
}

// wait waits until the session has something to tell, somebody releases it, or time is over. The error is errGone.
func (r *request) wait(limited bool, timeout time.Duration) (reason, error) {
	p, s := r.person, r.session
	w := &waiter{woken: make(chan reason, reasons), limited: limited}
	p.begin(s, w)
	defer p.done(s, w)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		news, something := p.look(s)
		if something {
			return lookReason, nil
		}
		select {
		case why := <-w.woken:
			if why != lookReason {
				return why, nil
			}
		case <-news:
		case <-timer.C:
			return lookReason, nil
		case <-p.door.stopping:
			return releasedReason, nil
		case <-r.http.Context().Done():
			return 0, errGone
		}
	}
}

// begin makes w the one that waits. One before it on the same session is released: its client has most likely lost
// the connection. Of those that ask to be the only one, the user has one.
func (p *person) begin(s *session, w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.limited {
		for _, other := range p.sessions {
			if other.waiter != nil && other.waiter.limited {
				other.waiter.wake(disallowedReason)
			}
		}
	}
	s.waiter.wake(releasedReason)
	s.waiter = w
}

// done ends the wait.
func (p *person) done(s *session, w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.used = time.Now()
	if s.waiter == w {
		s.waiter = nil
	}
}

// look takes what there is, and reports whether the session has something to tell, or is over. news has a value when
// it is to be looked again.
func (p *person) look(s *session) (news <-chan struct{}, something bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pull()
	if p.watch != nil {
		news = p.watch.Ready()
	}
	return news, p.sessions[s.id] != s || s.queue.waits()
}
