package oscar

import (
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

func TestLogin(t *testing.T) {
	for _, tt := range []struct {
		name, user, password string
		hashFirst            bool
		code                 uint32 // 0: let in
	}{
		{"hash of hash", "alicewonder", "rabbit1", true, 0},
		{"hash", "alicewonder", "rabbit1", false, 0},
		{"spelling", "Alice Wonder", "rabbit1", true, 0},
		{"UIN", "100001", "rabbit1", true, 0},
		{"wrong password", "alicewonder", "rabbit2", true, 5},
		{"unknown name", "nobodyhere", "rabbit1", true, 1},
		{"unknown UIN", "999999", "rabbit1", true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, Options{Advertise: "lab:5190"}, func(t *testing.T, s *Server) {
				tlvs := login(t, s, tt.user, tt.password, 3, tt.hashFirst)
				code, _ := tlvs.Number(wire.TagLoginError)
				if code != tt.code {
					t.Errorf("code %d, want %d", code, tt.code)
				}
				if in := tlvs.String(wire.TagServer) == "lab:5190" && tlvs.Has(wire.TagCookie); in != (tt.code == 0) {
					t.Errorf("answer %v", tlvs)
				}
			})
		})
	}
}

func TestRoastedLogin(t *testing.T) {
	for password, code := range map[string]uint32{"rabbit1": 0, "carrot": 5} {
		bubble(t, Options{}, func(t *testing.T, s *Server) {
			c := connect(t, s)
			c.hello(wire.String(wire.TagName, "100001"), wire.Bytes(wire.TagRoasted, wire.Roast([]byte(password))))
			frames := c.heard()
			last := frames[len(frames)-1]
			if got, _ := decodeTLVs(t, last.Data).Number(wire.TagLoginError); last.Channel != wire.SignOff || got != code || !c.ended() {
				t.Errorf("%s: %v, code %d", password, last, got)
			}
		})
	}
}

// TestAccountRefused: the codes that the real server has for accounts that may not sign on.
func TestAccountRefused(t *testing.T) {
	for _, code := range []uint16{wire.LoginDeleted, wire.LoginExpired, wire.LoginSuspended, wire.LoginSuspendedAge} {
		bubble(t, Options{}, func(t *testing.T, s *Server) {
			s.accounts["alicewonder"].refusal = code
			if got, _ := login(t, s, "alicewonder", "rabbit1", 3, true).Number(wire.TagLoginError); got != uint32(code) {
				t.Errorf("got %d, want %d", got, code)
			}
		})
	}
}

func TestLoginTakesTooLong(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		c := connect(t, s)
		c.hello()
		time.Sleep(29 * time.Second) // fake
		if c.ended() {
			t.Error("too early")
		}
		time.Sleep(2 * time.Second) // fake
		if !c.ended() {
			t.Error("still open")
		}
	})
}

func TestBadCookie(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		good, _ := login(t, s, "alicewonder", world.Password, 3, true).Get(wire.TagCookie)
		for _, spoil := range []func([]byte) []byte{
			func([]byte) []byte { return []byte("x") },
			func(b []byte) []byte { b[3] ^= 1; return b },
			func(b []byte) []byte { b[1] = 0xFF; return b },
			func(b []byte) []byte { b[20] ^= 1; return b },
		} {
			c := connect(t, s)
			c.hello(wire.Bytes(wire.TagCookie, spoil(append([]byte(nil), good...))))
			if k := c.kinds(); k != "ch1:00000001 end" {
				t.Error(k)
			}
		}
		for range 2 { // a cookie may be shown twice
			c := connect(t, s)
			c.hello(wire.Bytes(wire.TagCookie, good))
			if k := c.kinds(); k != "ch1:00000001 01/03" {
				t.Error(k)
			}
		}
	})
}

// TestLoginLimit: ten at once, then refused without a question, and forgotten a minute after the first.
func TestLoginLimit(t *testing.T) {
	bubble(t, Options{Logins: true}, func(t *testing.T, s *Server) {
		for i := range loginBurst {
			if !login(t, s, "alicewonder", world.Password, 3, true).Has(wire.TagCookie) {
				t.Fatalf("sign-on %d refused", i+1)
			}
		}
		c := connect(t, s)
		c.hello()
		if got, _ := decodeTLVs(t, c.only(wire.LoginReply).Body).Number(wire.TagLoginError); got != uint32(wire.LoginRateLimit) {
			t.Errorf("code %#x", got)
		}
		if !c.ended() {
			t.Error("still open")
		}
		time.Sleep(loginPeriod + time.Second) // fake
		if !login(t, s, "alicewonder", world.Password, 3, true).Has(wire.TagCookie) {
			t.Error("refused after a minute")
		}
	})
}

func TestAddresses(t *testing.T) {
	m := addresses{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range loginBurst {
		m.allow("a", now)
	}
	if m.allow("a", now.Add(30*time.Second)) {
		t.Error("half a token is none")
	}
	if !m.allow("b", now) {
		t.Error("another address pays for the first")
	}
	if !m.allow("a", now.Add(time.Minute)) {
		t.Error("one a minute")
	}
	for i := range maxAddresses + 2 {
		m.allow(time.Duration(i).String(), now)
	}
	m.allow("c", now.Add(time.Hour))
	if len(m) != 1 {
		t.Errorf("%d addresses are kept", len(m))
	}
}

// TestMultiple is the table of sign-ons of one name at the same time.
func TestMultiple(t *testing.T) {
	const reason = "ch4:0009000101000B0029" // and the address
	for _, tt := range []struct {
		name       string
		first, new int
		end        string // what the first one hears
	}{
		{"old clients", -1, -1, "cut end"},
		{"flag 0", 0, 0, "cut end"},
		{"flag 0, then 1", 0, 1, "cut end"},
		{"flag 3", 3, 3, reason},
		{"flag 1, then 3", 1, 3, reason},
		{"flag 3, then 1", 3, 1, reason},
		{"both 1: it stays, and hears again how often to report", 1, 1, "0B/02"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, Options{}, func(t *testing.T, s *Server) {
				a := signOn(t, s, "alicewonder", tt.first)
				a.heard()
				signOn(t, s, "alicewonder", tt.new)
				got := a.kinds()
				if len(got) > len(tt.end) && tt.end == reason {
					got = got[:len(reason)]
				}
				if got != tt.end {
					t.Errorf("got %s, want %s", got, tt.end)
				}
			})
		})
	}
}

func TestSixthSession(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		for range maxSessions {
			signOn(t, s, "alicewonder", 1)
		}
		synctest.Wait()
		if got, _ := login(t, s, "alicewonder", world.Password, 1, true).Number(wire.TagLoginError); got != uint32(wire.LoginRateLimit) {
			t.Errorf("code %#x", got)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := len(s.accounts["alicewonder"].sessions); n != maxSessions {
			t.Errorf("%d sessions", n)
		}
	})
}
