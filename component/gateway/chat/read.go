// Package chat translates messages: what a user's stanza says to a network, and what a network's message says as
// a stanza. It is pure: values in, values out, no state.
package chat

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// ErrEncrypted means that only a client with the right key could read the message: a network would show noise.
var ErrEncrypted = errors.New("Encrypted messages can't pass this gateway: the other side could not read them. " +
	"Please switch encryption off for this contact.")

// A Said is what a message of a user says to a contact. Everything in it has memory of its own.
type Said struct {
	Body      richtext.Text // empty: nothing that a network carries as a message
	Notice    bool          // no answer is expected (RFC 6121 §5.2.2: headline)
	State     xmpp.ChatState
	Attention bool          // XEP-0224
	Thread    string        // empty: none
	Expires   time.Duration // XEP-0023: of no use after that; 0: always
	Events    Events        // what the client wants to hear about this message (XEP-0022)
}

// maxThread bounds the thread id that is kept, in bytes.
const maxThread = 256

// Read reads a message to a contact. me is the name by which the user is known there, for "/me". The error is
// ErrEncrypted; what it was about is not in the result then.
func Read(m xmpp.Message, me string) (Said, error) {
	s := Said{
		Notice: m.Type == xmpp.HeadlineMessage, State: stateOf(m), Expires: expiry(m),
		Attention: m.Child(xmpp.AttentionSpace, "attention") != nil, Events: eventsOf(m),
	}
	if t := m.Thread(); len(t) <= maxThread {
		s.Thread = strings.Clone(t)
	}
	e := bodyElement(m)
	text := strings.TrimRight(e.Text(), "\r\n")
	if encrypted(m, text) {
		if text == "" && !carriesText(m) {
			return Said{}, nil // key exchange: nothing was said
		}
		return Said{}, ErrEncrypted
	}
	s.Body = compose(m, text, me)
	return s, nil
}

// compose puts together what a network can say.
func compose(m xmpp.Message, text, me string) richtext.Text {
	body := richtext.Plain(strings.Clone(text))
	switch action, isAction := strings.CutPrefix(text, "/me "); {
	case isAction && me != "":
		body = richtext.Plain("* " + me + " " + action) // XEP-0245; the clients of the networks do not know it
	case text != "":
		if styled := xhtmlOf(m); !styled.IsPlain() && resembles(styled.String(), text) {
			body = styled
		}
	}
	if m.Child(xmpp.CorrectSpace, "replace") != nil && text != "" {
		body = prefix("* ", body)
	}
	if subject, ok := m.Subject(); ok && text != "" && (m.Type == xmpp.NormalMessage || m.Type == xmpp.HeadlineMessage) {
		if subject = strings.TrimSpace(subject); subject != "" && !strings.HasPrefix(text, subject) {
			body = prefix(strings.Clone(subject)+"\n", body)
		}
	}
	return appendLinks(m, body)
}

// prefix puts plain text before body.
func prefix(text string, body richtext.Text) richtext.Text {
	return richtext.Text{Runs: append(richtext.Plain(text).Runs, body.Runs...)}
}

// appendLinks adds the addresses that a message carries beside its text (XEP-0066 §3), unless the text has them.
func appendLinks(m xmpp.Message, body richtext.Text) richtext.Text {
	for _, e := range m.Payload {
		if !e.Is(xmpp.OOBSpace, "x") {
			continue
		}
		link, desc := strings.TrimSpace(e.ChildText(xmpp.OOBSpace, "url")), strings.TrimSpace(e.ChildText(xmpp.OOBSpace, "desc"))
		if link == "" || strings.Contains(body.String(), link) {
			continue
		}
		if desc != "" {
			link = desc + ": " + link
		}
		if len(body.Runs) > 0 {
			link = "\n" + link
		}
		body.Runs = append(body.Runs, richtext.Plain(strings.Clone(link)).Runs...)
	}
	return body
}

// bodyElement chooses among bodies in several languages (RFC 6121 §5.2.3): the one without a language or in that
// of the stanza, which is the one that was written; else the first. Nil: there is none.
func bodyElement(m xmpp.Message) (chosen *xmltree.Element) {
	for _, e := range m.Payload {
		if !e.Is(xmpp.ClientSpace, "body") {
			continue
		}
		lang := e.AttrNS(xmltree.XMLSpace, "lang")
		if lang == "" || strings.EqualFold(lang, m.Lang) {
			return e
		}
		if chosen == nil {
			chosen = e
		}
	}
	return chosen
}

// xhtmlOf is the styled form of a message (XEP-0071); empty if there is none.
func xhtmlOf(m xmpp.Message) richtext.Text {
	body := m.Child(xmpp.XHTMLIMSpace, "html").Child(xmpp.XHTMLSpace, "body")
	if body == nil {
		return richtext.Text{}
	}
	return richtext.FromXHTML(body.String())
}

// resembles reports whether two forms of a message say the same, so that nobody can show one text here and
// another there.
func resembles(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// expiry is after how long a message is of no use (XEP-0023); 0: never.
func expiry(m xmpp.Message) time.Duration {
	e := m.Child(xmpp.ExpireSpace, "x")
	if e == nil {
		return 0
	}
	n, err := strconv.ParseUint(e.Attr("seconds"), 10, 31)
	if err != nil {
		return 0
	}
	return max(time.Duration(n)*time.Second, 1)
}

// stateOf is the chat state of a message, or what an old client says in its place (XEP-0022 §2.1).
func stateOf(m xmpp.Message) xmpp.ChatState {
	if s := m.State(); s != xmpp.NoState {
		return s
	}
	x := m.Child(xmpp.EventSpace, "x")
	if x == nil || x.Child(xmpp.EventSpace, "id") == nil || bodyElement(m) != nil {
		return xmpp.NoState
	}
	if x.Child(xmpp.EventSpace, "composing") != nil {
		return xmpp.Composing
	}
	return xmpp.Active
}

// Typing is what a chat state means to a network; false: nothing.
func Typing(s xmpp.ChatState) (transports.Typing, bool) {
	switch s {
	case xmpp.Composing:
		return transports.TypingActive, true
	case xmpp.Paused:
		return transports.TypingPaused, true
	case xmpp.Active, xmpp.Inactive, xmpp.GoneState:
		return transports.TypingStopped, true
	case xmpp.NoState:
	}
	return transports.TypingStopped, false
}
