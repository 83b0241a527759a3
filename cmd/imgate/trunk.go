package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"imgate/component"
	"imgate/xmpp"
)

// siblingWait is how long the ping of a sibling's domain may take.
const siblingWait = 10 * time.Second

// A trunk is the way to one XMPP server for all services behind it. ejabberd makes one connection a route for
// every host of the listener, and deals stanzas out at random when there are more; so the first link of a server
// address asks for each sibling whether it comes in on this link already, and only if not is another opened.
type trunk struct {
	address  string
	branches []*branch
	changed  func(domain string, st component.State)
	links    sync.WaitGroup

	mu sync.Mutex // the links report from goroutines of their own
}

// A branch is one service of a trunk.
type branch struct {
	domain xmpp.JID
	own    *component.Link
	link   atomic.Pointer[component.Link] // which carries its stanzas now
	runs   bool                           // own is running; under the trunk's lock
	shared bool                           // the first link carries it; likewise
}

// run keeps the trunk's links up until ctx ends and their ends are written.
func (t *trunk) run(ctx context.Context) {
	t.start(ctx, t.branches[0])
	t.links.Wait()
}

// start runs a branch's own link, once.
func (t *trunk) start(ctx context.Context, b *branch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b.runs || b.shared || ctx.Err() != nil {
		return
	}
	b.runs = true
	t.links.Go(func() { _ = b.own.Run(ctx) })
}

// report is told of every change of a branch's own link.
func (t *trunk) report(ctx context.Context, b *branch, st component.State) {
	t.changed(b.domain.Domain, st)
	if b != t.branches[0] {
		return
	}
	for _, sibling := range t.branches[1:] {
		switch {
		case !st.Up && t.lost(sibling):
			t.changed(sibling.domain.Domain, st)
		case !st.Up:
			t.start(ctx, sibling) // the first may never come up
		default:
			t.links.Go(func() { t.ask(ctx, sibling) })
		}
	}
}

// lost reports whether b had been on the first link, and takes it off.
func (t *trunk) lost(b *branch) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := b.shared
	b.shared = false
	return was
}

// ask finds out whether the first link carries b as well; else b gets its own.
func (t *trunk) ask(ctx context.Context, b *branch) {
	t.mu.Lock()
	runs := b.runs
	t.mu.Unlock()
	if runs {
		return
	}
	first := t.branches[0].own
	pinged, cancel := context.WithTimeout(ctx, siblingWait)
	defer cancel()
	served, err := first.Serves(pinged, b.domain)
	if err != nil || !served {
		t.start(ctx, b)
		return
	}
	t.mu.Lock()
	b.shared = true
	t.mu.Unlock()
	b.link.Store(first)
	t.changed(b.domain.Domain, component.State{Up: true})
}
