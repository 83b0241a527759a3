package xmpp_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/xmltree"
	"imgate/xmpp"
)

func announced(t *testing.T, payload string) (xmpp.Privilege, bool) {
	t.Helper()
	s, err := xmpp.Parse(must(t, "<message xmlns='jabber:component:accept' from='example.org' to='aim.example.org'>"+payload+"</message>"))
	if err != nil {
		t.Fatal(err)
	}
	return xmpp.ParsePrivilege(s.(xmpp.Message))
}

func must(t *testing.T, s string) *xmltree.Element {
	t.Helper()
	e, err := xmltree.Parse(s, xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAnnouncementsOfPrivileges(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		want          xmpp.Privilege
		ok            bool
	}{
		{"ejabberd 23.01", `<privilege xmlns='urn:xmpp:privilege:1'><perm access='roster' type='both'/><perm access='message' type='outgoing'/></privilege>`,
			xmpp.Privilege{Space: "urn:xmpp:privilege:1", GetRoster: true, SetRoster: true, Speak: true}, true},
		{"Prosody 0.12, which nests the last", `<privilege xmlns='urn:xmpp:privilege:2'><perm type='both' access='roster'/><perm type='outgoing' access='message'/>` +
			`<perm access='iq'><namespace ns='http://jabber.org/protocol/pubsub' type='both'><namespace ns='vcard-temp' type='get'/></namespace></perm></privilege>`,
			xmpp.Privilege{Space: "urn:xmpp:privilege:2", GetRoster: true, SetRoster: true, Speak: true}, true},
		{"get only", `<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='get'/></privilege>`, xmpp.Privilege{Space: "urn:xmpp:privilege:2", GetRoster: true}, true},
		{"set only", `<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='set'/></privilege>`, xmpp.Privilege{Space: "urn:xmpp:privilege:2", SetRoster: true}, true},
		{"nothing", `<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='none'/><perm access='message' type='none'/><perm/></privilege>`, xmpp.Privilege{Space: "urn:xmpp:privilege:2"}, true},
		{"Prosody to clients", `<privilege xmlns='urn:xmpp:privilege:2'/>`, xmpp.Privilege{Space: "urn:xmpp:privilege:2"}, true},
		{"a perm of another namespace", `<privilege xmlns='urn:xmpp:privilege:2'><perm xmlns='urn:x' access='roster' type='both'/></privilege>`, xmpp.Privilege{Space: "urn:xmpp:privilege:2"}, true},
		{"a message on behalf", `<privilege xmlns='urn:xmpp:privilege:1'><forwarded xmlns='urn:xmpp:forward:0'/></privilege>`, xmpp.Privilege{}, false},
		{"an unknown version", `<privilege xmlns='urn:xmpp:privilege:0'><perm access='roster' type='both'/></privilege>`, xmpp.Privilege{}, false},
		{"no announcement", `<body>x</body>`, xmpp.Privilege{}, false},
	} {
		got, ok := announced(t, c.payload)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v", c.name, got, ok)
		}
	}
}

func TestAMessageOnBehalf(t *testing.T) {
	juliet, _ := xmpp.ParseJID("juliet@example.org")
	bob, _ := xmpp.ParseJID("bob@aim.example.org")
	m := xmpp.Message{Header: xmpp.Header{ID: "o1", From: juliet, To: bob}, Type: xmpp.ChatMessage, Payload: []*xmltree.Element{xmpp.Leaf("body", "hi")}}
	got := string(xmpp.Privilege{Space: xmpp.PrivilegeSpace1}.OnBehalf(m).Append(nil, xmpp.ComponentSpace))
	for _, want := range []string{"urn:xmpp:privilege:1", "urn:xmpp:forward:0", "<message", "jabber:client", "juliet@example.org", "<body>hi</body>"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
}

func TestRosterItems(t *testing.T) {
	list := xmpp.ParseRoster(must(t, `<query xmlns='jabber:iq:roster'><item jid='Bob@aim.example.org/x' name='Bob' subscription='both'><group>A</group><group/><group>A</group><group>B</group></item>`+
		`<item jid='a b@x'/><item jid='aim.example.org' subscription='maybe' ask='subscribe'/></query>`))
	bob, _ := xmpp.ParseJID("bob@aim.example.org")
	aim, _ := xmpp.ParseJID("aim.example.org")
	want := []xmpp.RosterItem{
		{JID: bob, Name: "Bob", Groups: []string{"A", "B"}, Subscription: xmpp.BothSubscription}, {JID: aim, Subscription: xmpp.NoSubscription, Asked: true},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if !list[0].To() || !list[0].From() || list[1].To() || list[1].From() {
		t.Error("subscriptions are read wrongly")
	}
	gone := string(xmpp.RosterItem{JID: bob, Name: "Bob", Groups: []string{"A"}, Subscription: xmpp.RemoveItem}.Element().Append(nil, xmpp.ClientSpace))
	if strings.Contains(gone, "name") || strings.Contains(gone, "group") {
		t.Errorf("a removal with more than it needs: %s", gone)
	}
}

// FuzzPrivilege: no announcement grants what it does not name, and what is read is read again from what is written.
func FuzzPrivilege(f *testing.F) {
	f.Add(`<privilege xmlns='urn:xmpp:privilege:2'><perm type='both' access='roster'/><perm access='iq'><namespace ns='x'><namespace/></namespace></perm></privilege>`)
	f.Add(`<privilege xmlns='urn:xmpp:privilege:1'><perm access='message' type='outgoing'/><perm access='roster' type='get'/></privilege>`)
	f.Add(`<privilege xmlns='urn:xmpp:privilege:1'><forwarded xmlns='urn:xmpp:forward:0'/></privilege>`)
	f.Fuzz(func(t *testing.T, payload string) {
		e, err := xmltree.Parse("<message xmlns='jabber:client' from='example.org' to='aim.example.org'>"+payload+"</message>", xmltree.Limits{})
		if err != nil {
			return
		}
		s, err := xmpp.Parse(e)
		if err != nil {
			return
		}
		p, ok := xmpp.ParsePrivilege(s.(xmpp.Message))
		if !ok {
			if p != (xmpp.Privilege{}) {
				t.Fatalf("grants %+v without an announcement", p)
			}
			return
		}
		if p.Space != xmpp.PrivilegeSpace1 && p.Space != xmpp.PrivilegeSpace2 {
			t.Fatalf("namespace %q", p.Space)
		}
		if (p.GetRoster || p.SetRoster) && !strings.Contains(payload, "roster") || p.Speak && !strings.Contains(payload, "outgoing") {
			if !strings.Contains(payload, "&") && !strings.Contains(payload, "CDATA") { // else it may be written otherwise
				t.Fatalf("%q grants %+v", payload, p)
			}
		}
		m := xmpp.Message{Payload: []*xmltree.Element{p.Element()}}
		if again, ok := xmpp.ParsePrivilege(m); !ok || again != p {
			t.Fatalf("%+v is read as %+v", p, again)
		}
	})
}

// FuzzRoster: an item that is read is read the same from what is written of it.
func FuzzRoster(f *testing.F) {
	f.Add(`<item jid='bob@aim.example.org' name='Bob' subscription='both'><group>A</group><group>A</group></item><item jid=''/>`)
	f.Fuzz(func(t *testing.T, items string) {
		e, err := xmltree.Parse("<query xmlns='jabber:iq:roster'>"+items+"</query>", xmltree.Limits{})
		if err != nil {
			return
		}
		for _, item := range xmpp.ParseRoster(e) {
			item.Asked = false // a set never has it
			if item.Subscription == xmpp.RemoveItem {
				item.Name, item.Groups = "", nil
			}
			again := xmpp.ParseRoster(item.Element())
			if len(again) != 1 || !cmp.Equal(again[0], item) {
				t.Fatalf("%+v is read as %+v", item, again)
			}
		}
	})
}
