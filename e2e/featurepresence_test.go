package e2e_test

import (
	"fmt"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// shows waits until the network shows the guest so.
func (g *guest) shows(what string, want func(transports.SetPresence) bool) {
	g.t.Helper()
	g.settles("the network shows "+what, func() bool { return want(g.h.network.Presence(g.legacy())) })
}

func presenceRows() []row {
	return []row{
		{"away, status and idle time, both ways (XEP-0319, XEP-0256)", func(g *guest) string {
			g.sends("<presence><show>away</show><status>at tea</status></presence>")
			g.shows("away", func(p transports.SetPresence) bool { return p.Show == transports.Away && p.Status == "at tea" })
			g.h.network.SetPresence(g.friend, transports.SetPresence{Show: transports.DND, Status: "painting roses", IdleSince: time.Now().Add(-90 * time.Second)})
			g.hears(`from="` + g.pal() + `/imgate" & <show>dnd</show> & painting roses & <idle & jabber:iq:last`)
			return yes
		}},
		{"the nickname (XEP-0172)", func(g *guest) string {
			g.sends("<presence><nick xmlns='http://jabber.org/protocol/nick'>Alice in W.</nick></presence>")
			g.settles("the nickname is shown", func() bool { nick, _, _ := g.h.network.Self(g.legacy()); return nick == "Alice in W." })
			return yes
		}},
		{"several clients: the highest priority is shown", priorities},
		{"invisible to the gateway by its command (XEP-0186)", func(g *guest) string {
			g.wants("set", serviceDomain, "<invisible xmlns='urn:xmpp:invisible:1'/>", `type="result"`)
			g.shows("nothing", func(p transports.SetPresence) bool { return p.Invisible })
			g.wants("set", serviceDomain, "<visible xmlns='urn:xmpp:invisible:1'/>", `type="result"`)
			g.shows("the guest", func(p transports.SetPresence) bool { return !p.Invisible })
			return yes
		}},
		{"presence of type invisible to the gateway (XEP-0018)", func(g *guest) string { return hides(g, "<presence type='invisible' id='inv' to='aim.localhost'/>") }},
		{"presence of type invisible to the server (XEP-0018)", func(g *guest) string { return hides(g, "<presence type='invisible' id='inv'/>") }},
		{"what a contact listens to reaches the client (XEP-0118)", func(g *guest) string {
			g.h.network.SetPresence(g.friend, transports.SetPresence{Show: transports.Online, Tune: &transports.Tune{Artist: "Duck", Title: "Quadrille"}})
			return g.told(`from="` + g.pal() + `" & type="headline" & <artist>Duck</artist><title>Quadrille</title>`)
		}},
		{"what the user listens to reaches the network (XEP-0118 by PEP)", func(g *guest) string {
			if missing := g.publishes("http://jabber.org/protocol/tune", "current", "<tune xmlns='http://jabber.org/protocol/tune'><artist>Gryphon</artist></tune>"); missing != "" {
				return missing
			}
			if !within(brief, func() bool { t := g.h.network.Presence(g.legacy()).Tune; return t != nil && t.Artist == "Gryphon" }) {
				return "no: the server does not tell the gateway"
			}
			return yes
		}},
		{"a client that is lost is signed off", func(g *guest) string {
			g.user.(*user).drop()
			g.settles("the guest is signed off", func() bool { _, _, on := g.h.network.Online(g.legacy()); return !on })
			return yes
		}},
	}
}

// told waits for an event that the gateway sends to clients that want it. It asks the client whether; a server that
// answers for the client keeps that from the gateway.
func (g *guest) told(event string) string {
	g.t.Helper()
	if g.find(event, brief) >= 0 {
		return yes
	}
	for _, e := range g.user.Inbox() {
		if hasAll(e, `<iq & from="aim.localhost & `+xmpp.InfoSpace) {
			g.t.Errorf("the client was asked, and never told %s", event)
		}
	}
	return "no: the server answers for the client what it can"
}

// publishes publishes an event of the user's own (XEP-0163). Where the server has none it gives the cell.
func (g *guest) publishes(node, item, payload string) string {
	g.t.Helper()
	e := g.asks("set", "", fmt.Sprintf("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='%s'><item id='%s'>%s</item></publish></pubsub>", node, item, payload))
	if e.Attr("type") == "error" {
		return "no: the server has no PEP"
	}
	return ""
}

func priorities(g *guest) string {
	g.sends("<presence><priority>5</priority><show>away</show></presence>")
	phone := g.h.sits(g.t, g.name, "phone")
	phone.sends("<presence><priority>9</priority><show>dnd</show></presence>")
	g.shows("the phone", func(p transports.SetPresence) bool { return p.Show == transports.DND })
	phone.sends("<presence type='unavailable'/>")
	g.shows("the laptop", func(p transports.SetPresence) bool { return p.Show == transports.Away })
	return yes
}

// hides tells what becomes of invisible presence.
func hides(g *guest, presence string) string {
	g.sends(presence)
	hidden := func() bool { return g.h.network.Presence(g.legacy()).Invisible }
	gone := func() bool { _, _, on := g.h.network.Online(g.legacy()); return !on }
	refused := func() bool { return g.find(`type="error" & id="inv"`, 0) >= 0 }
	within(brief, func() bool { return hidden() || gone() || refused() })
	switch {
	case hidden():
		return yes
	case gone():
		return "signs the user off"
	case refused():
		return "refused by the server"
	case !g.alive():
		return "the server closes the stream"
	}
	return "dropped by the server"
}

// alive reports whether the client is still connected.
func (g *guest) alive() bool {
	g.sends("<iq type='get' id='alive' to='aim.localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
	return g.find(`<iq & id="alive"`, brief) >= 0
}
