package gateway

import (
	"cmp"
	"slices"
	"time"

	"imgate/registry"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// How contacts of the legacy list come into the user's roster: each is put to the user at most once ever. A
// client that says it can (XEP-0144) gets them in one batch; else the contacts ask one by one, slowly, since
// each is a dialogue (XEP-0100 §4.3).

const (
	askEvery = time.Second
	capsWait = 10 * time.Second
	askBatch = 200 // items of one roster exchange, to stay below the limits of servers
)

// asks is how far putting contacts to the user has come.
type asks struct {
	busy   bool // contacts are being marked on the disk
	leave  bool // leave to manage the roster was asked for
	wished bool // the user has asked for it by command, whatever the settings say
}

// unasked are the contacts that are to be put to the user, in order.
func (a *account) unasked() []*contact {
	var list []*contact
	for _, c := range a.contacts {
		if c.listed && !c.Asked && !c.Gone && !c.To {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, byID)
	return list
}

func byID(x, y *contact) int { return cmp.Compare(x.ID, y.ID) }

// pushes reports whether contacts are to be put into the roster: as the user has chosen, or wished just now.
func (a *account) pushes() bool { return a.asks.wished || a.setting(settingRoster) != "0" }

// askSoon begins, when there is something to ask and somebody to be asked.
func (a *account) askSoon() {
	if a.linkDown || !a.pushes() || a.syncRoster() {
		return
	}
	if len(a.unasked()) == 0 {
		a.asks.wished = false
		return
	}
	if a.asksLeave() || a.asks.busy || a.asking || len(a.resources) == 0 {
		return
	}
	name, best := a.chatResource()
	switch {
	case !best.can.has(canBeKnown):
		a.askCaps(name)
	case best.can.has(canExchange):
		a.exchange(name)
	case a.due.ask.IsZero():
		a.due.ask = time.Now().Add(askEvery)
	}
}

// chatResource is the client that is asked: of the highest priority.
func (a *account) chatResource() (string, *resource) {
	name, best := "", &resource{priority: -1000}
	for n, r := range a.resources {
		if r.priority > best.priority || r.priority == best.priority && n < name {
			name, best = n, r
		}
	}
	return name, best
}

// mark stores that these contacts were put to the user, and only then does so.
func (a *account) mark(list []*contact, ask func()) {
	memories := make([]registry.Memory, 0, len(list))
	for _, c := range list {
		c.Asked, c.Name, c.Groups = true, c.name, c.groups
		memories = append(memories, c.Memory)
		delete(a.changed, c.ID)
	}
	a.asks.busy = true
	a.store(func(err error) {
		a.asks.busy = false
		if err != nil {
			a.logStore(err)
			return
		}
		if a.contacts[list[0].ID] != list[0] {
			return // they have left meanwhile, with their account or their name
		}
		ask()
		a.askSoon()
	}, registry.Remember{Key: a.key, Changed: memories})
}

// exchange offers a batch by XEP-0144 §3.1, and in the form of XEP-0093, which old clients know.
func (a *account) exchange(name string) {
	list := a.unasked()
	list = list[:min(len(list), askBatch)]
	a.mark(list, func() {
		x, old := xmltree.New(xmpp.RosterXSpace, "x"), xmltree.New(xmpp.RosterXOldSpace, "x")
		for _, c := range list {
			x.With(optional(a.exchangeItem(c, xmpp.RosterXSpace))...)
			old.With(optional(a.exchangeItem(c, xmpp.RosterXOldSpace))...)
		}
		a.send(xmpp.Message{
			Header:  xmpp.Header{ID: a.newID("roster"), From: a.svc.jid(), To: a.user.WithResource(name)},
			Payload: []*xmltree.Element{xmpp.Leaf("body", textContacts(a.svc.title(), len(list)).In(a.tongue())), x, old},
		})
	})
}

// exchangeItem is a contact for XEP-0144, or for XEP-0093, which has no actions.
func (a *account) exchangeItem(c *contact, space string) *xmltree.Element {
	j, ok := a.address(c.ID)
	if !ok {
		return nil
	}
	item := xmltree.New(space, "item").SetAttr("jid", j.String())
	if space == xmpp.RosterXSpace {
		item.SetAttr("action", "add")
	}
	if name := c.naming().name; name != "" {
		item.SetAttr("name", name)
	}
	for _, g := range c.groups {
		item.With(xmltree.Leaf(space, "group", g))
	}
	return item
}

// askNext lets one contact ask by subscription.
func (a *account) askNext(now time.Time) {
	list := a.unasked()
	if len(list) == 0 || a.linkDown || a.syncRoster() || len(a.resources) == 0 || a.asks.busy || !a.pushes() || !a.due.leave.IsZero() {
		return
	}
	c := list[0]
	a.mark([]*contact{c}, func() {
		from, ok := a.address(c.ID)
		if !ok {
			return
		}
		p := xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.SubscribePresence}
		if c.name != "" {
			p.Payload = append(p.Payload, xmltree.Leaf(xmpp.NickSpace, "nick", c.name))
		}
		a.send(p)
		if c.show != transports.Offline {
			a.showContact(c)
		}
	})
	if len(list) > 1 {
		a.due.ask = now.Add(askEvery)
	}
}
