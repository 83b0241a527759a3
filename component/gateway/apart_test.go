package gateway

import (
	"strings"
	"testing"
	"time"

	"imgate/state"
	"imgate/transports"
)

// registered makes a further user, signed on.
func (w *world) registered(user, name string) {
	w.t.Helper()
	w.server.Account(transports.LegacyID(name), "pw", transports.Contact{ID: "echobot", Name: "Echo"})
	w.says(`<iq type='set' id='r' from='%s/x' to='%s'><query xmlns='jabber:iq:register'><username>%s</username><password>pw</password></query></iq>`, user, domain, name)
	w.hears(`to="` + user + `/x" & id="r" & type="result"`)
	w.says(`<presence from='%s/x' to='%s'/>`, user, domain)
}

// A session that takes nothing and gives nothing is its own user's trouble only.
func TestOneStuckSessionHoldsUpNobodyElse(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.registered("bob@example.org", "bob")
		w.server.Stall("aliceliddell")
		for range 600 {
			w.says(`<message type='chat' id='s' from='%s' to='echobot@%s'><body>into the void</body></message>`, laptop, domain)
		}
		w.link.take()
		w.says(`<message type='chat' id='b' from='bob@example.org/x' to='echobot@%s'><body>hello</body></message>`, domain)
		w.hears(`to="bob@example.org" & <body>hello</body>`)
		w.says(`<iq type='get' id='d' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`, laptop, domain)
		w.hears(`id="d" & type="result"`)
	})
}

// While one user's server link swallows nothing, the desk answers and others are told what is theirs when it is back.
func TestADeadLinkLosesNobodysMessages(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.registered("bob@example.org", "bob")
		w.link.set(true, false)
		w.g.LinkDown(domain)
		for range 60 {
			w.server.Say("echobot", "aliceliddell", "for alice")
		}
		w.server.Say("echobot", "bob", "for bob")
		w.after(30 * time.Second)
		w.link.set(false, false)
		w.g.LinkUp(domain)
		w.after(5 * time.Second)
		alice, bob := 0, 0
		for _, s := range w.link.peek() {
			alice += strings.Count(s, "for alice")
			bob += strings.Count(s, "for bob")
		}
		if alice != 60 || bob != 1 {
			t.Errorf("%d for alice, %d for bob", alice, bob)
		}
	})
}

// Whatever a user sends about a registration is about the user's own.
func TestNobodyTouchesAnothersRegistration(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		before := w.state()
		for _, who := range []string{"eve@example.org/x", "eve@evil.example/x", "example.org", "sm"} {
			w.says(`<iq type='set' id='e1' from='%s' to='%s'><query xmlns='jabber:iq:register'><remove/></query></iq>`, who, domain)
			w.says(`<iq type='get' id='e2' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, who, domain)
			w.says(`<iq type='set' id='e3' from='%s' to='%s'><command xmlns='http://jabber.org/protocol/commands' node='sign-off'/></iq>`, who, domain)
			w.says(`<message from='%s' to='%s' type='chat'><body>unregister</body></message>`, who, domain)
			w.says(`<presence from='%s' to='%s' type='unavailable'/>`, who, domain)
			w.says(`<presence from='%s' to='echobot@%s' type='unsubscribed'/>`, who, domain)
		}
		w.never("aliceliddell")
		w.never("Alice")
		w.after(10 * time.Minute)
		if got := w.state(); got.State != state.Online || !got.Since.Equal(before.Since) {
			t.Errorf("state %s since %v, was since %v", got.State, got.Since, before.Since)
		}
	})
}
