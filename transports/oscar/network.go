// Package oscar signs accounts on to AIM, over OSCAR. What differs between the networks that speak OSCAR is
// data (dialect); the session knows none of them by name.
//
// A session has at most two goroutines beside Run: one that reads the connection and, while a frame is being
// written, one that writes it. All state belongs to Run.
package oscar

import (
	"context"
	"errors"
	"net"
	"strings"

	"imgate/transports"
)

const defaultPort = "5190"

// AIM is the network of AOL Instant Messenger.
func AIM() transports.Network { return network{aim()} }

type network struct{ dialect *dialect }

// Info implements transports.Network.
func (n network) Info() transports.Info {
	return transports.Info{
		Type:     n.dialect.kind,
		Name:     n.dialect.name,
		NameHint: n.dialect.nameHint,
		Powers:   n.dialect.powers,
	}
}

// Canonical implements transports.Network.
func (n network) Canonical(address string) (transports.LegacyID, error) {
	return n.dialect.canonical(address)
}

// Run implements transports.Network: BUCP login, then the session at the server to which the login refers.
func (n network) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	s := newSession(n.dialect, env, acct, events)
	defer s.hangUp()
	err := s.signOn(ctx, acct)
	if err == nil {
		err = s.serve(ctx, commands)
	}
	if ctx.Err() != nil {
		return nil
	}
	s.settle(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return s.verdict(err)
}

// verdict makes a Failure of what ended the session.
func (s *session) verdict(err error) error {
	var f *transports.Failure
	if !errors.As(err, &f) {
		f = connectionFailure(err)
	}
	return s.suspectFlood(f)
}

// withPort adds the port of the protocol to a host without one.
func withPort(address, port string) string {
	if _, _, err := net.SplitHostPort(address); err == nil {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), port)
}
