package msnp

import (
	"sync"
	"time"
)

// pageTime is how long the address that a nexus has named is used without asking again.
const pageTime = time.Hour

// pages are the addresses to sign on at, by the nexus that named them, so that a thousand sign-ons ask it once. All sessions
// of the process share them, hence the mutex, which is never held while anybody waits.
type pages struct {
	mu    sync.Mutex
	known map[string]known
}

type known struct {
	page  string
	until time.Time
}

// of is the page that a nexus has named; empty: it has to be asked.
func (p *pages) of(nexus string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.known[nexus]; time.Now().Before(k.until) {
		return k.page
	}
	return ""
}

// keep notes the page of a nexus; an empty one is forgotten.
func (p *pages) keep(nexus, page string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if page == "" {
		delete(p.known, nexus)
		return
	}
	p.known[nexus] = known{page, time.Now().Add(pageTime)}
}
