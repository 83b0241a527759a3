package e2e_test

import (
	"strings"

	"imgate/xmltree"
	"imgate/xmpp"
)

func query(space string) string { return "<query xmlns='" + space + "'/>" }

func discoveryRows() []row {
	return []row{
		{"the server lists the gateway (XEP-0030)", func(g *guest) string {
			g.wants("get", "localhost", query(xmpp.ItemsSpace), `jid="aim.localhost"`)
			return yes
		}},
		{"the server lists the gateway to old clients (XEP-0094)", func(g *guest) string {
			if e := g.asks("get", "localhost", query(xmpp.AgentsSpace)); !hasAll(e, `aim.localhost`) {
				return "no"
			}
			return yes
		}},
		{"what presence says of abilities is what discovery says (XEP-0115)", capsAgree},
		{"old questions: agents, browse, last, time, version, vCard", func(g *guest) string {
			for payload, want := range map[string]string{
				query(xmpp.AgentsSpace):                    `<agent jid="aim.localhost">`,
				query(xmpp.AgentSpace):                     `<register/>`,
				query(xmpp.BrowseSpace):                    `<ns>jabber:iq:register</ns>`,
				query(xmpp.LastSpace):                      `seconds="`,
				query(xmpp.TimeOldSpace):                   `<utc>`,
				query(xmpp.VersionSpace):                   `<name>imgate</name>`,
				query(xmpp.GatewaySpace):                   `<prompt>`,
				"<time xmlns='" + xmpp.TimeSpace + "'/>":   `<tzo>+00:00</tzo>`,
				"<vCard xmlns='" + xmpp.VCardSpace + "'/>": `<DESC>The gateway to`,
			} {
				g.wants("get", serviceDomain, payload, want)
			}
			for _, to := range []string{g.pal(), g.pal() + "/imgate"} {
				g.wants("get", to, query(xmpp.BrowseSpace), `type="client"`)
				g.wants("get", to, query(xmpp.VersionSpace), `<name>imgate</name>`)
				g.wants("get", to, query(xmpp.LastSpace), `seconds="`)
			}
			return yes
		}},
		{"people are found (XEP-0055)", func(g *guest) string {
			g.wants("get", serviceDomain, query(xmpp.SearchSpace), `<nick/> & var="name"`)
			g.wants("set", serviceDomain, "<query xmlns='jabber:iq:search'><nick/></query>", "<not-acceptable")
			g.wants("set", serviceDomain, "<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='submit'><field var='name'><value>"+
				string(g.friend)+"</value></field></x></query>", `<reported> & <value>`+g.pal()+`</value>`)
			return yes
		}},
	}
}

// capsAgree computes the hash of what the gateway and a contact answer, as clients do.
func capsAgree(g *guest) string {
	for _, from := range []string{serviceDomain + "/imgate", g.pal() + "/imgate"} {
		var caps xmpp.Caps
		for _, e := range g.user.Inbox() {
			if e.Name.Local == "presence" && e.Attr("from") == from && e.Attr("type") == "" {
				c := e.Child(xmpp.CapsSpace, "c")
				caps = xmpp.Caps{Node: c.Attr("node"), Ver: c.Attr("ver")}
			}
		}
		answer := g.asks("get", from, "<query xmlns='"+xmpp.InfoSpace+"' node='"+caps.Node+"#"+caps.Ver+"'/>")
		info := xmpp.ParseInfo(answer.First())
		if caps.Ver == "" || info == nil || info.Ver() != caps.Ver {
			g.t.Errorf("presence of %s says %q; discovery answers %s", from, caps.Ver, answer)
		}
		plain := featuresIn(g.asks("get", from, query(xmpp.InfoSpace)))
		if told := featuresIn(answer); told != plain {
			g.t.Errorf("%s offers %s by its hash, and %s without", from, told, plain)
		}
	}
	return yes
}

// featuresIn lists the features of an answer.
func featuresIn(answer *xmltree.Element) string {
	info := xmpp.ParseInfo(answer.First())
	if info == nil {
		return answer.String()
	}
	return strings.Join(info.Features, " ")
}
