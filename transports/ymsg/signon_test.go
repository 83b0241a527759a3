package ymsg

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	lab "imgate/lab/ymsg"
	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// The cookies of one session are shown at the next: a server that wants them lets nobody in twice without.
func TestCookiesComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{Hangs: true})
		defer p.Close()
		kept := map[string]transports.Secret{}
		for range 3 {
			acct := alice()
			acct.Kept = kept
			s := begin(t, p.Dial, acct)
			sees[transports.ContactList](s, nil)
			n := 0
			for _, e := range s.seen {
				if k, ok := e.(transports.Keep); ok {
					kept[k.Name] = k.Secret
					n++
				}
			}
			if first := len(kept) == 2 && n == 2; !first && n != 0 {
				t.Errorf("%d values to keep", n)
			}
			s.ends()
		}
		if kept["Y"].Empty() || kept["T"].Empty() {
			t.Error("no cookies were kept")
		}
		s := begin(t, p.Dial, alice()) // without
		if f := s.fails(); f.Kind != transports.Transient {
			t.Errorf("without cookies: %v", f)
		}
		s.env.Finish(time.Second)
	})
}

// A server that no longer likes the cookies is asked without.
func TestStaleCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{})
		defer p.Close()
		acct := alice()
		acct.Kept = map[string]transports.Secret{"Y": transports.NewSecret("v=old"), "T": transports.NewSecret("z=old")}
		if err := p.server.Yahoo().Fault("alicewonder", world.WrongCookie, 1); err != nil {
			t.Fatal(err)
		}
		s := begin(t, p.Dial, acct)
		defer s.ends()
		sees[transports.ContactList](s, nil)
		if len(p.conns) != 2 {
			t.Errorf("%d connections", len(p.conns))
		}
	})
}

func TestEnds(t *testing.T) {
	for fault, want := range map[world.Fault]struct {
		kind  transports.Kind
		after time.Duration
	}{
		world.WrongPassword:      {transports.BadCredentials, 0},
		world.Suspended:          {transports.Suspended, 0},
		world.Throttle:           {transports.Throttled, time.Hour},
		world.Refuse:             {transports.Transient, 0},
		world.Reset:              {transports.Transient, 0},
		world.Stall:              {transports.Transient, 0},
		world.Garbage:            {transports.Broken, 0},
		world.OtherLocation:      {transports.Replaced, 0},
		world.OtherLocationShort: {transports.Replaced, 0},
		world.Kicked:             {transports.Transient, 0},
		world.Maintenance:        {transports.Transient, 0},
		world.Drop:               {transports.Transient, 0},
		world.TruncatedSignoff:   {transports.Transient, 0},
	} {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPeer(t, lab.Options{})
				defer p.Close()
				name := "alicewonder"
				if fault == world.Refuse {
					name = ""
				}
				if err := p.server.Yahoo().Fault(name, fault, 1); err != nil {
					t.Fatal(err)
				}
				s := begin(t, p.Dial, alice())
				if f := s.fails(); f.Kind != want.kind || f.After != want.after || f.Text == "" {
					t.Errorf("%v after %v", f, f.After)
				}
				s.env.Finish(5 * time.Second)
			})
		})
	}
}

// A server that stops answering in a session is found out, if it has ever answered.
func TestSilenceInASession(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		s.quiet(10 * time.Minute) // pings are answered
		begun := time.Now()
		if err := p.server.Yahoo().Fault("alicewonder", world.Stall, 1); err != nil {
			t.Fatal(err)
		}
		if f := s.fails(); f.Kind != transports.Transient {
			t.Errorf("%v", f)
		}
		if took := time.Since(begun); took > slowestBeat+pulseWithin+time.Minute {
			t.Errorf("found out after %v", took)
		}
	})
	inLab(t, lab.Options{NoPings: true}, func(s *story, _ *peer) {
		s.quiet(3 * time.Hour)
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: richtext.Plain("still there?")}); d.Err != nil {
			t.Errorf("a server that answers no ping is given up: %v", d.Err)
		}
	})
}

// Cookies that cannot be said, which a server may have given, are as none.
func TestCookiesThatCannotBeSaid(t *testing.T) {
	acct := alice()
	acct.Kept = map[string]transports.Secret{cookieY: transports.NewSecret("v=1\xC0"), cookieT: transports.NewSecret("z=2")}
	if got := kept(&acct); got != nil {
		t.Errorf("%d fields", len(got))
	}
}

// A server is not taken for dead while the gateway takes nothing, and so nobody listens to it.
func TestAGatewayThatWaits(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		p.says(packetOf(wire.Ping, wire.ServerAnswer, nil))
		many := make([][]byte, maxHeld+2)
		for i := range many {
			many[i] = packetOf(wire.Message, wire.ServerAnswer, body("5", "alicewonder", "4", "bobwonder", "14", fmt.Sprint(i)))
		}
		go p.says(many...)
		time.Sleep(5 * time.Minute)
		sees(s, func(m transports.Message) bool { return text(m) == fmt.Sprint(maxHeld+1) })
		go p.says(packetOf(wire.Message, wire.ServerAnswer, body("5", "alicewonder", "4", "bobwonder", "14", "the last")))
		sees(s, func(m transports.Message) bool { return text(m) == "the last" })
	})
}
