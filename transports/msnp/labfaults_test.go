package msnp

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
)

// TestLabFaults: how a sign-on and a session end by each fault of the lab.
func TestLabFaults(t *testing.T) {
	for _, tt := range []struct {
		fault world.Fault
		later bool // in the session, not at sign-on
		want  string
	}{
		{world.Refuse, false, "ended transient"},
		{world.Reset, false, "ended transient"},
		{world.Stall, false, "ended transient"},
		{world.Garbage, false, "ended broken"},
		{world.WrongPassword, false, "ended bad_credentials"},
		{world.WrongCookie, false, "contacts"}, // once: a fresh ticket is fetched
		{world.Suspended, false, "ended suspended"},
		{world.Throttle, false, "ended throttled after 5m0s"},
		{world.Maintenance, false, "ended transient"},
		{world.OtherLocation, false, "ended replaced"},
		{world.Kicked, false, "ended transient"},
		{world.Drop, false, "ended transient"},
		{world.TruncatedSignoff, false, "ended transient"},
		{world.Reset, true, "ended transient"},
		{world.Stall, true, "ended transient"},
		{world.Garbage, true, "ended broken"},
		{world.OtherLocation, true, "ended replaced"},
		{world.OtherLocationShort, true, "ended replaced"},
		{world.Kicked, true, "ended transient"},
		{world.Maintenance, true, "ended transient"},
		{world.Drop, true, "ended transient"},
		{world.TruncatedSignoff, true, "ended transient"},
	} {
		when := " at sign-on"
		if tt.later {
			when = " in a session"
		}
		t.Run(string(tt.fault)+when, func(t *testing.T) {
			var failed error
			strike := func(s *story) {
				name := self
				if tt.fault == world.Refuse {
					name = "" // nobody has said who it is
				}
				failed = s.p.server.MSN().Fault(name, tt.fault, 1)
			}
			tell(t, func(s *story) {
				s.untapped = true
				if !tt.later {
					s.first = strike
				}
			}, func(s *story) {
				if tt.later {
					s.until("contacts")
					synctest.Wait()
					strike(s)
				}
				if failed != nil {
					s.t.Fatal(failed)
				}
				for {
					got, ok := s.Next(2 * answerTimeout)
					if !ok {
						s.t.Fatalf("not %s", tt.want)
					}
					if strings.HasPrefix(got, "ended") || strings.HasPrefix(tt.want, "contacts") && strings.HasPrefix(got, "contacts") {
						if !strings.HasPrefix(got, tt.want) {
							s.t.Errorf("%s, not %s", got, tt.want)
						}
						return
					}
				}
			})
		})
	}
}

// Too many boards in a short time (the lab's rate limit) only slow things down.
func TestLabRateLimit(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		if err := s.p.server.MSN().Fault(self, world.RateLimit, 2); err != nil {
			s.t.Fatal(err)
		}
		s.does(`send echobot@lab.example "slowly"`)
		s.until(`message echobot@lab.example "slowly"`)
	})
}

// The server goes and comes back: who signs on meanwhile is told that it is its trouble, and lists and messages survive.
func TestLabRestart(t *testing.T) {
	online(t, "MSNP12", func(s *story) {
		s.does(`add bob@lab.example "Bob" "Friends"`)
		s.until("done 1 accepted")
		if err := s.p.server.MSN().Restart(pingEvery); err != nil {
			s.t.Fatal(err)
		}
		s.until("ended transient")
		early := s.signsOn(self)
		early.until("ended transient")
		early.leaves()
		time.Sleep(pingEvery + time.Second) // of fake time
		again := s.signsOn(self)
		if words, _ := again.until("contacts"); !strings.Contains(words, `bob@lab.example "Bob" in "Friends"`) {
			s.t.Errorf("%s", words)
		}
		again.leaves()
	})
}
