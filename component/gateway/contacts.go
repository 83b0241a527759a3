package gateway

import (
	"errors"
	"slices"
	"strings"
	"time"

	"imgate/registry"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A contact is an entry of the legacy list or of the user's roster, or of both.
type contact struct {
	registry.Memory
	listed  bool // on the legacy list, as far as the session has told
	pending bool // its authorisation is waited for
	name    string
	groups  []string
	show    transports.Show
	status  string
	idle    time.Time
	shown   bool // the user was told that it is available
}

// touch marks what is remembered of c for the registry.
func (a *account) touch(c *contact) {
	if a.contacts[c.ID] != c {
		return
	}
	if a.changed == nil {
		a.changed = map[transports.LegacyID]bool{}
	}
	a.changed[c.ID] = true
}

// maxContacts bounds what is kept of the contacts of one account, whoever names them.
const maxContacts = 5000

// contact gives the entry of a canonical address, made if need be; where there are too many it is not kept.
func (a *account) contact(id transports.LegacyID) *contact {
	c := a.contacts[id]
	if c == nil {
		c = &contact{Memory: registry.Memory{ID: id}}
		if len(a.contacts) < maxContacts {
			a.contacts[id] = c
		}
	}
	return c
}

// forget drops what neither the roster nor the legacy list has.
func (a *account) forget(c *contact) {
	delete(a.contacts, c.ID)
	delete(a.changed, c.ID)
	a.store(a.logStore, registry.Remember{Key: a.key, Gone: []transports.LegacyID{c.ID}})
}

// contactOf gives the entry that a stanza is addressed to; nil for a malformed address or one not known.
func (a *account) contactOf(to xmpp.JID) *contact {
	id, err := a.svc.legacyID(to)
	if err != nil {
		return nil
	}
	return a.contacts[id]
}

// legacyID is the canonical legacy address that a contact's address stands for. "%" is understood for "@", as
// older gateways had it.
func (s *Service) legacyID(j xmpp.JID) (transports.LegacyID, error) {
	local := xmpp.UnescapeLocal(j.Local)
	if !strings.Contains(local, "@") {
		local = strings.Replace(local, "%", "@", 1)
	}
	return s.Network.Canonical(local)
}

// contactJID is the bare address of a contact.
func (s *Service) contactJID(id transports.LegacyID) (xmpp.JID, error) {
	return xmpp.NewJID(xmpp.EscapeHash(xmpp.EscapeLocal(string(id))), s.Domain, "")
}

// address is contactJID, logged where a network names somebody whom XMPP cannot.
func (a *account) address(id transports.LegacyID) (xmpp.JID, bool) {
	j, err := a.svc.contactJID(id)
	if err != nil {
		a.log.Warn("a contact without an XMPP address", "err", err)
	}
	return j, err == nil
}

func (a *account) onContactList(ev transports.ContactList) {
	for _, c := range a.contacts {
		c.listed = false
	}
	for _, entry := range ev.Contacts {
		a.learn(entry)
	}
	a.publish()
	a.askSoon()
}

func (a *account) onContacted(entry transports.Contact) {
	a.learn(entry)
	a.publish()
	a.askSoon()
}

func (a *account) learn(entry transports.Contact) *contact {
	c := a.contact(entry.ID)
	c.listed, c.pending, c.name, c.groups = true, entry.Pending, entry.Name, entry.Groups
	return c
}

func (a *account) onContactGone(id transports.LegacyID) {
	c := a.contacts[id]
	if c == nil {
		return
	}
	c.listed = false
	if c.shown {
		c.show = transports.Offline
		a.showContact(c)
	}
	a.publish()
}

func (a *account) onContactPresence(ev transports.Presence) {
	c := a.contact(ev.From)
	c.show, c.status, c.idle = ev.Show, ev.Status, ev.IdleSince
	a.showContact(c)
}

// showContact tells the user's clients where c stands, if it may be seen in the roster.
func (a *account) showContact(c *contact) {
	if c.show == transports.Offline && !c.shown || !c.inRoster() {
		return
	}
	a.sendContactPresence(c, a.user)
	c.shown = c.show != transports.Offline || a.linkDown // what a lost link swallowed is told again
}

// inRoster reports whether the user's roster has c, or is about to.
func (c *contact) inRoster() bool { return c.To || c.From || c.Asked && !c.Gone }

func (a *account) sendContactPresence(c *contact, to xmpp.JID) {
	from, ok := a.address(c.ID)
	if !ok {
		return
	}
	p := xmpp.Presence{Header: xmpp.Header{From: from.WithResource(Resource), To: to}}
	if c.show == transports.Offline {
		p.Type = xmpp.UnavailablePresence
	}
	if e := showElement(c.show); e != nil {
		p.Payload = append(p.Payload, e)
	}
	if c.status != "" {
		p.Payload = append(p.Payload, xmpp.Leaf("status", c.status))
	}
	if !c.idle.IsZero() {
		idle := xmltree.New(xmpp.IdleSpace, "idle").SetAttr("since", c.idle.UTC().Format(time.RFC3339))
		p.Payload = append(p.Payload, idle)
	}
	a.send(p)
}

// hideContacts makes everybody unavailable whom the session had shown.
func (a *account) hideContacts() {
	for _, c := range a.contacts {
		c.listed = false
		if c.shown {
			c.show, c.status, c.idle = transports.Offline, "", time.Time{}
			a.showContact(c)
		}
		c.show = transports.Offline
	}
}

// resync shows everybody again after the link was lost.
func (a *account) resync() {
	for _, c := range a.contacts {
		if c.show != transports.Offline || c.shown {
			a.showContact(c)
		}
	}
}

// onContactSubscription is the handshake between the user and a contact (XEP-0100 §4.3).
func (a *account) onContactSubscription(p xmpp.Presence) {
	id, err := a.svc.legacyID(p.To)
	if err != nil {
		if p.Type == xmpp.SubscribePresence {
			a.fail(p, xmpp.JIDMalformed, err.Error())
		}
		return
	}
	switch p.Type {
	case xmpp.SubscribePresence:
		c := a.contact(id)
		if a.contacts[id] == nil {
			a.fail(p, xmpp.ResourceConstraint, "Too many contacts.")
			return
		}
		a.onSubscribe(c)
	case xmpp.SubscribedPresence:
		a.onSubscribed(a.contact(id))
	case xmpp.UnsubscribePresence, xmpp.UnsubscribedPresence:
		if a.contacts[id] != nil || a.out.authAsked[id] {
			a.onUnsubscribe(a.contact(id), p.Type)
		}
	}
}

func (a *account) onSubscribe(c *contact) {
	c.Asked, c.Gone, c.Remove = true, false, false
	a.touch(c)
	if c.listed {
		a.grant(c)
		return
	}
	c.Add = true
	a.pendingAdds()
}

// grant lets the user see c.
func (a *account) grant(c *contact) {
	from, ok := a.address(c.ID)
	if !ok {
		return
	}
	if !c.To {
		c.To = true
		a.touch(c)
	}
	a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.SubscribedPresence})
	a.sendContactPresence(c, a.user)
	c.shown = c.show != transports.Offline
	if !c.From {
		a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.SubscribePresence})
	}
}

func (a *account) onSubscribed(c *contact) {
	c.From, c.Asked, c.Gone, c.Remove = true, true, false, false
	a.touch(c)
	if a.out.authAsked[c.ID] {
		delete(a.out.authAsked, c.ID)
		a.out.push(transports.AnswerAuth{To: c.ID, Allow: true})
	}
	if c.show != transports.Offline {
		a.showContact(c)
	}
}

// onUnsubscribe ends one direction; when both have ended, the contact has been taken off the roster and leaves
// the legacy list too. Who was never in the roster, since the user declined, stays on that list.
func (a *account) onUnsubscribe(c *contact, kind xmpp.PresenceType) {
	from, ok := a.address(c.ID)
	if !ok {
		return
	}
	if a.out.authAsked[c.ID] && kind == xmpp.UnsubscribedPresence {
		delete(a.out.authAsked, c.ID)
		a.out.push(transports.AnswerAuth{To: c.ID, Allow: false})
		return
	}
	had := c.To || c.From
	if kind == xmpp.UnsubscribePresence {
		c.To = false
		a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.UnsubscribedPresence})
	} else {
		c.From = false
	}
	if !c.To && !c.From && !c.Gone {
		c.Gone, c.Add = true, false
		switch {
		case !had:
		case c.listed:
			c.Remove = true
		default:
			c.Remove = a.session == nil || !a.session.signedOn
		}
	}
	a.touch(c)
	a.pendingAdds()
}

// pendingAdds carries out what the user did to the roster while the account was not signed on.
func (a *account) pendingAdds() {
	if a.session == nil || !a.session.signedOn {
		return
	}
	for _, c := range a.contacts {
		switch {
		case c.Add && !c.under(a, pendingAdd):
			a.out.tagged(pending{kind: pendingAdd, id: c.ID}, func(tag transports.Tag) transports.Command {
				return transports.AddContact{Tag: tag, ID: c.ID, Name: c.Name, Groups: slices.Clone(c.Groups)}
			})
		case c.Remove && !c.under(a, pendingRemove):
			a.out.tagged(pending{kind: pendingRemove, id: c.ID}, func(tag transports.Tag) transports.Command {
				return transports.RemoveContact{Tag: tag, ID: c.ID}
			})
		}
	}
}

// onRemoved is the network's answer to RemoveContact; without one it is asked again at the next sign-on.
func (a *account) onRemoved(id transports.LegacyID, err error) {
	c := a.contacts[id]
	if c == nil || !c.Remove || errors.Is(err, transports.ErrDisconnected) {
		return
	}
	if err != nil {
		a.log.Info("the network keeps a contact that was removed", "err", err)
	}
	c.Remove = false
	a.touch(c)
}

// under reports whether a command of that kind about c is on its way.
func (c *contact) under(a *account, kind pendingKind) bool {
	for _, p := range a.out.pending {
		if p.kind == kind && p.id == c.ID {
			return true
		}
	}
	return false
}

// onAdded is the network's answer to AddContact.
func (a *account) onAdded(id transports.LegacyID, err error) {
	c := a.contacts[id]
	if c == nil || !c.Add {
		return
	}
	c.Add = false
	a.touch(c)
	if err == nil {
		c.listed = true
		a.grant(c)
		return
	}
	if !c.To && !c.From && !c.listed {
		a.forget(c)
	}
	if from, ok := a.address(id); ok {
		a.send(xmpp.Presence{
			Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.UnsubscribedPresence,
			Payload: []*xmltree.Element{xmpp.Leaf("status", sentence(err))},
		})
	}
}

func (a *account) onAuthRequest(ev transports.AuthRequest) {
	from, ok := a.address(ev.From)
	if !ok {
		return
	}
	if a.out.authAsked == nil {
		a.out.authAsked = map[transports.LegacyID]bool{}
	}
	if len(a.out.authAsked) >= maxContacts {
		return
	}
	a.out.authAsked[ev.From] = true
	p := xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.SubscribePresence}
	if ev.Nick != "" {
		p.Payload = append(p.Payload, xmltree.Leaf(xmpp.NickSpace, "nick", ev.Nick))
	}
	if ev.Reason != "" {
		p.Payload = append(p.Payload, xmpp.Leaf("status", ev.Reason))
	}
	a.send(p)
}

func (a *account) onAuthAnswer(ev transports.AuthAnswer) {
	c := a.contact(ev.From)
	if ev.Granted {
		c.pending = false
		return
	}
	if from, ok := a.address(ev.From); ok {
		c.To = false
		a.touch(c)
		a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.UnsubscribedPresence})
	}
}
