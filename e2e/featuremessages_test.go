package e2e_test

import (
	"fmt"

	"imgate/transports"
)

// writes sends a message to echobot.
func (b *being) writes(attrs, inner string) {
	b.t.Helper()
	b.sends("<message to='echobot@aim.localhost' " + attrs + ">" + inner + "</message>")
}

// felt waits until somebody without a session on the network has felt something.
func (g *guest) felt(who transports.LegacyID, want transports.Event) {
	g.t.Helper()
	g.settles(fmt.Sprintf("%s felt %v", who, want), func() bool {
		for _, ev := range g.h.network.Felt(who) {
			if fmt.Sprint(ev) == fmt.Sprint(want) {
				return true
			}
		}
		return false
	})
}

const fromEcho = `from="echobot@aim.localhost/imgate"`

func messageRows() []row {
	return []row{
		{"styled text both ways (XEP-0071), and plain", func(g *guest) string {
			g.writes("type='chat'", "<body>off with his head</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"+
				"<body xmlns='http://www.w3.org/1999/xhtml'>off with <strong>his</strong> head</body></html>")
			g.hears(fromEcho + ` & <body>off with his head</body> & <strong>his</strong>`)
			g.writes("type='chat'", "<body>in plain words &lt;&amp;&gt;</body>")
			g.hears(fromEcho + ` & <body>in plain words`)
			return yes
		}},
		{"thread, subject and correction", func(g *guest) string {
			g.writes("id='t1'", "<subject>tea</subject><body>at five</body><thread>t1</thread>")
			g.hears(fromEcho + ` & tea & at five & <thread>t1</thread>`)
			g.writes("type='chat' id='t2'", "<body>at six</body><replace xmlns='urn:xmpp:message-correct:0' id='t1'/>")
			g.hears(fromEcho + ` & at six`)
			return yes
		}},
		{"to a bare address and to a full one", func(g *guest) string {
			for _, to := range []string{"echobot@aim.localhost", "echobot@aim.localhost/imgate", "echobot@aim.localhost/other"} {
				g.sends("<message to='" + to + "' type='chat'><body>to " + to + "</body></message>")
				g.hears(fromEcho + ` & to ` + to)
			}
			return yes
		}},
		{"receipts (XEP-0184)", func(g *guest) string {
			g.writes("type='chat' id='rcpt'", "<body>sign here</body><request xmlns='urn:xmpp:receipts'/>")
			g.sees(`<received & urn:xmpp:receipts & id="rcpt"`)
			return yes
		}},
		{"typing, also to old clients (XEP-0085, XEP-0022)", typing},
		{"nudges both ways (XEP-0224)", func(g *guest) string {
			g.sends("<message to='" + g.pal() + "' type='headline' id='n1'><attention xmlns='urn:xmpp:attention:0'/></message>")
			g.felt(g.friend, transports.Attention{From: g.legacy()})
			g.h.network.Nudge(g.friend, g.legacy())
			g.hears(`<attention & from="` + g.pal() + `/imgate"`)
			return yes
		}},
		{"links by iq (XEP-0066)", func(g *guest) string {
			g.wants("set", "echobot@aim.localhost/imgate", "<query xmlns='jabber:iq:oob'><url>http://x.example/</url><desc>a cat</desc></query>", `type="result"`)
			g.sees(fromEcho + ` & a cat & http://x.example/`)
			return yes
		}},
		{"what is encrypted is refused, and explained", func(g *guest) string {
			g.writes("type='chat' id='e1'", "<body>[This message is OMEMO encrypted]</body><encrypted xmlns='eu.siacs.conversations.axolotl'><payload>x</payload></encrypted>")
			g.sees(`type="error" & id="e1" & <not-acceptable`, `from="aim.localhost" & type="chat" & <body>`)
			return yes
		}},
		{"news of the operators, as headlines", func(g *guest) string {
			g.h.network.Tell(g.legacy(), transports.Notice{Text: "Closed on Sunday."})
			g.hears(`type="headline" & from="aim.localhost" & Closed on Sunday.`)
			return yes
		}},
		{"a message reaches all clients of one priority", twoClients},
		{"a message to nobody is refused", func(g *guest) string {
			for _, to := range []string{"nobody@aim.localhost", "nobody@aim.localhost/imgate"} {
				g.sends("<message to='" + to + "' type='chat' id='no'><body>hi</body></message>")
				g.hears(`type="error" & id="no" & from="` + to + `" & <item-not-found`)
			}
			return yes
		}},
		{"what waited while the user was away, with its time (XEP-0203)", func(g *guest) string {
			g.sends("<presence type='unavailable'/>")
			g.settles("the guest is signed off", func() bool {
				_, _, on := g.h.network.Online(g.legacy())
				return !on
			})
			g.h.network.Say(g.friend, g.legacy(), "where are you?")
			g.sends("<presence/>")
			g.sees(`<body>where are you?</body> & <delay & jabber:x:delay`)
			g.settles("the network forgets it", func() bool { return g.h.network.Stored(g.legacy()) == 0 })
			return yes
		}},
	}
}

func typing(g *guest) string {
	g.sends("<message to='" + g.pal() + "' type='chat' id='ev1'><body>tea?</body><x xmlns='jabber:x:event'><composing/></x></message>")
	g.settles("the friend heard it", func() bool { return len(g.h.network.Heard(g.friend)) == 1 })
	g.h.network.Type(g.friend, g.legacy(), transports.TypingActive)
	g.hears(`from="` + g.pal() + `/imgate" & <composing & chatstates & jabber:x:event & <id>ev1</id>`)
	g.h.network.Type(g.friend, g.legacy(), transports.TypingStopped)
	g.hears(`from="` + g.pal() + `/imgate" & <active`)
	g.sends("<message to='" + g.pal() + "' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
	g.felt(g.friend, transports.TypingFrom{From: g.legacy(), State: transports.TypingActive})
	g.sends("<message to='" + g.pal() + "' type='chat'><x xmlns='jabber:x:event'><composing/><id>ev1</id></x></message>")
	g.settles("the event was felt", func() bool { return len(g.h.network.Felt(g.friend)) == 2 })
	return yes
}

// twoClients tells who hears a message that the gateway sends to the bare address.
func twoClients(g *guest) string {
	phone := g.h.sits(g.t, g.name, "phone")
	phone.sees(`<presence & from="` + g.pal() + `/imgate"`)
	g.h.network.Say(g.friend, g.legacy(), "which of you?")
	within(patience, func() bool { return g.find("which of you?", 0) >= 0 || phone.find("which of you?", 0) >= 0 })
	if g.find("which of you?", brief) < 0 || phone.find("which of you?", brief) < 0 {
		return "no: one of them"
	}
	return yes
}
