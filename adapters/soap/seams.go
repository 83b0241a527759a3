package soap

import (
	"context"

	"imgate/news"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmpp"
)

// What the door asks of others. Every method may be called from any goroutine.

// A Prover proves who a user is.
type Prover interface {
	// Prove waits no longer than ctx. Its error wraps adapters.ErrWrongPassword, ErrInactive or ErrUnreachable; any
	// other counts as the last. It is logged: no secret may be in it.
	Prove(ctx context.Context, user xmpp.JID, password transports.Secret) error
}

// A Presence keeps users who are at the door present on their XMPP server, one session each however many sessions
// they have here. Calls for one user come one after the other, Attach and Detach in turn. Both only take note: they
// are called with locks of the door held, so that they neither wait nor call the door.
type Presence interface {
	// Attach begins the user's XMPP session. The password is one that was proven. Should the server refuse it later,
	// Door.Forget is to be called; when the session was lost and is back, Door.Again.
	Attach(user xmpp.JID, password transports.Secret)
	// Detach ends it.
	Detach(user xmpp.JID)
}

// A Gateway carries out what users want of it. Those with a context wait no longer than it, and never for a network.
// Their errors are or wrap a *xmpp.Error, whose text is for the user, or registry.ErrNotRegistered; any other is not
// the user's fault.
type Gateway interface {
	// Serves reports whether the user may register with a service.
	Serves(user xmpp.JID, service string) bool
	// Registration is where a registration stands; false where there is none.
	Registration(user xmpp.JID, service string) (registry.Standing, bool, error)
	// Register stores credentials; what the network says of them is news.
	Register(ctx context.Context, user xmpp.JID, service, name string, password transports.Secret) error
	Unregister(ctx context.Context, user xmpp.JID, service string) error
	// Reconnect signs on now with what is stored.
	Reconnect(ctx context.Context, user xmpp.JID, service string) error
	// Watch hears of the user's registrations until it is closed.
	Watch(user xmpp.JID) *news.Watch
}

// A Service is one network of the gateway.
type Service struct {
	Name   string // in the configuration
	Type   string // aim, icq, msn, yahoo
	Domain string
}
