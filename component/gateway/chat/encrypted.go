package chat

import (
	"strings"

	"imgate/xmpp"
)

// encryption are the namespaces of elements that carry what nobody but the holder of a key can read: XEP-0027,
// XEP-0373, XEP-0380 and the two of XEP-0384.
func encryption(space string) bool {
	switch space {
	case "jabber:x:encrypted", "urn:xmpp:openpgp:0", "urn:xmpp:eme:0", "eu.siacs.conversations.axolotl", "urn:xmpp:omemo:1", "urn:xmpp:omemo:2":
		return true
	}
	return false
}

// encrypted reports whether m can't be read by those it is for. OTR marks its texts themselves.
func encrypted(m xmpp.Message, text string) bool {
	for _, e := range m.Payload {
		if encryption(e.Name.Space) {
			return true
		}
	}
	return strings.HasPrefix(text, "?OTR")
}

// carriesText reports whether something encrypted is a message, and not only an exchange of keys.
func carriesText(m xmpp.Message) bool {
	for _, e := range m.Payload {
		if !encryption(e.Name.Space) {
			continue
		}
		if e.Name.Local != "encrypted" || e.Child(e.Name.Space, "payload") != nil || e.Name.Space == "urn:xmpp:eme:0" {
			return true
		}
	}
	return false
}
