package scene

import (
	"imgate/xmltree"
	"imgate/xmpp"
)

// roomVerbs are the steps of users in rooms; a room's address begins with "#", and a user's nickname is the user's name.
func roomVerbs() []verb {
	return []verb{
		{"* enters *", (*player).enters},
		{"* leaves *", (*player).leaves},
		{"* says * in *", func(p *player, a []string) error {
			return p.send(a[0], stanza("message", p.address(a[2]), "groupchat").SetAttr("id", p.newID()).With(xmpp.Leaf("body", a[1])))
		}},
		{"* invites * into * with *", (*player).invites},
		{"* is invited into * by * with *", (*player).isInvited},
		{"* is invited by * into *", (*player).isInvitedInto},
		{"* is put out of *", func(p *player, a []string) error { return p.own(a, "unavailable") }},
		{"* hears * in *", (*player).hears},
		{"* sees * come to *", func(p *player, a []string) error { return p.seesOccupant(a, "") }},
		{"* sees * leave *", func(p *player, a []string) error { return p.seesOccupant(a, "unavailable") }},
	}
}

// seat is where a user sits in a room.
func (p *player) seat(a []string) string { return p.address(a[1]) + "/" + a[0] }

// enters waits for the user's own presence in the room, which ends entering.
func (p *player) enters(a []string) error {
	if err := p.send(a[0], stanza("presence", p.seat(a), "").With(xmltree.New(xmpp.MUCSpace, "x"))); err != nil {
		return err
	}
	return p.own(a, "")
}

func (p *player) leaves(a []string) error {
	if err := p.send(a[0], stanza("presence", p.seat(a), "unavailable")); err != nil {
		return err
	}
	return p.own(a, "unavailable")
}

// ownPresence is the status of a user's own presence in a room (XEP-0045 §7.2.2).
const ownPresence = "110"

// own waits for the user's own presence in a room: that the place is taken, or given up.
func (p *player) own(a []string, kind string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		if e.Name.Local != "presence" || !from(e, p.address(a[1])) || e.Attr("type") != kind {
			return false
		}
		for s := range e.Child(xmpp.MUCUserSpace, "x").ChildrenNamed(xmpp.MUCUserSpace, "status") {
			if s.Attr("code") == ownPresence {
				return true
			}
		}
		return false
	})
}

func (p *player) invites(a []string) error {
	invite := xmltree.New(xmpp.MUCUserSpace, "invite").SetAttr("to", p.address(a[1])).With(xmltree.Leaf(xmpp.MUCUserSpace, "reason", a[3]))
	return p.send(a[0], stanza("message", p.address(a[2]), "").SetAttr("id", p.newID()).With(xmltree.New(xmpp.MUCUserSpace, "x").With(invite)))
}

func (p *player) isInvited(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		invite := e.Child(xmpp.MUCUserSpace, "x").Child(xmpp.MUCUserSpace, "invite")
		return e.Name.Local == "message" && from(e, p.address(a[1])) && bare(invite.Attr("from")) == p.address(a[2]) &&
			invite.ChildText(xmpp.MUCUserSpace, "reason") == a[3]
	})
}

// isInvitedInto waits for an invitation into a room of whatever name, which the scene calls as it says from then on.
func (p *player) isInvitedInto(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		invite := e.Child(xmpp.MUCUserSpace, "x").Child(xmpp.MUCUserSpace, "invite")
		if e.Name.Local != "message" || bare(invite.Attr("from")) != p.address(a[1]) {
			return false
		}
		p.rooms[a[2]] = bare(e.Attr("from"))
		return true
	})
}

func (p *player) hears(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Attr("type") == "groupchat" && from(e, p.address(a[2])) && e.ChildText(xmpp.ClientSpace, "body") == a[1]
	})
}

// seesOccupant waits for the presence of somebody in a room, whose address it tells.
func (p *player) seesOccupant(a []string, kind string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		item := e.Child(xmpp.MUCUserSpace, "x").Child(xmpp.MUCUserSpace, "item")
		return e.Name.Local == "presence" && from(e, p.address(a[2])) && e.Attr("type") == kind &&
			bare(item.Attr("jid")) == p.address(a[1])
	})
}
