package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/richtext"
	"imgate/transports"
)

const echobot = "echobot@aim.example.org"

// writes is a message from the laptop to the contact.
func (w *world) writes(attrs, inner string) {
	w.t.Helper()
	w.says(`<message from='%s' to='%s' %s>%s</message>`, laptop, echobot, attrs, inner)
}

// heard is the last message that reached echobot.
func (w *world) heard() transports.Message {
	list := w.server.Heard("echobot")
	if len(list) == 0 {
		return transports.Message{}
	}
	return list[len(list)-1]
}

func TestStyledMessagesBothWays(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.writes("type='chat'", "<body>off with his head</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"+
			"<body xmlns='http://www.w3.org/1999/xhtml'>off with <strong>his</strong> head</body></html><thread>t1</thread>")
		want := richtext.Text{Runs: []richtext.Run{{Text: "off with "}, {Text: "his", Style: richtext.Style{Bold: true}}, {Text: " head"}}}
		if got := w.heard().Body; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v", got)
		}
		w.hears(`<body>off with his head</body> & <strong>his</strong> & <thread>t1</thread>`)
	})
}

func TestEncryptedMessagesNeverReachTheNetwork(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		for range 3 {
			w.writes("type='chat' id='e1'", "<body>[This message is OMEMO encrypted]</body><encrypted xmlns='eu.siacs.conversations.axolotl'><payload>x</payload></encrypted>")
		}
		sent := w.link.take()
		if n := countOf(sent, "<not-acceptable"); n != 3 {
			t.Errorf("%d errors", n)
		}
		if n := countOf(sent, `type="chat"`); n != 1 {
			t.Errorf("%d explanations", n)
		}
		w.writes("type='chat'", "<encrypted xmlns='eu.siacs.conversations.axolotl'><header/></encrypted>")
		if sent := w.link.take(); len(sent) != 0 {
			t.Errorf("an exchange of keys was answered: %v", sent)
		}
		if got := w.server.Heard("echobot"); len(got) != 0 {
			t.Errorf("the network heard %v", got)
		}
	})
}

func countOf(sent []string, part string) (n int) {
	for _, s := range sent {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

func TestEventsOfOldClients(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("bob", "pw")
		w.online()
		w.writes("type='chat' id='m1'", "<body>tea?</body><x xmlns='jabber:x:event'><composing/></x>")
		w.link.take()
		w.server.Type("echobot", "aliceliddell", transports.TypingActive)
		w.after(0)
		w.hears(`<composing xmlns="http://jabber.org/protocol/chatstates"/> & <x xmlns="jabber:x:event"><composing/><id>m1</id></x>`)
		w.server.Type("echobot", "aliceliddell", transports.TypingStopped)
		w.after(0)
		w.hears(`<x xmlns="jabber:x:event"><id>m1</id></x>`)
		w.writes("type='chat'", "<x xmlns='jabber:x:event'><composing/><id>m1</id></x>")
		felt := w.server.Felt("echobot")
		if len(felt) != 1 || felt[0] != (transports.TypingFrom{From: "aliceliddell", State: transports.TypingActive}) {
			t.Errorf("the contact felt %v", felt)
		}
	})
}

func TestNudgesBothWays(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.writes("type='headline' id='n1'", "<attention xmlns='urn:xmpp:attention:0'/>")
		if felt := w.server.Felt("echobot"); len(felt) != 1 || felt[0] != (transports.Attention{From: "aliceliddell"}) {
			t.Errorf("the contact felt %v", felt)
		}
		w.server.Nudge("echobot", "aliceliddell")
		w.after(0)
		w.hears(`<attention xmlns="urn:xmpp:attention:0"/> & from="echobot@aim.example.org/imgate" & <body>nudges you</body>`)
		w.server.Announce("The servers are down on Sunday.")
		w.after(0)
		w.hears(`type="headline" & from="aim.example.org" & <body>The servers are down on Sunday.</body>`)
		w.says(`<message from='%s' to='nobody@aim.example.org' type='headline' id='n2'><attention xmlns='urn:xmpp:attention:0'/></message>`, laptop)
		w.hears(`type="error" & id="n2" & <item-not-found`)
		w.gone(laptop)
		w.after(2 * time.Minute)
		w.writes("type='headline' id='n3'", "<attention xmlns='urn:xmpp:attention:0'/>")
		w.hears(`type="error" & id="n3" & <recipient-unavailable`)
	})
}

func TestAMessageThatIsOfNoUseAnyMore(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Refuse(&transports.Failure{Kind: transports.Transient, Text: "down"})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "down"})
		w.after(time.Second)
		w.link.take()
		w.writes("type='chat' id='x1'", "<body>fire!</body><x xmlns='jabber:x:expire' seconds='5'/>")
		w.writes("type='chat' id='x2'", "<body>smoke</body><x xmlns='jabber:x:expire' seconds='3600'/>")
		w.after(4 * time.Second)
		w.never("x1")
		w.after(2 * time.Second)
		w.hears(`type="error" & id="x1" & <remote-server-timeout`)
		w.never("x2")
		w.server.Refuse(nil)
		w.after(time.Minute)
		if got := w.server.Heard("echobot"); len(got) != 1 || got[0].Body.String() != "smoke" {
			t.Errorf("the contact heard %v", got)
		}
	})
}

func TestLinksByIQ(t *testing.T) {
	play(t, func(w *world) {
		link := func(id, to, inner string) {
			w.says(`<iq type='set' id='%s' from='%s' to='%s'><query xmlns='jabber:iq:oob'>%s</query></iq>`, id, laptop, to, inner)
		}
		link("l0", echobot, "<url>http://x.example/</url>")
		w.hears(`id="l0" & <registration-required`)
		w.online()
		link("l1", echobot, "<url>http://x.example/</url><desc>a cat</desc>")
		w.hears(`type="result" & id="l1"`)
		if got := w.heard().Body.String(); got != "a cat: http://x.example/" {
			t.Errorf("heard %q", got)
		}
		link("l2", "nobody@aim.example.org", "<url>http://x.example/</url>")
		w.hears(`id="l2" & <item-not-found`)
		link("l3", echobot, "")
		w.hears(`id="l3" & <bad-request`)
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced})
		w.after(time.Second)
		link("l4", echobot, "<url>http://x.example/</url>")
		w.hears(`id="l4" & <recipient-unavailable`)
	})
}

func TestConversationsAreBounded(t *testing.T) {
	a := &account{}
	for i := range 10 * maxTalks {
		a.talk(transports.LegacyID(fmt.Sprint(i))).thread = "x"
	}
	if len(a.talks) != maxTalks {
		t.Errorf("%d are remembered", len(a.talks))
	}
}
