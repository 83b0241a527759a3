package xmlrpc

import (
	"context"
	"errors"
	"fmt"

	"imgate/adapters/xmlrpc/wire"
	"imgate/xmpp"
)

// A pair is two addresses that are to see each other; each has the name that the other's roster shows.
type pair struct {
	jid1, jid2   xmpp.JID
	nick1, nick2 string
}

func (d *Door) pair(a arguments) (pair, error) {
	p := pair{nick1: a["nick1"], nick2: a["nick2"]}
	var err1, err2 error
	p.jid1, err1 = a.address("jid1")
	p.jid2, err2 = a.address("jid2")
	if err := errors.Join(err1, err2); err != nil {
		return p, err
	}
	if p.jid1 == p.jid2 {
		return p, fmt.Errorf("jid1 and jid2 are the same: %w", xmpp.NewError(xmpp.NotAcceptable, ""))
	}
	if d.opt.Gateway.Ours(p.jid1.Domain) && d.opt.Gateway.Ours(p.jid2.Domain) {
		return p, fmt.Errorf("one of the two is a user of the XMPP server: %w", xmpp.NewError(xmpp.NotAllowed, ""))
	}
	return p, errors.Join(d.known(p.jid1), d.known(p.jid2))
}

// legacy gives the user and the contact of a pair of which one is ours; false: both are users of XMPP servers.
func (d *Door) legacy(p pair) (user, contact xmpp.JID, name string, ok bool) {
	switch {
	case d.opt.Gateway.Ours(p.jid1.Domain):
		return p.jid2, p.jid1, p.nick1, true
	case d.opt.Gateway.Ours(p.jid2.Domain):
		return p.jid1, p.jid2, p.nick2, true
	}
	return xmpp.JID{}, xmpp.JID{}, "", false
}

func linkContacts(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	p, err := d.pair(a)
	if err != nil {
		return done(err)
	}
	if user, contact, name, ok := d.legacy(p); ok {
		return done(d.opt.Gateway.Link(ctx, user, contact, name, d.opt.LinkBySubscription))
	}
	return done(d.both(ctx, p, func(old xmpp.RosterItem, contact xmpp.JID, name string) xmpp.RosterItem {
		return xmpp.RosterItem{JID: contact, Name: name, Groups: old.Groups, Subscription: xmpp.BothSubscription}
	}))
}

func unlinkContacts(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	p, err := d.pair(a)
	if err != nil {
		return done(err)
	}
	if user, contact, _, ok := d.legacy(p); ok {
		return done(d.opt.Gateway.Unlink(ctx, user, contact, d.opt.LinkBySubscription))
	}
	return done(d.both(ctx, p, func(_ xmpp.RosterItem, contact xmpp.JID, _ string) xmpp.RosterItem {
		return xmpp.RosterItem{JID: contact, Subscription: xmpp.RemoveItem}
	}))
}

// both changes the rosters of two users of XMPP servers. Where the second can't be changed the first is put back as it
// was; where it can't be read, to what it is without the pair.
func (d *Door) both(ctx context.Context, p pair, item func(old xmpp.RosterItem, contact xmpp.JID, name string) xmpp.RosterItem) error {
	old1, err := d.entry(ctx, p.jid1, p.jid2)
	if err != nil {
		return err
	}
	old2, err := d.entry(ctx, p.jid2, p.jid1)
	if err != nil {
		return err
	}
	if err := d.set(ctx, p.jid1, item(old1, p.jid2, p.nick2)); err != nil {
		return err
	}
	err = d.set(ctx, p.jid2, item(old2, p.jid1, p.nick1))
	if err == nil {
		return nil
	}
	if undo := d.set(ctx, p.jid1, old1); undo != nil {
		d.opt.Log.Error("half of a pair stays in a roster: the other half was refused, and so was undoing it", "user", p.jid1.String(), "contact", p.jid2.String(), "err", undo)
	}
	return err
}

// set is SetRosterItem for which an item that is to go and is not there has gone.
func (d *Door) set(ctx context.Context, of xmpp.JID, item xmpp.RosterItem) error {
	err := d.opt.Gateway.SetRosterItem(ctx, of, item)
	var e *xmpp.Error
	if item.Subscription == xmpp.RemoveItem && errors.As(err, &e) && e.Condition == xmpp.ItemNotFound {
		return nil
	}
	return err
}

// entry is what a user's roster has of a contact: its removal, where there is nothing or the roster can't be read.
func (d *Door) entry(ctx context.Context, of, contact xmpp.JID) (xmpp.RosterItem, error) {
	none := xmpp.RosterItem{JID: contact, Subscription: xmpp.RemoveItem}
	list, err := d.opt.Gateway.Roster(ctx, of)
	if unreadable(err) {
		return none, nil
	}
	for _, i := range list {
		if i.JID == contact {
			return i, err
		}
	}
	return none, err
}

// unreadable reports whether an error says that a roster can't be read, as opposed to that it is nobody's.
func unreadable(err error) bool {
	var e *xmpp.Error
	return errors.As(err, &e) && e.Condition == xmpp.FeatureNotImplemented
}
