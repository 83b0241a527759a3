package client

import (
	"context"
	"crypto/rand"
	randv2 "math/rand/v2"
	"strings"
	"sync"

	"imgate/transports"
	"imgate/xmpp"
)

// A House has a session for every user who is attached. Its methods are safe for use by several goroutines, and
// none but Wait and Prove waits for the network.
type House struct {
	config Config

	mu      sync.Mutex // callers attach and detach from wherever their requests run
	people  map[xmpp.JID]*person
	leaving map[xmpp.JID]*person // detached, and perhaps not gone yet
	closed  bool
	running sync.WaitGroup
}

// New makes a house without anybody.
func New(c Config) *House {
	if c.Random == nil {
		c.Random = randv2.Float64
	}
	if c.Refused == nil {
		c.Refused = func(xmpp.JID, transports.Secret) {}
	}
	if c.Heard == nil {
		c.Heard = func(Event) {}
	}
	return &House{config: c, people: map[xmpp.JID]*person{}, leaving: map[xmpp.JID]*person{}}
}

// Prove is Config.Prove.
func (h *House) Prove(ctx context.Context, user xmpp.JID, password transports.Secret) error {
	return h.config.Prove(ctx, user, password)
}

// Attach begins to keep a resource of user, a bare address, online. Who is attached already stays so.
func (h *House) Attach(user xmpp.JID, password transports.Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.people[user] != nil {
		return
	}
	ctx, leave := context.WithCancel(context.Background())
	p := &person{
		house: h, user: user, password: password, leave: leave, gone: make(chan struct{}),
		log: h.config.Log.With("user", user.String()),
	}
	if old := h.leaving[user]; old != nil {
		p.before = old.gone
	}
	h.people[user] = p
	h.running.Go(func() {
		p.run(ctx)
		h.forget(p)
	})
}

// Detach lets the user's resource go unavailable. Who is not attached stays so.
func (h *House) Detach(user xmpp.JID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.people[user]; p != nil {
		h.detach(p)
	}
}

func (h *House) detach(p *person) {
	delete(h.people, p.user)
	h.leaving[p.user] = p
	p.leave()
}

// Close detaches everybody and waits until they are gone; ctx bounds the waiting.
func (h *House) Close(ctx context.Context) {
	h.mu.Lock()
	h.closed = true
	for _, p := range h.people {
		h.detach(p)
	}
	h.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		h.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}

// refused detaches somebody whom the server does not let in, and tells it.
func (h *House) refused(p *person) {
	h.mu.Lock()
	mine := h.people[p.user] == p
	if mine {
		h.detach(p)
	}
	h.mu.Unlock()
	if mine {
		h.config.Refused(p.user, p.password)
	}
}

// forget drops what is left of somebody who is gone.
func (h *House) forget(p *person) {
	p.leave()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaving[p.user] == p {
		delete(h.leaving, p.user)
	}
}

// resource is a name that no other session has.
func (h *House) resource() string { return "imgate-" + strings.ToLower(rand.Text()[:10]) }
