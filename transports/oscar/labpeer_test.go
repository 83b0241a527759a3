package oscar

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
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
	side := p.server.AIM()
	if network.Info().Type == "icq" {
		side = p.server.ICQ()
	}
	if err := side.Acquaint(user, 1, 2); err != nil {
		t.Fatal(err)
	}
	return p
}

// Dial implements transporttest.Peer.
func (p *labPeer) Dial(ctx context.Context, _ string) (net.Conn, error) {
	client, server := p.pipe(ctx)
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

// does makes the friend do something, and waits for its end where there is one.
func (p *labPeer) does(words string, until string) {
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

// types types, once what signing on has cost of the rates is forgotten: what is typed is told only while there is room.
func (p *labPeer) types() {
	p.does("list-rooms", "done") // who is not there yet signs on
	time.Sleep(20 * time.Second) // of fake time
	p.does("typing "+p.user+" active", "")
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

// Deeds implements transporttest.Doer.
func (p *labPeer) Deeds() map[transporttest.Deed]func() {
	deeds := map[transporttest.Deed]func(){
		transporttest.Stores:       func() { p.does("send "+p.user+` "for later"`, "done") },
		transporttest.Writes:       func() { p.does("send "+p.user+` "hello"`, "done") },
		transporttest.Types:        p.types,
		transporttest.ShowsPicture: func() { p.does("picture on", "done") },
		transporttest.Speaks:       func() { p.enters(); p.does(`say "tea party" "more tea"`, "done") },
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
