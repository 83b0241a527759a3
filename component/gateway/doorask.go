package gateway

import (
	"context"
	"fmt"

	"imgate/registry"
	"imgate/xmpp"
)

// A doorItem is what a door wants of an account.
type doorItem struct {
	serve func(a *account)
	gone  func() // instead, where the account is over
}

func (doorItem) isItem() {}

// consult lets f look into an account, or act for it, in its loop, and waits until done was called; what is called
// later is heard by nobody. The error is done's, ErrBusy, registry.ErrNotRegistered or the context's.
func (g *Gateway) consult(ctx context.Context, a *account, f func(a *account, done func(error))) error {
	answer := make(chan error, 1)
	done := func(err error) {
		select {
		case answer <- err:
		default: // one answer is enough
		}
	}
	if !a.deliver(doorItem{func(a *account) { f(a, done) }, func() { done(errNotRegistered()) }}) {
		return errDoorBusy()
	}
	select {
	case err := <-answer:
		return err
	case <-g.halt:
		return errDoorBusy()
	case <-ctx.Done():
		return fmt.Errorf("no answer in time: %w", xmpp.NewError(xmpp.RemoteServerTimeout, ""))
	}
}

func errNotRegistered() error {
	return fmt.Errorf("%w: %w", registry.ErrNotRegistered, xmpp.NewError(xmpp.ItemNotFound, ""))
}

// registrations are the accounts of a user of the XMPP server, in the order of the configuration.
func (g *Gateway) registrations(user xmpp.JID) []*account {
	var list []*account
	for i := range g.opt.Services {
		if a := g.desk.account(&g.opt.Services[i], user); a != nil {
			list = append(list, a)
		}
	}
	return list
}

// owner is the account by which a legacy account is signed on here: of several the one of the first user, by address.
func (g *Gateway) owner(svc *Service, legacy xmpp.JID) (*account, error) {
	id, err := svc.legacyID(legacy)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, xmpp.NewError(xmpp.JIDMalformed, ""))
	}
	var first *account
	for a := range g.accounts.all() {
		if a.svc != svc || a.leaving.Load() || a.view.Load().Name != id {
			continue
		}
		if first == nil || a.key.User < first.key.User {
			first = a
		}
	}
	if first == nil {
		return nil, errNotRegistered()
	}
	return first, nil
}
