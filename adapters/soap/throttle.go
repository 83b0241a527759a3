package soap

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"imgate/xmpp"
)

// Limits of failed log-ins.
const (
	freeFailures   = 3                // of an account, before it is slowed
	freeByAddress  = 10               // of an address: several people may share it
	longestDelay   = 30 * time.Second // doubled from 1 s
	failureMemory  = 15 * time.Minute // without another failure
	throttleMemory = 10_000           // accounts and addresses
)

// A throttle slows who guesses passwords: after a few failures each further attempt on an account, or from an address,
// waits before it is made, and there is one of them at a time. Nobody is locked out for good by somebody else's
// guesses. The mutex is for requests side by side and is held for look-ups.
type throttle struct {
	mu   sync.Mutex
	seen map[string]*record
}

// A record is what is known of an account or an address.
type record struct {
	failures int
	last     time.Time
	busy     bool // an attempt that was slowed is under way
}

func newThrottle() *throttle { return &throttle{seen: map[string]*record{}} }

// delay is how long the next attempt waits.
func (r *record) delay(free int, now time.Time) time.Duration {
	over := r.failures - free
	if over < 0 || now.Sub(r.last) > failureMemory {
		return 0
	}
	return min(longestDelay, time.Second<<min(over, 10))
}

// A turn is one attempt.
type turn struct {
	t       *throttle
	account string
	address string
	busy    []*record
	delay   time.Duration
}

// enter begins an attempt; false when a slowed one is under way.
func (t *throttle) enter(now time.Time, user xmpp.JID, client netip.Addr) (*turn, bool) {
	n := &turn{t: t, account: "a " + user.String(), address: "c " + network(client)}
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, free := range map[string]int{n.account: freeFailures, n.address: freeByAddress} {
		r := t.seen[key]
		if r == nil {
			continue
		}
		d := r.delay(free, now)
		if d == 0 {
			continue
		}
		if r.busy {
			n.release()
			return nil, false
		}
		r.busy = true
		n.busy = append(n.busy, r)
		n.delay = max(n.delay, d)
	}
	return n, true
}

// network is what of an address tells clients apart: people have whole networks of IPv6 (RFC 6177).
func network(a netip.Addr) string {
	a = a.Unmap()
	if p, err := a.Prefix(64); err == nil && a.Is6() {
		return p.String()
	}
	return a.String()
}

// release gives the turn up. The mutex is held.
func (n *turn) release() {
	for _, r := range n.busy {
		r.busy = false
	}
}

func (n *turn) leave() {
	n.t.mu.Lock()
	defer n.t.mu.Unlock()
	n.release()
}

var errStopping = errors.New("the door is closing")

// wait waits as long as the attempt is slowed.
func (n *turn) wait(ctx context.Context, stopping <-chan struct{}) error {
	if n.delay == 0 {
		return nil
	}
	timer := time.NewTimer(n.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-stopping:
		return errStopping
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// succeeded forgets the account's failures. Those of the address stay: one good account must not pay for guesses at
// others.
func (n *turn) succeeded() {
	n.t.mu.Lock()
	defer n.t.mu.Unlock()
	delete(n.t.seen, n.account)
}

func (n *turn) failed(now time.Time) {
	n.t.mu.Lock()
	defer n.t.mu.Unlock()
	for _, key := range []string{n.account, n.address} {
		if len(n.t.seen) >= throttleMemory {
			n.t.forget(now)
		}
		r := n.t.seen[key]
		if r == nil || now.Sub(r.last) > failureMemory {
			busy := r != nil && r.busy
			r = &record{busy: busy}
			n.t.seen[key] = r
		}
		r.failures++
		r.last = now
	}
}

// forget makes room: for those whose time is over, and then for whoever it happens to be. The mutex is held.
func (t *throttle) forget(now time.Time) {
	for key, r := range t.seen {
		if now.Sub(r.last) > failureMemory {
			delete(t.seen, key)
		}
	}
	for key := range t.seen {
		if len(t.seen) < throttleMemory*9/10 {
			return
		}
		delete(t.seen, key)
	}
}
