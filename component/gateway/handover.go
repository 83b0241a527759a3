package gateway

import (
	"context"
	"iter"
	"sync"
	"time"

	"imgate/transports"
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
	mark uint64 // counted up within the account
	held
}

// A progress is how far the messages of one session have come that the network deletes.
type progress struct {
	decided transports.Seq // the highest of which nothing more is done
	told    transports.Seq // handed over
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
func (a *account) keep(h held) {
	a.marks++
	a.unproven = append(a.unproven, unproven{a.marks, h})
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
	a.decided(seq)
}

// decided lets the network delete a message, with the user's server or going nowhere, in its turn: after all before it. 0
// is of none.
func (a *account) decided(seq transports.Seq) {
	if seq == 0 {
		return
	}
	a.progress.decided = max(a.progress.decided, seq)
	upTo := a.progress.decided
	for h := range a.undecided() {
		if h.seq != 0 {
			upTo = min(upTo, h.seq-1)
		}
	}
	if upTo > a.progress.told && a.out.push(transports.HandedOver{Seq: upTo}) {
		a.progress.told = upTo
	}
}

// undecided is every message that may still be lost.
func (a *account) undecided() iter.Seq[*held] {
	return func(yield func(*held) bool) {
		for i := range a.unproven {
			if !yield(&a.unproven[i].held) {
				return
			}
		}
		for _, list := range [...][]held{a.held, a.refusals.kept} {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}

// countAnew is for the end of a session: the numbers of the next are not those of this one, whose messages stay.
func (a *account) countAnew() {
	a.progress = progress{}
	for h := range a.undecided() {
		h.seq = 0
	}
}

// sendAgain puts what the lost link may not have carried before what waits for the next one.
func (a *account) sendAgain() {
	if len(a.unproven) == 0 {
		return
	}
	again := make([]held, 0, len(a.unproven)+len(a.held))
	for _, u := range a.unproven {
		again = append(again, u.waits())
	}
	a.held, a.unproven = append(again, a.held...), nil
}
