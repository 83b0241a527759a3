package gateway

import (
	"strings"
	"time"

	"imgate/component/gateway/chat"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What the user says with another client of the legacy account. Where the user's server lets us, it is sent in the
// user's name (XEP-0356 §5), so that clients and archive show it as the user's own. Elsewhere it is dropped: from
// the contact it would be a lie, and as a notice it would disturb somebody who has just written it.

// lateOwn is from when on a message tells when it was sent.
const lateOwn = 30 * time.Second

func (a *account) ownPrefix() string { return "own-" + a.g.run + "-" }

func (a *account) onOwnMessage(ev transports.OwnMessage) {
	t := a.talk(ev.To) // who is written to is no stranger
	g := a.privileges()
	to, ok := a.address(ev.To)
	if !ok || !g.speaks() {
		return
	}
	told := chat.Told{Body: ev.Body, Thread: t.thread, By: a.svc.jid()}
	if !ev.Sent.IsZero() && time.Since(ev.Sent) > lateOwn {
		told.Sent = ev.Sent
	}
	own := xmpp.Message{
		Header: xmpp.Header{ID: a.newID(strings.TrimSuffix(a.ownPrefix(), "-")), From: a.user, To: to}, Type: xmpp.ChatMessage, Payload: told.Payload(),
	}
	if g.Space == xmpp.PrivilegeSpace1 && len(a.resources) > 0 {
		a.carbons(g, own)
		return
	}
	a.speak(g, own)
}

// speak lets the user's server send m.
func (a *account) speak(g *grant, m xmpp.Message) {
	a.send(xmpp.Message{
		Header: xmpp.Header{ID: a.newID("behalf-" + a.g.run), From: a.svc.jid(), To: xmpp.JID{Domain: a.user.Domain}}, Payload: []*xmltree.Element{g.OnBehalf(m)},
	})
}

// carbons gives each of the user's clients a copy (XEP-0280 §7), as the user's server should: ejabberd 23.01, which
// speaks the older version, copies nothing that was sent on behalf.
func (a *account) carbons(g *grant, own xmpp.Message) {
	for name := range a.resources {
		sent := xmltree.New(xmpp.CarbonsSpace, "sent").With(xmltree.New(xmpp.ForwardSpace, "forwarded").With(own.Element()))
		a.speak(g, xmpp.Message{
			Header: xmpp.Header{ID: a.newID("carbon-" + a.g.run), From: a.user, To: a.user.WithResource(name)}, Type: xmpp.ChatMessage, Payload: []*xmltree.Element{sent},
		})
	}
}

// isOwn reports whether m is a message that we sent in the user's name: it is addressed to our own contact, and so
// comes back to us. No client sends from the bare address.
func (a *account) isOwn(m xmpp.Message) bool {
	return m.From.Resource == "" && strings.HasPrefix(m.ID, a.ownPrefix())
}
