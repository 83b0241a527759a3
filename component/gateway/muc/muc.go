// Package muc makes and reads what multi-user chat adds to stanzas (XEP-0045), for rooms of networks that know
// neither owners nor moderators. It is pure.
package muc

import (
	"strconv"
	"strings"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A Status is a code of XEP-0045 §15.6.
type Status int

// The codes in use here.
const (
	NonAnonymous Status = 100 // everybody sees who everybody is
	SelfPresence Status = 110
	Created      Status = 201
	NickForced   Status = 210
	NickChanged  Status = 303
	Kicked       Status = 307
	Shutdown     Status = 332
	Failed       Status = 333 // out because of an error, not of anybody's will
)

// An Occupant is what presence in a room says of somebody.
type Occupant struct {
	JID     xmpp.JID // who it is outside of the room; zero: not known
	Here    bool
	NewNick string // of NickChanged
	Reason  string // of leaving
	Codes   []Status
}

// Element makes the x element of muc#user (XEP-0045 §7.2.2). Everybody is a participant without affiliation: the
// networks know no other.
func (o Occupant) Element() *xmltree.Element {
	item := xmltree.New(xmpp.MUCUserSpace, "item").SetAttr("affiliation", "none").SetAttr("role", "none")
	if o.Here || o.NewNick != "" {
		item.SetAttr("role", "participant")
	}
	if !o.JID.IsZero() {
		item.SetAttr("jid", o.JID.String())
	}
	if o.NewNick != "" {
		item.SetAttr("nick", o.NewNick)
	}
	if o.Reason != "" {
		item.With(xmltree.Leaf(xmpp.MUCUserSpace, "reason", o.Reason))
	}
	x := xmltree.New(xmpp.MUCUserSpace, "x").With(item)
	for _, code := range o.Codes {
		x.With(xmltree.New(xmpp.MUCUserSpace, "status").SetAttr("code", strconv.Itoa(int(code))))
	}
	return x
}

// Password is the password of a request to enter (XEP-0045 §7.2.5), or of one of groupchat 1.0, which has none.
func Password(p xmpp.Presence) transports.Secret {
	return transports.NewSecret(strings.Clone(p.Child(xmpp.MUCSpace, "x").ChildText(xmpp.MUCSpace, "password")))
}

// An Invitation asks somebody into a room.
type Invitation struct {
	Room, To xmpp.JID // To is zero where it is the receiver
	Reason   string
}

// Mediated reads invitations that a room is to pass on (XEP-0045 §7.8.2).
func Mediated(m xmpp.Message) []Invitation {
	var list []Invitation
	for e := range m.Child(xmpp.MUCUserSpace, "x").ChildrenNamed(xmpp.MUCUserSpace, "invite") {
		to, err := xmpp.ParseJID(e.Attr("to"))
		if err == nil && !to.IsZero() && len(list) < maxInvitations {
			list = append(list, Invitation{m.To.Bare(), to, reason(e.ChildText(xmpp.MUCUserSpace, "reason"))})
		}
	}
	return list
}

// maxInvitations bounds those in one message.
const maxInvitations = 20

// reason is a reason, not longer than anybody reads.
func reason(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1024 {
		s = strings.ToValidUTF8(s[:1024], "")
	}
	return strings.Clone(s)
}

// Direct reads an invitation that goes straight to its receiver (XEP-0249, and jabber:x:conference before it);
// false: m is none.
func Direct(m xmpp.Message) (Invitation, bool) {
	x := m.Child(xmpp.ConferenceSpace, "x")
	if x == nil || m.Child(xmpp.MUCUserSpace, "x") != nil { // nearly always
		return Invitation{}, false
	}
	room, err := xmpp.ParseJID(x.Attr("jid"))
	if err != nil || room.IsZero() {
		return Invitation{}, false
	}
	return Invitation{Room: room.Bare(), To: m.To.Bare(), Reason: reason(x.Attr("reason"))}, true
}

// Declined reports whether m declines an invitation (XEP-0045 §7.8.2).
func Declined(m xmpp.Message) bool {
	return m.Child(xmpp.MUCUserSpace, "x").Child(xmpp.MUCUserSpace, "decline") != nil
}

// Payload is an invitation as the receiver gets it: mediated, with the form of older clients beside it, and words
// for those that know neither.
func (i Invitation) Payload(from xmpp.JID, words string) []*xmltree.Element {
	invite := xmltree.New(xmpp.MUCUserSpace, "invite").SetAttr("from", from.String())
	direct := xmltree.New(xmpp.ConferenceSpace, "x").SetAttr("jid", i.Room.String())
	if i.Reason != "" {
		invite.With(xmltree.Leaf(xmpp.MUCUserSpace, "reason", i.Reason))
		direct.SetAttr("reason", i.Reason)
	}
	return []*xmltree.Element{xmpp.Leaf("body", words), xmltree.New(xmpp.MUCUserSpace, "x").With(invite), direct}
}
