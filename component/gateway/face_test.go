package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// asks is an iq of the laptop.
func (w *world) asks(kind, to, payload string) {
	w.t.Helper()
	w.says(`<iq type='%s' id='q' from='%s' to='%s'>%s</iq>`, kind, laptop, to, payload)
}

// capsIn finds the hash that presence from that address has told.
func (w *world) capsIn(from string) string {
	w.t.Helper()
	for _, s := range w.link.peek() {
		if !strings.Contains(s, `from="`+from+`"`) {
			continue
		}
		e, err := xmltree.Parse(s, xmltree.Limits{})
		if err != nil {
			w.t.Fatal(err)
		}
		if c := e.Child(xmpp.CapsSpace, "c"); c != nil {
			return c.Attr("node") + "#" + c.Attr("ver")
		}
	}
	w.t.Errorf("no capabilities in presence from %s", from)
	return ""
}

// asked is the id of the gateway's last question with a payload of that namespace.
func (w *world) asked(space string) (id string) {
	w.t.Helper()
	for _, s := range w.link.peek() {
		e, err := xmltree.Parse(s, xmltree.Limits{})
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Name.Local == "iq" && e.Attr("type") == "get" && e.First().Name.Space == space {
			id = e.Attr("id")
		}
	}
	if id == "" {
		w.t.Errorf("the gateway has asked nothing of %s", space)
	}
	return id
}

// What presence says of abilities is what disco#info answers.
func TestCapabilities(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.says(`<presence type='subscribed' from='alice@example.org' to='%s'/>`, echobot)
		w.says(`<presence type='subscribe' from='alice@example.org' to='%s'/>`, echobot)
		w.server.SetShow("echobot", transports.Online, "")
		w.after(0)
		nodes := map[string]string{domain: w.capsIn(domain + "/imgate"), echobot + "/imgate": w.capsIn(echobot + "/imgate")}
		w.link.take()
		for from, node := range nodes {
			w.asks("get", from, "<query xmlns='http://jabber.org/protocol/disco#info' node='"+node+"'/>")
			sent := w.link.take()
			e, err := xmltree.Parse(sent[len(sent)-1], xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			info := xmpp.ParseInfo(e.First())
			if info == nil || !strings.HasSuffix(node, "#"+info.Ver()) || info.Node != node {
				t.Errorf("%s: %s", node, e)
			}
			w.asks("get", from, "<query xmlns='http://jabber.org/protocol/disco#info' node='"+node+"x'/>")
			w.hears("<item-not-found")
		}
	})
}

func TestContactsOfferWhatTheSessionCan(t *testing.T) {
	play(t, func(w *world) {
		w.server.Grant("aliceliddell", transports.CanType)
		w.online()
		w.asks("get", echobot+"/imgate", "<query xmlns='http://jabber.org/protocol/disco#info'/>")
		w.never(xmpp.AttentionSpace)
		w.hears(`category="client" & ` + xmpp.ChatStatesSpace + ` & ` + xmpp.LastSpace)
		w.asks("get", domain, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
		w.never(xmpp.InvisibleSpace)
		w.hears(`category="gateway" & urn:xmpp:dataforms:softwareinfo`)
	})
}

func TestOldWaysOfAsking(t *testing.T) {
	play(t, func(w *world) {
		for payload, want := range map[string]string{
			"<query xmlns='jabber:iq:agents'/>": `<agent jid="aim.example.org"> & <register/> & <service>`,
			"<query xmlns='jabber:iq:agent'/>":  `<name> & <register/>`,
			"<query xmlns='jabber:iq:browse'/>": `<service xmlns="jabber:iq:browse" & <ns>jabber:iq:register</ns>`,
			"<query xmlns='jabber:iq:time'/>":   `<utc>20000101T00:00:00</utc>`,
			"<time xmlns='urn:xmpp:time'/>":     `<utc>2000-01-01T00:00:00Z</utc> & <tzo>+00:00</tzo>`,
			"<query xmlns='jabber:iq:last'/>":   `seconds="0"`,
		} {
			w.asks("get", domain, payload)
			w.hears(want)
		}
		w.asks("get", echobot, "<query xmlns='jabber:iq:browse'/>")
		w.hears(`<user xmlns="jabber:iq:browse" & type="client"`)
		w.asks("get", echobot, "<query xmlns='jabber:iq:version'/>")
		w.hears(`<name>imgate</name>`)
		w.asks("get", echobot, "<query xmlns='jabber:iq:last'/>")
		w.hears(`<registration-required`)
		w.online()
		w.after(time.Hour)
		w.asks("get", domain, "<query xmlns='jabber:iq:last'/>")
		w.hears(`seconds="36`)
		w.server.SetPresence("echobot", transports.SetPresence{Show: transports.Away, IdleSince: time.Now().Add(-90 * time.Second)})
		w.after(10 * time.Second)
		w.asks("get", echobot, "<query xmlns='jabber:iq:last'/>")
		w.hears(`seconds="100"`, `<query xmlns="jabber:iq:last" seconds="90"/> & <idle`)
		w.asks("get", "nobody@aim.example.org", "<query xmlns='jabber:iq:last'/>")
		w.hears(`<forbidden`)
	})
}

func TestInvisible(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		hidden := func() bool { return w.server.Presence("aliceliddell").Invisible }
		w.says(`<presence type='invisible' from='%s' to='%s'/>`, laptop, domain)
		if !hidden() {
			t.Error("not hidden by XEP-0018")
		}
		w.available(laptop, "")
		if hidden() {
			t.Error("hidden for ever")
		}
		w.asks("set", domain, "<invisible xmlns='urn:xmpp:invisible:1'/>")
		w.hears(`type="result" & id="q"`)
		w.available(laptop, "<show>away</show>")
		if !hidden() {
			t.Error("not hidden by XEP-0186")
		}
		w.asks("set", domain, "<visible xmlns='urn:xmpp:invisible:1'/>")
		if hidden() {
			t.Error("not shown again")
		}
		w.settings("invisible", "true")
		if !hidden() {
			t.Error("not hidden by the setting")
		}
	})
}

// settings submits one setting.
func (w *world) settings(name, value string) {
	w.t.Helper()
	w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='settings'><x xmlns='jabber:x:data' type='submit'>"+
		"<field var='"+name+"'><value>"+value+"</value></field></x></command>")
	w.after(0)
}

func TestANetworkThatHidesNobodySaysSo(t *testing.T) {
	play(t, func(w *world) {
		w.server.Grant("aliceliddell", transports.CanType)
		w.online()
		w.asks("set", domain, "<invisible xmlns='urn:xmpp:invisible:1'/>")
		w.hears(`<feature-not-implemented`)
		for range 3 {
			w.says(`<presence type='invisible' from='%s' to='%s'/>`, laptop, domain)
		}
		if n := countOf(w.link.take(), "hide you"); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestTheSettingsLast(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='settings'/>")
		w.hears(`var="policy" & var="charset" & var="strangers" & <value>follow-presence</value>`)
		w.settings("charset", "windows-1251")
		w.settings("policy", "always")
		w.hears(`status="completed" & stored`)
		for name, wrong := range map[string]string{"charset": "klingon", "policy": "sometimes", "roster": "2", "strangers": ""} {
			w.settings(name, wrong)
			w.hears(`<not-acceptable & ` + name)
		}
		w.gone(laptop)
		w.after(5 * time.Minute)
		if _, _, on := w.server.Online("aliceliddell"); !on {
			t.Error("signed off, though it was to stay")
		}
		w.stop()
		w.start()
		w.after(time.Minute)
		if _, _, on := w.server.Online("aliceliddell"); !on {
			t.Error("the policy did not survive the restart")
		}
		w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='settings'/>")
		w.hears(`<value>windows-1251</value> & <value>always</value>`)
	})
}

func TestTunesBothWays(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		id := w.asked(xmpp.InfoSpace)
		w.says(`<presence type='subscribe' from='alice@example.org' to='%s'/>`, echobot)
		w.says(`<presence type='subscribed' from='alice@example.org' to='%s'/>`, echobot)
		w.server.SetPresence("echobot", transports.SetPresence{Show: transports.Online, Tune: &transports.Tune{Artist: "Duck", Title: "Lobster Quadrille"}})
		w.after(0)
		w.says(`<iq type='result' id='%s' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#info'>
			<feature var='http://jabber.org/protocol/tune+notify'/></query></iq>`, id, laptop, domain)
		w.hears(`<artist>Duck</artist><title>Lobster Quadrille</title> & from="echobot@aim.example.org" & to="alice@example.org/laptop"`)
		w.server.SetPresence("echobot", transports.SetPresence{Show: transports.Online})
		w.after(0)
		w.hears(`<tune xmlns="http://jabber.org/protocol/tune"/>`)
		tune := func(from, inner string) {
			w.says(`<message from='%s' to='%s/imgate' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>
				<items node='http://jabber.org/protocol/tune'><item id='c'><tune xmlns='http://jabber.org/protocol/tune'>%s</tune></item></items></event></message>`, from, domain, inner)
		}
		tune("alice@example.org", "<artist>Gryphon</artist>")
		if got := w.server.Presence("aliceliddell").Tune; got == nil || got.Artist != "Gryphon" {
			t.Errorf("the network knows %v", got)
		}
		tune("alice@example.org", "")
		if got := w.server.Presence("aliceliddell").Tune; got != nil {
			t.Errorf("the network knows %v", got)
		}
		if n := countOf(w.link.take(), "<body>"); n != 0 {
			t.Error("an event was answered in words")
		}
	})
}

func TestTheNickname(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.available(laptop, "<nick xmlns='http://jabber.org/protocol/nick'>Alice in W.</nick>")
		if nick, _, _ := w.server.Self("aliceliddell"); nick != "Alice in W." {
			t.Errorf("the network shows %q", nick)
		}
	})
}

func TestStrangers(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("cheshire", "pw")
		w.online()
		says := func(text string) {
			w.server.Say("cheshire", "aliceliddell", text)
			w.after(0)
		}
		says("one")
		w.hears(`from="cheshire@aim.example.org/imgate" & <body>one</body>`)
		w.settings("strangers", "ask")
		says("two")
		w.never(`from="cheshire@aim.example.org/imgate"`)
		w.hears(`from="aim.example.org" & cheshire@aim.example.org & two`)
		w.settings("strangers", "drop")
		says("three")
		w.never("three")
		w.says(`<message from='%s' to='cheshire@aim.example.org' type='chat'><body>who are you?</body></message>`, laptop)
		says("four")
		w.hears(`from="cheshire@aim.example.org/imgate" & <body>four</body>`)
	})
}

// What is dropped is not kept for ever by the network, and nothing before it is deleted too soon.
func TestDroppedMessagesAreHandedOverInTurn(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("cheshire", "pw")
		w.online()
		w.settings("strangers", "drop")
		w.gone(laptop)
		w.after(2 * time.Minute)
		for i, from := range []transports.LegacyID{"echobot", "cheshire", "echobot", "cheshire"} {
			w.server.Say(from, "aliceliddell", fmt.Sprint("m", i))
		}
		if n := w.server.Stored("aliceliddell"); n != 4 {
			t.Fatalf("%d are stored", n)
		}
		w.link.set(false, true) // what is sent is lost
		w.available(laptop, "")
		w.after(2 * time.Second)
		if n := w.server.Stored("aliceliddell"); n != 4 {
			t.Errorf("%d are stored while none is proven", n)
		}
		w.link.set(false, false)
		w.after(30 * time.Second)
		if n := w.server.Stored("aliceliddell"); n != 0 {
			t.Errorf("%d are still stored", n)
		}
	})
}
