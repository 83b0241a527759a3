package oscar

import (
	"context"
	"net"
	"sync"
	"testing"

	"go.uber.org/goleak"

	lab "imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/transports"
	"imgate/transports/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func alice() transports.Account {
	return transports.Account{
		Name: "aliceliddell", Typed: "Alice Liddell", Password: transports.NewSecret(password),
		Presence: transports.SetPresence{Show: transports.Online},
	}
}

func settings() transports.Settings {
	return transports.Settings{"server": {Text: "login.example"}, "charset": {Text: ""}}
}

func TestLaws(t *testing.T) {
	transporttest.Laws(t, transporttest.Harness{
		Network:  AIM(),
		Settings: settings(),
		Account:  alice(),
		Friend:   "madhatter",
		Start:    func(t testing.TB) transporttest.Peer { return newPeer(t) },
		Contacts: aliceContacts(),
	})
}

// The same laws against the lab's server, which counts rates as the real one does.
func TestLawsInTheLab(t *testing.T) {
	acct := alice()
	acct.Name, acct.Typed, acct.Password = "alicewonder", "alicewonder", transports.NewSecret(world.Password)
	transporttest.Laws(t, transporttest.Harness{
		Network:  AIM(),
		Settings: settings(),
		Account:  acct,
		Friend:   "bobwonder",
		Start: func(testing.TB) transporttest.Peer {
			return &labPeer{server: lab.New(lab.Options{Advertise: bosAddress, Rates: true})}
		},
	})
}

// A labPeer is the lab's server behind pipes.
type labPeer struct {
	server *lab.Server
	wait   sync.WaitGroup

	mu    sync.Mutex // guards conns: Dial runs in the session's goroutines
	conns []net.Conn
}

// Dial implements transporttest.Peer.
func (p *labPeer) Dial(context.Context, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.mu.Lock()
	p.conns = append(p.conns, server)
	p.mu.Unlock()
	p.wait.Go(func() { p.server.ServeConn(server) })
	return client, nil
}

// Drop implements transporttest.Peer.
func (p *labPeer) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

// Close implements transporttest.Peer.
func (p *labPeer) Close() {
	p.Drop()
	p.wait.Wait()
	p.server.Close()
}
