package gateway

import (
	"hash/maphash"
	"sync"

	"imgate/component/gateway/speech"
	"imgate/xmpp"
)

const (
	deskWorkers = 8
	deskQueue   = 256 // requests waiting per worker
)

// A desk answers what needs no running account: discovery, registration, commands, and everything of users who
// are not registered. It is a pool of workers; all requests of one user go to the same worker, in order. A
// worker may wait for the registry and for the link, never for an account.
type desk struct {
	g    *Gateway
	seed maphash.Seed

	handlers map[handlerKey]handler
	queues   [deskWorkers]chan request
	quit     chan struct{}
	once     sync.Once
}

type request struct {
	svc    *Service
	stanza xmpp.Stanza
	task   func() // instead of a stanza: what an administrator wants of the user
}

func newDesk(g *Gateway) *desk {
	d := &desk{g: g, seed: maphash.MakeSeed(), quit: make(chan struct{}), handlers: handlers()}
	for i := range d.queues {
		d.queues[i] = make(chan request, deskQueue)
	}
	return d
}

// offer never waits; false: the worker's queue is full.
func (d *desk) offer(svc *Service, s xmpp.Stanza) bool {
	return d.enqueue(s.Head().From.Bare(), request{svc: svc, stanza: s})
}

func (d *desk) enqueue(user xmpp.JID, r request) bool {
	n := maphash.String(d.seed, user.String()) % deskWorkers
	select {
	case d.queues[n] <- r:
		return true
	default:
		return false
	}
}

func (d *desk) start() {
	for i := range d.queues {
		d.g.start(func() { d.work(d.queues[i]) })
	}
}

func (d *desk) stop() { d.once.Do(func() { close(d.quit) }) }

func (d *desk) work(queue <-chan request) {
	for {
		select {
		case r := <-queue:
			d.serve(r)
		case <-d.quit:
			return
		}
	}
}

// serve answers one request; a panic is answered too, and ends nothing else.
func (d *desk) serve(r request) {
	defer func() {
		if p := recover(); p != nil {
			d.g.log.Error("panic at the front desk", "service", r.svc.Name, "panic", p)
			if r.stanza != nil {
				d.g.refuse(r.svc, r.stanza, xmpp.NewError(xmpp.InternalServerError, ""))
			}
		}
	}()
	if r.task != nil {
		r.task()
		return
	}
	switch s := r.stanza.(type) {
	case xmpp.IQ:
		d.iq(r.svc, s)
	case xmpp.Message:
		d.message(r.svc, s)
	case xmpp.Presence:
		d.presence(r.svc, s)
	}
}

// send is for answers; the server's link applies the back pressure.
func (d *desk) send(svc *Service, s xmpp.Stanza) {
	if err := svc.Link.Send(d.g.ctx, s); err != nil {
		d.g.log.Debug("an answer was lost with the link", "service", svc.Name, "err", err)
	}
}

func (d *desk) fail(svc *Service, s xmpp.Stanza, c xmpp.Condition, text speech.Text) {
	if reply, ok := xmpp.ErrorReply(s, xmpp.NewError(c, text.In(d.tongue(svc, s)))); ok {
		d.send(svc, reply)
	}
}

// message answers who is not registered.
func (d *desk) message(svc *Service, m xmpp.Message) {
	text, hasBody := m.Body()
	if m.Type == xmpp.ErrorMessage || !hasBody {
		return
	}
	if !svc.allowed(m.From) {
		d.fail(svc, m, xmpp.Forbidden, speech.Of("This gateway does not serve users of %s.", m.From.Domain))
		return
	}
	if m.To.Local != "" {
		d.fail(svc, m, xmpp.RegistrationRequired, speech.Of("Register with %s first.", svc.Domain))
		return
	}
	d.words(svc, m, text)
}

// presence of users who are not registered is ignored, but for subscriptions, and requests to enter a room.
func (d *desk) presence(svc *Service, p xmpp.Presence) {
	if isRoom(p.To) {
		if p.Type == xmpp.AvailablePresence {
			d.fail(svc, p, xmpp.RegistrationRequired, speech.Of("Register with %s first.", svc.Domain))
		}
		return
	}
	switch p.Type {
	case xmpp.SubscribePresence:
		for _, no := range svc.refusal(p.To.Bare(), p.From.Bare()) {
			d.send(svc, no)
		}
	case xmpp.ProbePresence:
		d.send(svc, xmpp.Presence{Header: xmpp.Header{From: p.To.Bare(), To: p.From}, Type: xmpp.UnsubscribedPresence})
	}
}
