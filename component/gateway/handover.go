package gateway

import (
	"context"
	"sync"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// A message that was given to the link may still be lost with it. So it is kept until a ping that was sent after
// it has been answered on the same link (servers keep the order of a link): then it is with the user's server, and
// the network may delete its copy. When the link goes down before, it is sent again on the next.

const (
	// proveAfter is how long messages gather for one ping.
	proveAfter = 200 * time.Millisecond
	// proveWithin is how long the answer to a ping may take before another is sent.
	proveWithin = 10 * time.Second
	// proveAgain is how long a ping that was not answered is waited after.
	proveAgain = time.Second
	// urgent is how many unproven messages of one account do not wait for company.
	urgent = heldStanzas / 2
)

// An unproven message is one that the user's server may not have.
type unproven struct {
	mark   uint64 // counted up within the account
	stanza xmpp.Stanza
	seq    transports.Seq
}

// provenItem tells an account that all its messages up to mark are with the user's server.
type provenItem struct{ mark uint64 }

func (provenItem) isItem() {}

// A prover sends the pings of one link, each for all accounts that wait. The mutex stands between the loops that
// register and the goroutine that pings; it is not held over a ping.
type prover struct {
	link    Link
	mu      sync.Mutex
	waiting map[*account]uint64
	wake    chan struct{} // somebody waits
	hurry   chan struct{} // somebody can't wait
}

func newProver(l Link) *prover {
	return &prover{link: l, waiting: map[*account]uint64{}, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1)}
}

// after registers that a waits for the proof of what it has sent, up to mark.
func (p *prover) after(a *account, mark uint64, hurry bool) {
	p.mu.Lock()
	p.waiting[a] = mark
	p.mu.Unlock()
	signal(p.wake)
	if hurry {
		signal(p.hurry)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run pings until quit is closed.
func (p *prover) run(quit <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	timer := time.NewTimer(proveAfter)
	defer timer.Stop()
	for {
		select {
		case <-p.wake:
		case <-quit:
			return
		}
		timer.Reset(proveAfter)
		select {
		case <-timer.C:
		case <-p.hurry:
		case <-quit:
			return
		}
		if p.prove(ctx, quit) {
			continue
		}
		timer.Reset(proveAgain)
		select {
		case <-timer.C:
			signal(p.wake)
		case <-quit:
			return
		}
	}
}

// prove makes one ping and tells everybody who waited. When it is not answered they go on waiting, and it gives
// false.
func (p *prover) prove(ctx context.Context, quit <-chan struct{}) bool {
	p.mu.Lock()
	waiting := p.waiting
	p.waiting = make(map[*account]uint64, len(waiting))
	p.mu.Unlock()
	if len(waiting) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, proveWithin)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- p.link.Barrier(ctx) }()
	var err error
	select {
	case err = <-answered:
	case <-quit:
		cancel()
		err = <-answered
	}
	if err == nil {
		for a, mark := range waiting {
			a.post(provenItem{mark})
		}
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for a, mark := range waiting {
		p.waiting[a] = max(mark, p.waiting[a])
	}
	return false
}

// keep remembers a message that the link has taken.
func (a *account) keep(m xmpp.Stanza, seq transports.Seq) {
	a.marks++
	a.unproven = append(a.unproven, unproven{a.marks, m, seq})
	a.svc.prover.after(a, a.marks, len(a.unproven) >= urgent)
}

// onProven lets the network delete what is with the user's server.
func (a *account) onProven(mark uint64) {
	var seq transports.Seq
	n := 0
	for n < len(a.unproven) && a.unproven[n].mark <= mark {
		seq = max(seq, a.unproven[n].seq)
		n++
	}
	if a.unproven = a.unproven[n:]; len(a.unproven) == 0 {
		a.unproven = nil
	}
	if seq != 0 {
		a.out.push(transports.HandedOver{Seq: seq})
	}
}

// passOver lets the network delete a message that goes nowhere, in its turn: after all before it.
func (a *account) passOver(seq transports.Seq) {
	switch {
	case seq == 0:
	case len(a.held) > 0:
		a.held[len(a.held)-1].seq = seq
	case len(a.unproven) > 0:
		a.unproven[len(a.unproven)-1].seq = seq
	default:
		a.out.push(transports.HandedOver{Seq: seq})
	}
}

// onRefused takes an error of the user's server about a message of ours: it is not there, and the network keeps
// its copy if it has one.
func (a *account) onRefused(m xmpp.Message) {
	for i := range a.unproven {
		if a.unproven[i].stanza.Head().ID == m.ID {
			a.unproven[i].seq = 0
			return
		}
	}
}

// sendAgain puts what the lost link may not have carried before what waits for the next one.
func (a *account) sendAgain() {
	if len(a.unproven) == 0 {
		return
	}
	again := make([]held, 0, len(a.unproven)+len(a.held))
	for _, u := range a.unproven {
		again = append(again, held{u.stanza, u.seq})
	}
	a.held, a.unproven = append(again, a.held...), nil
}
