package gateway

import (
	"context"
	"fmt"
	"time"

	"imgate/component/gateway/speech"
	"imgate/news"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

// The verbs of users who come by another door than XMPP. Whoever calls has proven who the user is. Each waits for the
// registry and no longer than its context, never for a network; what was begun by then is carried out nevertheless.
// Errors are or wrap a *xmpp.Error, registry.ErrNotRegistered, ErrNoService, ErrBusy, or the context's.

// Watch hears of the registrations of a user.
func (g *Gateway) Watch(user xmpp.JID) *news.Watch { return g.board.Watch(user.Bare().String()) }

// Registration is where the registration of a user stands; false where there is none, or none any more.
func (g *Gateway) Registration(user xmpp.JID, service string) (registry.Standing, bool, error) {
	s, found, err := g.registry.Standing(registry.Key{User: user.Bare().String(), Service: service})
	if err != nil || !found || !s.Removed.IsZero() {
		return registry.Standing{}, false, err
	}
	return g.current(s), true, nil
}

// Register stores credentials and lets the network judge them later: refused, a first registration stays and stands at
// bad_auth (by XMPP it is taken back, as its user was told); new credentials of an old one are taken back by either
// way, and news.Refused tells.
func (g *Gateway) Register(ctx context.Context, user xmpp.JID, service, name string, password transports.Secret) error {
	return g.atDesk(ctx, user, service, func(svc *Service, asker asker) {
		g.desk.enrol(svc, user.Bare(), name, password.Reveal(), registerItem{stays: true, asker: asker})
	})
}

// Unregister removes a registration; it can be undone for Options.Undo.
func (g *Gateway) Unregister(ctx context.Context, user xmpp.JID, service string) error {
	return g.atDesk(ctx, user, service, func(svc *Service, asker asker) { g.desk.unregister(svc, user.Bare(), asker) })
}

// Reconnect signs on now with what is stored, also out of bad_auth and disabled; where the user is not available it
// will be done when they are.
func (g *Gateway) Reconnect(ctx context.Context, user xmpp.JID, service string) error {
	return g.atDesk(ctx, user, service, func(svc *Service, asker asker) {
		g.desk.wish(svc, user.Bare(), wishItem{state.Reconnect{}, asker})
	})
}

// doorTime is how long a door's request may wait at the desk, where its caller waits longer.
const doorTime = 30 * time.Second

// atDesk runs f after what the user has asked for before by any door, and waits for its answer.
func (g *Gateway) atDesk(ctx context.Context, user xmpp.JID, service string, f func(*Service, asker)) error {
	svc := g.names[service]
	if svc == nil {
		return ErrNoService
	}
	ctx, cancel := context.WithTimeout(ctx, doorTime)
	defer cancel()
	asker := make(doorAsker, 1)
	if !g.desk.do(svc, user.Bare(), func() { f(svc, asker) }) {
		return errDoorBusy()
	}
	select {
	case err := <-asker:
		return err
	case <-g.desk.quit:
		return errDoorBusy()
	case <-ctx.Done():
		return fmt.Errorf("no answer in time; it is carried out nevertheless: %w", context.Cause(ctx))
	}
}

// errDoorBusy is ErrBusy with the condition that doors go by.
func errDoorBusy() error {
	return fmt.Errorf("%w (%w)", ErrBusy, xmpp.NewError(xmpp.ServiceUnavailable, ""))
}

// A doorAsker takes one answer, whoever still waits for it.
type doorAsker chan error

func (d doorAsker) answer(_ *account, _ speech.Text, err error) {
	if err != nil && asStanzaError(err).Condition == xmpp.ItemNotFound {
		err = fmt.Errorf("%w: %w", registry.ErrNotRegistered, err)
	}
	select {
	case d <- err:
	default: // one answer is enough
	}
}

// Serves reports whether a user may register with a service.
func (g *Gateway) Serves(user xmpp.JID, service string) bool {
	svc := g.names[service]
	return svc != nil && svc.allowed(user)
}
