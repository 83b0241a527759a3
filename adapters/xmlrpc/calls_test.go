package xmlrpc

import (
	"slices"
	"strings"
	"testing"

	"imgate/xmpp"
)

// same reports what differs, a row each.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestGetRoster(t *testing.T) {
	h := newHouse(t, nil)
	entry := func(group string) string {
		return `{jid: "ann@aim.example.org", group: "` + group + `", nick: "Ann & co", subscription: "both", pending: "none"}`
	}
	eve := `{jid: "eve@example.org", group: "", nick: "", subscription: "none", pending: "out"}`
	ann := `{jid: "ann@aim.example.org", group: "", nick: "Ann", subscription: "both", pending: "none"}`
	same(t, "ok", h.call("get_roster", "user", "bob", "server", "example.org"), "["+entry("Friends")+", "+entry("Work")+", "+eve+"]")
	same(t, "empty", h.call("get_roster", "user", "ann", "server", "example.org"), "[]")
	same(t, "unknown", h.call("get_roster", "user", "zoe", "server", "example.org"), `fault {faultCode: 404, faultString: "item-not-found"}`)
	same(t, "bad", h.call("get_roster", "user", "b b", "server", "example.org"), `fault {faultCode: 400, faultString: "jid-malformed"}`)
	same(t, "nobody", h.call("get_roster", "user", "", "server", "example.org"), `fault {faultCode: 400, faultString: "jid-malformed"}`)
	same(t, "elsewhere", h.call("get_roster", "user", "bob", "server", "example.net"), `fault {faultCode: 405, faultString: "not-allowed"}`)
	same(t, "legacy", h.call("get_roster", "user", "joe average", "server", "aim.example.org"), "["+ann+"]")
	same(t, "legacy, escaped", h.call("get_roster", "user", `joe\20average`, "server", "aim.example.org"), "["+ann+"]")

	h.fake.deny["read bob@example.org"] = xmpp.NewError(xmpp.FeatureNotImplemented, "")
	h.fake.deny["read ann@example.org"] = xmpp.NewError(xmpp.FeatureNotImplemented, "")
	same(t, "no leave", h.call("get_roster", "user", "bob", "server", "example.org"), "["+entry("Friends")+", "+entry("Work")+"]")
	same(t, "no leave, not registered", h.call("get_roster", "user", "ann", "server", "example.org"), `fault {faultCode: 404, faultString: "item-not-found"}`)
}

func TestOptionsOfRosters(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.JoinGroups, o.Strict, o.PresenceArray = true, true, true })
	h.fake.presence["ann@aim.example.org"] = []xmpp.Presence{presenceAt("ann@aim.example.org/imgate", "away", "gone", "")}
	h.fake.presence["eve@example.org"] = []xmpp.Presence{presenceAt("eve@example.org/a", "", "", "")} // whom bob may not see
	same(t, "joined and nested", h.call("get_roster_with_presence", "user", "bob", "server", "example.org"),
		`[{jid: "ann@aim.example.org", group: "Friends;Work", nick: "Ann & co", subscription: "both", pending: "none", presence: [{resource: "imgate", show: "away", status: "gone", priority: 0}]}, `+
			`{jid: "eve@example.org", group: "", nick: "", subscription: "none", pending: "out", presence: []}]`)
	h.fake.deny["read bob@example.org"] = xmpp.NewError(xmpp.FeatureNotImplemented, "")
	same(t, "strict", h.call("get_roster", "user", "bob", "server", "example.org"), `fault {faultCode: 501, faultString: "feature-not-implemented"}`)
}

func TestRosterWithPresence(t *testing.T) {
	h := newHouse(t, nil)
	h.fake.presence["ann@aim.example.org"] = []xmpp.Presence{presenceAt("ann@aim.example.org/imgate", "", "here", "")}
	got := h.call("get_roster_with_presence", "user", "bob", "server", "example.org")
	for _, part := range []string{
		`group: "Work", nick: "Ann & co", subscription: "both", pending: "none", resource: "imgate", show: "available", status: "here"}`,
		`pending: "out", resource: "", show: "unavailable", status: ""}`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%s\nlacks %s", got, part)
		}
	}
}

func TestPresence(t *testing.T) {
	h := newHouse(t, nil)
	h.fake.presence["bob@example.org"] = []xmpp.Presence{
		presenceAt("bob@example.org/tv", "chat", "", "-1"), presenceAt("bob@example.org/phone", "xa", "asleep", "5"),
		presenceAt("bob@example.org/desk", "dnd", "busy", "5"), presenceAt("bob@example.org/old", "", "", ""),
	}
	same(t, "the highest", h.call("get_presence", "user", "bob", "server", "example.org"), `{jid: "bob@example.org/desk", show: "dnd", status: "busy"}`)
	same(t, "resources", h.call("get_resources", "user", "bob", "server", "example.org"), `["tv", "phone", "desk", "old"]`)
	same(t, "nobody there", h.call("get_presence", "user", "ann", "server", "example.org"), `{jid: "ann@example.org", show: "unavailable", status: ""}`)
	same(t, "no resources", h.call("get_resources", "user", "ann", "server", "example.org"), `[]`)
	same(t, "unknown", h.call("get_presence", "user", "zoe", "server", "example.org"), `fault {faultCode: 404, faultString: "item-not-found"}`)
	same(t, "unknown", h.call("get_resources", "user", "zoe", "server", "example.org"), `fault {faultCode: 404, faultString: "item-not-found"}`)
	h.fake.presence["bob@example.org"] = h.fake.presence["bob@example.org"][:1]
	same(t, "only a negative one", h.call("get_presence", "user", "bob", "server", "example.org"), `{jid: "bob@example.org", show: "unavailable", status: ""}`)
	h.door.opt.PresenceArray = true
	same(t, "array", h.call("get_presence", "user", "bob", "server", "example.org"), `[{jid: "bob@example.org/tv", resource: "tv", show: "chat", status: "", priority: -1}]`)
}

func TestLinkWithALegacyContact(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.LinkBySubscription = true })
	for _, c := range []struct{ name, jid1, jid2, want string }{
		{"the second is ours", "bob@example.org/x", "ann@aim.example.org", "0"},
		{"the first is ours", "ann@aim.example.org", "bob@example.org", "0"},
		{"both are ours", "ann@aim.example.org", "joe@aim.example.org", "405"},
		{"elsewhere", "bob@example.net", "ann@aim.example.org", "405"},
		{"the same", "bob@example.org", "bob@example.org", "406"},
		{"malformed", "a b@example.org", "ann@aim.example.org", "400"},
		{"no user", "example.org", "ann@aim.example.org", "400"},
	} {
		same(t, c.name, h.call("link_contacts", "jid1", c.jid1, "nick1", "One", "jid2", c.jid2, "nick2", "Two"), c.want)
	}
	same(t, "unlink", h.call("unlink_contacts", "jid1", "ann@aim.example.org", "jid2", "bob@example.org"), "0")
	want := []string{`link bob@example.org ann@aim.example.org "Two" true`, `link bob@example.org ann@aim.example.org "One" true`, `unlink bob@example.org ann@aim.example.org true`}
	if !slices.Equal(h.fake.did, want) {
		t.Errorf("%q", h.fake.did)
	}
	for condition, code := range map[xmpp.Condition]string{xmpp.ItemNotFound: "404", xmpp.FeatureNotImplemented: "501", xmpp.ServiceUnavailable: "503", xmpp.RemoteServerTimeout: "504"} {
		h.fake.deny["link"] = xmpp.NewError(condition, "")
		same(t, string(condition), h.call("link_contacts", "jid1", "bob@example.org", "nick1", "", "jid2", "ann@aim.example.org", "nick2", ""), code)
	}
}

func TestLinkTwoUsers(t *testing.T) {
	h := newHouse(t, nil)
	before := h.fake.rosters["bob@example.org"]
	link := func() string {
		return h.call("link_contacts", "jid1", "bob@example.org", "nick1", "Bob", "jid2", "eve@example.org", "nick2", "Eve")
	}
	h.fake.deny["set eve@example.org"] = xmpp.NewError(xmpp.InternalServerError, "")
	same(t, "the second half is refused", link(), "500")
	if got := h.fake.rosters["bob@example.org"]; !sameItems(got, before) {
		t.Errorf("half a pair: %+v", got)
	}
	delete(h.fake.deny, "set eve@example.org")
	same(t, "linked", link(), "0")
	same(t, "linked again", link(), "0")
	want := []xmpp.RosterItem{before[0], {JID: jid("eve@example.org"), Name: "Eve", Subscription: xmpp.BothSubscription}}
	if got := h.fake.rosters["bob@example.org"]; !sameItems(got, want) {
		t.Errorf("%+v", got)
	}
	if got := h.fake.rosters["eve@example.org"]; !sameItems(got, []xmpp.RosterItem{{JID: jid("bob@example.org"), Name: "Bob", Subscription: xmpp.BothSubscription}}) {
		t.Errorf("%+v", got)
	}
	unlink := func() string {
		return h.call("unlink_contacts", "jid1", "bob@example.org", "jid2", "eve@example.org")
	}
	h.fake.deny["set eve@example.org"] = xmpp.NewError(xmpp.Forbidden, "")
	same(t, "the second half stays", unlink(), "403")
	if got := h.fake.rosters["bob@example.org"]; !sameItems(got, want) {
		t.Errorf("half a pair is gone: %+v", got)
	}
	delete(h.fake.deny, "set eve@example.org")
	same(t, "unlinked", unlink(), "0")
	same(t, "unlinked again", unlink(), "0")
	if len(h.fake.rosters["eve@example.org"]) != 0 || len(h.fake.rosters["bob@example.org"]) != 1 {
		t.Errorf("%+v", h.fake.rosters)
	}
	same(t, "an unknown user", h.call("link_contacts", "jid1", "bob@example.org", "nick1", "", "jid2", "zoe@example.org", "nick2", ""), "404")
	if len(h.fake.rosters["bob@example.org"]) != 1 {
		t.Errorf("%+v", h.fake.rosters)
	}
}

func sameItems(a, b []xmpp.RosterItem) bool {
	return slices.EqualFunc(a, b, func(x, y xmpp.RosterItem) bool {
		return x.JID == y.JID && x.Name == y.Name && x.Subscription == y.Subscription && slices.Equal(x.Groups, y.Groups)
	})
}

func TestRosterItems(t *testing.T) {
	h := newHouse(t, nil)
	same(t, "added", h.call("add_rosteritem", "user", "ann", "server", "example.org", "jid", "bob@example.org/x", "group", "G", "nick", "Bob", "subs", "to"), "0")
	if got := h.fake.rosters["ann@example.org"]; !sameItems(got, []xmpp.RosterItem{{JID: jid("bob@example.org"), Name: "Bob", Groups: []string{"G"}, Subscription: xmpp.ToSubscription}}) {
		t.Errorf("%+v", got)
	}
	same(t, "subs", h.call("add_rosteritem", "user", "ann", "server", "example.org", "jid", "bob@example.org", "subs", "remove"), "400")
	same(t, "jid", h.call("add_rosteritem", "user", "ann", "server", "example.org", "jid", "@"), "400")
	same(t, "deleted", h.call("delete_rosteritem", "user", "ann", "server", "example.org", "jid", "bob@example.org"), "0")
	same(t, "nothing there", h.call("delete_rosteritem", "user", "ann", "server", "example.org", "jid", "bob@example.org"), "404")
	h.fake.deny["set ann@example.org"] = xmpp.NewError(xmpp.FeatureNotImplemented, "")
	same(t, "no leave", h.call("add_rosteritem", "user", "ann", "server", "example.org", "jid", "bob@example.org"), "501")
}

func TestSendStanza(t *testing.T) {
	h := newHouse(t, nil)
	send := func(stanza string) string {
		return h.call("send_stanza", "from", "ann@aim.example.org", "to", "bob@example.org", "stanza", stanza)
	}
	same(t, "message", send(`<message type='chat'><body>hi &amp; ho</body></message>`), "0")
	same(t, "its own addresses", send(`<presence xmlns='jabber:client' from='joe@aim.example.org/a' to='eve@example.org'/>`), "0")
	same(t, "component", send(`<iq xmlns='jabber:component:accept' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>`), "0")
	for i, want := range []string{
		`<message xmlns='jabber:client' from='ann@aim.example.org' to='bob@example.org' type='chat'><body>hi &amp; ho</body></message>`,
		`<presence xmlns='jabber:client' from='joe@aim.example.org/a' to='eve@example.org'/>`,
		`<iq xmlns='jabber:client' from='ann@aim.example.org' to='bob@example.org' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>`,
	} {
		same(t, "sent", written(h.fake.sent[i]), want)
	}
	for name, stanza := range map[string]string{
		"no XML": "hello", "half": "<message>", "two": "<message/><message/>", "other": "<body/>", "a stream": "<a xmlns='x'/>",
		"a type": "<presence type='off'/>", "no id": "<iq type='get'><a xmlns='b'/></iq>", "from": "<message from='@'/>", "empty": "",
		"large": "<message><body>" + strings.Repeat("a", maxStanza) + "</body></message>", "doctype": "<!DOCTYPE a><message/>",
	} {
		same(t, name, send(stanza), "400")
	}
	same(t, "no sender", h.call("send_stanza", "from", "", "to", "bob@example.org", "stanza", "<message/>"), "400")
	h.fake.deny["send"] = xmpp.NewError(xmpp.Forbidden, "")
	same(t, "forbidden", send("<message/>"), "403")
	if len(h.fake.sent) != 3 {
		t.Errorf("%d stanzas were sent", len(h.fake.sent))
	}
}

func written(s xmpp.Stanza) string {
	switch s := s.(type) {
	case xmpp.Message:
		return s.Element().String()
	case xmpp.Presence:
		return s.Element().String()
	case xmpp.IQ:
		return s.Element().String()
	}
	return ""
}
