package gateway

import (
	"errors"

	"imgate/transports"
	"imgate/xmpp"
)

// Bringing the user's roster and the legacy list together, contact by contact, once both are known.

// settleRoster does what there is to do after the roster was read.
func (a *account) settleRoster(v *rosterView) {
	if !a.listKnown() || !a.pushes() {
		return
	}
	a.syncing.settled = true
	there, missing := 0, 0
	for _, c := range a.contacts {
		_, found := v.items[c.ID]
		switch {
		case c.movedAt > v.asOf:
		case found:
			there++
		case c.wasThere():
			missing++
		}
	}
	if missing > 1 && there == 0 && v.self == nil {
		a.log.Warn("the roster has lost all that was in it: nothing is done about it", "contacts", missing)
		return
	}
	for _, c := range a.inOrder() {
		item, found := v.items[c.ID]
		switch {
		case c.movedAt > v.asOf:
			a.syncing.stale, a.syncing.settled = true, false // it is read again
		case found:
			a.settle(c, item)
		case c.wasThere():
			a.takenOff(c, there > 0 || missing == 1)
		case c.listed && !c.Asked && !c.Gone:
			a.enlist(c)
		}
	}
	a.putNext()
	a.pendingAdds()
}

// wasThere reports whether the roster had c when it was last heard of.
func (c *contact) wasThere() bool { return (c.Put || c.To || c.From) && !c.Gone }

// enlist puts a contact of the list into the roster, with its name and groups, both seeing each other.
func (a *account) enlist(c *contact) {
	j, ok := a.address(c.ID)
	if !ok || c.refused {
		return
	}
	e := c.naming()
	a.put(xmpp.RosterItem{JID: j, Name: e.name, Groups: e.groups, Subscription: xmpp.BothSubscription}, func(o putOutcome) {
		switch {
		case a.contacts[c.ID] != c: // it has left meanwhile, with its account or its name
		case o == putDone:
			c.To, c.From, c.Asked = true, true, true
			a.touch(c)
			a.note(c, e, e)
			a.showContact(c)
		case o == putRefused:
			c.refused = true
		}
	})
}

// settle is for a contact that the roster has.
func (a *account) settle(c *contact, item xmpp.RosterItem) {
	fresh := !c.Asked
	if c.Gone {
		return // the user has ended the subscription and kept the item
	}
	if c.To != item.To() || c.From != item.From() || fresh {
		c.To, c.From, c.Asked = item.To(), item.From(), true
		a.touch(c)
		a.showContact(c)
	}
	if !c.listed {
		return
	}
	list, writes := c.naming(), a.privileges().writes()
	m := merge(c.Memory, namingOf(item), list)
	m.tell = m.tell && a.canTell(m, list)
	befriend := writes && item.Subscription != xmpp.BothSubscription && (fresh || c.befriend && item.To())
	c.befriend = c.befriend && !befriend && !item.From()
	if m.put && !writes {
		m.put, m.roster, list = false, namingOf(item), m.owed(c, namingOf(item), list)
	}
	switch {
	case m.put || befriend:
		a.adjust(c, item, m, befriend)
	case !m.tell:
		a.note(c, m.roster, list)
	}
	if m.tell {
		a.tellList(c, m, list)
	}
}

// adjust changes the item of a contact.
func (a *account) adjust(c *contact, item xmpp.RosterItem, m merger, befriend bool) {
	item.Name, item.Groups = m.roster.name, m.roster.groups
	if befriend {
		item.Subscription = xmpp.BothSubscription
	}
	list, moves := c.naming(), c.movedAt
	a.putUnless(func() bool { return c.movedAt != moves }, item, func(o putOutcome) {
		switch {
		case a.contacts[c.ID] != c:
		case o != putDone:
			if befriend && c.To && !c.From {
				a.askBack(c)
			}
		default:
			c.To, c.From = item.To(), item.From()
			a.touch(c)
			if !m.tell { // else it is noted once the network has taken its part
				a.note(c, m.roster, list)
			}
			a.showContact(c)
		}
	})
}

// canTell reports whether the network can take what the user has changed.
func (a *account) canTell(m merger, list naming) bool {
	powers := a.session.powers
	return powers.Has(transports.CanEditContacts) && (powers.Has(transports.CanGroup) || m.list.name != list.name)
}

// tellList tells the network how the user calls and sorts a contact. What it does not take is not tried again.
func (a *account) tellList(c *contact, m merger, list naming) {
	if c.telling {
		return
	}
	name, groups := m.list.name, c.groups
	if m.name != byUser {
		name = c.name // and not the address in its place
	}
	if a.session.powers.Has(transports.CanGroup) {
		groups = m.list.groups
	}
	p := pending{kind: pendingRequest, id: c.ID, then: func(d transports.Done) {
		c.telling = false
		switch {
		case a.contacts[c.ID] != c || errors.Is(d.Err, transports.ErrDisconnected): // it is found again at the next sign-on
		case d.Err != nil:
			a.log.Info("the network does not take the name or the groups that the user has given a contact", "err", d.Err)
			a.note(c, m.roster, list)
		default:
			a.note(c, m.roster, m.told(list))
		}
	}}
	c.telling = a.out.tagged(p, func(tag transports.Tag) transports.Command {
		return transports.ChangeContact{Tag: tag, ID: c.ID, Name: name, Groups: groups}
	})
}

// takenOff is for a contact that the user has taken off the roster while nobody told us. It leaves the list too
// (XEP-0100 §4.5), unless all are gone at once: so much was never taken off one by one.
func (a *account) takenOff(c *contact, sure bool) {
	c.To, c.From, c.Put, c.Add, c.Gone = false, false, false, false, true
	c.Remove = sure && c.listed
	c.shown = false
	a.touch(c)
}
