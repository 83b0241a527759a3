package gateway

import (
	"errors"
	"slices"
	"strings"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// onContactSubscription is the handshake between the user and a contact (XEP-0100 §4.3).
func (a *account) onContactSubscription(p xmpp.Presence) {
	id, err := a.svc.legacyID(p.To)
	if err != nil {
		if p.Type == xmpp.SubscribePresence {
			a.fail(p, xmpp.JIDMalformed, speech.Of("%s", err))
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
		c.reason = wordsOf(p)
		a.onSubscribe(c)
	case xmpp.SubscribedPresence:
		a.onSubscribed(a.contact(id), wordsOf(p))
	case xmpp.UnsubscribePresence, xmpp.UnsubscribedPresence:
		if a.contacts[id] != nil || a.out.authAsked[id] {
			a.onUnsubscribe(a.contact(id), p)
		}
	}
}

func (a *account) onSubscribe(c *contact) {
	a.moved(c)
	c.Asked, c.Gone, c.Remove = true, false, false
	a.touch(c)
	if c.listed {
		a.grant(c)
		return
	}
	c.Add = true
	a.pendingAdds()
}

// maxWords bounds what the user says when asking, granting or refusing, in bytes.
const maxWords = 1024

// wordsOf is what p says. It is kept, so it shares no memory with p.
func wordsOf(p xmpp.Presence) string {
	text := p.Status()
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "")
	}
	return strings.Clone(text)
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
	a.moved(c)
	a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.SubscribedPresence})
	a.sendContactPresence(c, a.user)
	c.shown = c.show != transports.Offline
	if c.From {
		return
	}
	if g := a.privileges(); a.pushes() && a.reads() && g.writes() {
		c.befriend = true
		a.rosterChanged()
		return
	}
	a.askBack(c)
}

// askBack asks to see the user who sees c.
func (a *account) askBack(c *contact) {
	if from, ok := a.address(c.ID); ok {
		a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.SubscribePresence})
	}
}

// onSubscribed lets c see the user; reason is what the user says about it.
func (a *account) onSubscribed(c *contact, reason string) {
	c.From, c.Asked, c.Gone, c.Remove = true, true, false, false
	a.moved(c)
	a.touch(c)
	if a.out.authAsked[c.ID] {
		delete(a.out.authAsked, c.ID)
		a.out.push(transports.AnswerAuth{To: c.ID, Allow: true, Reason: reason})
	}
	if c.show != transports.Offline {
		a.showContact(c)
	}
}

// onUnsubscribe ends one direction; when both have ended, the contact has been taken off the roster and leaves
// the legacy list too. Who was never in the roster, since the user declined, stays on that list.
func (a *account) onUnsubscribe(c *contact, p xmpp.Presence) {
	from, ok := a.address(c.ID)
	if !ok {
		return
	}
	if a.out.authAsked[c.ID] && p.Type == xmpp.UnsubscribedPresence {
		delete(a.out.authAsked, c.ID)
		a.out.push(transports.AnswerAuth{To: c.ID, Allow: false, Reason: wordsOf(p)})
		return
	}
	a.moved(c)
	had := c.To || c.From
	if p.Type == xmpp.UnsubscribePresence {
		c.To = false
		a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.UnsubscribedPresence})
	} else {
		c.From = false
	}
	if !c.To && !c.From && !c.Gone {
		c.Gone, c.Add, c.Put = true, false, false
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
				return transports.AddContact{Tag: tag, ID: c.ID, Name: c.Name, Groups: slices.Clone(c.Groups), Reason: c.reason}
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
		for _, no := range a.svc.refusal(from, a.user, xmpp.Leaf("status", sentence(err).In(a.tongue()))) {
			a.send(no)
		}
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
		a.moved(c)
		no := xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: xmpp.UnsubscribedPresence}
		if ev.Reason != "" {
			no.Payload = append(no.Payload, xmpp.Leaf("status", ev.Reason))
		}
		a.send(no)
	}
}

// maxAdded is how many of those who put the user on their lists a session tells of.
const maxAdded = 100

// onAddedYou tells the user of somebody who has done so, once, unless they know each other.
func (a *account) onAddedYou(ev transports.AddedYou) {
	if c := a.contacts[ev.From]; c != nil && c.inRoster() || slices.Contains(a.session.added, ev.From) || len(a.session.added) >= maxAdded {
		return
	}
	a.session.added = append(a.session.added, ev.From)
	if from, ok := a.address(ev.From); ok {
		a.onNotice(transports.Notice{Text: textAddedYou(string(ev.From), from.String()).In(a.tongue())})
	}
}
