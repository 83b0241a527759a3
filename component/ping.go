package component

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"sync/atomic"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Barrier pings the server behind everything that was sent before, and waits for the answer on the same link.
// Servers keep the order of one link, so nil means that the server has taken all of it; errors about it have
// been handed to the Handler before. The error is ErrLinkDown or the context's.
func (l *Link) Barrier(ctx context.Context) error {
	_, err := l.ping(ctx, l.config.Server)
	return err
}

// Serves reports whether stanzas to another domain come in on this link as well, as on ejabberd, where one
// handshake makes a route for all hosts of the listener. A ping that comes back to us says so. The error is
// ErrLinkDown or the context's.
func (l *Link) Serves(ctx context.Context, domain xmpp.JID) (bool, error) {
	return l.ping(ctx, domain)
}

// ping pings to, and reports whether the ping itself came back to us, rather than an answer.
func (l *Link) ping(ctx context.Context, to xmpp.JID) (back bool, err error) {
	s := l.current.Load()
	if s == nil {
		return false, ErrLinkDown
	}
	id := l.ids.next()
	answer := s.pings.expect(id, to)
	defer s.pings.forget(id)
	if err := s.send(ctx, l.pingTo(to, id)); err != nil {
		return false, err
	}
	select {
	case back = <-answer:
		return back, nil
	case <-s.down:
		return false, ErrLinkDown
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// pingTo writes a ping (XEP-0199) from the component's bare domain.
func (l *Link) pingTo(to xmpp.JID, id string) *[]byte {
	raw, _ := l.encode(xmpp.IQ{ // both addresses are there: config.check saw to it
		Header:  xmpp.Header{ID: id, From: l.config.Domain, To: to},
		Type:    xmpp.GetIQ,
		Payload: []*xmltree.Element{xmltree.New(xmpp.PingSpace, "ping")},
	})
	return raw
}

// isPing takes the answers to our pings, and our pings where they come back to us, out of what is handed over.
func (s *session) isPing(stanza xmpp.Stanza) bool {
	q, ok := stanza.(xmpp.IQ)
	if !ok || !s.link.ids.ours(q.ID) {
		return false
	}
	switch q.Type {
	case xmpp.ResultIQ, xmpp.ErrorIQ:
		s.pings.answer(q.ID, q.From, false)
		return true
	case xmpp.GetIQ:
		if q.From == s.link.config.Domain {
			s.pings.answer(q.ID, q.To, true)
			return true
		}
	}
	return false
}

// pings are the pings that somebody waits for. The mutex is held for a look at the map only, by the reader
// and by who waits.
type pings struct {
	mu      sync.Mutex
	waiting map[string]waiter
}

type waiter struct {
	to     xmpp.JID
	answer chan bool
}

func (p *pings) expect(id string, to xmpp.JID) <-chan bool {
	answer := make(chan bool, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = map[string]waiter{}
	}
	p.waiting[id] = waiter{to, answer}
	return answer
}

func (p *pings) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

// answer wakes who waits for id, if the answer is from whom it was asked; servers answer for bare addresses
// with bare or full ones.
func (p *pings) answer(id string, from xmpp.JID, back bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, ok := p.waiting[id]
	if ok && w.to.Bare() == from.Bare() {
		w.answer <- back
		delete(p.waiting, id)
	}
}

// ids are the ids of a link's own pings; nobody else can guess them.
type ids struct {
	prefix string
	last   *atomic.Uint64
}

func newIDs() ids { return ids{prefix: "ping-" + rand.Text() + "-", last: new(atomic.Uint64)} }

func (i ids) next() string { return i.prefix + strconv.FormatUint(i.last.Add(1), 36) }

func (i ids) ours(id string) bool { return len(id) > len(i.prefix) && id[:len(i.prefix)] == i.prefix }
