package state

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"imgate/transports"
)

// A run is a machine under random inputs, with what must hold after each.
type run struct {
	m    *Machine
	now  time.Time
	live uint64 // the session that a loop would have
}

func (r *run) step(t *rapid.T, in Input) []Action {
	before := r.m.Snapshot()
	actions := r.m.Step(r.now, in)
	r.check(t, before, in, actions)
	return actions
}

// check holds the laws of the machine: never two attempts at once, nothing leaves a resting state by
// presence, and the wait that is told is the wait that is kept.
func (r *run) check(t *rapid.T, before Snapshot, in Input, actions []Action) {
	var wake time.Time
	woken := false
	for _, a := range actions {
		switch a := a.(type) {
		case Dial:
			if r.live != 0 {
				t.Fatalf("%T dialled %d while %d lives", in, a.Number, r.live)
			}
			r.live = a.Number
		case HangUp:
			if a.Number != r.live {
				t.Fatalf("%T hung up %d, but %d lives", in, a.Number, r.live)
			}
		case Wake:
			wake, woken = a.At, true
		case Announce:
			if wait, ok := a.Snapshot.UntilNext(r.now); ok && wait < 0 {
				t.Fatalf("%T announced a wait of %v", in, wait)
			}
		}
	}
	after := r.m.Snapshot()
	if woken && after.State != Start && !wake.Equal(after.NextAttempt) {
		t.Fatalf("%T: wake at %v, told %v", in, wake, after.NextAttempt)
	}
	if after.State == TryingToConnect && after.NextAttempt.IsZero() != r.m.running() {
		t.Fatalf("%T: trying with next %v and live %d", in, after.NextAttempt, r.m.Live())
	}
	switch in.(type) {
	case Wanted, Unwanted, Due, LinkLost, LinkBack, HasSignedOn, Deferred, Ended:
		sticky := before.State == BadAuth || before.State == Disabled || before.Reason == SignedOff
		if sticky && (after.State != before.State || after.Reason != before.Reason) {
			t.Fatalf("%T led from %s to %s", in, label(before), label(after))
		}
	}
}

// session draws what a network may answer to what lives now, or something late.
func (r *run) session(t *rapid.T) Input {
	n := r.live
	if rapid.IntRange(0, 9).Draw(t, "late") == 0 {
		n = rapid.Uint64Range(0, 5).Draw(t, "number")
	}
	switch rapid.IntRange(0, 3).Draw(t, "answer") {
	case 0:
		return HasSignedOn{n}
	case 1:
		return Deferred{n, r.now.Add(time.Duration(rapid.IntRange(1, 900).Draw(t, "until")) * time.Second)}
	}
	kind := transports.Kind(rapid.IntRange(0, int(transports.Suspended)).Draw(t, "kind"))
	after := time.Duration(0)
	if kind == transports.Throttled {
		after = time.Minute
	}
	return Ended{n, &transports.Failure{Kind: kind, After: after}}
}

func TestAnyHistoryKeepsTheLaws(t *testing.T) {
	wishes := []Input{
		Wanted{}, Unwanted{}, Due{}, Reconnect{}, Credentials{}, Credentials{Fresh: true}, SignOff{}, Disable{},
		Enable{}, SetPolicy{Always}, SetPolicy{ByHand}, SetPolicy{FollowPresence}, LinkLost{}, LinkBack{},
	}
	rapid.Check(t, func(t *rapid.T) {
		random := rapid.Float64Range(0, 0.999)
		cfg := Defaults(func() float64 { return random.Draw(t, "random") })
		r := &run{m: New(cfg, FollowPresence, epoch()), now: epoch()}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			r.now = r.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "pass")) * time.Second)
			var in Input
			if rapid.Bool().Draw(t, "from network") {
				in = r.session(t)
			} else {
				in = rapid.SampledFrom(wishes).Draw(t, "wish")
			}
			// A loop reports the end of what lived before anything that the end leads to.
			gone := false
			switch in := in.(type) {
			case Ended:
				gone = in.Number == r.live
			case Deferred:
				gone = in.Number == r.live && (r.m.running() || r.m.hung)
			}
			if gone {
				r.live = 0
			}
			r.step(t, in)
		}
	})
}

// A flapping account, that signs on and drops at once, climbs as if it had never signed on.
func TestFlappingGrowsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Defaults(nil)
		cfg.Random = func() float64 { return 0.5 }
		m, now := New(cfg, FollowPresence, epoch()), epoch()
		m.Step(now, Wanted{})
		last := time.Duration(0)
		for range 12 {
			if next := m.Snapshot().NextAttempt; !next.IsZero() {
				now = next
				m.Step(now, Due{})
			}
			n := m.Live()
			m.Step(now, HasSignedOn{n})
			online := time.Duration(rapid.IntRange(0, 59).Draw(t, "online")) * time.Second
			now = now.Add(online)
			m.Step(now, Ended{n, &transports.Failure{Kind: transports.Transient}})
			wait, ok := m.Snapshot().UntilNext(now)
			if !ok || wait < last || wait < min(2*last, cfg.Max) {
				t.Fatalf("wait %v after %v", wait, last)
			}
			last = wait
		}
		if last != cfg.Max {
			t.Fatalf("ends at %v, want the ceiling", last)
		}
	})
}

// Jitter never leaves the bounds and never goes above the ceiling.
func TestWaitsStayInBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Defaults(func() float64 { return rapid.Float64Range(0, 0.999999).Draw(t, "r") })
		base := time.Duration(rapid.Int64Range(0, int64(cfg.Max)).Draw(t, "base"))
		got := cfg.spread(base)
		if got < base/2-time.Nanosecond || got > min(base+base/2, cfg.Max)+time.Nanosecond {
			t.Fatalf("spread(%v) = %v", base, got)
		}
		if s := cfg.soon(); s < 0 || s > cfg.First {
			t.Fatalf("soon = %v", s)
		}
	})
}

// Loading any snapshot twice changes nothing more, and never brings back an attempt earlier than it was due.
func TestLoadKeepsPromises(t *testing.T) {
	for _, s := range []State{Start, TryingToConnect, Online, BadAuth, Disabled, IntentionallyOffline} {
		due := epoch().Add(time.Hour)
		m := Load(still(), Snapshot{State: s, Attempt: 3, NextAttempt: due, Version: "now"}, epoch())
		m.Step(epoch(), Wanted{})
		if got := m.Snapshot(); got.State == TryingToConnect && !got.NextAttempt.Equal(due) {
			t.Errorf("%s: next attempt %v, want %v", s, got.NextAttempt, due)
		}
	}
}
