package oscar

import (
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports/oscar/wire"
)

func incoming(t *testing.T, q wire.SNAC) (from, text string, m wire.Incoming) {
	t.Helper()
	m, err := wire.Decode[wire.Incoming](q.Body)
	if err != nil {
		t.Fatal(err)
	}
	value, _ := m.TLVs.Get(wire.MessageText)
	texts, err := wire.TextsOf(value)
	if err != nil || len(texts) != 1 {
		t.Fatalf("%v %v", texts, err)
	}
	return m.From.Name, string(texts[0].Data), m
}

func TestMessage(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)
		alice.say(wire.ICBMSend, message("Bob Wonder", "hello", wire.Flag(wire.MessageAck), wire.Flag(wire.MessageWantEvents)))
		ack, err := wire.Decode[wire.HostAck](alice.only(wire.ICBMAck).Body)
		if err != nil || ack.To != "Bob Wonder" || ack.Cookie != (wire.Cookie{1, 2, 3}) {
			t.Errorf("ack %+v %v", ack, err)
		}
		from, text, m := incoming(t, bob.only(wire.ICBMReceive))
		if from != "alicewonder" || text != "hello" || m.TLVs.Has(wire.MessageAck) || !m.TLVs.Has(wire.MessageWantEvents) {
			t.Errorf("%s: %s %v", from, text, m.TLVs)
		}
		alice.say(wire.ICBMSend, message("bobwonder", "no ack", wire.Flag(wire.MessageAuto)))
		if got := alice.kinds(); got != "" {
			t.Errorf("without ack: %s", got)
		}
		if _, _, m := incoming(t, bob.only(wire.ICBMReceive)); !m.TLVs.Has(wire.MessageAuto) {
			t.Error("auto is lost")
		}
	})
}

func TestMessageToNobody(t *testing.T) {
	for _, tt := range []struct {
		name, to string
		more     []wire.TLV
		want     string
	}{
		{"offline", "sleeper", []wire.TLV{wire.Flag(wire.MessageAck)}, "04/01"},
		{"offline, stored", "sleeper", []wire.TLV{wire.Flag(wire.MessageAck), wire.Flag(wire.MessageStore)}, "04/0C"},
		{"unknown", "nobodyhere", nil, "04/01"},
		{"unknown, stored", "nobodyhere", []wire.TLV{wire.Flag(wire.MessageStore)}, "04/01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, Options{}, func(t *testing.T, s *Server) {
				c := signOn(t, s, "alicewonder", 3)
				c.heard()
				c.say(wire.ICBMSend, message(tt.to, "hi", tt.more...))
				if got := c.kinds(); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestStored: messages wait, are announced at sign-on, and come once, with their time.
func TestStored(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice := signOn(t, s, "alicewonder", 3)
		sent := time.Now()
		alice.say(wire.ICBMSend, message("bobwonder", "one", wire.Flag(wire.MessageStore)))
		alice.say(wire.ICBMSend, message("bobwonder", "two", wire.Flag(wire.MessageStore)))
		synctest.Wait()
		time.Sleep(time.Hour) // fake
		bob := signOn(t, s, "bobwonder", 3)
		if from, _, _ := incoming(t, bob.only(wire.ICBMReceive)); from != system {
			t.Errorf("note from %s", from)
		}
		bob.say(wire.ICBMOfflineGet, nil)
		got := bob.snacs()
		if len(got) != 3 || got[2].Kind != wire.ICBMOfflineDone {
			t.Fatalf("got %v", got)
		}
		for i, want := range []string{"one", "two"} {
			from, text, m := incoming(t, got[i])
			at, _ := m.TLVs.Number(wire.MessageSent)
			if from != "alicewonder" || text != want || at != uint32(sent.Unix()) {
				t.Errorf("%s: %s at %d", from, text, at)
			}
		}
		bob.say(wire.ICBMOfflineGet, nil)
		if got := bob.kinds(); got != "04/17" {
			t.Errorf("again: %s", got)
		}
	})
}

func TestStoreIsBounded(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		a := s.accounts["sleeper"]
		for range maxStored + 5 {
			a.keep(s.accounts["alicewonder"], message("sleeper", "x"))
		}
		if len(a.offline) != maxStored {
			t.Errorf("%d stored", len(a.offline))
		}
	})
}

func TestTyping(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)
		alice.say(wire.ICBMTyping, wire.TypingNote{Channel: 1, Name: "bobwonder", Event: wire.TypingBegun})
		note, err := wire.Decode[wire.TypingNote](bob.only(wire.ICBMTyping).Body)
		if err != nil || note.Name != "alicewonder" || note.Event != wire.TypingBegun {
			t.Errorf("%+v %v", note, err)
		}
	})
}

func TestBots(t *testing.T) {
	for _, user := range []string{"alicewonder", "100001"} {
		bubble(t, Options{}, func(t *testing.T, s *Server) {
			c := signOn(t, s, user, 3)
			here := map[string]bool{}
			for _, q := range c.snacs() {
				if q.Kind == wire.BuddyArrived {
					users, _ := wire.Decode[wire.Users](q.Body)
					class, _ := users[0].TLVs.Number(wire.UserClass)
					here[users[0].Name] = class&uint32(wire.ClassAway) == 0
				}
			}
			name := func(i int) string {
				if user == "100001" {
					return bots[i].icq
				}
				return bots[i].aim
			}
			if !here[name(0)] || here[name(1)] || !here[name(2)] || len(here) != 3 {
				t.Errorf("here %v", here)
			}
			c.say(wire.ICBMSend, message(name(0), "hello"))
			if from, text, _ := incoming(t, c.only(wire.ICBMReceive)); from != name(0) || text != "hello" {
				t.Errorf("%s: %s", from, text)
			}
			c.say(wire.ICBMSend, message(name(2), "hello"))
			if got := c.kinds(); got != "04/14" {
				t.Errorf("typist: %s", got)
			}
			time.Sleep(2*time.Second + 1) // fake
			if got := c.kinds(); got != "04/14 04/07" {
				t.Errorf("typist: %s", got)
			}
			c.say(wire.InfoQuery2, wire.InfoWanted2{What: wire.WantAway, Name: name(1)})
			info, _ := wire.Decode[wire.Info](c.only(wire.InfoReply).Body)
			if got := info.TLVs.String(wire.InfoAway); got != bots[1].bot.away {
				t.Errorf("away text %q", got)
			}
		})
	}
}
