package gateway

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Presences are the resources at which an address is available: of a user of an XMPP server what that user's clients
// have told the gateway, so that it takes a registration; of a legacy account what is registered here knows of it. Who
// is invisible is not there. The error is or wraps a *xmpp.Error.
func (g *Gateway) Presences(ctx context.Context, of xmpp.JID) ([]xmpp.Presence, error) {
	if svc := g.domains[of.Domain]; svc != nil {
		return g.legacyPresence(ctx, svc, of)
	}
	seen := map[string]bool{}
	var all []xmpp.Presence
	for _, a := range g.registrations(of) {
		var list []xmpp.Presence
		err := g.consult(ctx, a, func(a *account, done func(error)) {
			list = a.clients()
			done(nil)
		})
		if err != nil {
			continue // it has left, or has no time: another may know
		}
		for _, p := range list {
			if !seen[p.From.Resource] {
				seen[p.From.Resource] = true
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(p, q xmpp.Presence) int { return cmp.Compare(p.From.Resource, q.From.Resource) })
	return all, ctx.Err()
}

// clients are the user's, as they have told.
func (a *account) clients() []xmpp.Presence {
	var list []xmpp.Presence
	for name, r := range a.resources {
		if r.invisible {
			continue
		}
		p := presenceOf(a.user.WithResource(name), r.show, r.status)
		if r.priority != 0 {
			p.Payload = append(p.Payload, xmpp.Leaf("priority", strconv.Itoa(r.priority)))
		}
		list = append(list, p)
	}
	return list
}

func presenceOf(from xmpp.JID, show transports.Show, status string) xmpp.Presence {
	p := xmpp.Presence{Header: xmpp.Header{From: from}}
	if e := showElement(show); e != nil {
		p.Payload = append(p.Payload, e)
	}
	if status != "" {
		p.Payload = append(p.Payload, xmpp.Leaf("status", status))
	}
	return p
}

// lookTime bounds how long is looked for somebody who sees a legacy account.
const lookTime = 5 * time.Second

// legacyPresence asks the account itself, if it is registered here, else those who are signed on to its network, until
// one sees it.
func (g *Gateway) legacyPresence(ctx context.Context, svc *Service, of xmpp.JID) ([]xmpp.Presence, error) {
	id, err := svc.legacyID(of)
	if err != nil {
		return nil, xmpp.NewError(xmpp.JIDMalformed, err.Error())
	}
	from, err := svc.contactJID(id)
	if err != nil {
		return nil, xmpp.NewError(xmpp.JIDMalformed, err.Error())
	}
	if a, err := g.owner(svc, of); err == nil && a.view.Load().State.State == state.Online {
		return g.look(ctx, a, func(a *account) *xmpp.Presence {
			told := a.out.told
			if !a.signedOn() || told.Invisible || told.Show == transports.Offline {
				return nil
			}
			p := presenceOf(from.WithResource(Resource), told.Show, told.Status)
			return &p
		})
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	for a := range g.accounts.all() {
		if a.svc != svc || a.view.Load().State.State != state.Online {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		found, err := g.look(ctx, a, func(a *account) *xmpp.Presence {
			c := a.contacts[id]
			if c == nil || c.show == transports.Offline {
				return nil
			}
			p := presenceOf(from.WithResource(Resource), c.show, c.status)
			return &p
		})
		if err == nil && len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

func (g *Gateway) look(ctx context.Context, a *account, f func(*account) *xmpp.Presence) ([]xmpp.Presence, error) {
	var found []xmpp.Presence
	err := g.consult(ctx, a, func(a *account, done func(error)) {
		if p := f(a); p != nil {
			found = append(found, *p)
		}
		done(nil)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ContactPresences are those of the contacts of a user, or of a legacy account, that its registrations see.
func (g *Gateway) ContactPresences(ctx context.Context, of xmpp.JID) ([]xmpp.Presence, error) {
	accounts := g.registrations(of)
	if svc := g.domains[of.Domain]; svc != nil {
		a, err := g.owner(svc, of)
		if err != nil {
			return nil, err
		}
		accounts = []*account{a}
	}
	var all []xmpp.Presence
	for _, a := range accounts {
		var list []xmpp.Presence
		err := g.consult(ctx, a, func(a *account, done func(error)) {
			list = a.seen()
			done(nil)
		})
		if err == nil {
			all = append(all, list...)
		}
	}
	return all, ctx.Err()
}

// seen are the contacts that the network shows as available.
func (a *account) seen() []xmpp.Presence {
	var list []xmpp.Presence
	for _, c := range a.inOrder() {
		if j, ok := a.address(c.ID); ok && c.show != transports.Offline {
			list = append(list, presenceOf(j.WithResource(Resource), c.show, c.status))
		}
	}
	return list
}

// Send sends a stanza, whose from and to are set, as one of ours or, where the user's server lets us (XEP-0356 §5),
// as its user: messages only. The error is or wraps a *xmpp.Error: forbidden where that is not granted, not-allowed
// for a sender of other domains.
func (g *Gateway) Send(ctx context.Context, s xmpp.Stanza) error {
	from := s.Head().From
	if svc := g.domains[from.Domain]; svc != nil {
		return sent(svc.Link.Send(ctx, s))
	}
	svc, p := g.leave(from.Bare(), (*grant).speaks)
	m, isMessage := s.(xmpp.Message)
	switch {
	case !g.ServesDomain(from.Domain):
		return fmt.Errorf("the sender is of a domain that this gateway does not serve: %w", xmpp.NewError(xmpp.NotAllowed, ""))
	case svc == nil || !isMessage:
		return fmt.Errorf("the user's server does not let us send this for its users: %w", xmpp.NewError(xmpp.Forbidden, ""))
	}
	m.From = from.Bare()
	return sent(svc.Link.Send(ctx, xmpp.Message{
		Header:  xmpp.Header{ID: fmt.Sprintf("door-%s-%d", g.run, g.sent.Add(1)), From: svc.jid(), To: xmpp.JID{Domain: from.Domain}},
		Payload: []*xmltree.Element{p.OnBehalf(m)},
	}))
}

// ServesDomain reports whether a domain is one whose users some service is for.
func (g *Gateway) ServesDomain(domain string) bool {
	for i := range g.opt.Services {
		if g.opt.Services[i].allowed(xmpp.JID{Local: "a", Domain: domain}) {
			return true
		}
	}
	return false
}

// sent makes a *xmpp.Error of the link's.
func sent(err error) error {
	if err == nil {
		return nil
	}
	return asked(err)
}
