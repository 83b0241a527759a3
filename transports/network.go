// Package transports is what the gateway asks of a legacy network: one contract, in plain values.
//
// A transport knows one protocol and nothing of XMPP, of other registrations or of when to try again. It
// lives in a folder of its own below this one and imports, of imgate, only this package, its own wire codec,
// richtext and xmltree. README.md tells how to add one; transporttest holds the laws that each must pass.
package transports

import (
	"context"
	"log/slog"
	"net"
	"net/http"
)

// A Network signs accounts on to one legacy network. Its methods may be called from any goroutine.
type Network interface {
	// Info describes the network. It does no I/O and its answer never changes.
	Info() Info

	// Canonical gives the one spelling under which a legacy address is kept: "Alice Liddell" and
	// "aliceliddell" are one AIM address. The error says, for the user, what a legal address is.
	Canonical(address string) (LegacyID, error)

	// Run signs acct on and serves the session until ctx ends or the network lets go. It tries once: when
	// to try again is not its affair. It returns nil only when ctx ended; any other error is, or wraps, a
	// *Failure. Both channels are unbuffered; the gateway receives events until Run has returned and offers
	// commands only after SignedOn. Every send selects on ctx too.
	Run(ctx context.Context, env Env, acct Account, commands <-chan Command, events chan<- Event) error
}

// Info describes a network.
type Info struct {
	Type     string    // as in the configuration's "type": aim, icq, msn, yahoo
	Name     string    // for people: "AIM"
	NameHint string    // what the network calls a user's name: "Screen name"
	Settings []Setting // what it understands in [service.network] beyond the common keys
	Powers   Powers    // what a session may have at best; a session's own are in SignedOn
	Avatars  AvatarLimits

	// NamePattern is a regular expression that the whole of a user's own name matches, for the form in which it is
	// typed (XEP-0122): so it keeps to what all dialects share, without anchors. It refuses nothing that Canonical
	// takes; Canonical decides. Empty: there is none.
	NamePattern string
}

// AvatarLimits are what a network takes for a user's picture; a zero field is the gateway's default.
type AvatarLimits struct {
	Types []string // as "image/jpeg", the preferred first; default PNG, JPEG, GIF
	Bytes int      // default 48 KiB
	Side  int      // width and height in pixels; default 256
}

// An Env is what a session has from outside. The same Env is never given to two Runs.
type Env struct {
	// Go starts f in a goroutine that the gateway waits for after Run has returned; a panic in f ends the
	// session as Broken. It is the only way to start a goroutine in a transport. name is for the log.
	Go func(name string, f func())

	// Dial connects to address ("host:port") by TCP, or by TLS where the service is configured so. It
	// applies the dial policy: hosts that a legacy server handed out are refused unless the configuration
	// allows them. The caller sets deadlines and closes the connection.
	Dial func(ctx context.Context, address string) (net.Conn, error)

	// Peer connects to another user's machine, at an address that a legacy server handed out, under the same policy, but
	// always in the clear: who is there has no certificate. The caller sets deadlines and closes the connection. It is not traced.
	// Nil: there is no way to such machines.
	Peer func(ctx context.Context, address string) (net.Conn, error)

	// HTTP follows the same policy, with redirects too: to hosts that are allowed, three at most, from https never
	// to http. All sessions of a service share it, so it keeps no cookies. It bounds headers and the time until they
	// are there; how long and how large a body may be is the caller's to say, by the request's context and by
	// io.LimitReader, and every body is read to its end or closed. A refusal is or wraps a *Failure. Nil where
	// no setting of Info.Settings is a URLSetting.
	HTTP *http.Client

	// Settings are the service's, by the keys of Info.Settings and the common keys "server", "charset".
	Settings Settings

	// Log carries service and user already. Never nil. No secret and no message text is ever logged.
	Log *slog.Logger
}

// An Account is what is needed to sign on once.
type Account struct {
	Name     LegacyID            // canonical
	Typed    string              // the name as the user typed it, for the sign-on frame; may be empty
	Password Secret              //
	Kept     map[string]Secret   // what Keep events stored in earlier sessions
	Charsets map[LegacyID]string // what Learned events told in earlier sessions
	Presence SetPresence         // the presence to sign on with; its Tag is 0 and wants no Done
}

// A LegacyID is the canonical spelling of a legacy address, as Network.Canonical gives it.
type LegacyID string
