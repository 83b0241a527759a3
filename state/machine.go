package state

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"imgate/transports"
)

// brokenLimit is how many broken sessions in a row disable a registration.
const brokenLimit = 3

// A Machine decides for one registration. It is owned by one goroutine.
type Machine struct {
	cfg    Config
	snap   Snapshot
	wanted bool   // the level: is the user available?
	last   uint64 // number of the last attempt
	live   uint64 // the attempt or session that has not Ended; 0: none
	hung   bool   // live was told to hang up: whatever it says but Ended is late
	again  bool   // dial as soon as live has Ended

	series *backoff.ExponentialBackOff
	now    time.Time
	out    []Action
}

// New makes the machine of a registration just created, in Start.
func New(cfg Config, policy Policy, now time.Time) *Machine {
	snap := Snapshot{State: Start, Since: now, Policy: policy, Version: cfg.Version}
	return &Machine{cfg: cfg, snap: snap, series: cfg.series()}
}

// Load makes the machine of a stored registration. Whatever was under way comes back as Start with its
// attempts counted, so that a crash loop is no way around the schedule; what was down on purpose stays down,
// but for Broken under another version of imgate.
func Load(cfg Config, snap Snapshot, now time.Time) *Machine {
	m := &Machine{cfg: cfg, snap: snap, series: cfg.series()}
	for range min(snap.Attempt, 64) {
		m.series.NextBackOff()
	}
	switch snap.State {
	case BadAuth, IntentionallyOffline:
	case Disabled:
		if snap.Reason == Broken && snap.Version != cfg.Version {
			m.snap.State, m.snap.Reason, m.snap.Text = Start, "", ""
			m.snap.BrokenInRow, m.snap.Since = 0, now
		}
	default:
		m.snap.State, m.snap.Reason = Start, ""
		m.snap.Since = now
	}
	m.snap.Version = cfg.Version
	return m
}

// Snapshot is the machine as others see it.
func (m *Machine) Snapshot() Snapshot { return m.snap }

// Wanted is the level: whether the user is available, as far as the machine was told.
func (m *Machine) Wanted() bool { return m.wanted }

// Live is the number of the attempt or session that has not ended; 0 when there is none.
func (m *Machine) Live() uint64 { return m.live }

// AtRest reports whether nothing will happen without somebody's doing: no attempt lives or is scheduled.
func (m *Machine) AtRest() bool {
	switch m.snap.State {
	case BadAuth, Disabled, IntentionallyOffline, Shutdown:
		return m.live == 0
	}
	return false
}

// Step tells the machine one input and gives the actions it wants, nil when the input means nothing in this
// state. The machine keeps nothing of them: each holds a snapshot, and a machine may rest for days.
func (m *Machine) Step(now time.Time, in Input) []Action {
	m.now = now
	m.take(in)
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) take(in Input) {
	if m.snap.State == Shutdown {
		switch in := in.(type) {
		case Ended:
			m.gone(in.Number)
		case Deferred:
			m.gone(in.Number)
		}
		return
	}
	switch in := in.(type) {
	case Wanted:
		m.onWanted()
	case Unwanted:
		m.onUnwanted()
	case Due:
		m.onDue()
	case Deferred:
		m.onDeferred(in)
	case HasSignedOn:
		m.onSignedOn(in)
	case Ended:
		m.onEnded(in)
	case Reconnect:
		m.onReconnect()
	case Credentials:
		m.onCredentials(in)
	case SignOff:
		m.onSignOff()
	case Disable:
		m.onDisable(in)
	case Enable:
		m.onEnable()
	case SetPolicy:
		m.onPolicy(in)
	case LinkLost:
		m.onLinkLost()
	case LinkBack:
		m.onLinkBack()
	case Removed, Stop:
		m.stop()
	}
}

// gone takes note that nothing of that attempt lives any more.
func (m *Machine) gone(number uint64) {
	if number == m.live {
		m.live, m.hung = 0, false
	}
}

// wants reports W of the design's tables: the gateway should sign this registration on by itself.
func (m *Machine) wants() bool {
	switch m.snap.Policy {
	case Always:
		return true
	case ByHand:
		return false
	}
	return m.wanted
}

// asked reports whether an explicit wish can be carried out now: also under ByHand, while the user is there.
func (m *Machine) asked() bool { return m.wants() || m.wanted }

// running reports whether an attempt runs, or begins as soon as the one before has gone.
func (m *Machine) running() bool {
	return m.snap.State == TryingToConnect && (m.again || m.live != 0 && !m.hung)
}

func (m *Machine) do(a Action) { m.out = append(m.out, a) }

// save asks for the snapshot to be stored.
func (m *Machine) save(durable bool) { m.do(Save{m.snap, durable}) }

// hangUp ends what lives and drops what was scheduled.
func (m *Machine) hangUp() {
	m.again = false
	if m.live != 0 && !m.hung {
		m.hung = true
		m.do(HangUp{m.live})
	}
	if !m.snap.NextAttempt.IsZero() {
		m.snap.NextAttempt = time.Time{}
		m.do(Wake{})
	}
}

// enter goes to a state in which nothing lives, and tells it.
func (m *Machine) enter(s State, r Reason, text string) {
	m.hangUp()
	m.become(s, r, text)
	if s == Online || s == TryingToConnect || s == Start {
		m.save(false)
	} else {
		m.save(r != Presence)
	}
	m.do(Announce{m.snap})
}

func (m *Machine) become(s State, r Reason, text string) {
	if m.snap.State != s || m.snap.Reason != r {
		m.snap.Since = m.now
	}
	if m.snap.State == Online {
		m.snap.LastOnline = m.now
	}
	m.snap.State, m.snap.Reason, m.snap.Text = s, r, text
}

// rest goes where a registration is that nobody wants signed on.
func (m *Machine) rest() {
	if m.snap.Policy == ByHand {
		m.enter(IntentionallyOffline, Manual, "")
		return
	}
	m.enter(IntentionallyOffline, Presence, "")
}

// dialNow begins an attempt, after the one before has gone.
func (m *Machine) dialNow() {
	m.hangUp()
	m.become(TryingToConnect, "", "")
	m.dial()
	m.save(false)
	m.do(Announce{m.snap})
}

func (m *Machine) dial() {
	if m.live != 0 {
		m.again = true
		return
	}
	m.last++
	m.live, m.hung, m.again = m.last, false, false
	m.do(Dial{m.live})
}

// dialSoon schedules a first attempt within First, but not before an instant kept from an earlier run and not
// before the network's own wait.
func (m *Machine) dialSoon() {
	at := m.now.Add(m.cfg.soon())
	for _, floor := range []time.Time{m.snap.NextAttempt, m.snap.NotBefore} {
		if floor.After(at) {
			at = floor
		}
	}
	m.snap.NextAttempt = time.Time{}
	if !at.After(m.now) {
		m.dialNow()
		return
	}
	m.hangUp()
	m.become(TryingToConnect, "", "")
	m.waitUntil(at)
}

// waitUntil schedules the next attempt and tells it.
func (m *Machine) waitUntil(at time.Time) {
	m.snap.NextAttempt = at
	m.do(Wake{at})
	m.save(false)
	m.do(Announce{m.snap})
}

func (m *Machine) resetSchedule() {
	m.snap.Attempt, m.snap.BrokenInRow = 0, 0
	m.series.Reset()
}

// stop is final and never stored: after a restart the registration is what it was.
func (m *Machine) stop() {
	m.hangUp()
	m.become(Shutdown, "", "")
	m.do(Announce{m.snap})
}

// remember keeps the failure for those who ask.
func (m *Machine) remember(f *transports.Failure) {
	m.snap.LastFailure = Fault{f.Kind, f.Text, m.now}
}
