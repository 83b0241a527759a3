package e2e_test

import (
	"encoding/base64"
	"testing"

	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/transports"
	"imgate/xmltree"
)

// A slixUser is a guest of a house at a slixmpp client, whose plugins nobody here wrote.
type slixUser struct {
	t *testing.T
	h *house
	c *e2e.Client
}

// must gives a result, or ends the test.
func (s *slixUser) must(e *xmltree.Element, err error) *xmltree.Element {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *slixUser) plugin(plugin, method string, args e2e.Args) *xmltree.Element {
	s.t.Helper()
	return s.must(s.c.Plugin(soon(s.t), plugin, method, args))
}

func (s *slixUser) hears(want string) {
	s.t.Helper()
	s.must(s.c.Hear(soon(s.t), func(e *xmltree.Element) bool { return hasAll(e, want) }))
}

func (s *slixUser) has(e *xmltree.Element, parts string) {
	s.t.Helper()
	if e == nil || !hasAll(e, parts) {
		s.t.Errorf("%s has not %q", e, parts)
	}
}

func (s *slixUser) settles(what string, condition func() bool) {
	s.t.Helper()
	if !within(patience, condition) {
		s.t.Errorf("it never came that %s", what)
	}
}

// arrives registers, and lets the gateway and its contacts see the user.
func (s *slixUser) arrives(contacts ...string) {
	s.t.Helper()
	s.must(nil, s.c.Available(soon(s.t), ""))
	s.must(s.c.Do(soon(s.t), "register", e2e.Args{"to": serviceDomain, "form": true, "fields": e2e.Args{"username": "alice", "password": "rabbit1"}}))
	for _, contact := range append([]string{serviceDomain}, contacts...) {
		for _, kind := range []string{"subscribed", "subscribe"} {
			s.must(nil, s.c.Subscribe(soon(s.t), contact, kind))
		}
		s.hears(`<presence & from="` + contact + `/imgate" & <c `)
	}
}

// TestSlixmppSeesEveryPower uses the plugins of slixmpp for what they are for. Their reading of the standards is not
// ours: so the hash of capabilities is theirs, and the forms are understood by them.
func TestSlixmppSeesEveryPower(t *testing.T) {
	h := newHouse(t, xmppd.Config{}, "alice")
	h.network.Account("hatter", "x")
	h.network.SetShow("hatter", transports.Online, "")
	h.network.Account("alice", "rabbit1", transports.Contact{ID: "hatter", Name: "Hatter"}, transports.Contact{ID: "echobot"})
	c, err := startDriver(t).Login(soon(t), "alice@localhost/slix", "capulet", h.server.C2S(), "xep_0012", "xep_0045", "xep_0054", "xep_0060", "xep_0084",
		"xep_0085", "xep_0092", "xep_0115", "xep_0118", "xep_0153", "xep_0163", "xep_0184", "xep_0202", "xep_0224", "xep_0249")
	if err != nil {
		t.Fatal(err)
	}
	s := &slixUser{t: t, h: h, c: c}
	s.arrives("hatter@aim.localhost", "echobot@aim.localhost")
	t.Run("discovery", s.discovery)
	t.Run("pictures", s.pictures)
	t.Run("rooms", s.rooms)
	t.Run("search_and_commands", s.searchAndCommands)
}

func (s *slixUser) discovery(t *testing.T) {
	s.t = t
	for _, from := range []string{serviceDomain + "/imgate", "hatter@aim.localhost/imgate"} {
		s.settles("slixmpp has proven the capabilities of "+from, func() bool { // it gives them only when its hash is the one told
			e, err := s.c.Plugin(soon(t), "xep_0115", "get_caps", e2e.Args{"jid": from})
			return err == nil && e != nil && hasAll(e, "http://jabber.org/protocol/disco#info")
		})
	}
	s.has(s.plugin("xep_0012", "get_last_activity", e2e.Args{"jid": serviceDomain}), `seconds=`)
	s.has(s.plugin("xep_0092", "get_version", e2e.Args{"jid": "hatter@aim.localhost/imgate"}), `<name>imgate</name>`)
	s.has(s.plugin("xep_0202", "get_entity_time", e2e.Args{"to": serviceDomain}), `<tzo>`)
	s.plugin("xep_0118", "publish_tune", e2e.Args{"artist": "Mock Turtle", "title": "Soup"})
	s.settles("the network knows the tune", func() bool {
		tune := s.h.network.Presence("alice").Tune
		return tune != nil && tune.Artist == "Mock Turtle"
	})
	s.plugin("xep_0224", "request_attention", e2e.Args{"to": "hatter@aim.localhost"})
	s.settles("the Hatter is nudged", func() bool { return len(s.h.network.Felt("hatter")) > 0 })
}

func (s *slixUser) pictures(t *testing.T) {
	s.t = t
	mine, his := aPicture(t, 33, 60), aPicture(t, 34, 61)
	s.h.network.SetSelf("hatter", "The Hatter", nil, transports.Image{Type: "image/png", Data: his})
	s.hears(`<presence & from="hatter@aim.localhost/imgate" & <photo>` + hashOf(his))
	s.has(s.plugin("xep_0054", "get_vcard", e2e.Args{"jid": "hatter@aim.localhost"}), `<NICKNAME>The Hatter</NICKNAME> & <BINVAL>`)
	s.has(s.plugin("xep_0084", "retrieve_avatar", e2e.Args{"jid": "hatter@aim.localhost", "id": hashOf(his)}), base64.StdEncoding.EncodeToString(his))
	s.must(s.c.Do(soon(t), "plugin", e2e.Args{"plugin": "xep_0153", "method": "set_avatar", "args": e2e.Args{"mtype": "image/png"},
		"bytes64": e2e.Args{"avatar": base64.StdEncoding.EncodeToString(mine)}}))
	s.settles("the network shows the picture", func() bool { _, _, i := s.h.network.Self("alice"); return len(i.Data) > 0 })
}

func (s *slixUser) rooms(t *testing.T) {
	s.t = t
	s.h.network.Room("tea", "The Mad Tea-Party", "Riddles", "")
	if err := s.h.network.Enter("tea", "hatter", "Hatter"); err != nil {
		t.Fatal(err)
	}
	const room = "#tea@" + serviceDomain
	s.plugin("xep_0045", "join_muc_wait", e2e.Args{"room": room, "nick": "Alice"})
	if nicks := s.h.network.Occupants("tea"); len(nicks) != 2 {
		t.Errorf("in the room: %v", nicks)
	}
	s.must(s.c.Do(soon(t), "message", e2e.Args{"to": room, "body": "No room?", "type": "groupchat"}))
	s.hears(`type="groupchat" & from="` + room + `/Alice" & No room?`)
	s.plugin("xep_0045", "invite", e2e.Args{"room": room, "jid": "hatter@aim.localhost", "reason": "tea"})
	s.settles("the Hatter is invited", func() bool {
		for _, ev := range s.h.network.Felt("hatter") {
			if i, ok := ev.(transports.Invited); ok && i.Room == "tea" && i.Reason == "tea" {
				return true
			}
		}
		return false
	})
	s.plugin("xep_0045", "leave_muc", e2e.Args{"room": room, "nick": "Alice"})
	s.settles("she has left", func() bool { return len(s.h.network.Occupants("tea")) == 1 })
}

func (s *slixUser) searchAndCommands(t *testing.T) {
	s.t = t
	s.has(s.must(s.c.IQ(soon(t), "set", serviceDomain, "<query xmlns='jabber:iq:search'><nick>hatter</nick></query>")), `<item jid="hatter@aim.localhost">`)
	s.has(s.plugin("xep_0050", "get_commands", e2e.Args{"jid": serviceDomain}), `node="settings" & node="search"`)
	form := s.must(s.c.Do(soon(t), "command", e2e.Args{"to": serviceDomain, "node": "search"}))
	session := form.First().Attr("sessionid")
	s.has(s.must(s.c.Do(soon(t), "command", e2e.Args{"to": serviceDomain, "node": "search", "session": session, "action": "complete", "fields": e2e.Args{"name": "hat"}})),
		`status="completed" & hatter@aim.localhost`)
}
