package msnp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	lab "imgate/lab/msnp"
	"imgate/lab/world"
	"imgate/transports"
	"imgate/transports/transporttest"
)

const (
	host  = "msn.example:1863"
	place = "board.example:1864"
	web   = "web.example:80"
	self  = "alice@lab.example"
	echo  = "echobot@lab.example"
	bob   = "bob@lab.example"
)

var labPassword = transports.NewSecret(world.Password)

func alice() transports.Account {
	return transports.Account{
		Name: self, Typed: "Alice@Lab.example", Password: labPassword, Presence: transports.SetPresence{Show: transports.Online},
	}
}

func settings() transports.Settings {
	return transports.Settings{
		"server":    {Text: "msn.example"},
		"nexus":     {Text: "http://web.example/rdr/pprdr.asp"},
		"web":       {Text: "http://web.example"},
		"dialects":  {List: dialectNames()},
		"login_url": {}, "switchboard": {},
	}
}

// A labPeer is the lab's server behind pipes.
type labPeer struct {
	server *lab.Server
	web    *transporttest.Pipes
	http   *http.Server
	middle *middleman           // nil: none
	slow   map[string]bool      // addresses that nobody answers at
	lacks  []transporttest.Deed // what the dialect does not have
	wait   sync.WaitGroup

	mu    sync.Mutex // guards what follows: Dial runs in the session's goroutines
	conns []net.Conn
	dials []string
}

// newPeer makes a lab; o may say how it behaves.
func newPeer(o lab.Options) *labPeer {
	o.Board, o.Login = place, "http://web.example/login2.srf"
	p := &labPeer{server: lab.New(o), web: transporttest.NewPipes(), slow: map[string]bool{}}
	serve := p.server.Web()
	p.http = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.middle == nil || !p.middle.serves(w, r) {
			serve.ServeHTTP(w, r)
		}
	})}
	p.wait.Go(func() { _ = p.http.Serve(p.web) }) // ends with Close
	return p
}

// Dial implements transporttest.Peer.
func (p *labPeer) Dial(ctx context.Context, address string) (net.Conn, error) {
	p.mu.Lock()
	slow := p.slow[address]
	p.mu.Unlock()
	if slow {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dials = append(p.dials, address)
	if p.middle != nil && address != web {
		switch address {
		case host:
			return p.middle.through(false, p.server.ServeConn), nil
		case place:
			return p.middle.through(true, p.server.ServeBoard), nil
		}
	}
	if address == web {
		return p.web.Dial()
	}
	client, server := net.Pipe()
	switch address {
	case host:
		p.wait.Go(func() { p.server.ServeConn(server) })
	case place:
		p.wait.Go(func() { p.server.ServeBoard(server) })
	default:
		return nil, errors.New("no route to host " + address)
	}
	p.conns = append(p.conns, server)
	return client, nil
}

// Drop implements transporttest.Peer.
func (p *labPeer) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	if p.middle != nil {
		p.middle.hangUp()
	}
}

// Close implements transporttest.Peer.
func (p *labPeer) Close() {
	p.Drop()
	p.server.Close()
	_ = p.http.Close()
	p.wait.Wait()
	if p.middle != nil {
		p.middle.wait.Wait()
	}
}

var gif = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// Deeds implements transporttest.Doer.
func (p *labPeer) Deeds() map[transporttest.Deed]func() {
	s := p.server
	deeds := map[transporttest.Deed]func(){
		transporttest.Stores:       func() { _ = s.MSN().Say(echo, self, "while you were out") }, // both are there from the start
		transporttest.Writes:       func() { _ = s.MSN().Say(echo, self, "hello") },
		transporttest.Types:        func() { s.Types(echo, self) },
		transporttest.Nudges:       func() { s.Nudges(echo, self) },
		transporttest.Asks:         func() { s.Asks(echo, self) },
		transporttest.ShowsPicture: func() { s.Picture(echo, gif) },
		transporttest.Offers:       func() { s.Offer(echo, self, "tarts.txt", []byte("tarts, and more tarts")) },
	}
	for _, d := range p.lacks {
		delete(deeds, d)
	}
	return deeds
}
