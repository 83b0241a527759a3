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
	const password = "correct horse"
	contacts := func() []transports.Contact {
		return []transports.Contact{{ID: "bob", Name: "Bob", Groups: []string{"Friends"}}, {ID: "carol"}}
	}
	server := NewServer()
	transporttest.Laws(t, transporttest.Harness{
		Network:  New(server),
		Account:  transports.Account{Name: "alice", Typed: "Alice", Password: transports.NewSecret(password)},
		Friend:   "bob",
		Contacts: contacts(),
		Start: func(testing.TB) transporttest.Peer {
			for _, name := range []transports.LegacyID{"bob", "carol"} {
				server.Account(name, "")
			}
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

// Drop implements transporttest.Peer.
func (p inMemory) Drop() {
	p.server.End("alice", &transports.Failure{Kind: transports.Transient, Text: "the line is gone"})
}

// Close implements transporttest.Peer.
func (inMemory) Close() {}
