// Package loopback is the smallest legacy network that has every power of the contract: its server is a value in
// memory. It is the fake of tests, the example for newcomers and the reference for what a transport owes to the
// gateway. Copy it to begin a new network.
//
// A [Network] is the client side: it signs on, hands what the gateway asks to the server and what the server says
// to the gateway. A [Server] is the other side; its methods are what tests make happen there. Each power is one
// file, with the command, the events and the server's part together. An account without a session is a puppet:
// tests move it, and it can be written to, seen and sent files.
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
func (n *Network) Info() transports.Info {
	return transports.Info{Type: "loopback", Name: "Loopback", NameHint: "Name", Powers: n.server.powers, NamePattern: ` *([A-Za-z0-9.@-] *)+`}
}

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

// Run signs on and serves. Everything that happens to the account comes from the server by its line, the answers
// too; everything the gateway wants goes to the server at once, so that a command is answered in the order of the
// commands, unless its answer needs somebody else.
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
	line, failure := n.server.signOn(ctx, env.Go, acct)
	if failure != nil {
		return failure
	}
	defer n.server.signOff(line)
	env.Log.Debug("the line is open")
	for {
		for _, ev := range line.take() {
			switch ev := ev.(type) {
			case ended:
				return n.letGo(line, emit, ev.failure)
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
			n.server.obey(line, c)
		case <-ctx.Done():
			return nil
		}
	}
}

// letGo answers every command that has no answer yet, when it is the network that ends the session.
func (n *Network) letGo(line *line, emit func(transports.Event) bool, failure error) error {
	n.server.signOff(line)
	for _, done := range line.settle() {
		if !emit(done) {
			return nil
		}
	}
	return failure
}
