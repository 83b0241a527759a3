// Package component is the link of an external component to its XMPP server (XEP-0114): handshake, keep-alive,
// reconnect, one reader and one writer.
//
// A Link hands stanzas to a Handler and takes stanzas to Send; it knows nothing of gateways. It answers by
// itself only what no handler could: stanzas over a limit and stanzas with malformed addresses.
//
// # Goroutines
//
// Run is the parent: it dials, shakes hands, and waits for the two goroutines of each connection. The reader
// waits for the socket and for nothing else; it calls the Handler, which therefore may not block. The writer
// puts what is queued into one write, with a deadline. Send and Barrier wait in the goroutine of their caller.
package component

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// A Config is what a Link needs. Address, Domain, Secret and Handle are required; a zero field means its
// default.
type Config struct {
	Address string   // "host:port" of the server's component listener
	Domain  xmpp.JID // the component's own domain
	Secret  string   // shared with the server; never logged
	Server  xmpp.JID // a domain of the server's own, which answers pings; default: Domain, whose pings come back

	Handle  Handler
	Changed func(State) // told of every change, from Run's goroutine, before stanzas of the new state; may be nil

	Dial func(ctx context.Context, network, address string) (net.Conn, error) // default: net.Dialer
	TLS  *tls.Config                                                          // nil: none
	Log  *slog.Logger                                                         // default: discard

	Limits         xmltree.Limits // of what is read
	MaxStanza      int            // bytes of what is written; default 256 KiB
	Queue          int            // stanzas waiting to be written; default 1024
	ConnectTimeout time.Duration  // of dialling and handshake; default 20 s
	PingEvery      time.Duration  // default 60 s
	DeadAfter      time.Duration  // without a byte from the server; default 90 s
	WriteTimeout   time.Duration  // of one write; default 20 s
}

// A Handler takes what was read, one by one and in order, from one goroutine. It may not block: all users of
// the server wait for it. A panic in it is logged, and costs that stanza only.
type Handler func(Received)

// A Received is a stanza from the server. Its sender has been proven by the server.
type Received struct {
	Stanza xmpp.Stanza
	Space  string // the namespace it came in: xmpp.ComponentSpace, or xmpp.ClientSpace (jabberd2)
}

// A State is whether the link is up, and if not, why and for how long.
type State struct {
	Up   bool
	Err  error     // why it is down: a *LinkError, or the context's error at the end; nil while up
	Next time.Time // the next attempt; zero while up and at the end
}

func (c Config) check() error {
	switch {
	case c.Address == "" && c.Dial == nil:
		return errors.New("component: no address of the server")
	case c.Domain.Domain == "" || c.Domain != (xmpp.JID{Domain: c.Domain.Domain}):
		return errors.New("component: the component's address is not a domain")
	case c.Secret == "":
		return errors.New("component: no secret")
	case c.Handle == nil:
		return errors.New("component: no handler")
	}
	return nil
}

func (c Config) orDefault() Config {
	orDefault(&c.MaxStanza, 256<<10)
	orDefault(&c.Queue, 1024)
	orDefault(&c.ConnectTimeout, 20*time.Second)
	orDefault(&c.PingEvery, time.Minute)
	orDefault(&c.DeadAfter, 90*time.Second)
	orDefault(&c.WriteTimeout, 20*time.Second)
	orDefault(&c.Server, c.Domain)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Changed == nil {
		c.Changed = func(State) {}
	}
	return c
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
