package oscar

import (
	"time"

	"imgate/transports/oscar/wire"
)

// A meter counts one rate class as the server does: a moving average of the time between requests. Under the
// class's limit the server drops requests in silence and further down it closes the session, so the one that
// counts must be us.
type meter struct {
	class   wire.RateClass
	level   int64 // milliseconds
	last    time.Time
	limited bool // the server says so, until it or our count says otherwise
}

func newMeter(c wire.RateClass, now time.Time) meter {
	return meter{class: c, level: int64(c.Level), last: now}
}

// after is the level if a request were sent at now.
func (m *meter) after(now time.Time) int64 {
	window := max(1, int64(m.class.Window))
	elapsed := max(0, now.Sub(m.last).Milliseconds())
	return min((m.level*(window-1)+elapsed)/window, int64(m.class.Max))
}

// floor is the level that no request of ours may cause: a little above the limit, since the server counts
// from when requests arrive.
func (m *meter) floor() int64 {
	if m.limited {
		return int64(m.class.Clear)
	}
	limit, alert := int64(m.class.Limit), int64(m.class.Alert)
	return limit + max(0, alert-limit)/10
}

// wait is how long it takes until a request may be sent that leaves the level at floor or above. A floor
// beyond the class's maximum could never be reached and counts as the maximum.
func (m *meter) wait(now time.Time, floor int64) time.Duration {
	floor = min(floor, int64(m.class.Max))
	if m.class.Window == 0 || m.after(now) >= floor {
		return 0
	}
	window := int64(m.class.Window)
	need := floor*window - m.level*(window-1)
	due := m.last.Add(time.Duration(need) * time.Millisecond)
	return max(time.Millisecond, due.Sub(now))
}

// forecast is how long it takes to send n more requests.
func (m *meter) forecast(now time.Time, n int) time.Duration {
	at, ahead := now, *m
	for range n {
		at = at.Add(ahead.wait(at, ahead.floor()))
		ahead.sent(at)
	}
	return at.Sub(now)
}

func (m *meter) sent(now time.Time) {
	m.level = m.after(now)
	m.last = now
	if m.limited && m.level >= int64(m.class.Clear) {
		m.limited = false
	}
}

// changed takes new figures or a warning from the server (SNAC 01/0A).
func (m *meter) changed(c wire.RateChanged) {
	m.class = c.Class
	m.level = min(m.level, int64(c.Class.Level))
	switch c.Code {
	case wire.RateLimited:
		m.limited = true
	case wire.RateCleared:
		m.limited = false
	}
}

// busy reports whether the level is so low, and the last request so fresh, that the server may well think us
// too fast: it counts from when requests arrive.
func (m *meter) busy(now time.Time) bool {
	return m.class.Window > 0 && m.level < int64(m.class.Alert) && now.Sub(m.last) < freshFlood
}

// freshFlood is how soon after the last request a server closes a session for its pace.
const freshFlood = 10 * time.Second
