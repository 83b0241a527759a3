package xmpp

import (
	"errors"

	"imgate/xmltree"
)

// A Stanza is a Message, a Presence or an IQ. The set is closed.
type Stanza interface {
	// Head gives what all stanzas have.
	Head() Header
	// Element makes the tree of the stanza; it shares the payload.
	Element() *xmltree.Element
	isStanza()
}

// A Header is what all stanzas have. ID and Lang may be empty. A stanza that was read may lack From or To (then
// they are zero); one that is written may not.
type Header struct {
	ID       string
	From, To JID
	Lang     string // xml:lang
}

// Head gives the header itself.
func (h Header) Head() Header { return h }

// A Message is a message stanza (RFC 6121 §5).
type Message struct {
	Header
	Type    MessageType
	Payload []*xmltree.Element
}

// A Presence is a presence stanza (RFC 6121 §4).
type Presence struct {
	Header
	Type    PresenceType
	Payload []*xmltree.Element
}

// An IQ is an iq stanza (RFC 6120 §8.2.3). A get or set that was read has one payload element.
type IQ struct {
	Header
	Type    IQType
	Payload []*xmltree.Element
}

// A MessageType is the type of a message. The zero value is normal.
type MessageType string

// The types of messages (RFC 6121 §5.2.2).
const (
	NormalMessage    MessageType = ""
	ChatMessage      MessageType = "chat"
	GroupchatMessage MessageType = "groupchat"
	HeadlineMessage  MessageType = "headline"
	ErrorMessage     MessageType = "error"
)

// A PresenceType is the type of a presence. The zero value is available.
type PresenceType string

// The types of presence (RFC 6121 §4.7.1).
const (
	AvailablePresence    PresenceType = ""
	UnavailablePresence  PresenceType = "unavailable"
	SubscribePresence    PresenceType = "subscribe"
	SubscribedPresence   PresenceType = "subscribed"
	UnsubscribePresence  PresenceType = "unsubscribe"
	UnsubscribedPresence PresenceType = "unsubscribed"
	ProbePresence        PresenceType = "probe"
	InvisiblePresence    PresenceType = "invisible" // XEP-0018: available, and to be hidden from contacts
	ErrorPresence        PresenceType = "error"
)

// An IQType is the type of an iq; it is never empty.
type IQType string

// The types of iq (RFC 6120 §8.2.3).
const (
	GetIQ    IQType = "get"
	SetIQ    IQType = "set"
	ResultIQ IQType = "result"
	ErrorIQ  IQType = "error"
)

func (Message) isStanza()  {}
func (Presence) isStanza() {}
func (IQ) isStanza()       {}

// Child is the first payload element of that name, or nil.
func (m Message) Child(space, local string) *xmltree.Element { return find(m.Payload, space, local) }

// Child is the first payload element of that name, or nil.
func (p Presence) Child(space, local string) *xmltree.Element { return find(p.Payload, space, local) }

// Query is the first payload element that is no error, or nil.
func (q IQ) Query() *xmltree.Element {
	for _, e := range q.Payload {
		if !e.Is(ClientSpace, "error") {
			return e
		}
	}
	return nil
}

// Result makes the result of a get or set, with a payload or without.
func (q IQ) Result(payload ...*xmltree.Element) IQ {
	return IQ{Header: q.reply(), Type: ResultIQ, Payload: payload}
}

// Readdressed is s with these addresses.
func Readdressed(s Stanza, from, to JID) Stanza {
	switch s := s.(type) {
	case Message:
		s.From, s.To = from, to
		return s
	case Presence:
		s.From, s.To = from, to
		return s
	case IQ:
		s.From, s.To = from, to
		return s
	}
	return s
}

func (h Header) reply() Header { return Header{ID: h.ID, From: h.To, To: h.From} }

func find(list []*xmltree.Element, space, local string) *xmltree.Element {
	for _, e := range list {
		if e.Is(space, local) {
			return e
		}
	}
	return nil
}

// ErrAddress means that a stanza to be written lacks from or to: servers answer that by closing the stream.
var ErrAddress = errors.New("a stanza without from or to")

// Append appends s to dst as it goes on a stream: without a namespace of its own. The error is ErrAddress, and
// dst is then as it was. It writes what Element would, without making the tree.
func Append(dst []byte, s Stanza) ([]byte, error) {
	switch s := s.(type) {
	case Message:
		return s.append(dst, "message", string(s.Type), s.Payload)
	case Presence:
		return s.append(dst, "presence", string(s.Type), s.Payload)
	case IQ:
		return s.append(dst, "iq", string(s.Type), s.Payload)
	}
	return dst, ErrAddress // there is no other
}

func (h *Header) append(dst []byte, local, kind string, payload []*xmltree.Element) ([]byte, error) {
	if h.From.Domain == "" || h.To.Domain == "" {
		return dst, ErrAddress
	}
	dst = append(append(dst, '<'), local...)
	dst = h.From.appendAttr(dst, "from")
	dst = h.To.appendAttr(dst, "to")
	for _, a := range [...]struct{ name, value string }{{"id", h.ID}, {"type", kind}, {"xml:lang", h.Lang}} {
		if a.value != "" {
			dst = xmltree.AppendAttr(dst, a.name, a.value)
		}
	}
	end := len(dst)
	dst = append(dst, '>')
	for _, p := range payload {
		if p != nil {
			dst = p.Append(dst, ClientSpace)
		}
	}
	if len(dst) == end+1 {
		return append(dst[:end], "/>"...), nil
	}
	return append(append(append(dst, "</"...), local...), '>'), nil
}

// Element makes the tree of the stanza.
func (m Message) Element() *xmltree.Element { return m.element("message", string(m.Type), m.Payload) }

// Element makes the tree of the stanza.
func (p Presence) Element() *xmltree.Element { return p.element("presence", string(p.Type), p.Payload) }

// Element makes the tree of the stanza.
func (q IQ) Element() *xmltree.Element { return q.element("iq", string(q.Type), q.Payload) }

func (h Header) element(local, kind string, payload []*xmltree.Element) *xmltree.Element {
	e := &xmltree.Element{Name: xmltree.Name{Space: ClientSpace, Local: local}}
	e.Attrs = make([]xmltree.Attr, 0, 5)
	for _, a := range [...]xmltree.Attr{
		{Name: xmltree.Name{Local: "from"}, Value: h.From.String()},
		{Name: xmltree.Name{Local: "to"}, Value: h.To.String()},
		{Name: xmltree.Name{Local: "id"}, Value: h.ID},
		{Name: xmltree.Name{Local: "type"}, Value: kind},
		{Name: xmltree.Name{Space: xmltree.XMLSpace, Local: "lang"}, Value: h.Lang},
	} {
		if a.Value != "" {
			e.Attrs = append(e.Attrs, a)
		}
	}
	e.Children = make([]xmltree.Node, 0, len(payload))
	return e.With(payload...)
}
