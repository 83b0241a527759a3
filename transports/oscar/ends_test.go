package oscar

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Facts §4: what each refusal of the login server means.
func TestLoginErrors(t *testing.T) {
	tests := []struct {
		code  uint16
		kind  transports.Kind
		after time.Duration
	}{
		{0x0001, transports.BadCredentials, 0}, {0x0004, transports.BadCredentials, 0},
		{0x0005, transports.BadCredentials, 0}, {0x0007, transports.BadCredentials, 0},
		{0x0008, transports.Refused, 0}, {0x0009, transports.Refused, 0}, {0x0020, transports.Refused, 0},
		{0x0011, transports.Suspended, 0}, {0x0022, transports.Suspended, 0},
		{0x0018, transports.Throttled, time.Minute}, {0x001D, transports.Throttled, time.Minute},
		{0x0019, transports.Throttled, 10 * time.Minute},
		{0x0002, transports.Transient, 0}, {0x000C, transports.Transient, 0}, {0x0015, transports.Transient, 0},
		{0x001A, transports.Transient, 0}, {0x7777, transports.Transient, 0},
	}
	for _, tt := range tests {
		for _, noKey := range []bool{false, true} {
			tell(t, func(p *peer, _ *transports.Account) {
				p.noKey = noKey
				p.granted = wire.TLVs{wire.String(wire.TagName, "x"), wire.Uint16(wire.TagLoginError, tt.code)}
			}, func(s *story) {
				if f := s.ends(); f.Kind != tt.kind || f.After != tt.after {
					t.Errorf("code %#04x (instead of the key: %v): %v after %v, want %v after %v", tt.code, noKey, f.Kind, f.After, tt.kind, tt.after)
				}
			})
		}
	}
}

func TestAWrongPasswordIsProven(t *testing.T) {
	tell(t, func(_ *peer, a *transports.Account) { a.Password = transports.NewSecret("wrong") }, func(s *story) {
		if f := s.ends(); f.Kind != transports.BadCredentials {
			t.Errorf("ended with %v", f)
		}
	})
}

func TestTheServerMayNameAnotherHost(t *testing.T) {
	tests := []struct {
		name, server string
		kind         transports.Kind
	}{
		{"nowhere", "nowhere.example:1", transports.Transient},
		{"no host at all", "", transports.Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tell(t, func(p *peer, _ *transports.Account) {
				p.granted = p.granted.With(wire.String(wire.TagServer, tt.server))
			}, func(s *story) {
				if f := s.ends(); f.Kind != tt.kind {
					t.Errorf("ended with %v", f)
				}
			})
		})
	}
}

// Facts §8: how a session ends. We sign on with the multiple-session flag 3.
func TestSessionEnds(t *testing.T) {
	tests := []struct {
		name    string
		limited bool // the server has just said that we are too fast
		hex     string
		kind    transports.Kind
		after   time.Duration
	}{
		{"signed on elsewhere", false, "2A04 0064 0005 0009 0001 01", transports.Replaced, 0},
		{"signed on elsewhere, with a URL", false, "2A04 0064 000A 0009 0001 01 000B 0001 78", transports.Replaced, 0},
		{"signed on elsewhere, in AOL's words", false, "2A04 0064 0006 0009 0002 0001", transports.Replaced, 0},
		{"another reason", false, "2A04 0064 0006 0009 0002 0007", transports.Transient, 0},
		{"flood", true, "2A04 0064 0005 0009 0001 01", transports.Throttled, time.Minute},
		{"flood, cut frame", true, "2A04 0064", transports.Throttled, time.Minute},
		{"server stop", false, "2A04 0064 0000", transports.Transient, 0},
		{"cut sign-off", false, "2A04 0064", transports.Transient, 0},
		{"bare EOF", false, "", transports.Transient, 0},
		{"cut frame", false, "2A02 0064 00FF 00", transports.Transient, 0},
		{"no FLAP", false, "485454502F31", transports.Broken, 0},
		{"no SNAC", false, "2A02 0064 0001 00", transports.Broken, 0},
		{"suspended while online, in a sign-off", false, "2A04 0064 0006 0008 0002 0011", transports.Suspended, 0},
		{"a login error of the password, of which nobody was asked", false, "2A04 0064 0006 0008 0002 0005", transports.Transient, 0},
		{"a login error of the name, likewise", false, "2A04 0064 0006 0008 0002 0001", transports.Transient, 0},
		{"deleted while online, in a sign-off", false, "2A04 0064 0006 0008 0002 0008", transports.Refused, 0},
		{"too many, in a sign-off", false, "2A04 0064 0006 0008 0002 0018", transports.Throttled, time.Minute},
		{"migration", false, "2A02 0064 000C 0001 0012 0000 80000000 0000", transports.Transient, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			online(t, nil, func(s *story) {
				if tt.limited {
					c := todaysRates().Classes[1]
					c.Level = 3900
					s.peer.push(wire.RateChange, wire.RateChanged{Code: wire.RateLimited, Class: c, Long: true})
				}
				b, err := hex.DecodeString(strings.ReplaceAll(tt.hex, " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				s.peer.raw(b)
				if f := s.ends(); f.Kind != tt.kind || f.After != tt.after || f.Text == "" {
					t.Errorf("ended with %v after %v, want %v after %v", f, f.After, tt.kind, tt.after)
				}
			})
		})
	}
}

// The login server has taken the password: that BOS calls it wrong proves nothing.
func TestASignOffWhileEntering(t *testing.T) {
	for code, kind := range map[uint16]transports.Kind{
		wire.LoginWrongPassword: transports.Transient, wire.LoginNoSuchUser: transports.Transient, wire.LoginSuspended: transports.Suspended,
	} {
		tell(t, func(p *peer, _ *transports.Account) {
			p.answers[wire.RateQuery] = func(p *peer, _ wire.SNAC) []wire.SNAC {
				p.frame(p.bos, wire.SignOff, wire.TLVs{wire.Uint16(wire.TagLoginError, code)})
				return nil
			}
		}, func(s *story) {
			if f := s.ends(); f.Kind != kind {
				t.Errorf("code %#04x: ended with %v, want %v", code, f, kind)
			}
		})
	}
}

// In the middle of a burst the same words mean that we were too fast, though the server has not said so.
func TestAFloodThatNobodyAnnounced(t *testing.T) {
	for _, pause := range []time.Duration{time.Second, time.Minute} {
		online(t, nil, func(s *story) {
			for tag := range transports.Tag(5) {
				s.does(transports.SendMessage{Tag: tag + 1, To: "madhatter", Body: plain("x")})
			}
			for range 5 {
				want[transports.Done](s)
			}
			s.quiet(pause)
			s.peer.raw([]byte{0x2A, 4, 0, 1, 0, 5, 0, 9, 0, 1, 1})
			kind := transports.Replaced
			if pause < freshFlood {
				kind = transports.Throttled
			}
			if f := s.ends(); f.Kind != kind {
				t.Errorf("%v after a burst: ended with %v, want %v", pause, f, kind)
			}
		})
	}
}

// A server that dies without a word is found out: 1/0E is asked after a silence, and no answer is an end.
func TestADeadServerIsFoundOut(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) {
		answer := p.answers[wire.SelfQuery]
		p.answers[wire.SelfQuery] = func(p *peer, q wire.SNAC) []wire.SNAC {
			if p.ready {
				return nil
			}
			return answer(p, q)
		}
	}, func(s *story) {
		begun := time.Now()
		if f := s.ends(); f.Kind != transports.Transient {
			t.Errorf("ended with %v", f)
		}
		if took := time.Since(begun); took > 6*time.Minute {
			t.Errorf("found out after %v", took)
		}
	})
}

func TestAnIdleSessionIsKeptAlive(t *testing.T) {
	online(t, nil, func(s *story) {
		s.quiet(12*time.Hour + time.Second)
		if n := len(s.peer.beats); n != 12*60 {
			t.Errorf("%d keep-alives in twelve hours", n)
		}
	})
}

// What has arrived before the end is told before the end.
func TestTheLastWordsAreHeard(t *testing.T) {
	online(t, nil, func(s *story) {
		s.peer.push(wire.BuddyArrived, wire.Users{{Name: "Mad Hatter"}})
		s.peer.raw([]byte{0x2A, 4, 0, 1, 0, 0})
		if p := want[transports.Presence](s); p.From != "madhatter" {
			t.Errorf("got %+v", p)
		}
		s.ends()
	})
}

// A server that has no BUCP is not shown the password in another way unless the operator says so.
func TestNoBUCP(t *testing.T) {
	tell(t, func(p *peer, _ *transports.Account) { p.noBUCP = true }, func(s *story) {
		f := s.ends()
		if f.Kind != transports.Throttled || f.After != time.Hour || !strings.Contains(f.Error(), `login = "flap"`) {
			t.Errorf("ended with %v after %v", f, f.After)
		}
		if len(s.peer.dials) != 1 {
			t.Errorf("dialled %v", s.peer.dials)
		}
	})
}
