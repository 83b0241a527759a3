// Package loopback is the smallest legacy network: its server is a value in memory. It is the fake of tests,
// the example for newcomers and the reference for what a transport owes to the gateway. Copy it to begin a new
// network.
//
// It has messages (with offline storage), presence, contacts and typing.
package loopback

import (
	"context"
	"errors"
	"strings"

	"imgate/transports"
)

// A Network signs accounts on to a Server.
type Network struct{ server *Server }

var _ transports.Network = (*Network)(nil)

// New makes the network of that server.
func New(server *Server) *Network { return &Network{server} }

// Info describes the network.
func (*Network) Info() transports.Info {
	return transports.Info{Type: "loopback", Name: "Loopback", NameHint: "Name", Powers: powers}
}

const powers = transports.CanEditContacts | transports.CanGroup | transports.CanType | transports.CanOffline | transports.CanIdle

var errName = errors.New("a loopback name has 1 to 64 letters, digits, dots, @ or -")

// Canonical folds case and takes spaces out.
func (*Network) Canonical(address string) (transports.LegacyID, error) {
	id := strings.ToLower(strings.ReplaceAll(address, " ", ""))
	if id == "" || len(id) > 64 {
		return "", errName
	}
	for _, r := range id {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.@-", r) {
			return "", errName
		}
	}
	return transports.LegacyID(id), nil
}

// Run signs on and serves. Everything that happens to the account comes from the server by its line; everything
// the gateway wants goes to the server at once, so that a command is answered in the order of the commands.
func (n *Network) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	emit := func(ev transports.Event) bool {
		select {
		case events <- ev:
			return true
		case <-ctx.Done():
			return false
		}
	}
	if !emit(transports.Progress{Step: "sign-on"}) {
		return nil
	}
	line, failure := n.server.signOn(acct)
	if failure != nil {
		return failure
	}
	defer n.server.signOff(line)
	env.Log.Debug("the line is open")
	if !emit(transports.SignedOn{Name: string(acct.Name), Powers: powers}) {
		return nil
	}
	for {
		for _, ev := range line.take() {
			switch ev := ev.(type) {
			case ended:
				return ev.failure
			case stalls:
				<-ctx.Done()
				return nil
			case panics:
				env.Go("panics", func() { panic("as asked") })
				continue
			}
			if !emit(ev) {
				return nil
			}
		}
		select {
		case <-line.signal:
		case c := <-commands:
			if done := n.server.obey(line, c); done != nil && !emit(*done) {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}
