package client

import (
	"imgate/xmpp"
)

// received is the message in m that is meant for the user: m itself, or the one that a carbon carries (XEP-0280).
// A carbon counts only from the user's own bare address: anybody else could put words into anybody's mouth
// (XEP-0280 §11, CVE-2017-5589). false: there is nothing to be heard.
func received(own xmpp.JID, m xmpp.Message) (inner xmpp.Message, sent, ok bool) {
	for _, way := range []string{"received", "sent"} {
		c := m.Child(xmpp.CarbonsSpace, way)
		if c == nil {
			continue
		}
		if m.From != own.Bare() {
			return xmpp.Message{}, false, false
		}
		e := c.Child(xmpp.ForwardSpace, "forwarded").Child(xmpp.ClientSpace, "message")
		if e == nil {
			return xmpp.Message{}, false, false
		}
		s, err := xmpp.Parse(e)
		inner, isMessage := s.(xmpp.Message)
		return inner, way == "sent", err == nil && isMessage
	}
	return m, false, true
}

// fromAccount reports whether an iq comes from the user's own account at the server, and from nobody else
// (RFC 6121 §2.1.6): no sender, or the bare address.
func fromAccount(own, from xmpp.JID) bool { return from == xmpp.JID{} || from == own.Bare() }
