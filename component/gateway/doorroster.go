package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Rosters, for the doors of operators' programs. Whoever calls is trusted with all of them. An address of one of our
// domains means a legacy account that is registered here, and its list on the network; any other a user of an
// XMPP server, and the roster there, as far as we are let at it (XEP-0356, XEP-0321).

// Ours reports whether a domain is one of a service's.
func (g *Gateway) Ours(domain string) bool { return g.domains[domain] != nil }

// Roster is the roster of a user, or the list of a legacy account. The error is or wraps a *xmpp.Error:
// feature-not-implemented where the user's server does not let us, item-not-found where there is no such account.
func (g *Gateway) Roster(ctx context.Context, of xmpp.JID) ([]xmpp.RosterItem, error) {
	if svc := g.domains[of.Domain]; svc != nil {
		a, err := g.owner(svc, of)
		if err != nil {
			return nil, err
		}
		return g.contactsOf(ctx, a, (*account).legacyItem)
	}
	svc, _ := g.leave(of, (*grant).reads)
	if svc == nil {
		return nil, errNoLeave()
	}
	q, err := svc.inquire(ctx, of.Bare(), xmpp.GetIQ, xmltree.New(xmpp.RosterSpace, "query"))
	if err != nil {
		return nil, asked(err)
	}
	return xmpp.ParseRoster(q.Query()), nil
}

// Contacts is what is known of a user's roster here: the contacts of the user's registrations.
func (g *Gateway) Contacts(ctx context.Context, user xmpp.JID) ([]xmpp.RosterItem, error) {
	accounts := g.registrations(user)
	if len(accounts) == 0 {
		return nil, errNotRegistered()
	}
	var all []xmpp.RosterItem
	for _, a := range accounts {
		list, err := g.contactsOf(ctx, a, (*account).rosterItem)
		if errors.Is(err, registry.ErrNotRegistered) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// SetRosterItem changes one entry, or takes it off where its subscription is RemoveItem. On the list of a legacy
// account there are no subscriptions; the account must be signed on.
func (g *Gateway) SetRosterItem(ctx context.Context, of xmpp.JID, item xmpp.RosterItem) error {
	if svc := g.domains[of.Domain]; svc != nil {
		a, err := g.owner(svc, of)
		if err != nil {
			return err
		}
		id, err := a.svc.legacyID(item.JID)
		if item.JID.Domain != svc.Domain || err != nil {
			return fmt.Errorf("the list of this account has contacts of its own network only: %w", xmpp.NewError(xmpp.JIDMalformed, ""))
		}
		return g.consult(ctx, a, func(a *account, done func(error)) { a.setListed(id, item, done) })
	}
	svc, p := g.leave(of, (*grant).writes)
	if svc == nil {
		return errNoLeave()
	}
	_, err := svc.inquire(ctx, of.Bare(), xmpp.SetIQ, item.Element())
	if err != nil {
		return asked(err)
	}
	p.proven.Store(true)
	return nil
}

// leave finds a service that may do something with the roster of a user; nil: none may.
func (g *Gateway) leave(user xmpp.JID, may func(*grant) bool) (*Service, *grant) {
	for i := range g.opt.Services {
		svc := &g.opt.Services[i]
		if p := svc.grants.of(user.Domain); may(p) {
			return svc, p
		}
		if a := g.desk.account(svc, user); a != nil {
			if p := leaveOf(a.view.Load().Settings); may(p) {
				return svc, p
			}
		}
	}
	return nil, nil
}

func errNoLeave() error {
	return fmt.Errorf("the user's server does not let us at this roster: %w", xmpp.NewError(xmpp.FeatureNotImplemented, ""))
}

// asked makes a *xmpp.Error of the error of a question to the user's server.
func asked(err error) error {
	var e *xmpp.Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, ErrLinkDown):
		return fmt.Errorf("the link to the XMPP server is down: %w", xmpp.NewError(xmpp.ServiceUnavailable, ""))
	}
	return fmt.Errorf("the user's server gave no answer in time: %w", xmpp.NewError(xmpp.RemoteServerTimeout, ""))
}

// contactsOf are an account's contacts, as item shows each.
func (g *Gateway) contactsOf(ctx context.Context, a *account, item func(*account, *contact) (xmpp.RosterItem, bool)) ([]xmpp.RosterItem, error) {
	var list []xmpp.RosterItem
	err := g.consult(ctx, a, func(a *account, done func(error)) {
		for _, c := range a.inOrder() {
			if i, ok := item(a, c); ok {
				list = append(list, i)
			}
		}
		done(nil)
	})
	if err != nil {
		return nil, err // list is the loop's still
	}
	return list, nil
}

// rosterItem is a contact as the user's roster has it, as far as we know.
func (a *account) rosterItem(c *contact) (xmpp.RosterItem, bool) {
	j, ok := a.address(c.ID)
	if !ok || !c.inRoster() || c.Gone {
		return xmpp.RosterItem{}, false
	}
	item := xmpp.RosterItem{JID: j, Name: c.naming().name, Groups: slices.Clone(c.groups), Asked: c.Asked && !c.To}
	if !a.listKnown() {
		item.Name, item.Groups = c.Name, slices.Clone(c.Groups)
	}
	switch {
	case c.To && c.From:
		item.Subscription = xmpp.BothSubscription
	case c.To:
		item.Subscription = xmpp.ToSubscription
	case c.From:
		item.Subscription = xmpp.FromSubscription
	default:
		item.Subscription = xmpp.NoSubscription
	}
	return item, true
}

// legacyItem is a contact as the network's list has it: there is one direction to see, and who has not said yes yet is
// waited for. Of an account that is not signed on it is the last list that was seen.
func (a *account) legacyItem(c *contact) (xmpp.RosterItem, bool) {
	j, ok := a.address(c.ID)
	known := a.listKnown()
	if !ok || known && !c.listed || !known && !c.inRoster() {
		return xmpp.RosterItem{}, false
	}
	item := xmpp.RosterItem{JID: j, Name: c.name, Groups: slices.Clone(c.groups), Subscription: xmpp.BothSubscription}
	if !known {
		item.Name, item.Groups = c.Name, slices.Clone(c.Groups)
	}
	if c.pending {
		item.Subscription, item.Asked = xmpp.NoSubscription, true
	}
	return item, true
}

// setListed changes the network's list alone, as another client of the account would.
func (a *account) setListed(id transports.LegacyID, item xmpp.RosterItem, done func(error)) {
	if !a.signedOn() {
		done(a.errNotSignedOn())
		return
	}
	c := a.contacts[id]
	listed := c != nil && c.listed
	command := func(tag transports.Tag) transports.Command {
		switch {
		case item.Subscription == xmpp.RemoveItem:
			return transports.RemoveContact{Tag: tag, ID: id}
		case listed:
			return transports.ChangeContact{Tag: tag, ID: id, Name: item.Name, Groups: item.Groups}
		}
		return transports.AddContact{Tag: tag, ID: id, Name: item.Name, Groups: item.Groups}
	}
	switch {
	case item.Subscription == xmpp.RemoveItem && !listed,
		listed && item.Subscription != xmpp.RemoveItem && c.name == item.Name && sameGroups(c.groups, item.Groups):
		done(nil) // as it is already
	default:
		a.command(command, done)
	}
}

// command puts a command to the session; done gets a *xmpp.Error, or nil when the network has done it.
func (a *account) command(make func(transports.Tag) transports.Command, done func(error)) {
	p := pending{kind: pendingRequest, then: func(d transports.Done) { done(refusedBy(d.Err)) }}
	if !a.out.tagged(p, make) {
		done(fmt.Errorf("too many requests are waiting for the network: %w", xmpp.NewError(xmpp.ResourceConstraint, "")))
	}
}

// refusedBy makes a *xmpp.Error of what a network says.
func refusedBy(err error) error {
	if err == nil {
		return nil
	}
	return xmpp.NewError(conditionOf(err), sentence(err).In(speech.English))
}

func (a *account) errNotSignedOn() error {
	return xmpp.NewError(xmpp.ServiceUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()).In(speech.English))
}
