package oscar

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// TestFaultsInSession: each fault that ends a session, for one who is there, and for one who comes.
func TestFaultsInSession(t *testing.T) {
	for _, tt := range []struct {
		fault world.Fault
		want  string
		later bool // it waits for a sign-on too
	}{
		{world.Reset, "end", false},
		{world.Stall, "", false},
		{world.Garbage, "end", false},
		{world.OtherLocation, "ch4:0009000101000B0029", true},
		{world.OtherLocationShort, "cut end", true},
		{world.Kicked, "ch4:0009000101000B0029", true},
		{world.Maintenance, "ch4: end", true},
		{world.Drop, "end", true},
		{world.TruncatedSignoff, "cut end", true},
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			bubble(t, Options{}, func(t *testing.T, s *Server) {
				c := signOn(t, s, "alicewonder", 3)
				c.heard()
				if err := s.AIM().Fault("Alice Wonder", tt.fault, 2); err != nil {
					t.Fatal(err)
				}
				c.say(wire.SelfQuery, nil)
				if got := c.kinds(); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
					t.Errorf("now: %q", got)
				}
				if !tt.later {
					return
				}
				for i, want := range []bool{true, false} {
					c = signOn(t, s, "alicewonder", 3)
					if got := c.kinds(); strings.Contains(got, tt.want) != want || c.ended() != want {
						t.Errorf("sign-on %d: %q", i+1, got)
					}
				}
			})
		})
	}
}

func TestFaultsAtLogin(t *testing.T) {
	for fault, code := range map[world.Fault]uint16{
		world.WrongPassword: wire.LoginWrongPassword, world.Suspended: wire.LoginSuspended, world.Throttle: wire.LoginRateLimit,
	} {
		bubble(t, Options{}, func(t *testing.T, s *Server) {
			s.AIM().Fault("", fault, 1)
			if s.ICQ().Accounts(); login(t, s, "100001", world.Password, 3, true).Has(wire.TagLoginError) {
				t.Errorf("%s: the other network suffers", fault)
			}
			for i, want := range []uint32{uint32(code), 0} {
				if got, _ := login(t, s, "alicewonder", world.Password, 3, true).Number(wire.TagLoginError); got != want {
					t.Errorf("%s: sign-on %d got %d, want %d", fault, i+1, got, want)
				}
			}
		})
	}
}

// TestFaultsBeforeLogin: the connection suffers as soon as the name is known.
func TestFaultsBeforeLogin(t *testing.T) {
	for fault, want := range map[world.Fault]string{
		world.Refuse: "ch1:00000001 end", world.Reset: "ch1:00000001 end", world.Stall: "ch1:00000001", world.Garbage: "ch1:00000001 end",
	} {
		bubble(t, Options{}, func(t *testing.T, s *Server) {
			s.AIM().Fault("alicewonder", fault, 1)
			c := connect(t, s)
			c.hello()
			synctest.Wait() // a reset takes along what is not written yet
			c.say(wire.KeyRequest, wire.TLVs{wire.String(wire.TagName, "alicewonder")})
			if got := c.kinds(); got != want {
				t.Errorf("%s: %q", fault, got)
			}
			time.Sleep(time.Hour) // fake
			if fault == world.Stall && c.ended() {
				t.Error("stall ended")
			}
		})
	}
}

func TestRefuseEverybody(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		s.ICQ().Fault("", world.Refuse, 2)
		for i, want := range []string{"end", "end", "ch1:00000001"} {
			if got := connect(t, s).kinds(); got != want {
				t.Errorf("connection %d: %q", i+1, got)
			}
		}
	})
}

func TestWrongCookie(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		s.AIM().Fault("alicewonder", world.WrongCookie, 1)
		cookie, _ := login(t, s, "alicewonder", world.Password, 3, true).Get(wire.TagCookie)
		c := connect(t, s)
		c.hello(wire.Bytes(wire.TagCookie, cookie))
		if got := c.kinds(); got != "ch1:00000001 end" {
			t.Error(got)
		}
	})
}

// TestRateLimitFault: messages vanish without a word.
func TestRateLimitFault(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		c := signOn(t, s, "alicewonder", 3)
		c.heard()
		s.AIM().Fault("alicewonder", world.RateLimit, 2)
		for i, want := range []string{"", "", "04/0C 04/07"} {
			c.say(wire.ICBMSend, message("echobot", "hi", wire.Flag(wire.MessageAck)))
			got := c.kinds()
			if (got == "") != (want == "") {
				t.Errorf("message %d: %q", i+1, got)
			}
		}
	})
}

func TestFaultErrors(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		if err := s.AIM().Fault("nobodyhere", world.Drop, 1); !errors.Is(err, world.ErrUnknown) {
			t.Error(err)
		}
		if err := s.AIM().Fault("100001", world.Drop, 1); !errors.Is(err, world.ErrUnknown) {
			t.Error(err)
		}
		if err := s.AIM().Fault("", "flood", 1); !errors.Is(err, world.ErrFault) {
			t.Error(err)
		}
	})
}
