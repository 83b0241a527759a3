package gateway

import (
	"strings"
	"testing"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

func TestFromRegistrationToChat(t *testing.T) {
	play(t, func(w *world) {
		w.says(`<iq type='get' id='g1' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.hears(`id="g1" & <username/> & <password/> & jabber:x:data`)
		w.registers("Alice Liddell", "pw")
		w.hears(`id="reg1" & type="result"`, `type="subscribe" & from="aim.example.org"`)
		w.expectState(state.Online, "")
		w.befriends()
		w.hears(`type="subscribed"`, `from="aim.example.org/imgate" & value="online"`)
		w.says(`<iq type='get' id='g2' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.hears(`id="g2" & <registered/> & Alice Liddell`)
		w.says(`<message type='chat' id='m1' from='%s' to='echobot@%s'><body>hello &amp; goodbye</body><request xmlns='urn:xmpp:receipts'/></message>`, laptop, domain)
		w.hears(`from="echobot@aim.example.org/imgate" & to="alice@example.org" & <body>hello &amp; goodbye</body>`,
			`to="alice@example.org/laptop" & <received xmlns="urn:xmpp:receipts" id="m1"/>`)
	})
}

func TestThePasswordIsNeverToldBack(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw-secret")
		w.server.Account("aliceliddell", "pw-secret")
		w.registers("Alice Liddell", "pw-secret")
		w.says(`<iq type='get' id='g2' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.never("pw-secret")
	})
}

func TestAWrongPasswordIsNoRegistration(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "wrong")
		w.hears(`id="reg1" & type="error" & not-authorized & code="401"`)
		w.never("<query")
		w.says(`<iq type='get' id='g2' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.never("registered")
		w.hears(`id="g2"`)
	})
}

func TestRefusedRegistrationsAreLimited(t *testing.T) {
	play(t, func(w *world) {
		for range 5 {
			w.registers("Alice Liddell", "wrong")
			w.hears("not-authorized")
		}
		for _, password := range []string{"pw", "wrong"} { // slow and alike, whatever the password
			w.registers("Alice Liddell", password)
			w.never("resource-constraint")
			w.after(slowAnswer)
			w.hears("resource-constraint")
		}
		w.after(61 * time.Minute)
		w.registers("Alice Liddell", "pw")
		w.hears(`type="result"`)
	})
}

func TestMissingFields(t *testing.T) {
	play(t, func(w *world) {
		for _, c := range []struct{ name, password, want string }{
			{"", "pw", "The name is missing"}, {"alice", "", "The password is missing"},
			{"a!b", "pw", "loopback name"}, {strings.Repeat("a", 300), "pw", "too long"},
		} {
			w.registers(c.name, c.password)
			w.never("<query")
			w.hears(`type="error" & not-acceptable & ` + c.want)
		}
	})
}

func TestOtherLocationStaysDownThroughPresence(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
		w.after(0)
		sent := w.link.peek()
		other, disabled := -1, -1
		for i, s := range sent {
			if strings.Contains(s, "otherLocation") {
				other = i
			}
			if strings.Contains(s, `value="disabled"`) && disabled < 0 {
				disabled = i
			}
		}
		if other < 0 || disabled < 0 || other > disabled {
			t.Errorf("other location at %d, disabled at %d in\n%s", other, disabled, strings.Join(sent, "\n"))
		}
		w.available(laptop, "<show>away</show>")
		w.gone(laptop)
		w.available(phone, "")
		w.after(time.Hour)
		w.expectState(state.Disabled, state.OtherLocation)
		w.link.take()
		w.says(`<message type='chat' from='%s' to='%s'><body>reconnect</body></message>`, phone, domain)
		w.hears("Signing on to Loopback now", `value="online"`)
	})
}

func TestSignOffByTheLastResourceAfterLinger(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.available(phone, "")
		w.gone(laptop)
		w.after(10 * time.Minute)
		w.expectState(state.Online, "")
		w.gone(phone)
		w.after(89 * time.Second)
		w.expectState(state.Online, "")
		w.available(phone, "")
		w.gone(phone)
		w.after(89 * time.Second)
		w.expectState(state.Online, "")
		w.after(2 * time.Second)
		w.expectState(state.IntentionallyOffline, state.Presence)
		w.hears(`from="echobot@aim.example.org/imgate" & type="unavailable"`)
		w.available(laptop, "")
		w.after(time.Second)
		w.expectState(state.Online, "")
	})
}

func TestABareUnavailableIsNoLogOff(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.gone("alice@example.org")
		w.after(10 * time.Minute)
		w.expectState(state.Online, "")
	})
}

func TestAwayFollowsTheHighestPriority(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.available(laptop, "<show>away</show><status>tea</status><priority>5</priority>")
		w.available(phone, "<priority>-1</priority>")
		if show, status, _ := w.server.Online("aliceliddell"); show != transports.Away || status != "tea" {
			t.Errorf("%v %q", show, status)
		}
		w.available(laptop, "<priority>5</priority>")
		if show, status, _ := w.server.Online("aliceliddell"); show != transports.Online || status != "" {
			t.Errorf("%v %q", show, status)
		}
	})
}

func TestContactsAreAskedOnceEver(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.hears(`type="get" & http://jabber.org/protocol/disco#info`)
		w.after(11 * time.Second) // the client does not answer
		w.after(2 * time.Second)
		w.hears(`type="subscribe" & from="echobot@aim.example.org" & <nick xmlns="http://jabber.org/protocol/nick">Echo</nick>`)
		w.stop()
		w.start()
		w.available(laptop, "")
		w.after(time.Minute)
		w.expectState(state.Online, "")
		w.never(`from="echobot@aim.example.org" to="alice@example.org" type="subscribe"`)
	})
}

func TestContactsByRosterExchange(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.link.take()
		w.befriends()
		w.answers(w.asked(xmpp.InfoSpace), laptop, "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='http://jabber.org/protocol/rosterx'/></query>")
		w.hears(`to="alice@example.org/laptop" & rosterx & jid="echobot@aim.example.org" & action="add" & <group>Bots</group>`)
		w.says(`<presence type='subscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.hears(`type="subscribed" & from="echobot@aim.example.org"`, `from="echobot@aim.example.org/imgate" to="alice@example.org"`)
	})
}

func TestAddAndRemoveAContact(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Echo("newbot")
		w.says(`<presence type='subscribe' from='alice@example.org' to='newbot@%s'/>`, domain)
		w.hears(`type="subscribed" & from="newbot@aim.example.org"`)
		if got := w.server.Contacts("aliceliddell"); len(got) != 2 {
			t.Errorf("contacts %v", got)
		}
		w.says(`<presence type='subscribe' from='alice@example.org' to='nobody@%s'/>`, domain)
		w.hears(`type="unsubscribed" & from="nobody@aim.example.org"`)
		w.says(`<presence type='unsubscribe' from='alice@example.org' to='newbot@%s'/>`, domain)
		w.says(`<presence type='unsubscribed' from='alice@example.org' to='newbot@%s'/>`, domain)
		if got := w.server.Contacts("aliceliddell"); len(got) != 1 {
			t.Errorf("contacts %v", got)
		}
	})
}

func TestMessagesThatCanNotArriveComeBack(t *testing.T) {
	play(t, func(w *world) {
		chat := func(id, to, text string) {
			w.says(`<message type='chat' id='%s' from='%s' to='%s'><body>%s</body></message>`, id, laptop, to, text)
		}
		chat("u1", "echobot@"+domain, "x")
		w.hears(`id="u1" & type="error" & registration-required`)
		w.online()
		chat("u2", "nobody@"+domain, "x")
		w.hears(`id="u2" & type="error" & item-not-found`)
		chat("u3", "a!b@"+domain, "x")
		w.hears(`id="u3" & type="error" & jid-malformed`)
		chat("u4", "echobot@"+domain, strings.Repeat("long ", 30_000))
		w.hears(`id="u4" & type="error" & policy-violation`)
		w.never("long long")
		w.says(`<message type='chat' from='%s' to='%s'><body>sign off</body></message>`, laptop, domain)
		chat("u5", "echobot@"+domain, "x")
		w.hears(`id="u5" & type="error" & recipient-unavailable`)
		w.says(`<message type='chat' id='f1' from='eve@evil.example/x' to='echobot@%s'><body>x</body></message>`, domain)
		w.hears(`id="f1" & type="error" & forbidden`)
	})
}

func TestMessagesWaitForTheSignOn(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Refuse(&transports.Failure{Kind: transports.Transient, Text: "down"})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "dropped"})
		w.after(0)
		w.says(`<message type='chat' id='w1' from='%s' to='echobot@%s'><body>patience</body></message>`, laptop, domain)
		w.server.Refuse(nil)
		w.after(16 * time.Second)
		w.expectState(state.Online, "")
		w.hears("<body>patience</body> & from=\"echobot@")
		w.server.Refuse(&transports.Failure{Kind: transports.Transient, Text: "down"})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "dropped"})
		w.after(0)
		w.says(`<message type='chat' id='w2' from='%s' to='echobot@%s'><body>in vain</body></message>`, laptop, domain)
		w.after(61 * time.Second)
		w.hears(`id="w2" & type="error" & remote-server-timeout`)
	})
}

func TestANewPasswordIsTriedBesideTheOld(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.registers("alice liddell", "wrong")
		w.after(time.Second)
		w.hears(`id="reg1" & type="error" & not-authorized`)
		w.expectState(state.Online, "")
		w.server.Account("aliceliddell", "new")
		w.registers("alice liddell", "new")
		w.hears(`id="reg1" & type="result"`)
		w.stop()
		w.start()
		w.available(laptop, "")
		w.after(time.Second)
		w.expectState(state.Online, "")
	})
}

func TestUnregisterTakesEverythingOut(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.says(`<presence type='subscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.link.take()
		w.says(`<iq type='set' id='rm' from='%s' to='%s'><query xmlns='jabber:iq:register'><remove/></query></iq>`, laptop, domain)
		w.hears(`id="rm" & type="result"`, `from="echobot@aim.example.org" & type="unsubscribe"`,
			`from="echobot@aim.example.org" & type="unsubscribed"`, `from="aim.example.org" & type="unsubscribed"`)
		if _, _, on := w.server.Online("aliceliddell"); on {
			t.Error("still signed on")
		}
		w.says(`<iq type='set' id='rm2' from='%s' to='%s'><query xmlns='jabber:iq:register'><remove/></query></iq>`, laptop, domain)
		w.hears(`id="rm2" & type="error" & item-not-found`)
		w.registers("Alice Liddell", "pw")
		w.hears(`id="reg1" & type="result"`)
	})
}

func TestRequestsAreAlwaysAnswered(t *testing.T) {
	play(t, func(w *world) {
		for _, c := range []struct{ to, payload, want string }{
			{domain, `<query xmlns='http://jabber.org/protocol/disco#info'/>`, `category="gateway" & jabber:iq:register`},
			{domain, `<query xmlns='http://jabber.org/protocol/disco#items'/>`, `type="result"`},
			{domain, `<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>`, `item-not-found`},
			{"echobot@" + domain, `<query xmlns='http://jabber.org/protocol/disco#info'/>`, `category="account"`},
			{domain, `<ping xmlns='urn:xmpp:ping'/>`, `type="result"`},
			{"echobot@" + domain + "/imgate", `<ping xmlns='urn:xmpp:ping'/>`, `type="result"`},
			{domain, `<query xmlns='jabber:iq:version'/>`, `<name>imgate</name>`},
			{domain, `<query xmlns='jabber:iq:gateway'/>`, `<prompt>Name</prompt>`},
			{domain, `<what xmlns='urn:example:nobody-knows'/>`, `service-unavailable & code="503"`},
			{"echobot@" + domain, `<what xmlns='urn:example:nobody-knows'/>`, `service-unavailable`},
		} {
			w.says(`<iq type='get' id='q' from='%s' to='%s'>%s</iq>`, laptop, c.to, c.payload)
			w.hears(`id="q" & ` + c.want)
		}
		w.says(`<iq type='set' id='q' from='%s' to='%s'><query xmlns='jabber:iq:gateway'><prompt>Alice Liddell</prompt></query></iq>`, laptop, domain)
		w.hears(`<jid>aliceliddell@aim.example.org</jid>`)
		w.says(`<iq type='get' id='q2' from='%s' to='%s'/>`, laptop, domain)
		w.hears(`id="q2" & bad-request`)
		w.says(`<iq type='set' id='q3' from='eve@evil.example/x' to='%s'><query xmlns='jabber:iq:register'><username>a</username><password>b</password></query></iq>`, domain)
		w.hears(`id="q3" & not-allowed`)
	})
}

func TestCommands(t *testing.T) {
	play(t, func(w *world) {
		run := func(node, inner, want string) {
			t.Helper()
			w.says(`<iq type='set' id='c' from='%s' to='%s'><command xmlns='http://jabber.org/protocol/commands' node='%s'>%s</command></iq>`, laptop, domain, node, inner)
			w.hears(`id="c" & ` + want)
		}
		submit := func(fields ...string) string {
			x := `<x xmlns='jabber:x:data' type='submit'>`
			for i := 0; i < len(fields); i += 2 {
				x += `<field var='` + fields[i] + `'><value>` + fields[i+1] + `</value></field>`
			}
			return x + `</x>`
		}
		run("status", "", "registration-required")
		run("nonsense", "", "item-not-found")
		run("register", "", `status="executing" & text-private`)
		run("register", submit("username", "Alice Liddell", "password", "pw"), `status="completed" & Registered with Loopback`)
		w.befriends()
		run("status", "", `status="completed" & <value>online</value> & Alice Liddell`)
		run("sign-off", "", `status="completed"`)
		w.expectState(state.IntentionallyOffline, state.SignedOff)
		w.available(phone, "")
		w.expectState(state.IntentionallyOffline, state.SignedOff)
		run("reconnect", "", `status="completed" & Signing on to Loopback now`)
		w.expectState(state.Online, "")
		run("unregister", "", `status="executing"`)
		run("unregister", submit("confirm", "0"), `Nothing was removed`)
		run("unregister", submit("confirm", "1"), `status="completed" & removed`)
		w.says(`<iq type='get' id='l' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/></iq>`, laptop, domain)
		w.never(`node="status"`)
		w.hears(`node="register"`)
	})
}

func TestAfterARestartOnlyTheProbedSignOn(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.stop()
		w.start()
		w.hears(`type="probe" & to="alice@example.org"`)
		w.expectState(state.Start, "")
		w.after(11 * time.Second)
		w.expectState(state.IntentionallyOffline, state.Presence)
		w.stop()
		w.start()
		w.available(laptop, "")
		w.after(time.Second)
		w.expectState(state.Online, "")
	})
}

func TestALostLinkIsForgivenForAWhile(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.link.set(true, false)
		w.g.LinkDown(domain)
		w.after(30 * time.Second)
		w.server.Say("echobot", "aliceliddell", "while you were out")
		w.after(time.Second)
		w.expectState(state.Online, "")
		w.link.set(false, false)
		w.g.LinkUp(domain)
		w.after(0)
		w.hears("while you were out", `type="probe"`)
		w.available(laptop, "")
		w.after(time.Hour)
		w.expectState(state.Online, "")
		w.link.set(true, false)
		w.g.LinkDown(domain)
		w.after(61 * time.Second)
		w.expectState(state.Start, "")
		if _, _, on := w.server.Online("aliceliddell"); on {
			t.Error("still signed on")
		}
		w.link.set(false, false)
		w.g.LinkUp(domain)
		w.available(laptop, "")
		w.after(time.Second)
		w.expectState(state.Online, "")
	})
}

func TestLongDropsAreToldOnceAndTheirEndToo(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Refuse(&transports.Failure{Kind: transports.Transient, Text: "down for maintenance"})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "dropped"})
		w.after(time.Second)
		w.hears(`from="aim.example.org/imgate" & type="unavailable" & trying_to_connect & delay="15000"`)
		w.after(2 * time.Minute)
		w.never("<body>")
		w.after(2 * time.Minute)
		w.hears("<body>Signing on to Loopback again in & down for maintenance")
		w.server.Refuse(nil)
		w.after(20 * time.Minute)
		w.hears("<body>Signed on to Loopback again.</body>")
	})
}

func TestStopSignsOffAndSaysSo(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.says(`<presence type='subscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.link.take()
		w.stop()
		w.hears(`from="echobot@aim.example.org/imgate" & type="unavailable"`, `from="aim.example.org/imgate" & type="unavailable" & shutdown`)
		if _, _, on := w.server.Online("aliceliddell"); on {
			t.Error("still signed on")
		}
	})
}

func TestAPanicInASessionIsContained(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.PanicAt("aliceliddell")
		w.after(0)
		w.expectState(state.TryingToConnect, "")
		w.after(16 * time.Second)
		w.expectState(state.Online, "")
	})
}

func TestARemovedRegistrationIsWipedWhenItCanNoLongerBeRestored(t *testing.T) {
	play(t, func(w *world) {
		w.undo = 2 * time.Hour
		w.stop()
		w.start()
		w.online()
		w.says(`<iq type='set' id='rm' from='%s' to='%s'><query xmlns='jabber:iq:register'><remove/></query></iq>`, laptop, domain)
		w.after(90 * time.Minute)
		stored := func() (registry.Stored, bool) {
			s, ok, err := w.g.registry.Get(registry.Key{User: "alice@example.org", Service: "aim"})
			if err != nil {
				t.Error(err)
			}
			return s, ok
		}
		if s, ok := stored(); !ok || s.Removed.IsZero() || s.Password.Reveal() != "pw" {
			t.Errorf("there %v, removed %v: it can't be restored", ok, s.Removed)
		}
		w.after(2 * time.Hour)
		if _, ok := stored(); ok {
			t.Error("still there")
		}
	})
}

// A session that does not end holds the stop up for StopTimeout and no longer.
func TestStopDoesNotWaitForEver(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.link.stuck = make(chan struct{})
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("stopped after %v", took)
		}
	})
}

// Held back by the gate, an account is told when its turn comes, and goes then.
func TestTheGateHoldsBackAndTellsWhen(t *testing.T) {
	play(t, func(w *world) {
		w.perMinute = 6
		w.stop()
		w.start()
		w.online()
		w.server.Account("bob", "pw")
		w.says(`<iq type='set' id='b1' from='bob@example.org/x' to='%s'><query xmlns='jabber:iq:register'><username>bob</username><password>pw</password></query></iq>`, domain)
		w.hears(`to="bob@example.org" & trying_to_connect & delay="10000"`)
		if _, _, on := w.server.Online("bob"); on {
			t.Error("went before its turn")
		}
		w.after(10 * time.Second)
		w.hears(`id="b1" & type="result"`, `to="bob@example.org" & value="online"`)
	})
}
