package chat

import (
	"strings"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Events are what an old client wants to hear about a message that it sent (XEP-0022 §2.2). Clients of today ask
// for receipts (XEP-0184) and send chat states (XEP-0085) in their place.
type Events struct {
	ID                            string // of the message; empty: nothing is wanted
	Composing, Delivered, Offline bool
}

// eventsOf reads the request, which stands beside a body and has no id of its own.
func eventsOf(m xmpp.Message) Events {
	x := m.Child(xmpp.EventSpace, "x")
	if x == nil || m.ID == "" || len(m.ID) > maxThread || x.Child(xmpp.EventSpace, "id") != nil {
		return Events{}
	}
	has := func(local string) bool { return x.Child(xmpp.EventSpace, local) != nil }
	return Events{strings.Clone(m.ID), has("composing"), has("delivered"), has("offline")}
}

// Event tells about a message: what is composing, delivered or offline; empty takes composing back.
func (e Events) Event(what string) *xmltree.Element {
	x := xmltree.New(xmpp.EventSpace, "x")
	if what != "" {
		x.With(xmltree.New(xmpp.EventSpace, what))
	}
	return x.With(xmltree.Leaf(xmpp.EventSpace, "id", e.ID))
}
