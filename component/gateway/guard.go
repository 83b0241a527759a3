package gateway

import (
	"sync"
	"time"

	"imgate/transports"
)

// Limits of the mass-refusal guard.
const (
	guardWindow   = 5 * time.Minute
	guardAccounts = 10               // so many refused accounts that were fine
	guardFine     = 24 * time.Hour   // "fine": signed on within this time
	guardWait     = 10 * time.Minute // what a refusal becomes then
	guardMemory   = 10_000           // attempts remembered
)

// A guard tells when refusals are the server's fault, not the users': an authentication database that fails for
// ten minutes must not lock ten thousand users out. There is one per service; the mutex is held for a count.
type guard struct {
	mu       sync.Mutex
	attempts []attempt
	tripped  bool
}

type attempt struct {
	at      time.Time
	who     *account
	refused bool // needs the user
	fine    bool // the account was online within a day
}

// judge takes the outcome of an attempt, nil for a sign-on, and gives the failure that counts: a refusal in the
// middle of a mass of them is a wait. alarm is true once, when that begins.
func (g *guard) judge(now time.Time, who *account, lastOnline time.Time, f *transports.Failure) (verdict *transports.Failure, alarm bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f == nil {
		g.tripped = false
		g.attempts = g.attempts[:0]
		return nil, false
	}
	refused := f.Kind.NeedsUser()
	fine := !lastOnline.IsZero() && now.Sub(lastOnline) < guardFine
	g.remember(attempt{now, who, refused, fine})
	was := g.tripped
	g.tripped = g.tripped || g.mass()
	if !g.tripped || !refused || !fine {
		return f, g.tripped && !was
	}
	return &transports.Failure{
		Kind: transports.Throttled, After: guardWait, Err: f,
		Text: "the network refuses many accounts at once, so it is asked again later",
	}, !was
}

func (g *guard) remember(a attempt) {
	g.attempts = append(g.attempts, a)
	drop := 0
	for drop < len(g.attempts) && (a.at.Sub(g.attempts[drop].at) > guardWindow || len(g.attempts)-drop > guardMemory) {
		drop++
	}
	g.attempts = append(g.attempts[:0], g.attempts[drop:]...)
}

// mass reports whether enough different accounts that were fine are refused, and at least half of all attempts
// are such refusals.
func (g *guard) mass() bool {
	who, refusals := map[*account]bool{}, 0
	for _, a := range g.attempts {
		if a.refused && a.fine {
			who[a.who] = true
			refusals++
		}
	}
	return len(who) >= guardAccounts && 2*refusals >= len(g.attempts)
}
