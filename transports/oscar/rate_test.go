package oscar

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	lab "imgate/lab/oscar"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// A judge counts as the server does (facts §7) and tells the lowest level that it saw.
type judge struct {
	class  wire.RateClass
	level  int64
	last   time.Time
	lowest int64
}

func newJudge(c wire.RateClass) *judge {
	return &judge{class: c, level: int64(c.Level), last: time.Now(), lowest: int64(c.Max)}
}

func (j *judge) hears(now time.Time) {
	window := int64(j.class.Window)
	j.level = min((j.level*(window-1)+now.Sub(j.last).Milliseconds())/window, int64(j.class.Max))
	j.last = now
	j.lowest = min(j.lowest, j.level)
}

// Forty messages in one burst: all are taken by the server, none falls under the limit, and what is not a
// message does not wait behind them.
func TestABurstOfMessages(t *testing.T) {
	var judges map[uint16]*judge
	online(t, func(p *peer, _ *transports.Account) {
		judges = map[uint16]*judge{wire.FamilyICBM: newJudge(todaysRates().Classes[1])}
		ack := p.answers[wire.ICBMSend]
		p.answers[wire.ICBMSend] = func(p *peer, q wire.SNAC) []wire.SNAC {
			judges[wire.FamilyICBM].hears(time.Now())
			return ack(p, q)
		}
	}, func(s *story) {
		begun := time.Now()
		for tag := range transports.Tag(40) {
			s.does(transports.SendMessage{Tag: tag + 1, To: "madhatter", Body: plain("x")})
		}
		s.does(transports.SetPresence{Tag: 100, Show: transports.Away})
		first := 0
		for n := range 41 {
			d := s.patient()
			if d.Err != nil {
				t.Fatalf("done with %+v", d)
			}
			if d.Tag == 100 {
				if took := time.Since(begun); took > time.Second || n == 40 {
					t.Errorf("presence waited %v behind messages", took)
				}
			} else if time.Since(begun) < time.Second {
				first++
			}
		}
		if first < 4 || first > 8 {
			t.Errorf("%d messages went at once", first)
		}
		if took := time.Since(begun); took > 40*5*time.Second {
			t.Errorf("40 messages took %v", took)
		}
		synctest.Wait()
		if j := judges[wire.FamilyICBM]; j.lowest < int64(j.class.Limit) {
			t.Errorf("the server saw us at %d, under the limit of %d", j.lowest, j.class.Limit)
		}
	})
}

func TestAFullQueue(t *testing.T) {
	online(t, nil, func(s *story) {
		busy, taken := 0, 0
		for tag := range transports.Tag(maxQueued + 50) {
			s.does(transports.SendMessage{Tag: tag + 1, To: "madhatter", Body: plain("x")})
		}
		for range maxQueued + 50 {
			switch d := s.patient(); {
			case errors.Is(d.Err, transports.ErrBusy):
				busy++
			case d.Err == nil:
				taken++
			default:
				t.Fatalf("done with %+v", d)
			}
		}
		if taken < maxQueued || busy == 0 {
			t.Errorf("%d taken, %d refused", taken, busy)
		}
	})
}

// While the server says "limited", nothing of the class is sent until the level would be clear.
func TestLimited(t *testing.T) {
	online(t, nil, func(s *story) {
		c := todaysRates().Classes[1]
		c.Level = 3900
		j := newJudge(c)
		s.peer.push(wire.RateChange, wire.RateChanged{Code: wire.RateLimited, Class: c, Long: true})
		s.quiet(time.Millisecond)
		s.does(transports.SendMessage{Tag: 1, To: "madhatter", Body: plain("x")})
		want[transports.Done](s)
		if j.hears(time.Now()); j.level < int64(c.Clear) {
			t.Errorf("sent at %d, while the class is clear at %d", j.level, c.Clear)
		}
	})
}

func TestPausedByTheServer(t *testing.T) {
	online(t, nil, func(s *story) {
		s.peer.push(wire.ServicePause, wire.TLVs{})
		s.hears(wire.PauseAck)
		s.does(transports.SendMessage{Tag: 1, To: "madhatter", Body: plain("x")})
		s.quiet(time.Minute)
		s.peer.push(wire.ServiceResume, wire.TLVs{})
		want[transports.Done](s)
	})
}

func TestAServerWithoutRates(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) { p.rates = wire.Rates{} }, func(s *story) {
		s.does(transports.SendMessage{Tag: 1, To: "madhatter", Body: plain("x")})
		want[transports.Done](s)
	})
}

// Whatever the figures and the pace, waiting as long as the meter says leaves the level at the floor or above.
func TestMeterKeepsItsFloor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string, lo, hi uint32) uint32 { return rapid.Uint32Range(lo, hi).Draw(t, name) }
		c := wire.RateClass{Window: number("window", 1, 200), Max: number("max", 1, 20000)}
		c.Clear, c.Limit = number("clear", 0, c.Max), number("limit", 0, c.Max)
		c.Alert, c.Level = number("alert", 0, c.Max), number("level", 0, c.Max)
		now := time.Unix(0, 0)
		m := newMeter(c, now)
		for range 50 {
			now = now.Add(time.Duration(rapid.IntRange(0, 9000).Draw(t, "pause")) * time.Millisecond)
			floor := min(m.floor(), int64(c.Max))
			wait := m.wait(now, m.floor())
			if wait > 0 && m.after(now.Add(wait-time.Millisecond)) >= floor {
				t.Fatalf("waits %v where less would do", wait)
			}
			now = now.Add(wait)
			if m.sent(now); m.level < floor {
				t.Fatalf("%+v: level %d, floor %d", c, m.level, floor)
			}
		}
	})
}

// patient is the next Done; that it takes long is passed over.
func (s *story) patient() transports.Done {
	s.t.Helper()
	for {
		e := s.next(2 * time.Minute)
		if _, notice := e.(transports.Notice); notice {
			continue
		}
		d, ok := e.(transports.Done)
		if !ok {
			s.t.Fatalf("got %T %+v, want Done", e, e)
		}
		return d
	}
}

// Two hundred messages in a row arrive, all of them and in order, at a server that drops what comes too fast; and whoever
// sent them is told once that it takes long.
func TestTwoHundredMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 200
		peer := &labPeer{server: lab.New(lab.Options{Advertise: bosAddress, Rates: true})}
		defer peer.Close()
		alice, bob := enterICQ(t, peer, "100001"), enterICQ(t, peer, "100002")
		alice.heard()
		bob.heard()
		for i := range many {
			alice.commands <- transports.SendMessage{Tag: transports.Tag(i + 1), To: "100002", Body: plain(fmt.Sprintf("message %d é", i))}
		}
		time.Sleep(30 * time.Minute)
		var done, notices, heard int
		for _, e := range alice.heard() {
			switch e := e.(type) {
			case transports.Done:
				if e.Err != nil || e.Tag != transports.Tag(done+1) || e.Proof != transports.Accepted {
					t.Fatalf("after %d: %+v", done, e)
				}
				done++
			case transports.Notice:
				if notices++; !strings.Contains(e.Text, " wait to be sent, which takes about 1") {
					t.Error(e.Text)
				}
			}
		}
		for _, e := range bob.heard() {
			if m, ok := e.(transports.Message); ok {
				if want := fmt.Sprintf("message %d é", heard); m.Body.String() != want {
					t.Fatalf("%q, want %q", m.Body.String(), want)
				}
				heard++
			}
		}
		if done != many || heard != many || notices != 1 {
			t.Errorf("%d taken, %d heard, %d notices", done, heard, notices)
		}
		alice.leaves()
		bob.leaves()
	})
}
