package msnp

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Bounds of what is stored for others.
const (
	maxStores  = 200
	storePause = 10 * time.Second // after the service says: too fast; doubled each time
	maxPauses  = 3                // of one text
	maxLocks   = 2                // challenges that are answered for one text
)

// A postbox is texts on their way to the store, one at a time.
type postbox struct {
	queue   []*stored
	busy    bool
	again   time.Time // when the first may be tried again; zero: now
	lockKey string    // the answer to the last challenge
	renewed bool      // a fresh ticket was fetched in this session
	runs    map[transports.LegacyID]*run
}

// A stored is one text for somebody who is not there.
type stored struct {
	to     transports.LegacyID
	text   string
	number int
	run    string
	locks  int           // challenges that were answered for it
	pauses int           // that the service wanted
	pause  time.Duration // the next
	finish func(error)
}

// A run is the texts to one person in one session: its id, and how many there were.
type run struct {
	id     string
	number int
}

func newPostbox() postbox { return postbox{runs: map[transports.LegacyID]*run{}} }

// newRun makes the id of a run: a GUID.
func newRun() *run {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return &run{id: fmt.Sprintf("{%X-%X-%X-%X-%X}", b[:4], b[4:6], b[6:8], b[8:10], b[10:])}
}

// store lets the network keep a text for somebody.
func (s *session) store(to transports.LegacyID, text string, finish func(error)) {
	p := &s.mail.letters
	if len(p.queue) >= maxStores {
		finish(transports.ErrBusy)
		return
	}
	r := p.runs[to]
	if r == nil {
		r = newRun()
		p.runs[to] = r
	}
	r.number++
	p.queue = append(p.queue, &stored{to: to, text: text, number: r.number, run: r.id, pause: storePause, finish: finish})
}

// due posts the first, if it is time.
func (p *postbox) due(s *session, now time.Time) time.Time {
	switch {
	case p.busy || len(p.queue) == 0:
		return time.Time{}
	case now.Before(p.again):
		return p.again
	}
	s.post(p.queue[0])
	return time.Time{}
}

// post sends a text to the store.
func (s *session) post(o *stored) {
	p := &s.mail.letters
	p.busy, p.again = true, time.Time{}
	v := s.service()
	envelope := wire.Store{
		From: string(s.self), Nick: s.nick, To: string(o.to), Ticket: s.mail.ticket, Product: s.dialect.product.ID, LockKey: p.lockKey,
		Version: s.dialect.name, Number: o.number, Content: wire.OIMContent(o.text, o.run, o.number),
	}.Envelope()
	s.background("msnp store", func(ctx context.Context) (func(), func()) {
		reply, err := v.ask(ctx, pathStore, wire.ActionStore, envelope)
		return func() { s.posted(o, reply, err) }, nil
	})
}

// posted reads the store's answer. A refusal may carry a challenge, whose answer opens the lock.
func (s *session) posted(o *stored, reply wire.Reply, err error) {
	p := &s.mail.letters
	p.busy = false
	switch {
	case err != nil:
	case reply.Fault == "" && reply.Stored:
	case reply.Fault == "":
		err = fmt.Errorf("%w: the store does not say that it keeps the message", transports.ErrNoAnswer)
	case reply.Fault == "AuthenticationFailed" && reply.LockKey != "" && o.locks < maxLocks:
		o.locks++
		p.lockKey = s.dialect.product.AnswerMix(reply.LockKey)
		if o.locks > 1 && reply.Tweener != "" {
			s.renew(reply.Tweener)
		}
		return
	case reply.Fault == "AuthenticationFailed" && reply.Tweener != "" && !p.renewed:
		s.renew(reply.Tweener)
		return
	case reply.Fault == "SenderThrottleLimitExceeded" && o.pauses < maxPauses:
		o.pauses++
		p.again = time.Now().Add(o.pause)
		o.pause *= 2
		return
	default:
		err = storeError(reply)
	}
	p.queue = p.queue[1:]
	o.finish(err)
}

// storeError says what a fault means to the sender.
func storeError(r wire.Reply) error {
	switch r.Fault {
	case "SenderThrottleLimitExceeded":
		return transports.ErrBusy
	case "InvalidContent":
		return transports.ErrInvalid
	case "MessageTooLarge":
		return transports.ErrTooLong
	}
	return transports.ErrUnavailable
}

// renew fetches a fresh ticket, once in a session.
func (s *session) renew(challenge string) {
	p := &s.mail.letters
	if p.renewed {
		return
	}
	p.renewed, p.busy = true, true
	pass := s.passport()
	s.background("msnp passport", func(ctx context.Context) (func(), func()) {
		ticket, err := pass.ticket(ctx, challenge)
		return func() {
			p.busy = false
			if err != nil {
				s.log.Warn("no fresh ticket for the store of messages", "err", err)
				return
			}
			s.mail.ticket = ticket
		}, nil
	})
}
