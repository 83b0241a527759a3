package oscar

import (
	"strings"
	"testing"
	"time"

	"imgate/transports/oscar/wire"
)

// TestBurst: of 40 messages in one burst the real server acknowledged 9 and then closed; so do we, by its own
// figures.
func TestBurst(t *testing.T) {
	bubble(t, Options{Rates: true}, func(t *testing.T, s *Server) {
		c := signOn(t, s, "alicewonder", 3)
		c.heard()
		acks := 0
		for range 40 {
			c.say(wire.ICBMSend, message("awaybot", "x", wire.Flag(wire.MessageAck)))
			if c.ended() {
				break
			}
		}
		got := c.kinds()
		acks = strings.Count(got, "04/0C")
		if acks < 7 || acks > 9 || !strings.Contains(got, "ch4:0009000101") || !strings.HasSuffix(got, "end") {
			t.Errorf("%d acks: %s", acks, got)
		}
	})
}

func TestLevels(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		class uint16
		every time.Duration
		count int
		want  verdict // of the last
	}{
		{"first", 3, 0, 1, pass},
		{"a few at once", 3, 0, 4, pass},
		{"too many", 3, 0, 10, drop},
		{"far too many", 3, 0, 20, flood},
		{"the sustainable pace", 3, 5 * time.Second, 200, pass},
		{"a little too fast, for long", 3, 3500 * time.Millisecond, 200, drop},
		{"class 1 takes more", 1, 0, 40, pass},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l levels
			var got verdict
			now := start
			for range tt.count {
				got, _ = l.count(tt.class, now)
				now = now.Add(tt.every)
			}
			if got != tt.want {
				t.Errorf("got %d at level %d", got, l[tt.class-1].now)
			}
		})
	}
}

// TestLimitedUntilClear: who was limited is told so once, stays so below "clear", and is told when it is over.
func TestLimitedUntilClear(t *testing.T) {
	var l levels
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var words []uint16
	count := func(pause time.Duration) verdict {
		now = now.Add(pause)
		v, word := l.count(3, now)
		if word != 0 {
			words = append(words, word)
		}
		return v
	}
	for range 9 {
		count(0)
	}
	for i := 0; count(8*time.Second) == drop; i++ {
		if i > 50 {
			t.Fatal("never clear again")
		}
	}
	want := []uint16{wire.RateAlert, wire.RateLimited, wire.RateCleared}
	if len(words) != 3 || words[0] != want[0] || words[1] != want[1] || words[2] != want[2] {
		t.Errorf("told %v, want %v", words, want)
	}
}

func TestFiguresOnTheWire(t *testing.T) {
	for _, rates := range []bool{true, false} {
		bubble(t, Options{Rates: rates}, func(t *testing.T, s *Server) {
			c := board(t, s, "alicewonder", 3)
			c.say(wire.ClientVersions, wire.Versions{{Family: 1, Version: 4}})
			c.heard()
			c.say(wire.RateQuery, nil)
			r, err := wire.Decode[wire.Rates](c.only(wire.RateReply).Body)
			if err != nil || len(r.Classes) != 5 || len(r.Groups) != 5 || !r.Long {
				t.Fatalf("%+v %v", r, err)
			}
			if limit := r.Classes[2].Limit; rates != (limit == 4000) {
				t.Errorf("rates %t: limit %d", rates, limit)
			}
			if g := r.Groups[2].Kinds; len(g) != 2 || g[0] != wire.InfoQuery || g[1] != wire.ICBMSend {
				t.Errorf("class 3 has %v", g)
			}
		})
	}
}
