package xmpp

import (
	"errors"
	"fmt"

	"imgate/xmltree"
)

// ErrNotStanza means that an element is no message, presence or iq.
var ErrNotStanza = errors.New("not a stanza")

// Parse makes a stanza of e, which belongs to the stanza afterwards: its names in ComponentSpace become names
// in ClientSpace. It is tolerant (RFC 6121 §5.2.2: an unknown type of message is normal). Where from, to or
// type are wrong it gives what could be read, so that it can be answered with the error: that is a *Error
// (jid-malformed or bad-request), or ErrNotStanza, where the stanza is nil.
func Parse(e *xmltree.Element) (Stanza, error) {
	unify(e)
	if e.Name.Space != ClientSpace {
		return nil, ErrNotStanza
	}
	h, err := parseHeader(e)
	kind := e.Attr("type")
	switch e.Name.Local {
	case "message":
		return Message{h, messageType(kind), payload(e)}, err
	case "presence":
		p := Presence{h, PresenceType(kind), payload(e)}
		if err == nil && !p.Type.known() {
			err = NewError(BadRequest, "unknown type of presence")
		}
		return p, err
	case "iq":
		q := IQ{h, IQType(kind), payload(e)}
		if err == nil {
			err = q.check()
		}
		return q, err
	}
	return nil, ErrNotStanza
}

func parseHeader(e *xmltree.Element) (Header, error) {
	from, errFrom := address(e, "from")
	to, errTo := address(e, "to")
	if errFrom == nil {
		errFrom = errTo
	}
	return Header{ID: e.Attr("id"), From: from, To: to, Lang: e.AttrNS(xmltree.XMLSpace, "lang")}, errFrom
}

func address(e *xmltree.Element, attr string) (JID, error) {
	s := e.Attr(attr)
	if s == "" {
		return JID{}, nil
	}
	j, err := ParseJID(s)
	if err != nil {
		return JID{}, NewError(JIDMalformed, fmt.Sprintf("%s: %v", attr, err))
	}
	return j, nil
}

// unify moves what is in the namespace of component streams to that of client streams.
func unify(e *xmltree.Element) {
	if e.Name.Space == ComponentSpace {
		e.Name.Space = ClientSpace
	}
	for c := range e.Elements() {
		unify(c)
	}
}

func payload(e *xmltree.Element) []*xmltree.Element {
	n := 0
	for range e.Elements() {
		n++
	}
	if n == 0 {
		return nil
	}
	list := make([]*xmltree.Element, 0, n)
	for c := range e.Elements() {
		list = append(list, c)
	}
	return list
}

func messageType(s string) MessageType {
	switch t := MessageType(s); t {
	case ChatMessage, GroupchatMessage, HeadlineMessage, ErrorMessage:
		return t
	}
	return NormalMessage
}

func (t PresenceType) known() bool {
	switch t {
	case AvailablePresence, UnavailablePresence, SubscribePresence, SubscribedPresence, UnsubscribePresence,
		UnsubscribedPresence, ProbePresence, InvisiblePresence, ErrorPresence:
		return true
	}
	return false
}

func (q IQ) check() error {
	switch q.Type {
	case GetIQ, SetIQ:
		if len(q.Payload) != 1 {
			return NewError(BadRequest, "a request has exactly one payload element")
		}
	case ResultIQ, ErrorIQ:
	default:
		return NewError(BadRequest, "unknown type of iq")
	}
	if q.ID == "" {
		return NewError(BadRequest, "an iq without id")
	}
	return nil
}
