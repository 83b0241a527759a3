package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/scene"
	"imgate/xmltree"
	"imgate/xmpp"
)

// TestBadInput gives the real gateway what it should not be given. Each case has an answer; after each the
// other user still chats, over the same link.
func TestBadInput(t *testing.T) {
	everyServer(t, badInput)
}

func badInput(t *testing.T, kind xmppd.Kind) {
	st := newStage(t, kind)
	juliet, romeo := person(t, st, "juliet"), person(t, st, "romeo")
	romeo.register("bobwonder")

	// Nobody is registered but Romeo.
	juliet.sends(`<message to='echobot@aim.localhost' type='chat' id='b1'><body>hi</body></message>`)
	juliet.hears(`id="b1" & type="error" & registration-required`)
	romeo.chats("after b1")
	juliet.sends(`<presence to='echobot@aim.localhost' type='subscribe'/>`)
	juliet.hears(`from="echobot@aim.localhost" & type="unsubscribed"`)
	juliet.has(map[string]string{"echobot@aim.localhost": "none"}) // and is asked for no more
	romeo.chats("after the subscription")

	juliet.register("alicewonder")
	long := strings.Repeat("x", 300<<10)
	for i, c := range []struct{ xml, want string }{
		{`<message to='nobodyhere@aim.localhost' type='chat' id='%s'><body>hi</body></message>`, `type="error" & recipient-unavailable`},
		{`<message to='a\20b\26c@aim.localhost' type='chat' id='%s'><body>hi</body></message>`, `type="error" & jid-malformed`},
		{`<message to='echobot@aim.localhost' type='chat' id='%s'><body>` + long + `</body></message>`, `type="error" & policy-violation`},
		{`<message to='echobot@aim.localhost' type='chat' id='%s'><body>` + long[:70000] + `</body></message>`, `type="error" & policy-violation`},
		{`<message to='echobot@aim.localhost' type='groupchat' id='%s'><body>hi</body></message>`, `type="error" & feature-not-implemented`},
		{`<iq to='aim.localhost' type='get' id='%s'><nobody xmlns='urn:example:knows'/></iq>`, `type="error" & service-unavailable & code="503"`},
		{`<iq to='echobot@aim.localhost/imgate' type='set' id='%s'><nobody xmlns='urn:example:knows'/></iq>`, `type="error" & service-unavailable`},
		{`<iq to='aim.localhost' type='set' id='%s'><query xmlns='jabber:iq:register'/></iq>`, `type="error" & not-acceptable`},
		{`<iq to='aim.localhost' type='set' id='%s'><command xmlns='http://jabber.org/protocol/commands' node='format-disk'/></iq>`, `type="error" & item-not-found`},
		{`<iq to='aim.localhost/a@b/c' type='get' id='%s'><ping xmlns='urn:xmpp:ping'/></iq>`, `type="result" & from="aim.localhost/a@b/c"`},
	} {
		id := fmt.Sprintf("c%d", i)
		juliet.sends(fmt.Sprintf(c.xml, id))
		juliet.hears(fmt.Sprintf(`id="%s" & %s`, id, c.want))
		romeo.chats("after " + id)
	}

	// Negative priority, and one that is no number, are presence like any other, where the server lets them pass.
	juliet.sends(`<presence><priority>-1</priority></presence>`)
	juliet.sends(`<presence><priority>many</priority><show>dead</show></presence>`)
	juliet.sends(`<presence/>`)
	juliet.chats("priority")

	// Control characters of the network become something that XML can hold; those that XML has go through.
	if err := st.Network("aim").Say("bobwonder", "alicewonder", "bell \x01 and \uFFFE end"); err != nil {
		t.Fatal(err)
	}
	juliet.hears("from=\"bobwonder@aim.localhost/imgate\" & bell \uFFFD and \uFFFD end")
	juliet.sends("<message to='echobot@aim.localhost' type='chat' id='cc'><body>tab\tnew\nline &#x85; del&#x7f; end</body></message>")
	juliet.hears(`from="echobot@aim.localhost/imgate" & line`)
	romeo.chats("after control characters")

	// Resources with @ and slashes.
	odd, err := e2e.LoginPlain(soon(t), "juliet@localhost/r@x/y", "capulet", st.server.C2S())
	if err != nil {
		t.Fatal(err)
	}
	defer odd.Close()
	if err := odd.Send(soon(t), `<iq to='aim.localhost' type='get' id='odd'><query xmlns='jabber:iq:register'/></iq>`); err != nil {
		t.Fatal(err)
	}
	for {
		e, err := odd.Next(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if e.Attr("id") == "odd" {
			if e.Attr("type") != "result" || e.Attr("to") != "juliet@localhost/r@x/y" {
				t.Errorf("got %s", e)
			}
			break
		}
	}
	if n := strings.Count(st.log.String(), "link up"); n != 1 {
		t.Errorf("the link came up %d times", n)
	}
	if strings.Contains(st.log.String(), "panic") {
		t.Error("the gateway has panicked")
	}
}

// A being is a user of these tests, at one client.
type being struct {
	t    *testing.T
	st   interface{ Until(func() bool) bool }
	user scene.User
	read int
	n    int
	name string
}

func person(t *testing.T, st *stage, name string) *being {
	t.Helper()
	u, err := st.User(name)
	if err != nil {
		t.Fatal(err)
	}
	return &being{t: t, st: st, user: u, name: name}
}

func (b *being) sends(xml string) {
	b.t.Helper()
	e, err := xmltree.Parse("<stream xmlns='jabber:client'>"+xml+"</stream>", xmltree.Limits{Bytes: 1 << 20})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.user.Send(e.First()); err != nil {
		b.t.Fatal(err)
	}
}

// hears waits for a stanza that has all parts of want, after those heard before.
func (b *being) hears(want string) {
	b.t.Helper()
	ok := b.st.Until(func() bool {
		inbox := b.user.Inbox()
		for i := b.read; i < len(inbox); i++ {
			if hasAll(inbox[i], want) {
				b.read = i + 1
				return true
			}
		}
		return false
	})
	if !ok {
		var all strings.Builder
		for _, e := range b.user.Inbox()[b.read:] {
			all.WriteString(e.String()[:min(300, len(e.String()))] + "\n")
		}
		b.t.Fatalf("%s never heard %s, but\n%s", b.name, want, all.String())
	}
}

func hasAll(e *xmltree.Element, want string) bool {
	text := strings.ReplaceAll(e.String(), "'", `"`)
	for _, part := range strings.Split(want, " & ") {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

func (b *being) register(name string) {
	b.t.Helper()
	q := xmltree.New(xmpp.RegisterSpace, "query").With(
		xmltree.Leaf(xmpp.RegisterSpace, "username", name), xmltree.Leaf(xmpp.RegisterSpace, "password", "rabbit1"))
	b.sends(`<iq to='aim.localhost' type='set' id='reg'>` + string(q.Append(nil, xmpp.ClientSpace)) + `</iq>`)
	b.hears(`id="reg" & type="result"`)
}

// chats proves that the account works.
func (b *being) chats(text string) {
	b.t.Helper()
	b.n++
	text = fmt.Sprintf("%s %d", text, b.n)
	b.sends(`<message to='echobot@aim.localhost' type='chat' id='x'><body>` + text + `</body></message>`)
	b.hears(`from="echobot@aim.localhost/imgate" & <body>` + text + `</body>`)
}
