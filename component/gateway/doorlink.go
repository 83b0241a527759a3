package gateway

import (
	"context"
	"errors"
	"fmt"

	"imgate/transports"
	"imgate/xmpp"
)

// Link makes a user of an XMPP server and a legacy contact see each other: the contact comes on the network's list and,
// by that name, into the user's roster; both or neither. The user must be registered and signed on. Where the user's server does not let us at
// the roster that is feature-not-implemented or, by subscription, left to the user's client, which is asked. The error
// is or wraps a *xmpp.Error.
func (g *Gateway) Link(ctx context.Context, user, contact xmpp.JID, name string, bySubscription bool) error {
	return g.tie(ctx, user, contact, func(a *account, id transports.LegacyID, done func(error)) {
		a.link(id, name, bySubscription, done)
	})
}

// Unlink undoes Link, likewise both or neither; where nothing is linked nothing is done.
func (g *Gateway) Unlink(ctx context.Context, user, contact xmpp.JID, bySubscription bool) error {
	return g.tie(ctx, user, contact, func(a *account, id transports.LegacyID, done func(error)) {
		a.unlink(id, bySubscription, done)
	})
}

// tie lets f act for the registration of user that contact belongs to.
func (g *Gateway) tie(ctx context.Context, user, contact xmpp.JID, f func(*account, transports.LegacyID, func(error))) error {
	svc := g.domains[contact.Domain]
	if svc == nil || contact.Local == "" || isRoom(contact) {
		return fmt.Errorf("this is no contact of ours: %w", xmpp.NewError(xmpp.NotAllowed, ""))
	}
	id, err := svc.legacyID(contact)
	if err != nil {
		return xmpp.NewError(xmpp.JIDMalformed, err.Error())
	}
	a := g.desk.account(svc, user)
	if a == nil {
		return errNotRegistered()
	}
	return g.consult(ctx, a, func(a *account, done func(error)) { f(a, id, done) })
}

// link asks the network first: it is the one that may say no.
func (a *account) link(id transports.LegacyID, name string, bySubscription bool, done func(error)) {
	writes := a.privileges().writes()
	switch {
	case !a.signedOn():
		done(a.errNotSignedOn())
		return
	case !writes && !bySubscription:
		done(errNoLeave())
		return
	}
	c := a.contact(id)
	if a.contacts[id] == nil {
		done(fmt.Errorf("too many contacts: %w", xmpp.NewError(xmpp.ResourceConstraint, "")))
		return
	}
	added, asked := !c.listed, c.Asked
	c.Asked = true // else it would be put into the roster by the way of those whom the network has brought
	listed := func(err error) {
		switch {
		case err == nil && writes:
			c.listed = true
			a.linkInRoster(c, name, added, done)
		case err == nil:
			// Nothing is granted before the user asks for it: a contact that seems to have been in the roster, and is not
			// in it, would be taken for one that the user has removed.
			c.listed, c.Gone = true, false
			a.touch(c)
			a.askBack(c)
			done(nil)
		default:
			c.Asked = asked
			if added && !c.inRoster() {
				a.forget(c)
			}
			done(err)
		}
	}
	if !added {
		listed(nil)
		return
	}
	a.command(func(tag transports.Tag) transports.Command {
		return transports.AddContact{Tag: tag, ID: id, Name: name}
	}, listed)
}

// linkInRoster is the second half; where it fails, the first is undone.
func (a *account) linkInRoster(c *contact, name string, added bool, done func(error)) {
	j, ok := a.address(c.ID)
	if !ok {
		done(xmpp.NewError(xmpp.JIDMalformed, ""))
		return
	}
	if name == "" {
		name = c.naming().name
	}
	item := xmpp.RosterItem{JID: j, Name: name, Groups: c.groups, Subscription: xmpp.BothSubscription}
	a.put(item, func(o putOutcome) {
		if o == putDone {
			c.To, c.From, c.Asked, c.Gone, c.Remove = true, true, true, false, false
			a.touch(c)
			a.note(c, namingOf(item), c.naming())
			a.showContact(c)
			done(nil)
			return
		}
		refusal := errNotPut(o)
		if !added {
			done(refusal)
			return
		}
		c.Gone = true // until the network has let go of it: it is not to come into the roster meanwhile
		a.command(func(tag transports.Tag) transports.Command {
			return transports.RemoveContact{Tag: tag, ID: c.ID}
		}, func(err error) {
			if err == nil {
				c.listed = false
				a.forget(c)
			}
			done(errors.Join(refusal, err))
		})
	})
	a.putNext()
}

// errNotPut says why the roster has not taken an item.
func errNotPut(o putOutcome) error {
	if o == putRefused {
		return fmt.Errorf("the user's server refuses this roster item: %w", xmpp.NewError(xmpp.NotAcceptable, ""))
	}
	return fmt.Errorf("the user's server does not set rosters although it said so: %w", xmpp.NewError(xmpp.InternalServerError, ""))
}

// unlink takes the roster first: putting an item back is what a server does not refuse.
func (a *account) unlink(id transports.LegacyID, bySubscription bool, done func(error)) {
	c, writes := a.contacts[id], a.privileges().writes()
	switch {
	case !a.signedOn():
		done(a.errNotSignedOn())
		return
	case !writes && !bySubscription:
		done(errNoLeave())
		return
	case !writes && (c == nil || !c.listed && !c.inRoster()):
		done(nil)
		return
	}
	j, err := a.svc.contactJID(id)
	if err != nil {
		done(xmpp.NewError(xmpp.JIDMalformed, ""))
		return
	}
	if !writes {
		for _, no := range a.svc.refusal(j, a.user) {
			a.send(no)
		}
		a.unlist(c, done)
		return
	}
	had := c != nil && c.inRoster()
	a.put(xmpp.RosterItem{JID: j, Subscription: xmpp.RemoveItem}, func(o putOutcome) {
		switch {
		case o == putLost:
			done(errNotPut(o))
		case c == nil || a.contacts[id] != c: // the roster had nothing either, or has it no more
			done(nil)
		default:
			item := xmpp.RosterItem{JID: j, Name: c.Name, Groups: c.Groups, Subscription: xmpp.BothSubscription}
			a.unlist(c, func(err error) {
				if err == nil || !had {
					done(err)
					return
				}
				a.putBack(c, item, err, done)
			})
		}
	})
	a.putNext()
}

// unlist takes a contact off the network's list, after the user has lost it. The server may have said so before, by
// unsubscribing; then that removal is waited for.
func (a *account) unlist(c *contact, done func(error)) {
	c.To, c.From, c.Gone, c.Add, c.Put = false, false, true, false, false
	a.touch(c)
	if !c.listed {
		done(nil)
		return
	}
	c.Remove = true
	a.pendingAdds()
	for _, p := range a.out.pending {
		if p.kind == pendingRemove && p.id == c.ID {
			p.then = func(d transports.Done) { done(refusedBy(d.Err)) }
			return
		}
	}
	done(fmt.Errorf("too many requests are waiting for the network: %w", xmpp.NewError(xmpp.ResourceConstraint, "")))
}

// putBack restores the roster's half of a link that the network keeps.
func (a *account) putBack(c *contact, item xmpp.RosterItem, why error, done func(error)) {
	a.put(item, func(o putOutcome) {
		if o != putDone {
			done(errors.Join(why, errNotPut(o)))
			return
		}
		c.To, c.From, c.Asked, c.Gone, c.Remove = true, true, true, false, false
		a.touch(c)
		a.showContact(c)
		done(why)
	})
	a.putNext()
}
