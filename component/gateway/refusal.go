package gateway

import (
	"sync/atomic"

	"imgate/xmltree"
	"imgate/xmpp"
)

// sessionManager is the address of jabberd2's session manager, which asks every component as soon as it attaches.
const sessionManager = "sm"

// A quirk is what a service has found out about its XMPP server. The readers of the links set it.
type quirk struct{ jabberd2 atomic.Bool }

// notice looks at who speaks.
func (q *quirk) notice(from xmpp.JID) {
	if from.Domain == sessionManager && from.Local == "" && !q.jabberd2.Load() {
		q.jabberd2.Store(true)
	}
}

// refusal is the answer "no" to a subscription that was asked for. Jabberd2 drops it, so that the contact would stay
// "asked for" for ever; after a yes it takes it.
func (s *Service) refusal(from, to xmpp.JID, why ...*xmltree.Element) []xmpp.Presence {
	h := xmpp.Header{From: from, To: to}
	no := xmpp.Presence{Header: h, Type: xmpp.UnsubscribedPresence, Payload: why}
	if !s.quirk.jabberd2.Load() {
		return []xmpp.Presence{no}
	}
	return []xmpp.Presence{{Header: h, Type: xmpp.SubscribedPresence}, no}
}
