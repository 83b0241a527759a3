package soap

import (
	"sync"
	"time"

	"imgate/news"
	"imgate/transports"
	"imgate/xmpp"
)

// A person is a user with a token. The mutex guards all below it: requests of one user come side by side, and their
// sessions hear of one another. It is held for look-ups and appends, never while anybody waits.
type person struct {
	door *Door
	jid  xmpp.JID // bare

	mu       sync.Mutex
	password transports.Secret    // kept as long as a token lives
	tokens   map[string]time.Time // id → when it expires
	sessions map[string]*session
	attached int         // how many of them
	watch    *news.Watch // nil while none is attached
}

// tell gives an event to every session that is attached. p.mu is held.
func (p *person) tell(events ...event) {
	for _, s := range p.sessions {
		if !s.attached {
			continue
		}
		for _, e := range events {
			if !s.queue.put(e) {
				p.snapshot(s)
				break
			}
		}
		s.waiter.wake(lookReason)
	}
}

// pull takes what the gateway has told. It is done by whoever needs it, a request or a waiter, so that no goroutine
// stands by for each user. p.mu is held.
func (p *person) pull() {
	if p.watch == nil {
		return
	}
	for _, n := range p.watch.Take() {
		switch n := n.(type) {
		case news.Stands:
			p.tell(statusOf(n.Service, n.State))
		case news.OtherLocation:
			p.tell(otherLocation{n.Service, n.Name})
		case news.Refused:
			p.tell(refusedStatus(n.Service))
		case news.LookAgain:
			p.lookAgain()
		}
	}
}

// lookAgain lets every session begin anew. p.mu is held.
func (p *person) lookAgain() {
	for _, s := range p.sessions {
		if s.attached {
			s.queue.lose()
			p.snapshot(s)
			s.waiter.wake(lookReason)
		}
	}
}

// anew lets a session begin anew, behind what it has not heard yet. p.mu is held.
func (p *person) anew(s *session) {
	if !s.queue.holds(len(p.door.opt.Services)) {
		s.queue.lose()
	}
	s.queue.refresh = true
	p.snapshot(s)
	s.waiter.wake(lookReason)
}

// snapshot queues where everything stands. p.mu is held.
func (p *person) snapshot(s *session) {
	for _, svc := range p.door.opt.Services {
		standing, ok, err := p.door.opt.Gateway.Registration(p.jid, svc.Name)
		if err != nil {
			p.door.opt.Log.Error("a registration can't be read", "service", svc.Name, "user", p.jid.String(), "err", err)
		}
		if ok {
			s.queue.put(statusOf(svc.Name, standing.State))
		}
	}
}

// out ends all sessions and forgets the password. p.mu is held.
func (p *person) out() {
	for _, s := range p.sessions {
		s.waiter.wake(expiredReason)
		p.end(s)
	}
	clear(p.tokens)
	p.password = transports.Secret{}
}

// sweep drops what has expired, and gives the ids of tokens that have. p.mu is held.
func (p *person) sweep(now time.Time) (expired []string) {
	for _, s := range p.sessions {
		if p.idle(s, now) {
			p.end(s)
		}
	}
	for id, until := range p.tokens {
		if !now.Before(until) {
			expired = append(expired, id)
			delete(p.tokens, id)
		}
	}
	if len(p.tokens) == 0 {
		p.out()
	}
	return expired
}
