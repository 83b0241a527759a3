package e2e_test

import (
	"imgate/transports"
)

// A party is a guest in a room with the friend, who is called Hatter there.
type party struct {
	*guest
	id   transports.LegacyID
	room string // its address
}

// parties puts the guest and the friend into a room.
func parties(g *guest) party {
	g.t.Helper()
	p := party{guest: g, id: transports.LegacyID("tea." + g.name)}
	p.room = "#" + string(p.id) + "@" + serviceDomain
	g.h.network.Room(p.id, "Tea-Party", "Riddles", "")
	if err := g.h.network.Enter(p.id, g.friend, "Hatter"); err != nil {
		g.t.Fatal(err)
	}
	p.enters(&g.being, p.room+"/Alice", "")
	p.hears(`from="` + p.room + `/Hatter" & jid="` + g.pal() + `"`)
	p.hears(`from="` + p.room + `/Alice" & code="110"`)
	p.hears(`type="groupchat" & from="` + p.room + `" & <subject>Riddles</subject>`)
	return p
}

// enters asks to be let into a room.
func (party) enters(b *being, seat, inner string) {
	b.t.Helper()
	b.sends("<presence to='" + seat + "' id='enter'><x xmlns='http://jabber.org/protocol/muc'>" + inner + "</x></presence>")
}

// holds waits until so many are in the room.
func (p party) holds(n int) {
	p.t.Helper()
	p.settles("the room has as many as it should", func() bool { return len(p.h.network.Occupants(p.id)) == n })
}

func roomRows() []row {
	return []row{
		{"rooms: listed, entered, talk, topic, left (XEP-0045)", roomTalk},
		{"rooms: a second client", func(g *guest) string {
			p := parties(g)
			phone := g.h.sits(g.t, g.name, "phone")
			p.enters(phone, p.room+"/Lizzie", "")
			phone.hears(`from="` + p.room + `/Alice" & code="110" & code="210"`)
			g.h.network.SayIn(p.id, g.friend, "more tea?")
			phone.hears(`from="` + p.room + `/Hatter" & more tea?`)
			p.hears(`from="` + p.room + `/Hatter" & more tea?`)
			phone.sends("<presence type='unavailable' to='" + p.room + "/Alice'/>")
			phone.hears(`type="unavailable" & from="` + p.room + `/Alice"`)
			p.holds(2)
			return yes
		}},
		{"rooms: whispers", func(g *guest) string {
			p := parties(g)
			p.sends("<message to='" + p.room + "/Hatter' type='chat' id='p1'><body>psst</body></message>")
			p.settles("the friend heard it", func() bool { return len(g.h.network.Heard(g.friend)) == 1 })
			p.sends("<message to='" + p.room + "/Nobody' type='chat' id='p2'><body>psst</body></message>")
			p.hears(`id="p2" & type="error" & <item-not-found`)
			return yes
		}},
		{"rooms: invitations both ways (XEP-0045, XEP-0249)", roomInvitations},
		{"rooms: thrown out, and back", func(g *guest) string {
			p := parties(g)
			g.h.network.Leave(p.id, g.legacy(), "no room")
			p.hears(`from="` + p.room + `/Alice" & type="unavailable" & code="307" & no room`)
			p.sends("<message to='" + p.room + "' type='groupchat' id='g2'><body>there is plenty</body></message>")
			p.hears(`id="g2" & type="error" & <not-acceptable`)
			p.enters(&g.being, p.room+"/Alice", "")
			p.hears(`from="` + p.room + `/Alice" & code="110"`)
			p.holds(2)
			return yes
		}},
		{"rooms: a client that is lost leaves", func(g *guest) string {
			p := parties(g)
			phone := g.h.sits(g.t, g.name, "phone") // so that the user is not signed off with the client
			phone.sees(`<presence & from="` + g.pal() + `/imgate"`)
			p.holds(2)
			g.user.(*user).drop()
			p.holds(1)
			return yes
		}},
		{"rooms: password, and a nickname that is taken", func(g *guest) string {
			p := parties(g)
			g.h.network.Room("vault."+transports.LegacyID(g.name), "", "", "secret")
			vault := "#vault." + g.name + "@" + serviceDomain
			p.enters(&g.being, vault+"/Alice", "")
			p.hears(`type="error" & from="` + vault + `/Alice" & <not-authorized`)
			p.enters(&g.being, vault+"/Alice", "<password>secret</password>")
			p.hears(`from="` + vault + `/Alice" & code="110"`)
			g.h.network.Leave(p.id, g.legacy(), "make room")
			p.hears(`from="` + p.room + `/Alice" & type="unavailable"`)
			p.enters(&g.being, p.room+"/Hatter", "")
			p.hears(`type="error" & from="` + p.room + `/Hatter" & <conflict`)
			p.sends("<presence to='" + p.room + "' id='bad'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
			p.hears(`type="error" & <jid-malformed`)
			return yes
		}},
	}
}

func roomTalk(g *guest) string {
	p := parties(g)
	p.wants("get", serviceDomain, query("http://jabber.org/protocol/disco#items"), `jid="`+p.room+`"`)
	p.wants("get", p.room, query("http://jabber.org/protocol/disco#info"), `category="conference" & muc_nonanonymous & muc#roominfo_occupants`)
	p.sends("<message to='" + p.room + "' type='groupchat' id='g1'><body>Why is a raven like a writing-desk?</body></message>")
	p.hears(`type="groupchat" & id="g1" & from="` + p.room + `/Alice" & raven`)
	g.h.network.SayIn(p.id, g.friend, "I do not know.")
	p.hears(`type="groupchat" & from="` + p.room + `/Hatter" & I do not know.`)
	g.h.network.Topic(p.id, "Treacle")
	p.hears(`from="` + p.room + ` & <subject>Treacle</subject>`)
	g.h.network.Leave(p.id, g.friend, "")
	p.hears(`from="` + p.room + `/Hatter" & type="unavailable"`)
	p.sends("<presence type='unavailable' to='" + p.room + "/Alice'/>")
	p.hears(`from="` + p.room + `/Alice" & type="unavailable" & code="110"`)
	p.holds(0)
	return yes
}

func roomInvitations(g *guest) string {
	p := parties(g)
	p.sends("<message to='" + p.room + "' id='i1'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='" + g.pal() + "'><reason>tea</reason></invite></x></message>")
	p.sends("<message to='" + g.pal() + "'><x xmlns='jabber:x:conference' jid='" + p.room + "'/></message>")
	p.settles("the friend was invited twice", func() bool {
		n := 0
		for _, ev := range g.h.network.Felt(g.friend) {
			if i, ok := ev.(transports.Invited); ok && i.Room == p.id {
				n++
			}
		}
		return n == 2
	})
	p.sends("<message to='" + p.room + "' id='i2'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='queen@localhost'/></x></message>")
	p.hears(`id="i2" & type="error" & <not-acceptable`)
	croquet := transports.LegacyID("croquet." + g.name)
	g.h.network.Invite(croquet, g.friend, g.legacy(), "bring a flamingo")
	p.hears(`<invite from="` + g.pal() + `"> & bring a flamingo & #croquet.` + g.name)
	return yes
}
