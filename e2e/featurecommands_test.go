package e2e_test

import (
	"strings"

	"imgate/xmltree"
)

const commandSpace = "http://jabber.org/protocol/commands"

// runs runs an ad-hoc command (XEP-0050); fields are name and value in turn, none asks for the form.
func (b *being) runs(node string, fields ...string) *xmltree.Element {
	b.t.Helper()
	form := ""
	if len(fields) > 0 {
		form = "<x xmlns='jabber:x:data' type='submit'>"
		for i := 0; i+1 < len(fields); i += 2 {
			form += "<field var='" + fields[i] + "'><value>" + fields[i+1] + "</value></field>"
		}
		form += "</x>"
	}
	return b.asks("set", serviceDomain, "<command xmlns='"+commandSpace+"' node='"+node+"'>"+form+"</command>")
}

func (b *being) expects(e *xmltree.Element, parts string) {
	b.t.Helper()
	if !hasAll(e, parts) {
		b.t.Errorf("%s has not %q", e, parts)
	}
}

func commandRows() []row {
	return []row{
		{"settings by command (XEP-0050)", func(g *guest) string {
			g.wants("get", serviceDomain, "<query xmlns='http://jabber.org/protocol/disco#items' node='"+commandSpace+"'/>", `node="settings" & node="my-data"`)
			g.expects(g.runs("settings"), `var="policy" & <value>follow-presence</value>`)
			g.expects(g.runs("settings", "policy", "always"), `status="completed"`)
			g.expects(g.runs("settings"), `<value>always</value>`)
			g.expects(g.runs("settings", "policy", "sometimes"), `<not-acceptable`)
			return yes
		}},
		{"what is kept of me, and forget me", func(g *guest) string {
			data := g.runs("my-data")
			g.expects(data, g.name)
			if strings.Contains(data.String(), "rabbit1") {
				g.t.Error("the password is shown")
			}
			g.expects(g.runs("forget-me", "confirm", "1"), "Nothing is kept of you any more")
			g.settles("the guest is signed off", func() bool { _, _, on := g.h.network.Online(g.legacy()); return !on })
			return yes
		}},
		{"administrators' commands, for them only (XEP-0133)", administers},
		{"the network's block list (XEP-0191)", func(g *guest) string {
			if e := g.asks("get", serviceDomain, "<blocklist xmlns='urn:xmpp:blocking'/>"); e.Attr("to") == serviceDomain {
				return "no: the server answers in the gateway's place"
			}
			g.wants("get", serviceDomain, "<blocklist xmlns='urn:xmpp:blocking'/>", `<blocklist xmlns="urn:xmpp:blocking"/>`)
			phone := g.h.sits(g.t, g.name, "phone")
			phone.wants("get", serviceDomain, "<blocklist xmlns='urn:xmpp:blocking'/>", `type="result"`)
			g.wants("set", serviceDomain, "<block xmlns='urn:xmpp:blocking'><item jid='"+g.pal()+"'/></block>", `type="result"`)
			phone.sees(`type="set" & <block xmlns="urn:xmpp:blocking"><item jid="` + g.pal() + `"/>`)
			if _, blocked := g.h.network.Privacy(g.legacy()); len(blocked) != 1 {
				g.t.Errorf("the network blocks %v", blocked)
			}
			g.wants("set", serviceDomain, "<block xmlns='urn:xmpp:blocking'><item jid='queen@localhost'/></block>", `<not-acceptable`)
			g.wants("set", serviceDomain, "<block xmlns='urn:xmpp:blocking'/>", "<bad-request")
			g.wants("set", serviceDomain, "<block xmlns='urn:xmpp:blocking'>"+strings.Repeat("<item jid='x@aim.localhost'/>", 101)+"</block>", "<resource-constraint")
			g.wants("set", serviceDomain, "<unblock xmlns='urn:xmpp:blocking'/>", `type="result"`)
			phone.sees(`type="set" & <unblock xmlns="urn:xmpp:blocking">`)
			return yes
		}},
		{"what is malformed is answered, and harms nobody", malformed},
	}
}

func administers(g *guest) string {
	const admin = "http://jabber.org/protocol/admin#"
	list := "<query xmlns='http://jabber.org/protocol/disco#items' node='" + commandSpace + "'/>"
	if e := g.wants("get", serviceDomain, list, `type="result"`); strings.Contains(e.String(), admin) {
		g.t.Error("everybody is shown the administrators' commands")
	}
	for _, node := range []string{"get-online-users-list", "announce", "disable-user", "end-user-session"} {
		g.expects(g.runs(admin+node), "<forbidden")
	}
	q := g.h.sits(g.t, queen, "of-"+g.name)
	q.wants("get", serviceDomain, list, admin+`announce`)
	q.expects(q.runs(admin+"get-online-users-list"), g.name+"@localhost")
	q.expects(q.runs(admin+"end-user-session", "accountjids", g.name+"@localhost"), "completed")
	g.settles("the guest is signed off", func() bool { _, _, on := g.h.network.Online(g.legacy()); return !on })
	q.expects(q.runs(admin+"disable-user", "accountjids", g.name+"@localhost"), "completed")
	g.expects(g.runs("reconnect"), "<not-allowed")
	q.expects(q.runs(admin+"reenable-user", "accountjids", g.name+"@localhost"), "completed")
	g.expects(g.runs("reconnect"), "completed")
	g.settles("the guest is signed on", func() bool { _, _, on := g.h.network.Online(g.legacy()); return on })
	return yes
}

// malformed is bad input to what the AIM network of the lab has not; TestBadInput has the rest.
func malformed(g *guest) string {
	for _, c := range []struct{ kind, to, payload, want string }{
		{"set", serviceDomain, "<query xmlns='jabber:iq:search'><nick>" + strings.Repeat("x", 300) + "</nick></query>", "<not-acceptable"},
		{"set", serviceDomain, "<command xmlns='" + commandSpace + "' node='settings' action='dance'/>", "<bad-request"},
		{"set", serviceDomain, "<command xmlns='" + commandSpace + "' node='settings' sessionid='of another'><x xmlns='jabber:x:data' type='submit'/></command>", `<iq`},
		{"get", g.pal(), "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>", "<feature-not-implemented"},
		{"get", g.pal(), "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>", "<feature-not-implemented"},
		{"get", "nobody@" + serviceDomain, "<vCard xmlns='vcard-temp'/>", "<item-not-found"},
		{"set", g.pal(), "<query xmlns='jabber:iq:oob'/>", "<bad-request"},
		{"get", "#nowhere@" + serviceDomain, query("http://jabber.org/protocol/muc#owner"), `type="error"`},
		{"get", serviceDomain, "<query xmlns='http://jabber.org/protocol/disco#info' node='nowhere'/>", "<item-not-found"},
	} {
		g.wants(c.kind, c.to, c.payload, c.want)
	}
	for _, xml := range []string{
		"<message type='headline' to='aim.localhost/imgate'><event xmlns='http://jabber.org/protocol/pubsub#event'/></message>",
		"<message type='headline' to='aim.localhost/imgate'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:avatar:metadata'><item/></items></event></message>",
		"<message to='#@aim.localhost' type='groupchat'><body>?</body></message>",
		"<presence to='#@aim.localhost/x'/>",
		"<presence type='subscribe' to='#room@aim.localhost'/>",
		"<presence><x xmlns='vcard-temp:x:update'><photo>" + strings.Repeat("f", 500) + "</photo></x></presence>",
		"<message to='echobot@aim.localhost' type='chat'><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><script>x</script></body></html></message>",
	} {
		g.sends(xml)
	}
	g.sends("<message to='echobot@aim.localhost' type='chat'><body>still there?</body></message>")
	g.sees(fromEcho + ` & still there?`)
	return yes
}
