package ymsg

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/transporttest"
	"imgate/transports/ymsg/wire"
)

// A puppet is a server that lets anybody in, and then says what the test wants, byte for byte.
type puppet struct {
	t    *testing.T
	kind string   // of the challenge; empty: it tells none
	list [][]byte // the packets after the answer to the challenge
	conn net.Conn
	gone chan struct{}

	mu    sync.Mutex // guards heard: the test looks while serve adds
	heard []wire.Packet
}

// seed is what the puppet asks.
const seed = "eACbF0rYRe15mcc86.SPDw--"

func (p *puppet) hears(raw wire.Raw) {
	packet, err := raw.Read()
	if err != nil {
		p.t.Errorf("the client says what cannot be read: %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, packet)
}

// of is the last packet of a service that the client has said, and that the puppet has read by now.
func (p *puppet) of(service wire.Service) wire.Fields {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range slices.Backward(p.heard) {
		if packet.Service == service {
			return packet.Fields
		}
	}
	return nil
}

// count tells how many packets of a service came.
func (p *puppet) count(service wire.Service) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, raw := range p.heard {
		if raw.Service == service {
			n++
		}
	}
	return n
}

func (p *puppet) dial(context.Context, string) (net.Conn, error) {
	ours, theirs := transporttest.Pipe() // serve and the test both write to it
	p.conn, p.gone = theirs, make(chan struct{})
	go p.serve()
	return ours, nil
}

func (p *puppet) serve() {
	defer close(p.gone)
	in := wire.NewReader(p.conn)
	for {
		raw, err := in.Next()
		if err != nil {
			return
		}
		p.hears(raw)
		switch raw.Service {
		case wire.Handshake:
			go p.says(packetOf(wire.Handshake, wire.ServerAnswer, nil))
		case wire.Auth:
			ask := []string{"1", "alicewonder", "94", seed}
			if p.kind != "" {
				ask = append(ask, "13", p.kind)
			}
			go p.says(packetOf(wire.Auth, wire.ServerAnswer, body(ask...)))
		case wire.AuthAnswer:
			go p.says(p.list...)
		}
	}
}

// says writes packets, one after the other; who is gone is gone.
func (p *puppet) says(packets ...[]byte) {
	for _, b := range packets {
		if _, err := p.conn.Write(b); err != nil {
			return
		}
	}
}

// packetOf is a packet with any body.
func packetOf(service wire.Service, status wire.Status, body []byte) []byte {
	b := append([]byte("YMSG\x00\x00\x00\x00"), byte(len(body)>>8), byte(len(body)))
	b = binary.BigEndian.AppendUint16(b, uint16(service))
	b = binary.BigEndian.AppendUint32(b, uint32(status))
	return append(append(b, 0, 0, 0, 0), body...)
}

func body(pairs ...string) []byte {
	var b []byte
	for _, s := range pairs {
		b = append(append(b, s...), 0xC0, 0x80)
	}
	return b
}

// withPuppet tells a story of a session with a server that has list for it.
func withPuppet(t *testing.T, list [][]byte, tell func(*story, *puppet)) {
	synctest.Test(t, func(t *testing.T) {
		p := &puppet{t: t, list: list}
		s := begin(t, p.dial, alice())
		tell(s, p)
		if !s.ended {
			s.ends()
		}
		_ = p.conn.Close()
		<-p.gone
	})
}

var emptyList = packetOf(wire.List, wire.Available, body("87", "", "88", "", "89", "alicewonder"))

// What others can have the server send us ends no session, and takes nothing else along.
func TestBadPacketsAreOneAffair(t *testing.T) {
	full := func(service wire.Service, head ...string) []byte {
		b := body(head...)
		return packetOf(service, wire.ServerAnswer, append(b, bytes.Repeat([]byte{'x'}, wire.MaxBody-len(b))...))
	}
	many := make([]string, 0, 16000)
	for range 8000 {
		many = append(many, "4", "bob")
	}
	for what, packet := range map[string][]byte{
		"a key without a value":                 packetOf(wire.Message, wire.ServerAnswer, []byte("4\xC0\x80bobwonder\xC0\x8014\xC0\x80")),
		"a value without its end":               packetOf(wire.Message, wire.ServerAnswer, []byte("4\xC0\x80bobwonder\xC0\x8014\xC0\x80lost")),
		"keys that are none":                    packetOf(wire.Message, wire.ServerAnswer, body("four", "bobwonder", "14", "lost")),
		"no sender":                             packetOf(wire.Message, wire.ServerAnswer, body("14", "lost")),
		"a sender who is none":                  packetOf(wire.Message, wire.ServerAnswer, body("4", "../../etc", "14", "lost")),
		"a key twice":                           packetOf(wire.Message, wire.ServerAnswer, body("14", "lost", "14", "lost", "5", "a", "5", "b")),
		"8,000 senders":                         packetOf(wire.Message, wire.ServerAnswer, body(many...)),
		"65,535 bytes of no fields":             full(wire.Message),
		"65,535 bytes of a status":              packetOf(wire.IsAway, wire.ServerAnswer, body("7", "bobwonder", "10", strings.Repeat("9", wire.MaxBody-30))),
		"an unknown service":                    packetOf(0x9999, 0xDEADBEEF, body("4", "bobwonder", "14", "lost")),
		"an empty packet of every kind":         slices.Concat(empty()...),
		"a typist who is none":                  packetOf(wire.Notify, wire.Typing, body("49", "TYPING", "13", "1")),
		"presence of nobody":                    packetOf(wire.LogOn, wire.ServerAnswer, body("0", "alicewonder", "8", "99", "10", "0")),
		"an answer to no edit":                  packetOf(wire.AddContact, wire.ServerAnswer, body("66", "0")),
		"a conference without a name":           packetOf(wire.ConfInvite, wire.ServerAnswer, body("50", "bobwonder", "52", "alicewonder")),
		"news of a conference that is none":     packetOf(wire.ConfMessage, wire.ServerAnswer, body("57", "nowhere", "3", "bobwonder", "14", "lost")),
		"a ping configuration of a million":     packetOf(wire.PingConfig, wire.Available, body("143", "999999999999", "144", "-5")),
		"a group renamed to nothing":            packetOf(wire.RenameGroup, wire.ServerAnswer, body("66", "0", "65", "Friends")),
		"a part of a list that nothing follows": packetOf(wire.List, wire.More, body("87", "Friends:nobody")),
	} {
		t.Run(what, func(t *testing.T) {
			withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
				sees[transports.ContactList](s, nil)
				go p.says(packet, packetOf(wire.Message, wire.ServerAnswer, body("5", "alicewonder", "4", "bobwonder", "14", "still there?")))
				sees(s, func(m transports.Message) bool { return m.From == "bobwonder" && text(m) == "still there?" })
				for _, e := range s.seen {
					if text(e) == "lost" {
						t.Errorf("%+v", e)
					}
				}
			})
		})
	}
}

// empty is a packet without fields of every service that is handled, but for the one that says goodbye that way, and for
// those that begin a list or tell of a failure.
func empty() [][]byte {
	var all [][]byte
	for service := range handlers {
		switch service {
		case wire.LogOff, wire.List, wire.ProtocolFailed:
		default:
			all = append(all, packetOf(service, wire.ServerAnswer, nil))
		}
	}
	return all
}

// A list that is cut within characters and names, with keys of other things between its parts, is one list.
func TestAListInParts(t *testing.T) {
	const groups = "Grüße ☃:bobwonder,Carol.W\nArbeit:dave\n"
	want := []transports.Contact{
		{ID: "bobwonder", Groups: []string{"Grüße ☃"}}, {ID: "carol.w", Groups: []string{"Grüße ☃"}}, {ID: "dave", Groups: []string{"Arbeit"}},
	}
	for cut := range len(groups) {
		list := [][]byte{
			packetOf(wire.List, wire.More, body("87", groups[:cut])),
			packetOf(wire.List, wire.More, body("88", "ma", "87", groups[cut:])),
			packetOf(wire.List, wire.Available, body("88", "llory,eve", "89", "alicewonder", "59", "Y\tv=1; expires=never", "59", "broken", "59", "")),
		}
		withPuppet(t, list, func(s *story, _ *puppet) {
			got := sees[transports.ContactList](s, nil)
			if !sameContacts(got.Contacts, want) {
				t.Errorf("cut at %d: %+v", cut, got)
			}
			if b := sees[transports.Blocked](s, nil); !slices.Equal(b.List, []transports.LegacyID{"eve", "mallory"}) {
				t.Errorf("cut at %d: %v", cut, b)
			}
		})
	}
}

// A server that begins to send the list after a change and fails, as Escargot does with a long one, spoils nothing: the next
// whole list is that list, and no number of pieces ends the session.
func TestListsThatDoNotEnd(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		piece := packetOf(wire.List, wire.More, body("87", strings.Repeat("Friends:nobody\n", 50)))
		p.says(slices.Repeat([][]byte{piece}, 2*wire.MaxList/700)...)
		p.says(piece, packetOf(wire.RemoveContact, wire.ServerAnswer, body("1", "alicewonder", "66", "0", "7", "bobwonder", "65", "Friends")))
		p.says(packetOf(wire.List, wire.Available, body("87", "Friends:bobwonder\n")))
		if got := sees[transports.ContactList](s, nil); len(got.Contacts) != 1 || got.Contacts[0].ID != "bobwonder" {
			t.Errorf("%+v", got)
		}
		p.says(piece)
		s.quiet(answerWithin + time.Second)
		p.says(packetOf(wire.List, wire.Available, body("87", "Friends:carol\n")))
		if got := sees[transports.ContactList](s, nil); len(got.Contacts) != 1 || got.Contacts[0].ID != "carol" {
			t.Errorf("%+v", got)
		}
	})
}

// Before there is a list, one without end is a server that does not speak the protocol.
func TestAListWithoutEnd(t *testing.T) {
	piece := packetOf(wire.List, wire.More, body("87", strings.Repeat("x", 60000)))
	withPuppet(t, slices.Repeat([][]byte{piece}, wire.MaxList/60000+1), func(s *story, _ *puppet) {
		if f := s.fails(); f.Kind != transports.Broken {
			t.Errorf("%v", f)
		}
		s.env.Finish(5 * time.Second)
	})
}

// A packet that cannot be read while signing on is a server that does not speak the protocol.
func TestNonsenseWhileSigningOn(t *testing.T) {
	withPuppet(t, [][]byte{packetOf(wire.List, wire.Available, []byte("87\xC0\x80x"))}, func(s *story, _ *puppet) {
		if f := s.fails(); f.Kind != transports.Broken {
			t.Errorf("%v", f)
		}
		s.env.Finish(5 * time.Second)
	})
}

// Each result of a refused sign-on, and each way of ending a session, has its Failure.
func TestResults(t *testing.T) {
	for result, want := range map[string]transports.Kind{
		"3": transports.BadCredentials, "13": transports.BadCredentials, "14": transports.Suspended, "29": transports.Throttled,
		"42": transports.Replaced, "52": transports.Transient, "1004": transports.Throttled, "1005": transports.Throttled,
		"1006": transports.Throttled, "1007": transports.Throttled, "1011": transports.Transient, "1013": transports.Refused,
		"1014": transports.Transient, "1015": transports.Transient, "1017": transports.Transient, "1020": transports.Throttled,
		"1051": transports.Transient, "1235": transports.Suspended, "1236": transports.Throttled, "4711": transports.Transient,
		"": transports.Transient, "nonsense": transports.Transient,
	} {
		withPuppet(t, [][]byte{packetOf(wire.AuthAnswer, wire.Failed, body("1", "alicewonder", "66", result))}, func(s *story, _ *puppet) {
			if f := s.fails(); f.Kind != want || f.Text == "" {
				t.Errorf("result %q: %v", result, f)
			}
			s.env.Finish(5 * time.Second)
		})
	}
	for what, c := range map[string]struct {
		packet []byte
		kind   transports.Kind
	}{
		"signed on elsewhere":           {packetOf(wire.LogOff, wire.Failed, nil), transports.Replaced},
		"signed on elsewhere, in words": {packetOf(wire.LogOff, wire.Available, body("66", "42")), transports.Replaced},
		"maintenance":                   {packetOf(wire.LogOff, wire.Available, nil), transports.Transient},
		"the cookies have expired":      {packetOf(wire.LogOff, wire.Available, body("66", "52")), transports.Transient},
		"a failure of the protocol":     {packetOf(wire.ProtocolFailed, 1007, nil), transports.Throttled},
		"another protocol":              {[]byte("HTTP/1.1 500 No\r\nServer: x\r\n"), transports.Broken},
	} {
		withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
			sees[transports.ContactList](s, nil)
			go p.says(c.packet)
			if f := s.fails(); f.Kind != c.kind || f.Text == "" {
				t.Errorf("%s: %v", what, f)
			}
			s.env.Finish(5 * time.Second)
		})
	}
}

// A List that says nothing of the groups, as one with cookies, leaves the contacts where they are.
func TestAListWithoutGroups(t *testing.T) {
	withPuppet(t, [][]byte{bobList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		p.says(packetOf(wire.List, wire.Available, body("59", "Y\tv=2")), packetOf(wire.List, wire.Available, nil))
		for _, e := range s.quiet(time.Second) {
			t.Errorf("%+v", e)
		}
		p.says(packetOf(wire.List, wire.Available, body("87", "")))
		if got := sees[transports.ContactList](s, nil); len(got.Contacts) != 0 {
			t.Errorf("a list of nobody: %+v", got)
		}
	})
}

// What a session cannot prove locks nobody out: that it is signed on proves the password, and a failure of the protocol
// says nothing of it.
func TestNobodyIsLockedOutByASession(t *testing.T) {
	for what, packet := range map[string][]byte{
		"a log-off with 13":    packetOf(wire.LogOff, wire.Available, body("66", "13")),
		"a log-off with 3":     packetOf(wire.LogOff, wire.Available, body("66", "3")),
		"status 13 of a 07D1":  packetOf(wire.ProtocolFailed, 13, nil),
		"an answer once again": packetOf(wire.ProtocolFailed, 1, body("66", "13")),
	} {
		withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
			sees[transports.ContactList](s, nil)
			go p.says(packet)
			if f := s.fails(); f.Kind != transports.Transient {
				t.Errorf("%s: %v", what, f)
			}
			s.env.Finish(5 * time.Second)
		})
	}
	withPuppet(t, [][]byte{packetOf(wire.ProtocolFailed, 13, nil)}, func(s *story, _ *puppet) {
		if f := s.fails(); f.Kind != transports.Transient {
			t.Errorf("while signing on: %v", f)
		}
		s.env.Finish(5 * time.Second)
	})
}
