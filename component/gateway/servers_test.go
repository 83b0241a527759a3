package gateway

import (
	"fmt"
	"testing"
	"time"

	"imgate/state"
)

// What the servers do differently to a gateway, as measured on Prosody 0.12.3, ejabberd 23.01 and jabberd2 2.7.0. Each
// line is a stanza: its kind, type, from which address of alice's, and what is in it. docs/servers.md has the table.
type habits struct {
	server  string
	login   []line // of a user who is subscribed to the gateway
	removed []line // the user takes an address off the roster
	offline []line // the answer to a probe of a user who is not there
	refusal string // the error of a message that could not be delivered
}

type line struct{ name, kind, from string }

const bare = "alice@example.org"

func everyServer() []habits {
	const condition = "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
	return []habits{
		{
			"prosody",
			[]line{{"presence", "", laptop}, {"presence", "probe", laptop}},
			[]line{{"presence", "unsubscribed", bare}, {"presence", "unavailable", laptop}, {"presence", "unavailable", laptop}, {"presence", "unsubscribe", laptop}},
			[]line{{"presence", "unavailable", bare}},
			"<error type='cancel'>" + condition + "</error>",
		}, {
			"ejabberd",
			[]line{{"presence", "probe", laptop}, {"presence", "", laptop}},
			[]line{{"presence", "unavailable", laptop}, {"presence", "unsubscribed", bare}, {"presence", "unsubscribe", bare}},
			nil,
			"<error code='503' type='cancel'>" + condition + "</error><body>x</body>",
		}, {
			"jabberd2",
			[]line{{"presence", "probe", bare}, {"presence", "", laptop}},
			[]line{{"presence", "unavailable", laptop}, {"presence", "unsubscribed", bare}, {"presence", "unsubscribe", bare}, {"presence", "unavailable", laptop}},
			[]line{{"presence", "unavailable", bare}},
			"<error code='503' type='cancel'>" + condition + "</error><body>x</body>",
		},
	}
}

// withEveryServer plays a story once for each server.
func withEveryServer(t *testing.T, story func(*world, habits)) {
	for _, h := range everyServer() {
		t.Run(h.server, func(t *testing.T) {
			play(t, func(w *world) { story(w, h) })
		})
	}
}

// does gives the gateway these lines, addressed to it or to a contact.
func (w *world) does(lines []line, to string) {
	w.t.Helper()
	for _, l := range lines {
		kind := ""
		if l.kind != "" {
			kind = fmt.Sprintf(" type='%s'", l.kind)
		}
		w.says("<%s xmlns='jabber:component:accept' from='%s' to='%s'%s/>", l.name, l.from, to, kind)
	}
}

func TestLoginOfASubscribedUser(t *testing.T) {
	withEveryServer(t, func(w *world, h habits) {
		w.online()
		w.gone(laptop)
		w.after(2 * time.Minute)
		w.expectState(state.IntentionallyOffline, state.Presence)
		w.link.take()
		w.does(h.login, domain)
		w.after(time.Second)
		w.expectState(state.Online, "")
		w.hears(`<presence & from="aim.example.org/imgate" to="alice@example.org"> & <state value="online"`)
	})
}

// The registration stays when its contact leaves the roster: who adds it again goes on as before.
func TestTheGatewayIsTakenOffTheRoster(t *testing.T) {
	withEveryServer(t, func(w *world, h habits) {
		w.online()
		w.does(h.removed, domain)
		w.hears(`type="unsubscribed" & from="aim.example.org"`)
		w.after(2 * time.Minute)
		w.expectState(state.IntentionallyOffline, state.Presence)
		if subs := w.g.accounts.get(aliceKey()).reg.Subs; subs.To || subs.From {
			t.Errorf("still subscribed: %+v", subs)
		}
		w.befriends()
		w.after(time.Second)
		w.expectState(state.Online, "")
	})
}

func TestAContactIsTakenOffTheRoster(t *testing.T) {
	withEveryServer(t, func(w *world, h habits) {
		w.online()
		w.server.Echo("newbot")
		w.says(`<presence type='subscribe' from='%s' to='newbot@%s'/>`, bare, domain)
		w.says(`<presence type='subscribed' from='%s' to='newbot@%s'/>`, bare, domain)
		if got := w.server.Contacts("aliceliddell"); len(got) != 2 {
			t.Fatalf("contacts %v", got)
		}
		w.does(h.removed, "newbot@"+domain)
		if got := w.server.Contacts("aliceliddell"); len(got) != 1 {
			t.Errorf("contacts %v", got)
		}
		w.expectState(state.Online, "")
	})
}

// Ejabberd says nothing about a user who is not there, so that time has to tell.
func TestAProbedUserIsNotThere(t *testing.T) {
	withEveryServer(t, func(w *world, h habits) {
		w.online()
		w.stop()
		w.start()
		w.hears(`type="probe" & to="alice@example.org"`)
		w.does(h.offline, domain)
		if len(h.offline) == 0 {
			w.expectState(state.Start, "")
			w.after(11 * time.Second)
		}
		w.expectState(state.IntentionallyOffline, state.Presence)
	})
}

// Jabberd2 answers a probe of who is in no roster by unsubscribed: the roster has lost the gateway, the
// registration is there.
func TestAProbeOfAForgottenRoster(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.stop()
		w.start()
		w.link.take()
		w.says(`<presence xmlns='jabber:client' type='unsubscribed' to='%s' from='%s'/>`, domain, bare)
		w.after(11 * time.Second)
		w.expectState(state.IntentionallyOffline, state.Presence)
		w.available(laptop, "")
		w.after(time.Second)
		w.expectState(state.Online, "")
	})
}

// A message to a user who is not there: Prosody and ejabberd keep it, so that nothing comes back; what comes back
// was refused, and the network keeps its copy.
func TestARefusedMessageIsNotHandedOver(t *testing.T) {
	withEveryServer(t, func(w *world, h habits) {
		w.online()
		w.link.set(false, true) // its error comes before the proof
		w.tells(1)
		w.after(0)
		id := w.g.accounts.get(aliceKey()).unproven[0].stanza.Head().ID
		w.says(`<message type='error' id='%s' from='%s' to='echobot@%s/imgate'>%s</message>`, id, bare, domain, h.refusal)
		w.link.set(false, false)
		w.after(time.Second)
		if got := w.server.HandedOver("aliceliddell"); got != 0 {
			t.Errorf("%d handed over although it was refused", got)
		}
	})
}

// Jabberd2's session manager has an address that is no domain of users, and lists the gateway once it is answered.
func TestTheSessionManagerAsks(t *testing.T) {
	play(t, func(w *world) {
		w.says(`<iq xmlns='jabber:client' type='get' from='sm' to='%s' id='sm-1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`, domain)
		w.hears(`<iq & type="result" & id="sm-1" & to="sm" & category="gateway"`)
		w.says(`<iq xmlns='jabber:client' type='get' from='sm' to='%s' id='sm-2'><query xmlns='jabber:iq:register'/></iq>`, domain)
		w.hears(`id="sm-2" & type="error"`)
	})
}

// Subscriptions come from the bare address, or from a client's where a server passes that on.
func TestSubscriptionsFromBothForms(t *testing.T) {
	for _, from := range []string{bare, laptop} {
		play(t, func(w *world) {
			w.registers("Alice Liddell", "pw")
			w.link.take()
			w.says(`<presence type='subscribe' from='%s' to='%s'/>`, from, domain)
			w.hears(`type="subscribed" & to="alice@example.org"`)
			w.says(`<presence type='subscribed' from='%s' to='%s'/>`, from, domain)
			w.available(laptop, "")
			w.expectState(state.Online, "")
			if subs := w.g.accounts.get(aliceKey()).reg.Subs; !subs.To || !subs.From {
				t.Errorf("%s: not subscribed: %+v", from, subs)
			}
		})
	}
}

// Jabberd2 drops a "no" to what was asked for; after a "yes" it takes it. It is known by its session manager.
func TestARefusalThatJabberd2Takes(t *testing.T) {
	play(t, func(w *world) {
		refused := func(want int) {
			t.Helper()
			w.says(`<presence type='subscribe' from='%s' to='nobody@%s'/>`, bare, domain)
			sent := w.link.take()
			if got := countOf(sent, `type="subscribed"`); got != want || countOf(sent, `type="unsubscribed"`) != 1 {
				t.Errorf("%d yes before the no: %v", got, sent)
			}
		}
		refused(0) // who is not registered
		w.online()
		refused(0)
		w.says(`<iq xmlns='jabber:client' type='get' from='sm' to='%s' id='sm-1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`, domain)
		w.link.take()
		refused(1)
	})
}
