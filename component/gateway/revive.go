package gateway

import (
	"fmt"
	"runtime/debug"
	"time"

	"imgate/state"
)

// contain is deferred by an account's loop: a panic there must not end the gateway. What the loop knew is not to
// be trusted any more, so another account takes its place, from what is stored.
func (a *account) contain() {
	p := recover()
	if p == nil {
		return
	}
	a.log.Error("panic in an account", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	s := a.session
	if s != nil {
		s.cancel(errPanic)
	}
	a.g.start(func() {
		if s != nil {
			if err := <-s.ended; err != nil {
				a.log.Debug("the session of the account that panicked has ended", "err", err)
			}
		}
		a.leave()
	})
	a.leaveGate()
	if !a.leaving.Swap(true) && !a.g.stopping.Load() {
		a.g.revive(a)
	}
}

// revive puts an account made of what is stored in the place of one that has panicked.
func (g *Gateway) revive(dead *account) {
	stored, found, err := g.registry.Get(dead.key)
	if err != nil || !found || !stored.Removed.IsZero() {
		g.accounts.drop(dead)
		return
	}
	a, err := newAccount(g, dead.svc, stored.Registration)
	if err != nil {
		g.accounts.drop(dead)
		return
	}
	a.machine = state.Load(g.opt.Schedule, stored.State, time.Now())
	a.before = dead.gone
	a.publish()
	g.accounts.put(a)
	a.post(linkUpItem{})
}
