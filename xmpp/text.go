package xmpp

import (
	"strconv"
	"strings"

	"imgate/xmltree"
)

// Leaf makes an element of stanzas that holds text: body, subject, thread, show, status, priority.
func Leaf(local, text string) *xmltree.Element { return xmltree.Leaf(ClientSpace, local, text) }

// Body is the text of a message (RFC 6121 §5.2.3), the first if there are several; and whether there is one.
func (m Message) Body() (string, bool) {
	e := m.Child(ClientSpace, "body")
	return e.Text(), e != nil
}

// Subject is the subject of a message; and whether there is one, which may be empty.
func (m Message) Subject() (string, bool) {
	e := m.Child(ClientSpace, "subject")
	return e.Text(), e != nil
}

// Thread is the id of the conversation; empty if there is none.
func (m Message) Thread() string { return m.Child(ClientSpace, "thread").Text() }

// Show is the availability within available presence (RFC 6121 §4.7.2.1): away, chat, dnd, xa, or empty.
func (p Presence) Show() string {
	switch s := strings.TrimSpace(p.Child(ClientSpace, "show").Text()); s {
	case "away", "chat", "dnd", "xa":
		return s
	}
	return ""
}

// Status is the text of a presence; empty if there is none.
func (p Presence) Status() string { return p.Child(ClientSpace, "status").Text() }

// Priority is the priority of a resource, -128 to 127 (RFC 6121 §4.7.2.3); 0 for none and for nonsense.
func (p Presence) Priority() int {
	n, err := strconv.ParseInt(strings.TrimSpace(p.Child(ClientSpace, "priority").Text()), 10, 8)
	if err != nil {
		return 0
	}
	return int(n)
}
