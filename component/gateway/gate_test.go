package gateway

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"imgate/transports"
)

func noon() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }

func someAccounts(n int) []*account {
	list := make([]*account, n)
	for i := range list {
		list[i] = &account{}
	}
	return list
}

// The thousandth in the queue is told a time, and it is true.
func TestTheLastInTheQueueIsToldTheTruth(t *testing.T) {
	g, now := newGate(1, 9), noon()
	who := someAccounts(1000)
	told := make([]time.Time, len(who))
	for i, a := range who {
		ok, until := g.ask(now, a, present)
		if ok != (i == 0) {
			t.Fatalf("%d: %v", i, ok)
		}
		told[i] = until
	}
	want := now.Add(999 * time.Minute / 9)
	if d := told[999].Sub(want).Abs(); d > time.Second {
		t.Errorf("the last is told %v, want %v", told[999], want)
	}
	for i := 1; i < len(who); i++ {
		if told[i].Before(told[i-1]) {
			t.Fatalf("%d is told to go before %d", i, i-1)
		}
		if ok, until := g.ask(told[i], who[i], present); !ok {
			t.Fatalf("%d came at %v as told, and is told %v", i, told[i], until)
		}
	}
}

// Whoever has asked for it goes first, then who is there, then who is always on.
func TestTheOrderOfTheQueue(t *testing.T) {
	g, now := newGate(1, 60), noon()
	who := someAccounts(4)
	g.ask(now, who[0], always)
	_, idle := g.ask(now, who[1], always)
	_, here := g.ask(now, who[2], present)
	_, wish := g.ask(now, who[3], byWish)
	if wish.Sub(now) != time.Second || here.Sub(now) != time.Second || idle.Sub(now) != time.Second {
		t.Errorf("each was told the next second as they came: %v %v %v", wish.Sub(now), here.Sub(now), idle.Sub(now))
	}
	if _, again := g.ask(now, who[1], always); again.Sub(now) != 3*time.Second {
		t.Errorf("the idle one is told %v now", again.Sub(now))
	}
	if ok, _ := g.ask(now.Add(time.Second), who[2], present); ok {
		t.Error("went before the wish")
	}
	if ok, _ := g.ask(now.Add(time.Second), who[3], byWish); !ok {
		t.Error("the wish was not let through")
	}
	g.leave(who[2])
	if ok, _ := g.ask(now.Add(2*time.Second), who[1], always); !ok {
		t.Error("whoever left still holds its place")
	}
}

// In any minute no more go through than burst and rate allow, whoever asks how often.
func TestTheBudgetIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst, rate := rapid.IntRange(1, 5).Draw(t, "burst"), rapid.IntRange(1, 60).Draw(t, "rate")
		g, now := newGate(burst, rate), noon()
		who := someAccounts(20)
		var gone []time.Time
		for range 200 {
			now = now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			a := who[rapid.IntRange(0, 19).Draw(t, "who")]
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				g.leave(a)
			default:
				ok, until := g.ask(now, a, class(rapid.IntRange(0, 2).Draw(t, "class")))
				if ok {
					gone = append(gone, now)
				} else if !until.After(now) {
					t.Fatalf("held back until %v, which is past", until)
				}
			}
		}
		for i := range gone {
			n := 0
			for _, at := range gone[i:] {
				if at.Sub(gone[i]) < time.Minute {
					n++
				}
			}
			if n > burst+rate {
				t.Fatalf("%d in a minute, with burst %d and rate %d", n, burst, rate)
			}
		}
	})
}

func TestAThrottledAddressWaits(t *testing.T) {
	g, now := newGate(5, 60), noon()
	who := someAccounts(3)
	g.ask(now, who[0], present)
	g.throttled(now, time.Minute)
	if ok, until := g.ask(now, who[1], byWish); ok || until.Sub(now) < time.Minute {
		t.Errorf("%v %v", ok, until.Sub(now))
	}
	if ok, _ := g.ask(now.Add(61*time.Second), who[1], byWish); !ok {
		t.Error("still held back")
	}
}

// When the server is down one looks, and the others come when it is back.
func TestAnOutageIsProbed(t *testing.T) {
	g, now := newGate(100, 6000), noon()
	who := someAccounts(10)
	for _, a := range who[:outageAfter] {
		if ok, _ := g.ask(now, a, present); !ok {
			t.Fatal("held back before the outage is known")
		}
		g.unreachable(now, a)
	}
	for _, a := range who[outageAfter:] {
		if ok, until := g.ask(now, a, present); ok || until.Sub(now) < outageProbe {
			t.Errorf("%v %v", ok, until.Sub(now))
		}
	}
	later := now.Add(outageProbe)
	if ok, _ := g.ask(later, who[outageAfter], present); !ok {
		t.Error("nobody looks")
	}
	g.signedOn()
	if ok, _ := g.ask(later.Add(time.Second), who[outageAfter+1], present); !ok {
		t.Error("the server is back and they still wait")
	}
}

func TestTheGuardAgainstMassRefusals(t *testing.T) {
	var g guard
	now := noon()
	fine := now.Add(-time.Hour)
	refusal := &transports.Failure{Kind: transports.BadCredentials, Text: "wrong password"}
	who := someAccounts(40)
	for i, a := range who[:guardAccounts-1] {
		if f, alarm := g.judge(now, a, fine, refusal); f != refusal || alarm {
			t.Fatalf("the refusal %d is %v", i, f)
		}
	}
	f, alarm := g.judge(now, who[guardAccounts], fine, refusal)
	if !alarm || f.Kind != transports.Throttled || f.After != guardWait || !errors.Is(f, refusal) {
		t.Errorf("the tenth is %v, alarm %v", f, alarm)
	}
	if f, alarm := g.judge(now, who[20], fine, refusal); alarm || f.Kind != transports.Throttled {
		t.Errorf("the eleventh is %v, alarm %v", f, alarm)
	}
	if f, _ := g.judge(now, who[21], time.Time{}, refusal); f != refusal {
		t.Errorf("an account that never was online is %v", f)
	}
	g.judge(now, who[22], fine, nil)
	if f, _ := g.judge(now, who[23], fine, refusal); f != refusal {
		t.Errorf("after a success: %v", f)
	}
}

// Users who mistype are no outage: with as many sign-ons going well the guard stays quiet.
func TestTheGuardIsNotTrippedBySuccess(t *testing.T) {
	var g guard
	now := noon()
	refusal := &transports.Failure{Kind: transports.BadCredentials}
	for _, a := range someAccounts(100) {
		if f, _ := g.judge(now, a, now.Add(-time.Hour), refusal); f != refusal {
			t.Fatal("tripped")
		}
		g.judge(now, a, now, nil)
	}
}
