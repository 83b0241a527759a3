package oscar

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"imgate/transports/oscar/wire"
)

// Who was written to may warn, by 10 % or without a name by 3 %; nobody else may. It wears off.
func TestWarnings(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)
		code := func(q wire.SNAC) uint16 {
			t.Helper()
			e, err := wire.Decode[wire.Error](q.Body)
			if err != nil {
				t.Fatal(err)
			}
			return e.Code
		}
		for name, want := range map[string]uint16{
			"alicewonder": wire.CodeDenied, "bobwonder": wire.CodeNotSupportedHost, "nobodyhere": wire.CodeNotLoggedOn, "echobot": wire.CodeDenied,
		} {
			bob.say(wire.ICBMWarn, wire.WarnWanted{Name: name})
			if got := code(bob.only(wire.ICBMError)); got != want {
				t.Errorf("%s: %#x, want %#x", name, got, want)
			}
		}
		alice.say(wire.ICBMSend, message("bobwonder", "tea?"))
		bob.only(wire.ICBMReceive)
		for i, anonymous := range []bool{false, true} {
			bob.say(wire.ICBMWarn, wire.WarnWanted{Name: "alicewonder", Anonymous: anonymous})
			words, err := wire.Decode[wire.Words](bob.only(wire.ICBMWarnReply).Body)
			if want := []string{"[100 100]", "[30 130]"}[i]; err != nil || fmt.Sprint(words) != want {
				t.Errorf("%v %v, want %s", words, err, want)
			}
			told, err := wire.Decode[wire.WarnedBy](alice.only(wire.Warned).Body)
			if err != nil || (told.By.Name == "bobwonder") == anonymous || told.Level != words[1] {
				t.Errorf("told %+v %v", told, err)
			}
		}
		time.Sleep(11 * time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if got := s.accounts["alicewonder"].user(time.Now()).Warning; got != 30 {
			t.Errorf("%d are left", got)
		}
	})
}

// The server writes where it sees somebody, whatever they say themselves.
func TestTheServerWritesAddresses(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)
		for _, kind := range []uint16{wire.RendezvousPropose, wire.RendezvousCancel} {
			meet, err := wire.Encode(wire.Rendezvous{Type: kind, About: wire.CapFile, TLVs: wire.TLVs{wire.Bytes(wire.RendezvousClient, []byte{10, 0, 0, 1})}})
			if err != nil {
				t.Fatal(err)
			}
			alice.say(wire.ICBMSend, wire.Outgoing{Channel: wire.ChannelRendezvous, To: "bobwonder", TLVs: wire.TLVs{wire.Bytes(wire.MessageData, meet)}})
			m, err := wire.Decode[wire.Incoming](bob.only(wire.ICBMReceive).Body)
			if err != nil {
				t.Fatal(err)
			}
			value, _ := m.TLVs.Get(wire.MessageData)
			got, err := wire.Decode[wire.Rendezvous](value)
			address, _ := got.TLVs.Get(wire.RendezvousClient)
			seen, _ := got.TLVs.Get(wire.RendezvousVerified)
			proposed := kind == wire.RendezvousPropose
			if err != nil || bytes.Equal(address, []byte{127, 0, 0, 1}) != proposed || bytes.Equal(seen, address) != proposed {
				t.Errorf("%d: %+v %v", kind, got, err)
			}
		}
	})
}
