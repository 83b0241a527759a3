package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"imgate/component/gateway/album"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

// Resource is the resource from which the gateway and its contacts send presence and messages.
const Resource = "imgate"

// ErrLinkDown is what Link.Send says while there is no link.
var ErrLinkDown = errors.New("the link to the XMPP server is down")

// ErrLinkFull is what Link.Offer says when it would have to wait for room.
var ErrLinkFull = errors.New("the link to the XMPP server has no room")

// A Link carries stanzas of one service to the XMPP server.
type Link interface {
	// Send waits for room until ctx ends. The error wraps ErrLinkDown, or the context's, or says that this
	// stanza can't be sent at all.
	Send(ctx context.Context, s xmpp.Stanza) error
	// Offer is Send that never waits; the error wraps ErrLinkFull instead.
	Offer(s xmpp.Stanza) error
	// Barrier waits until the server has taken everything that was sent before. The error wraps ErrLinkDown or is
	// the context's.
	Barrier(ctx context.Context) error
	// Reply never waits: it is for the answers of whoever must not block. What finds no room is dropped.
	Reply(s xmpp.Stanza)
}

// A Service is one configured network under one domain.
type Service struct {
	Name      string // in the configuration, in SOAP, in logs
	Domain    string
	Network   transports.Network
	Users     []string // domains whose users may register; "*" is everybody
	Settings  transports.Settings
	Routes    []Route // one for each source address; the first serves where the configuration names none
	Burst     int     // sign-ons at once from one source address; 0: no limit, and PerMinute does not count
	PerMinute int     // sign-ons a minute from one source address
	Link      Link

	about   transports.Info // of Network: it never changes, and to put it together costs
	sources []*source
	guard   guard
	prover  *prover
	kinds   kinds
	grants  grants
	quirk   quirk
	desk    *desk
	asked   inquiries
	places  places
	run     string // in the ids of questions
	version string
	admins  []string      // addresses, as URIs (XEP-0157)
	links   atomic.Uint64 // changes of the link, so that a tour of probes ends with the link it began on
}

// A Route is how the network is reached from one source address: Env.Dial, Env.Peer and Env.HTTP.
type Route struct {
	Dial func(ctx context.Context, address string) (net.Conn, error)
	Peer func(ctx context.Context, address string) (net.Conn, error) // nil: there is no way to other users' machines
	HTTP *http.Client                                                // nil where the network wants none
}

// A source is a source address with its budget; the gate is nil where there is no limit.
type source struct {
	route Route
	gate  *gate
}

// Options of a Gateway. Zero durations and numbers mean the defaults of the configuration.
type Options struct {
	Services []Service
	Registry *registry.Registry
	Keeper   *registry.Keeper
	Log      *slog.Logger
	Schedule state.Config
	Version  string

	Linger            time.Duration // default 90 s
	LinkGrace         time.Duration // default 60 s
	StopTimeout       time.Duration // default 10 s
	ResyncPerSecond   int           // probes a second, at most; default 2000
	Undo              time.Duration // how long an unregistration can be undone; 0: not at all
	FailedPerHour     int           // failed registrations a user may make in an hour; default 5
	MessagesPerMinute int           // default 120
	MessageBytes      int           // default 65536
	ChatPasswords     bool
	Files             Files
	Avatars           *album.Album // nil: pictures are not kept, and so not shown
	Admins            []xmpp.JID   // bare addresses of those who administer the gateway
}
