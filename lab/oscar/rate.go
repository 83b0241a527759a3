package oscar

import (
	"maps"
	"time"

	"imgate/transports/oscar/wire"
)

// rateReply answers SNAC 01/06.
func (x *session) rateReply(q wire.SNAC) error {
	r := wire.Rates{Long: x.long, Groups: x.s.groups}
	for i, c := range figures {
		if x.s.o.Rates {
			c.Level = x.counts().rates.of(i).now
		} else {
			c = unlimited(c)
		}
		r.Classes = append(r.Classes, c)
	}
	x.reply(q, wire.RateReply, r)
	return nil
}

// levels are a session's levels, one for each of figures.
type levels [len(figures)]level

type level struct {
	used bool
	now  uint32
	at   time.Time // of the last SNAC
	word uint16    // what the client was told: RateAlert, RateLimited, else RateCleared or 0
}

func (l *levels) of(i int) *level {
	v := &l[i]
	if !v.used {
		*v = level{used: true, now: figures[i].Max}
	}
	return v
}

// A verdict is what becomes of a SNAC.
type verdict uint8

const (
	pass verdict = iota
	drop
	flood // the session is to end
)

// count counts a SNAC of that class that comes now, and gives what is to be told to the client, 0 for nothing.
func (l *levels) count(class uint16, now time.Time) (verdict, uint16) {
	c := figures[class-1]
	v := l.of(int(class - 1))
	elapsed := c.Max * c.Window // the first one comes after a long silence
	if !v.at.IsZero() {
		elapsed = uint32(min(now.Sub(v.at).Milliseconds(), int64(elapsed)))
	}
	v.now = min((v.now*(c.Window-1)+elapsed)/c.Window, c.Max)
	v.at = now
	word := v.judge(c)
	tell := uint16(0)
	if word != v.word && (word != wire.RateCleared || v.word != 0) {
		tell, v.word = word, word
	}
	switch {
	case v.now < c.Disconnect:
		return flood, tell
	case v.word == wire.RateLimited:
		return drop, tell
	}
	return pass, tell
}

// judge compares the level with the figures; who is limited stays so up to "clear".
func (v *level) judge(c wire.RateClass) uint16 {
	switch {
	case v.now < c.Limit, v.word == wire.RateLimited && v.now < c.Clear:
		return wire.RateLimited
	case v.now < c.Alert:
		return wire.RateAlert
	}
	return wire.RateCleared
}

// admit counts q and reports whether it may be handled. mu is held.
func (x *session) admit(q wire.SNAC) verdict {
	if !x.s.o.Rates {
		return pass
	}
	class := classOf(q.Kind)
	y := x.counts()
	v, word := y.rates.count(class, time.Now())
	if word != 0 && v != flood {
		c := figures[class-1]
		c.Level = y.rates.of(int(class - 1)).now
		y.push(wire.RateChange, wire.RateChanged{Code: word, Class: c, Long: y.long})
	}
	return v
}

// counts is the session to which x's SNACs count: a branch's to its session on BOS, but for a room's.
func (x *session) counts() *session {
	if x.home != nil && x.room == nil {
		return x.home
	}
	return x
}

// addresses counts sign-ons by source address: 10 at once, then one a minute, forgotten a minute after the
// first (facts measured on today's server).
type addresses map[string]*bucket

type bucket struct {
	first, last time.Time
	tokens      float64
}

const (
	loginBurst  = 10
	loginPeriod = time.Minute
	// maxAddresses is how many addresses are kept before forgotten ones are swept out.
	maxAddresses = 10_000
)

// allow counts a sign-on from address.
func (m addresses) allow(address string, now time.Time) bool {
	if len(m) > maxAddresses {
		maps.DeleteFunc(m, func(_ string, b *bucket) bool { return now.Sub(b.first) > loginPeriod })
	}
	b := m[address]
	if b == nil || now.Sub(b.first) > loginPeriod {
		b = &bucket{first: now, last: now, tokens: loginBurst}
		m[address] = b
	}
	b.tokens = min(b.tokens+float64(now.Sub(b.last))/float64(loginPeriod), loginBurst)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
