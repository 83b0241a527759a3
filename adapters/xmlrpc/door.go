// Package xmlrpc is the door for programs that were written for ejabberd's mod_rostbeef: seven calls over XML-RPC, by
// which a web site or an administrator's tool reads and changes rosters, sees presence, and sends stanzas. Whoever
// gets in is trusted with every user of the gateway.
package xmlrpc

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// A Gateway answers and carries out. An address of one of its own domains means a legacy account that is registered
// with it, any other a user of an XMPP server. Errors are or wrap a *xmpp.Error, whose number the caller is told
// (XEP-0086). Every method may be called from any goroutine and waits no longer than its context.
type Gateway interface {
	// Ours reports whether a domain is one of the gateway's own.
	Ours(domain string) bool
	// ServesDomain reports whether users of a domain may register with it.
	ServesDomain(domain string) bool
	// Roster is the roster of a user, or the list of a legacy account; feature-not-implemented where the user's
	// server does not let the gateway read it.
	Roster(ctx context.Context, of xmpp.JID) ([]xmpp.RosterItem, error)
	// Contacts is what the gateway itself knows of a user's roster.
	Contacts(ctx context.Context, user xmpp.JID) ([]xmpp.RosterItem, error)
	// SetRosterItem changes one entry of the same, or removes it (xmpp.RemoveItem).
	SetRosterItem(ctx context.Context, of xmpp.JID, item xmpp.RosterItem) error
	// Link puts a legacy contact on the list of the user's registration and into the user's roster, or neither.
	Link(ctx context.Context, user, contact xmpp.JID, name string, bySubscription bool) error
	Unlink(ctx context.Context, user, contact xmpp.JID, bySubscription bool) error
	// Presences are the resources at which an address is available.
	Presences(ctx context.Context, of xmpp.JID) ([]xmpp.Presence, error)
	// ContactPresences are those of its contacts that the gateway sees for it.
	ContactPresences(ctx context.Context, of xmpp.JID) ([]xmpp.Presence, error)
	// Send sends a stanza: as one of the gateway's own addresses, or as a user whose server allows that.
	Send(ctx context.Context, s xmpp.Stanza) error
}

// Options of a Door.
type Options struct {
	Gateway  Gateway
	Log      *slog.Logger
	User     string            // of HTTP Basic, or of ejabberd's leading struct
	Password transports.Secret // empty: everybody who reaches the listener may call
	Loopback bool              // the listener is reached from this machine only

	PresenceArray      bool // get_presence gives every resource, and get_roster_with_presence nests them
	JoinGroups         bool // one entry for a contact in several groups, joined by ";"
	Strict             bool // rosters that can't be read are an error: no part of them that the gateway knows
	LinkBySubscription bool // where rosters can't be changed, the user's client is asked
}

// CallTime bounds one call; a system.multicall has ten times as long.
const CallTime = 60 * time.Second

const (
	atOnce      = 16              // requests that are worked on at a time
	refusalTime = 2 * time.Second // that a wrong password takes
)

// A Door answers HTTP requests.
type Door struct {
	opt     Options
	methods map[string]*method
	busy    chan struct{}
	wrong   chan struct{} // one wrong password is answered at a time
	proof   [sha256.Size]byte
}

// New makes a door.
func New(o Options) *Door {
	d := &Door{opt: o, busy: make(chan struct{}, atOnce), wrong: make(chan struct{}, 1), methods: map[string]*method{}}
	d.proof = proofOf(o.User, o.Password.Reveal())
	for _, m := range methods() {
		d.methods[m.name] = m
	}
	return d
}

func (d *Door) locked() bool { return !d.opt.Password.Empty() }

// proofOf makes what can be compared in constant time, whatever its length was.
func proofOf(user, password string) [sha256.Size]byte {
	inner := sha256.Sum256([]byte(user))
	return sha256.Sum256(append(inner[:], password...))
}
