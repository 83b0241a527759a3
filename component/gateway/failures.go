package gateway

import (
	"sync"
	"time"

	"imgate/xmpp"
)

// Limits of refused registrations, besides each user's own, in proportion to that.
const (
	domainShare   = 20  // users' worth for all users of a domain
	serviceShare  = 100 // users' worth for a service
	failureMemory = 10_000
	// slowAnswer is how long an answer beyond the limit takes: whoever guesses is not to guess faster by being
	// refused.
	slowAnswer = 3 * time.Second
	// slowAnswers bounds how many of them wait at a time; the rest are dropped.
	slowAnswers = 1000
)

// failures counts the refused registrations of each user, each domain of users and each service within an hour. It
// is shared by the desk's workers and the accounts, hence the mutex; both hold it for a look.
type failures struct {
	mu      sync.Mutex
	limit   int
	seen    map[string][]time.Time
	waiting int // slow answers
}

func newFailures(limit int) *failures { return &failures{limit: limit, seen: map[string][]time.Time{}} }

// A tally is one thing that is counted, and how many are too many.
type tally struct {
	key   string
	limit int
}

func (f *failures) tallies(user xmpp.JID, service string) [3]tally {
	return [...]tally{
		{user.Bare().String(), f.limit},
		{"domain " + user.Domain, f.limit * domainShare},
		{"service " + service, f.limit * serviceShare},
	}
}

// count takes note of a refused registration.
func (f *failures) count(user xmpp.JID, service string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.seen) >= failureMemory {
		f.forget(now)
	}
	for _, t := range f.tallies(user, service) {
		list := append(f.recent(t.key, now), now)
		f.seen[t.key] = list[max(0, len(list)-t.limit):] // more say nothing more
	}
}

// tooMany reports whether the user has to wait.
func (f *failures) tooMany(user xmpp.JID, service string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.tallies(user, service) {
		if len(f.recent(t.key, now)) >= t.limit {
			return true
		}
	}
	return false
}

func (f *failures) recent(key string, now time.Time) []time.Time {
	list := f.seen[key]
	for len(list) > 0 && now.Sub(list[0]) > time.Hour {
		list = list[1:]
	}
	return list
}

// forget makes room: for those whose hour is over, and then for whoever it happens to be.
func (f *failures) forget(now time.Time) {
	for key := range f.seen {
		if len(f.recent(key, now)) == 0 {
			delete(f.seen, key)
		}
	}
	for key := range f.seen {
		if len(f.seen) < failureMemory*9/10 {
			return
		}
		delete(f.seen, key)
	}
}

// slowly answers after slowAnswer, if not too many wait already or the gateway stops.
func (g *Gateway) slowly(answer func()) {
	f := g.failures
	f.mu.Lock()
	full := f.waiting >= slowAnswers
	if !full {
		f.waiting++
	}
	f.mu.Unlock()
	if full || g.stopping.Load() {
		return
	}
	g.start(func() {
		timer := time.NewTimer(slowAnswer)
		defer timer.Stop()
		select {
		case <-timer.C:
			answer()
		case <-g.desk.quit:
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.waiting--
	})
}
