// Package client holds the XMPP sessions (RFC 6120, as a client) of users who have no other: those who signed in
// by a web door. It proves passwords at the user's own server, and for as long as a user is attached it keeps one
// resource of his online, which is all that a gateway needs to see him available.
//
// The resource shows no messages yet, so it has a negative priority: what is sent to the user goes to his other
// clients, or waits at his server.
package client

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// A Security is how the stream to the XMPP server is protected.
type Security uint8

// The ways.
const (
	StartTLS  Security = iota // RFC 6120 §5: refused if the server does not offer it
	DirectTLS                 // XEP-0368
	NoTLS                     // for a server on the same machine
)

// A Config says where the users' server is, and what a session needs to know of the gateway. Address, Log,
// Gateways and Ours are required.
type Config struct {
	Address  string // host:port where the server takes clients
	Security Security
	TLS      *tls.Config // nil: the system's roots, and the domain of the user as the name
	// Plain allows SASL PLAIN without TLS, which shows the password to whoever reads the network.
	Plain bool
	Log   *slog.Logger

	// Gateways gives the domains of the gateways at which the user is registered now.
	Gateways func(user xmpp.JID) []xmpp.JID
	// Ours tells whether a subscription request from this bare address, of a gateway or one of its contacts, is
	// nothing that has to be asked: the user has the registration, or the contact is on his legacy list. It
	// returns soon, or when ctx ends.
	Ours func(ctx context.Context, user, from xmpp.JID) bool
	// Refused is told that the server no longer lets the user in with this password. The user is detached then, and
	// may have signed in anew with another one in the meantime. It must not wait. Nil: nobody is told.
	Refused func(user xmpp.JID, password transports.Secret)
	// Heard gets what happens in the users' sessions, in order for each user. It must not wait. Nil: nobody does.
	Heard func(Event)

	// Dial connects; nil: a plain net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Random gives a number below 1, for the jitter of waits; nil: math/rand.
	Random func() float64
}

// Times of a session.
const (
	signOnTime = 20 * time.Second // from dialling to the end of SASL, or of binding
	writeTime  = 10 * time.Second
	pingEvery  = 60 * time.Second
	deadAfter  = 150 * time.Second // without a byte from the server
	leaveTime  = 2 * time.Second   // for the server's end of the stream
	firstWait  = time.Second       // until the first attempt after a loss; doubled from there on
	longestGap = 2 * time.Minute
)

// priority of the resource: it gets no messages that are sent to the user's bare address (RFC 6121 §8.5.2.1.1).
const priority = "-1"
