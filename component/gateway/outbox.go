package gateway

import (
	"time"

	"imgate/component/gateway/chat"
	"imgate/transports"
	"imgate/xmpp"
)

const (
	// heldForSignOn is how long messages wait while the account signs on.
	heldForSignOn = time.Minute
	// outboxCommands and outboxBytes bound what waits for the session to take it.
	outboxCommands = 500
	outboxBytes    = 256 << 10
)

// An outbox holds what the session is to do, and what it was asked and has not answered.
type outbox struct {
	queue     []transports.Command
	bytes     int
	last      transports.Tag
	pending   map[transports.Tag]*pending
	told      transports.SetPresence // the presence that the network knows
	authAsked map[transports.LegacyID]bool
}

type pendingKind uint8

const (
	pendingMessage pendingKind = iota
	pendingAdd
	pendingRemove
	pendingRequest
	pendingOther
)

// A pending command waits for its Done.
type pending struct {
	kind    pendingKind
	id      transports.LegacyID
	message xmpp.Message // without payload but for what an answer needs
	receipt bool
	events  chat.Events
	expires time.Time             // zero: never
	then    func(transports.Done) // of a request, or of a removal that a door waits for
	offered bool                  // the session has taken it
}

func (o *outbox) empty() bool { return len(o.queue) == 0 }

// first is the next command to offer; nil when there is none.
func (o *outbox) first() transports.Command {
	if len(o.queue) == 0 {
		return nil
	}
	return o.queue[0]
}

// offered says that the session has taken the first.
func (o *outbox) offered() {
	c := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	o.bytes -= size(c)
	if len(o.queue) == 0 {
		o.queue = nil
	}
	if p, ok := o.pending[transports.TagOf(c)]; ok {
		p.offered = true
	}
}

func size(c transports.Command) int {
	if m, ok := c.(transports.SendMessage); ok {
		return len(m.Body.String())
	}
	return 0
}

func (o *outbox) full(more int) bool {
	return len(o.queue) >= outboxCommands || o.bytes+more > outboxBytes
}

// push queues a command that needs no answer; false when the outbox is full.
func (o *outbox) push(c transports.Command) bool {
	if o.full(0) {
		return false
	}
	o.bytes += size(c)
	o.queue = append(o.queue, c)
	return true
}

// tagged queues a command made with a fresh tag; false when the outbox is full.
func (o *outbox) tagged(p pending, make func(transports.Tag) transports.Command) bool {
	o.last++
	c := make(o.last)
	if o.full(size(c)) {
		return false
	}
	if o.pending == nil {
		o.pending = map[transports.Tag]*pending{}
	}
	o.pending[o.last] = &p
	o.bytes += size(c)
	o.queue = append(o.queue, c)
	return true
}

// setPresence replaces a presence that still waits: only the newest counts.
func (o *outbox) setPresence(p transports.SetPresence) {
	for i, c := range o.queue {
		if _, ok := c.(transports.SetPresence); ok {
			o.queue[i] = p
			return
		}
	}
	o.push(p)
}

// signedOn begins a session: the network knows the presence that it was given to sign on with.
func (o *outbox) signedOn() { o.told = transports.SetPresence{} }

// onDone answers whoever asked.
func (a *account) onDone(d transports.Done) {
	p, ok := a.out.pending[d.Tag]
	if !ok {
		return
	}
	delete(a.out.pending, d.Tag)
	switch p.kind {
	case pendingAdd:
		a.onAdded(p.id, d.Err)
	case pendingRemove:
		a.onRemoved(p.id, d.Err)
		if p.then != nil {
			p.then(d)
		}
	case pendingMessage:
		if d.Err != nil {
			a.sendError(p.message, d.Err)
			return
		}
		a.tellProof(p, d.Proof)
	case pendingRequest:
		p.then(d)
	case pendingOther:
	}
}

// failPending answers what the ended session had taken and not answered: it is never sent again, since it may
// have arrived. What was not offered stays queued.
func (a *account) failPending() {
	for tag, p := range a.out.pending {
		if !p.offered {
			continue
		}
		delete(a.out.pending, tag)
		a.failed(p, transports.ErrDisconnected)
	}
	kept := a.out.queue[:0]
	a.out.bytes = 0
	for _, c := range a.out.queue {
		if _, ok := c.(transports.SendMessage); ok {
			kept = append(kept, c)
			a.out.bytes += size(c)
			continue
		}
		if p, ok := a.out.pending[transports.TagOf(c)]; ok {
			delete(a.out.pending, transports.TagOf(c))
			a.failed(p, transports.ErrDisconnected)
		}
	}
	a.out.queue = kept
	if len(kept) == 0 {
		a.out.queue = nil
	}
}

// expireHeld answers messages that waited for a sign-on in vain.
func (a *account) expireHeld(time.Time) {
	if a.session != nil && a.session.signedOn {
		return
	}
	a.dropQueued(transports.ErrNoAnswer)
}

// dropQueued empties the outbox; messages are answered with err.
func (a *account) dropQueued(err error) {
	for _, c := range a.out.queue {
		tag := transports.TagOf(c)
		p, ok := a.out.pending[tag]
		delete(a.out.pending, tag)
		if ok {
			a.failed(p, err)
		}
	}
	a.out.queue, a.out.bytes = nil, 0
}

// failed answers whoever waits for what will not be done.
func (a *account) failed(p *pending, err error) {
	switch p.kind {
	case pendingMessage:
		a.sendError(p.message, err)
	case pendingRequest:
		p.then(transports.Done{Err: err})
	case pendingRemove:
		if p.then != nil {
			p.then(transports.Done{Err: err})
		}
	case pendingAdd, pendingOther: // kept in mind elsewhere, or nobody's loss
	}
}

// expire answers messages that were not sent in the time in which they are of use (XEP-0023).
func (a *account) expire(now time.Time) {
	kept := a.out.queue[:0]
	var next time.Time
	for _, c := range a.out.queue {
		p, ok := a.out.pending[transports.TagOf(c)]
		switch {
		case !ok || p.expires.IsZero():
		case !p.expires.After(now):
			delete(a.out.pending, transports.TagOf(c))
			a.out.bytes -= size(c)
			a.fail(p.message, xmpp.RemoteServerTimeout, "The message could not be sent in the time that it was of use.")
			continue
		case next.IsZero() || p.expires.Before(next):
			next = p.expires
		}
		kept = append(kept, c)
	}
	clear(a.out.queue[len(kept):])
	a.out.queue, a.due.expire = kept, next
	if len(kept) == 0 {
		a.out.queue = nil
	}
}
