package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"imgate/component"
	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// roster is what the user's server has: subscription, name and groups by address.
func (b *being) roster() map[string]string {
	b.t.Helper()
	b.n++
	id := fmt.Sprintf("roster%d", b.n)
	b.sends(`<iq type='get' id='` + id + `'><query xmlns='jabber:iq:roster'/></iq>`)
	b.hears(`<iq & id="` + id + `" & type="result"`)
	items := map[string]string{}
	for _, e := range b.user.Inbox() {
		if e.Attr("id") != id {
			continue
		}
		for _, i := range xmpp.ParseRoster(e.Child(xmpp.RosterSpace, "query")) {
			items[i.JID.String()] = strings.TrimSpace(fmt.Sprint(i.Subscription, " ", i.Name, " ", strings.Join(slices.Sorted(slices.Values(i.Groups)), ",")))
			if i.Asked {
				items[i.JID.String()] += " asked"
			}
		}
	}
	return items
}

// has waits until the roster is this.
func (b *being) has(want map[string]string) {
	b.t.Helper()
	var got map[string]string
	if !b.st.Until(func() bool { got = b.roster(); return fmt.Sprint(got) == fmt.Sprint(want) }) {
		b.t.Fatalf("the roster is %v, want %v", got, want)
	}
}

func (b *being) edits(jid, name string, groups ...string) {
	b.t.Helper()
	b.n++
	id, inner := fmt.Sprintf("edit%d", b.n), ""
	for _, g := range groups {
		inner += "<group>" + g + "</group>"
	}
	b.sends(`<iq type='set' id='` + id + `'><query xmlns='jabber:iq:roster'><item jid='` + jid + `' name='` + name + `'>` + inner + `</item></query></iq>`)
	b.hears(`id="` + id + `" & type="result"`)
}

// compares runs the command that looks into the roster; by then the gateway has looked too.
func (b *being) compares(want string) {
	b.t.Helper()
	b.n++
	id := fmt.Sprintf("compare%d", b.n)
	b.sends(`<iq to='aim.localhost' type='set' id='` + id + `'><command xmlns='http://jabber.org/protocol/commands' node='contacts'/></iq>`)
	b.hears(`id="` + id + `" & type="result" & ` + want)
}

// clicks counts what the user was asked.
func (b *being) clicks() (n int) {
	for _, e := range b.user.Inbox() {
		if e.Name.Local == "presence" && e.Attr("type") == "subscribe" {
			n++
		}
	}
	return n
}

func (b *being) unregisters() {
	b.t.Helper()
	b.sends(`<iq to='aim.localhost' type='set' id='unreg'><query xmlns='jabber:iq:register'><remove/></query></iq>`)
	b.hears(`id="unreg" & type="result"`)
}

const echo, bob = "echobot@aim.localhost", "bobwonder@aim.localhost"

func wonderland() []transports.Contact {
	return []transports.Contact{{ID: "echobot", Name: "Echo", Groups: []string{"Bots"}}, {ID: "bobwonder", Name: "Bob", Groups: []string{"Friends", "Work"}}}
}

// TestARosterWithPrivileges is with Prosody, whose mod_privilege sets rosters: not one click, and nothing is left.
func TestARosterWithPrivileges(t *testing.T) {
	in := newInside(t, xmppd.Prosody, true)
	in.network.Echo("echobot")
	in.network.Account("bobwonder", "")
	in.network.Account("alicewonder", "rabbit1", wonderland()...)
	juliet := person(t, in.stage, "juliet")
	juliet.register("alicewonder")
	juliet.has(map[string]string{aim.Domain: "both Loopback", echo: "both Echo Bots", bob: "both Bob Friends,Work"})
	juliet.chats("without a click")
	in.again(t, juliet)
	juliet.hearsAll(`<presence & from="echobot@aim.localhost/imgate"`, `<presence & from="aim.localhost/imgate" & value="online"`)

	juliet.edits(echo, "Echo Chamber", "Caves")
	in.again(t, juliet)
	if !in.Until(func() bool {
		c, _ := in.listed("echobot")
		return c.Name == "Echo Chamber" && fmt.Sprint(c.Groups) == "[Caves]"
	}) {
		t.Errorf("the list is %v", in.network.Contacts("alicewonder"))
	}
	in.elsewhere(transports.Contact{ID: "echobot", Name: "Echo Chamber", Groups: []string{"Caves"}}, transports.Contact{ID: "bobwonder", Name: "Robert", Groups: []string{"Work"}})
	juliet.has(map[string]string{aim.Domain: "both Loopback", echo: "both Echo Chamber Caves", bob: "both Robert Work"})

	juliet.removes(bob)
	if !in.Until(func() bool { _, there := in.listed("bobwonder"); return !there }) {
		t.Error("who was taken off the roster is still on the list")
	}
	in.elsewhere(transports.Contact{ID: "echobot", Name: "Echo", Groups: []string{"Bots"}}, transports.Contact{ID: "bobwonder", Name: "Bob"})
	juliet.has(map[string]string{aim.Domain: "both Loopback", echo: "both Echo Bots"}) // bob never comes back by himself
	juliet.sends(`<presence to='` + bob + `' type='subscribe'/>`)
	juliet.has(map[string]string{aim.Domain: "both Loopback", echo: "both Echo Bots", bob: "both Bob"})

	if n := juliet.clicks(); n != 0 {
		t.Errorf("the user was asked %d times", n)
	}
	juliet.unregisters()
	juliet.has(map[string]string{})
}

// TestARosterThatCanNotBeSet is with ejabberd 23.01, which announces that rosters may be set and does not do it. They
// can be read: so names that the user gives still go to the network.
func TestARosterThatCanNotBeSet(t *testing.T) {
	in := newInside(t, xmppd.Ejabberd, true)
	in.network.Echo("echobot")
	in.network.Account("alicewonder", "rabbit1", wonderland()[:1]...)
	juliet := person(t, in.stage, "juliet")
	juliet.register("alicewonder")
	juliet.has(map[string]string{aim.Domain: "both", echo: "both"})
	if n := strings.Count(in.log.String(), "does not set rosters"); n != 1 {
		t.Errorf("found out %d times", n)
	}
	juliet.edits(echo, "Echo Chamber", "Caves")
	in.again(t, juliet)
	juliet.hears(`from="aim.localhost/imgate" & value="online"`)
	juliet.compares("Echo Chamber & Caves")
	if c, _ := in.listed("echobot"); c.Name != "Echo" || fmt.Sprint(c.Groups) != "[Bots]" {
		t.Errorf("at first sight the list is %v", in.network.Contacts("alicewonder"))
	}
	juliet.edits(echo, "Echo Cave", "Caves")
	in.again(t, juliet)
	if !in.Until(func() bool { c, _ := in.listed("echobot"); return c.Name == "Echo Cave" }) {
		t.Errorf("the list is %v", in.network.Contacts("alicewonder"))
	}
	juliet.removes(echo)
	if !in.Until(func() bool { _, there := in.listed("echobot"); return !there }) {
		t.Error("who was taken off the roster is still on the list")
	}
	juliet.unregisters()
	juliet.apart()
}

// apart waits until nobody of ours sees the user or is seen: without privileges the items themselves are the
// client's to delete.
func (b *being) apart() {
	b.t.Helper()
	var got map[string]string
	if !b.st.Until(func() bool {
		got = b.roster()
		for _, item := range got {
			if item != "none" && !strings.HasPrefix(item, "none ") {
				return false
			}
		}
		return true
	}) {
		b.t.Fatalf("left behind: %v", got)
	}
}

// TestARosterWithoutPrivileges is with each server: one click for each.
func TestARosterWithoutPrivileges(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		in := newInside(t, kind, false)
		in.network.Echo("echobot")
		in.network.Account("bobwonder", "")
		in.network.Account("alicewonder", "rabbit1", wonderland()...)
		juliet := person(t, in.stage, "juliet")
		juliet.register("alicewonder")
		juliet.has(map[string]string{aim.Domain: "both", echo: "both", bob: "both"})
		if n := juliet.clicks(); n != 3 {
			t.Errorf("the user was asked %d times", n)
		}
		juliet.edits(echo, "Echo Chamber", "Caves")
		in.elsewhere(transports.Contact{ID: "echobot", Name: "Echo II"}, transports.Contact{ID: "bobwonder", Name: "Robert"})
		juliet.removes(bob)
		if !in.Until(func() bool { _, there := in.listed("bobwonder"); return !there }) {
			t.Error("who was taken off the roster is still on the list")
		}
		in.again(t, juliet)
		juliet.has(map[string]string{aim.Domain: "both", echo: "both Echo Chamber Caves"})
		if n := juliet.clicks(); n != 3 {
			t.Errorf("the user was asked %d times", n)
		}
		juliet.unregisters()
		juliet.apart()
	})
}

// TestOwnMessages is what the user says with another client of the account: it reaches a client with carbons as the
// user's own, once, and goes to the network no second time.
func TestOwnMessages(t *testing.T) {
	t.Parallel()
	for _, kind := range []xmppd.Kind{xmppd.Prosody, xmppd.Ejabberd} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			in := newInside(t, kind, true)
			in.network.Account("bobwonder", "")
			in.network.Account("alicewonder", "rabbit1")
			juliet := person(t, in.stage, "juliet")
			juliet.sends(`<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>`)
			juliet.hears(`id="carbons" & type="result"`)
			juliet.register("alicewonder")
			juliet.sends(`<presence to='aim.localhost'/>`)
			juliet.compares(`Contacts of Loopback`) // by then the client is known
			in.network.Say("alicewonder", "bobwonder", "from the telephone")
			in.network.Say("bobwonder", "alicewonder", "the end")
			juliet.hears(`from="bobwonder@aim.localhost/imgate" & the end`)
			shown := 0
			for _, e := range juliet.user.Inbox() {
				if strings.Contains(e.String(), "from the telephone") {
					shown++
					if !hasAll(e, `from="juliet@localhost" & <sent xmlns="urn:xmpp:carbons:2"> & to="bobwonder@aim.localhost"`) {
						t.Errorf("shown as %s", e)
					}
				}
			}
			if got := in.network.Heard("bobwonder"); len(got) != 1 {
				t.Errorf("bob heard %d messages", len(got))
			}
			if shown != 1 {
				t.Errorf("shown %d times", shown)
			}
		})
	}
}

// TestAskingForLeave is XEP-0321 with servers that do not know it: they refuse, and the user sees nothing of it.
func TestAskingForLeave(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		in := &inside{stage: &stage{t: t, users: map[string]*user{}, log: &lockedBuffer{}}}
		in.login = func(ctx context.Context, jid, password, address string) (client, error) {
			return e2e.LoginPlain(ctx, jid, password, address)
		}
		in.server = startServer(t, xmppd.Config{Kind: kind, Users: map[string]string{"juliet": "capulet"}, Components: map[string]string{serviceDomain: secret}})
		juliet := person(t, in.stage, "juliet")
		t.Cleanup(juliet.user.(*user).stop)
		link, got, states := runLink(t, component.Config{Address: in.server.Component(), Domain: aim, Secret: secret, Server: home})
		if s := <-states; !s.Up {
			t.Fatal(s.Err)
		}
		question := xmltree.New(xmpp.RosterManageSpace, "query").SetAttr("type", "request").SetAttr("reason", "why")
		if err := link.Send(soon(t), xmpp.IQ{Header: xmpp.Header{ID: "leave", From: aim, To: xmpp.JID{Local: "juliet", Domain: "localhost"}}, Type: xmpp.SetIQ, Payload: []*xmltree.Element{question}}); err != nil {
			t.Fatal(err)
		}
		if q, ok := heard(t, got).Stanza.(xmpp.IQ); !ok || q.Type != xmpp.ErrorIQ || q.ID != "leave" {
			t.Errorf("%s answers %+v", kind, q)
		} else {
			t.Logf("%s: %v", kind, xmpp.ErrorOf(q))
		}
		for _, e := range juliet.user.Inbox() {
			if strings.Contains(e.String(), xmpp.RosterManageSpace) {
				t.Errorf("the user sees %s", e)
			}
		}
	})
}
