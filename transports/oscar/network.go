// Package oscar signs accounts on to AIM, over OSCAR. What differs between the networks that speak OSCAR is
// data (dialect); the session knows none of them by name.
//
// A session has at most two goroutines beside Run: one that reads the connection and, while something is being
// written, one that writes it; and one for each file that comes. All state belongs to Run, which while signing on waits for a third.
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
		Powers:   n.dialect.powers | transports.CanReceiveFiles, // where they are switched on
		Settings: ownSettings(),
		Avatars:  avatarLimits,

		NamePattern: n.dialect.namePattern,
	}
}

// Canonical implements transports.Network.
func (n network) Canonical(address string) (transports.LegacyID, error) {
	return n.dialect.canonical(address)
}

// Run implements transports.Network: login, then the session at the server to which the login refers.
func (n network) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	s := newSession(n.dialect, env, n.dialect.signOnName(acct), events)
	s.uin = uinOf(acct.Name)
	s.recall(acct.Charsets)
	s.services.dial = s.dialer(ctx)
	if s.takesFiles() {
		over, end := context.WithCancel(ctx) // files end with the session, whatever ends it
		defer end()
		s.offers.fetch = s.fetcher(over)
	}
	defer s.hangUp()
	if err := s.apart(func() error { return s.signOn(ctx, &acct) }); err != nil {
		return s.ended(ctx, err)
	}
	return s.serve(ctx, commands)
}

// apart runs f in a goroutine of its own and waits for it: signing on calls deep, and a stack that has grown for
// it would stay so for as long as the session lasts.
func (s *session) apart(f func() error) error {
	err := errPanic
	done := make(chan struct{})
	s.env.Go("oscar sign-on", func() {
		defer close(done)
		err = f()
	})
	<-done
	return err
}

// errPanic ends a session whose sign-on panicked; the gateway has seen to the panic.
var errPanic = errors.New("panic while signing on")

// ended tells what Run returns after err.
func (s *session) ended(ctx context.Context, err error) error {
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
