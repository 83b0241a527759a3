package loopback

import (
	"context"
	"errors"
	"net"
	"testing"

	"go.uber.org/goleak"

	"imgate/transports"
	"imgate/transports/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLaws(t *testing.T) {
	t.Run("every power", func(t *testing.T) { laws(t, NewServer()) })
	t.Run("no power", func(t *testing.T) { laws(t, NewServer(Powers(0))) })
}

func laws(t *testing.T, server *Server) {
	const password = "correct horse"
	contacts := func() []transports.Contact {
		return []transports.Contact{{ID: "bob", Name: "Bob", Groups: []string{"Friends"}}, {ID: "carol"}}
	}
	transporttest.Laws(t, transporttest.Harness{
		Network:  New(server),
		Account:  transports.Account{Name: "alice", Typed: "Alice", Password: transports.NewSecret(password)},
		Friend:   "bob",
		Room:     "tea",
		Contacts: contacts(),
		Start: func(testing.TB) transporttest.Peer {
			for _, name := range []transports.LegacyID{"bob", "carol"} {
				server.Account(name, "")
			}
			server.SetShow("bob", transports.Online, "")
			server.Account("alice", password, contacts()...)
			return inMemory{server}
		},
	})
}

// inMemory is the peer: nothing is dialled, and a crash is an end without a reason.
type inMemory struct{ server *Server }

// Dial implements transporttest.Peer.
func (inMemory) Dial(context.Context, string) (net.Conn, error) {
	return nil, errors.New("loopback needs no connection")
}

// Deeds implements transporttest.Doer.
func (p inMemory) Deeds() map[transporttest.Deed]func() {
	s := p.server
	return map[transporttest.Deed]func(){
		transporttest.Stores:       func() { s.Say("bob", "alice", "while you were out") },
		transporttest.Writes:       func() { s.Say("bob", "alice", "hello") },
		transporttest.WritesAsUser: func() { s.Say("alice", "bob", "from elsewhere") },
		transporttest.Types:        func() { s.Type("bob", "alice", transports.TypingActive) },
		transporttest.Nudges:       func() { s.Nudge("bob", "alice") },
		transporttest.Asks:         func() { s.Ask("bob", "alice", "Bob", "let me see you") },
		transporttest.ShowsPicture: func() { s.SetSelf("bob", "", nil, transports.Image{Type: "image/png", Data: []byte("png")}) },
		transporttest.Offers:       func() { _, _ = s.Offer("bob", "alice", "tarts.txt", []byte("tarts")) }, // refused: no FileOffer
		transporttest.Invites:      func() { s.Invite("tea", "bob", "alice", "come") },
		transporttest.Speaks: func() {
			_ = s.Enter("tea", "bob", "Bob") // or is in already
			s.SayIn("tea", "bob", "more tea?")
		},
	}
}

// Drop implements transporttest.Peer.
func (p inMemory) Drop() {
	p.server.End("alice", &transports.Failure{Kind: transports.Transient, Text: "the line is gone"})
}

// Close implements transporttest.Peer.
func (inMemory) Close() {}
