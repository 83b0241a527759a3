package gateway

import (
	"slices"
	"sync"
	"time"
)

// A class is the order in which waiting sign-ons get their turn.
type class uint8

// The classes, first come first.
const (
	byWish  class = iota // the user has just asked for it
	present              // the user is available
	always               // the policy says so, and nobody is there
)

// Limits of a gate.
const (
	// slotGrace is how long a turn is kept for somebody who does not come for it.
	slotGrace = 5 * time.Second
	// outageAfter is how many accounts in a row must find the server down before the others stop trying.
	outageAfter = 3
	// outageProbe is how often one of them looks whether it is back.
	outageProbe = 15 * time.Second
)

// A gate is the sign-on budget towards one legacy server from one source address: a token bucket, and a queue of
// those who wait for a token. It knows no network and has no clock.
//
// All accounts of a service ask it from their loops, hence the mutex; it is held for a look at the queue.
type gate struct {
	mu      sync.Mutex
	burst   float64
	every   time.Duration // per token
	tokens  float64
	at      time.Time // when tokens was counted
	blocked time.Time // nobody goes before
	queue   []waiter  // by class, then first come
	down    map[*account]bool
}

type waiter struct {
	who   *account
	class class
	told  time.Time // when its turn is, as it was told
}

// newGate makes a gate that lets burst sign-ons through at once and perMinute after that.
func newGate(burst, perMinute int) *gate {
	return &gate{
		burst: float64(burst), tokens: float64(burst), every: time.Minute / time.Duration(perMinute),
		down: map[*account]bool{},
	}
}

// ask takes a token for who, or gives the time of its turn. The time is true for everybody in the queue as long
// as nobody with a better class comes; who asks again then is told anew.
func (g *gate) ask(now time.Time, who *account, c class) (bool, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill(now)
	g.expire(now, who)
	i := g.place(who, c)
	turn := g.turn(now, i)
	if !turn.After(now) {
		g.queue = slices.Delete(g.queue, i, i+1)
		g.tokens--
		return true, time.Time{}
	}
	g.queue[i].told = turn
	return false, turn
}

// next is when who would get its turn, without asking for it.
func (g *gate) next(now time.Time, who *account, c class) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refill(now)
	i := slices.IndexFunc(g.queue, func(w waiter) bool { return w.who == who })
	if i < 0 {
		i, _ = slices.BinarySearchFunc(g.queue, c+1, func(w waiter, c class) int { return int(w.class) - int(c) })
	}
	return g.turn(now, i)
}

// leave takes who out of the queue.
func (g *gate) leave(who *account) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = slices.DeleteFunc(g.queue, func(w waiter) bool { return w.who == who })
}

func (g *gate) refill(now time.Time) {
	if g.at.IsZero() || now.Before(g.at) {
		g.at = now
	}
	g.tokens = min(g.burst, g.tokens+float64(now.Sub(g.at))/float64(g.every))
	g.at = now
}

// expire drops those who have not come for their turn.
func (g *gate) expire(now time.Time, but *account) {
	g.queue = slices.DeleteFunc(g.queue, func(w waiter) bool {
		return w.who != but && !w.told.IsZero() && now.Sub(w.told) > slotGrace
	})
}

// place gives the position of who in the queue, where it is put if it is not there, or has a better class now.
func (g *gate) place(who *account, c class) int {
	i := slices.IndexFunc(g.queue, func(w waiter) bool { return w.who == who })
	if i >= 0 && g.queue[i].class <= c {
		return i
	}
	if i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
	}
	j, _ := slices.BinarySearchFunc(g.queue, c+1, func(w waiter, c class) int { return int(w.class) - int(c) })
	g.queue = slices.Insert(g.queue, j, waiter{who: who, class: c})
	return j
}

// turn is when position i of the queue goes; now or earlier: at once.
func (g *gate) turn(now time.Time, i int) time.Time {
	t := now
	if missing := float64(i+1) - g.tokens; missing > 1e-9 {
		t = now.Add(time.Duration(missing * float64(g.every)))
	}
	if b := g.blocked.Add(time.Duration(i) * g.every); g.blocked.After(now) && b.After(t) {
		t = b
	}
	return t
}

// signedOn says that the server lets people in.
func (g *gate) signedOn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.down) >= outageAfter {
		g.blocked = time.Time{}
	}
	clear(g.down)
}

// throttled says that the server wants nobody from this address for a while.
func (g *gate) throttled(now time.Time, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tokens = min(g.tokens, 0)
	if until := now.Add(wait); until.After(g.blocked) {
		g.blocked = until
	}
}

// unreachable says that who found the server down. When several did and nobody got in meanwhile, one at a time
// looks again, and the others wait for it.
func (g *gate) unreachable(now time.Time, who *account) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down[who] = true
	if len(g.down) < outageAfter {
		return
	}
	if until := now.Add(outageProbe); until.After(g.blocked) {
		g.blocked = until
	}
}
