package oscar

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/transports"
	"imgate/transports/transporttest"
)

// A labPeer is the lab's server behind pipes. Its friend is a session of ours, that does as it is told.
type labPeer struct {
	t       testing.TB
	server  *lab.Server
	network transports.Network
	user    string // whose session is tried
	friend  transports.LegacyID
	wait    sync.WaitGroup

	mu    sync.Mutex // guards conns: Dial runs in the session's goroutines
	conns []net.Conn

	actor  *transporttest.Actor // the friend; nil: not signed on yet
	inRoom bool
}

// newLabPeer makes a lab in which the friend is on the user's list.
func newLabPeer(t testing.TB, network transports.Network, user string, friend transports.LegacyID) *labPeer {
	p := &labPeer{t: t, server: lab.New(lab.Options{Advertise: bosAddress, Rates: true}), network: network, user: user, friend: friend}
	if err := p.side().Acquaint(user, 1, 2); err != nil {
		t.Fatal(err)
	}
	return p
}

// Dial implements transporttest.Peer.
func (p *labPeer) Dial(ctx context.Context, address string) (net.Conn, error) {
	var client, server net.Conn
	if gives := p.server.ServePeer(address); gives != nil {
		client, server = net.Pipe()
		p.wait.Go(func() { gives(server) })
	} else {
		client, server = p.pipe(ctx)
	}
	p.mu.Lock()
	p.conns = append(p.conns, server)
	p.mu.Unlock()
	return client, nil
}

func (p *labPeer) pipe(context.Context) (client, server net.Conn) {
	client, server = net.Pipe()
	p.wait.Go(func() { p.server.ServeConn(server) })
	return client, server
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
	if p.actor != nil {
		p.actor.Stop()
		p.actor.Wait()
	}
	p.Drop()
	p.wait.Wait()
	p.server.Close()
}

// does makes the friend do something, and waits for its end where there is one. What the user's session has written last,
// that it is ready, has to have reached the server: who is not ready gets messages later, and hears of no typing.
func (p *labPeer) does(words string, until string) {
	synctest.Wait()
	if p.actor == nil {
		p.actor = transporttest.Perform(transporttest.Role{
			Network: p.network, Settings: settings(),
			Account: transports.Account{
				Name: p.friend, Typed: string(p.friend), Password: transports.NewSecret(world.Password),
				Presence: transports.SetPresence{Show: transports.Online},
			},
			Dial: func(ctx context.Context, _ string) (net.Conn, error) {
				client, _ := p.pipe(ctx)
				return client, nil
			},
		})
		p.sees("contacts")
	}
	if err := p.actor.Do(words); err != nil {
		p.t.Error(err)
	}
	if until != "" {
		p.sees(until)
	}
}

func (p *labPeer) sees(prefix string) {
	for {
		got, ok := p.actor.Next(time.Minute)
		if !ok {
			p.t.Errorf("the friend never sees %q", prefix)
			return
		}
		if strings.HasPrefix(got, prefix) {
			return
		}
	}
}

func (p *labPeer) enters() {
	if !p.inRoom {
		p.does(`join "tea party"`, "done")
		p.inRoom = true
	}
}

// side is the network of the peer in the lab.
func (p *labPeer) side() world.Network {
	if p.network.Info().Type == "icq" {
		return p.server.ICQ()
	}
	return p.server.AIM()
}

// gives lets the friend offer a file.
func (p *labPeer) gives() {
	synctest.Wait()
	err := p.side().(interface {
		Give(from, to, name string, data []byte) error
	}).Give(string(p.friend), p.user, "law.txt", []byte("what the law says, and a little more"))
	if err != nil {
		p.t.Error(err)
	}
}

// Deeds implements transporttest.Doer.
func (p *labPeer) Deeds() map[transporttest.Deed]func() {
	deeds := map[transporttest.Deed]func(){
		transporttest.Stores:       func() { p.does("send "+p.user+` "for later"`, "done") },
		transporttest.Writes:       func() { p.does("send "+p.user+` "hello"`, "done") },
		transporttest.Types:        func() { p.does("typing "+p.user+" active", "") },
		transporttest.ShowsPicture: func() { p.does("picture on", "done") },
		transporttest.Speaks:       func() { p.enters(); p.does(`say "tea party" "more tea"`, "done") },
		transporttest.Offers:       p.gives,
		transporttest.Invites:      func() { p.enters(); p.does(`invite "tea party" `+p.user, "done") },
	}
	if p.network.Info().Type == "icq" {
		// ICQ forgets all stored messages at one word: TestStoredMessagesAreForgottenWhenHandedOver.
		delete(deeds, transporttest.Stores)
		deeds[transporttest.Asks] = func() {
			p.does("remove "+p.user, "done")
			p.does("add "+p.user+` "Alice" "Friends"`, "done")
		}
	}
	return deeds
}
