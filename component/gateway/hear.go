package gateway

import (
	"time"

	"imgate/component/gateway/chat"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What the network says, on its way to the user.

// onMessage brings a message of the network to the user.
func (a *account) onMessage(ev transports.Message) {
	from, ok := a.address(ev.From)
	if !ok {
		return
	}
	if a.isStranger(ev.From) && a.setting(settingStrangers) != acceptStrangers {
		a.onStranger(ev, from)
		return
	}
	told := chat.Told{Body: ev.Body, Live: !ev.Stored && !ev.Auto, By: a.svc.jid()}
	if ev.Stored || !ev.Sent.IsZero() {
		told.Sent = orDefault(ev.Sent, time.Now())
	}
	if t := a.talks[ev.From]; t != nil {
		told.Thread, t.writing = t.thread, false
	}
	a.sendMessage(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("m", a.g.run), From: from.WithResource(Resource), To: a.user},
		Type:    xmpp.ChatMessage,
		Payload: told.Payload(),
	}, ev.Seq)
}

// isStranger reports whether id is on no list, and the user has said nothing to it.
func (a *account) isStranger(id transports.LegacyID) bool {
	c := a.contacts[id]
	return (c == nil || !c.listed && !c.inRoster()) && a.talks[id] == nil
}

// onStranger tells the user of a message in the gateway's own words, or drops it, as the user has chosen.
func (a *account) onStranger(ev transports.Message, from xmpp.JID) {
	if a.setting(settingStrangers) == dropStrangers {
		a.decided(ev.Seq)
		return
	}
	told := chat.Told{Body: textStranger(string(ev.From), from.String(), ev.Body, a.tongue()), By: a.svc.jid(), Sent: ev.Sent}
	a.sendMessage(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("m", a.g.run), From: a.svc.jid(), To: a.user},
		Type:    xmpp.ChatMessage,
		Payload: told.Payload(),
	}, ev.Seq)
}

// onTyping shows what a contact's keyboard does: as a chat state (XEP-0085), and as an event of the user's last
// message to whoever asked for that (XEP-0022).
func (a *account) onTyping(ev transports.TypingFrom) {
	from, ok := a.address(ev.From)
	if !ok || len(a.resources) == 0 {
		return
	}
	s := xmpp.Active
	switch ev.State {
	case transports.TypingActive:
		s = xmpp.Composing
	case transports.TypingPaused:
		s = xmpp.Paused
	case transports.TypingStopped:
	}
	m := xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("t"), From: from.WithResource(Resource), To: a.user},
		Type:    xmpp.ChatMessage,
		Payload: []*xmltree.Element{s.Element(), xmltree.New(xmpp.HintsSpace, "no-store")},
	}
	t := a.talks[ev.From]
	if t != nil && t.thread != "" {
		m.Payload = append(m.Payload, xmpp.Leaf("thread", t.thread))
	}
	if t != nil && t.events.Composing && (s == xmpp.Composing) != t.writing {
		t.writing = s == xmpp.Composing
		what := ""
		if t.writing {
			what = "composing"
		}
		m.Payload = append(m.Payload, t.events.Event(what))
	}
	a.send(m)
}

// onAttention is a nudge or buzz. The words are for clients that do not know XEP-0224.
func (a *account) onAttention(ev transports.Attention) {
	from, ok := a.address(ev.From)
	if !ok {
		return
	}
	a.send(xmpp.Message{
		Header: xmpp.Header{ID: a.newID("m", a.g.run), From: from.WithResource(Resource), To: a.user},
		Type:   xmpp.HeadlineMessage,
		Payload: []*xmltree.Element{
			xmpp.Leaf("body", textNudged.In(a.tongue())), xmltree.New(xmpp.AttentionSpace, "attention"), xmltree.New(xmpp.HintsSpace, "no-store"),
		},
	})
}

// onNotice is a sentence of the network's operators.
func (a *account) onNotice(ev transports.Notice) {
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("notice", a.g.run), From: a.svc.jid(), To: a.user},
		Type:    xmpp.HeadlineMessage,
		Payload: []*xmltree.Element{xmpp.Leaf("subject", a.svc.title()), xmpp.Leaf("body", ev.Text)},
	})
}

// tellProof tells the sender of a message how far it has come: a receipt (XEP-0184) where the network has said
// that it took it, and what an old client asked to hear (XEP-0022).
func (a *account) tellProof(p *pending, proof transports.Proof) {
	if p.receipt && proof >= transports.Accepted {
		a.send(p.message.Receipt())
	}
	what := ""
	c := a.contacts[p.id]
	offline := c != nil && c.listed && c.show == transports.Offline
	switch {
	case p.events.Delivered && proof >= transports.Delivered:
		what = "delivered"
	case p.events.Offline && proof >= transports.Accepted && offline:
		what = "offline"
	default:
		return
	}
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("e"), From: p.message.To, To: p.message.From},
		Type:    p.message.Type,
		Payload: []*xmltree.Element{p.events.Event(what), xmltree.New(xmpp.HintsSpace, "no-store")},
	})
}
