package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// asksFor runs what a door asks for while the user's server answers; r may be nil.
func (w *world) asksFor(r *rosterServer, f func(ctx context.Context) error) string {
	w.t.Helper()
	done := make(chan error, 1)
	go func() { done <- f(context.Background()) }()
	if r != nil {
		r.serves()
	}
	synctest.Wait()
	select {
	case err := <-done:
		return condition(err)
	case <-time.After(2 * time.Minute):
		w.t.Fatal("no answer")
		return ""
	}
}

// condition is what a door tells its caller.
func condition(err error) string {
	var e *xmpp.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &e):
		return string(e.Condition)
	}
	return err.Error()
}

func at(name string) xmpp.JID { return xmpp.JID{Local: name, Domain: domain} }

func (w *world) links(r *rosterServer, name, as string) string {
	w.t.Helper()
	return w.asksFor(r, func(ctx context.Context) error { return w.g.Link(ctx, alice, at(name), as, false) })
}

func (w *world) unlinks(r *rosterServer, name string) string {
	w.t.Helper()
	return w.asksFor(r, func(ctx context.Context) error { return w.g.Unlink(ctx, alice, at(name), false) })
}

// listed is the list as the network has it.
func (w *world) listed() string { return fmt.Sprint(w.server.Contacts("aliceliddell")) }

func TestADoorLinksBothHalves(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.server.Echo("newbot")
		w.link.take()
		if got := w.links(r, "newbot", "The New One"); got != "ok" {
			t.Error(got)
		}
		r.has("newbot@"+domain, "both The New One []")
		if got := w.listed(); !strings.Contains(got, "{newbot The New One [] false}") {
			t.Error(got)
		}
		w.never(`type="subscribe"`) // without a click
		if got := w.links(r, "newbot", "The New One"); got != "ok" {
			t.Error("linked again: " + got)
		}
		if got := w.unlinks(r, "newbot"); got != "ok" {
			t.Error(got)
		}
		r.has("newbot@"+domain, "nothing")
		if got := w.listed(); strings.Contains(got, "newbot") {
			t.Error(got)
		}
		if got := w.unlinks(r, "newbot"); got != "ok" {
			t.Error("unlinked again: " + got)
		}
		w.logsInAgain(r)
		r.has("newbot@"+domain, "nothing")
		r.has(echobot, "both Echo [Bots]")
	})
}

func TestADoorLeavesNoHalf(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		before := w.listed()
		if got := w.links(r, "nobody", ""); got != "recipient-unavailable" && got != "item-not-found" {
			t.Error("the network knows nobody: " + got)
		}
		r.has("nobody@"+domain, "nothing")
		w.server.Echo("newbot")
		r.refuses = "not-acceptable"
		if got := w.links(r, "newbot", "New"); got != "not-acceptable" {
			t.Error("the roster refuses: " + got)
		}
		if got := w.listed(); got != before {
			t.Error("half a link: " + got)
		}
		r.refuses = ""
		w.logsInAgain(r)
		r.has("newbot@"+domain, "nothing")
		if got := w.links(r, "newbot", "New"); got != "ok" {
			t.Error("and then: " + got)
		}
		r.refuses = "internal-server-error"
		if got := w.unlinks(r, "newbot"); got != "internal-server-error" {
			t.Error(got)
		}
		if got := w.listed(); !strings.Contains(got, "newbot") {
			t.Error("half an unlink: " + got)
		}
		if got := w.links(r, "newbot", "New"); got != "feature-not-implemented" {
			t.Error("where rosters can't be set any more: " + got)
		}
	})
}

func TestTheNetworkKeepsAContact(t *testing.T) {
	play(t, func(w *world) {
		w.server.Grant("aliceliddell", transports.CanInvisible)
		r := w.privileged("both")
		if got := w.unlinks(r, "echobot"); got == "ok" {
			t.Error("the network can't change its list")
		}
		r.has(echobot, "both Echo [Bots]")
		w.logsInAgain(r)
		r.has(echobot, "both Echo [Bots]")
	})
}

// The server says that the user has unsubscribed before it answers the removal.
func TestUnlinkingWhereTheServerUnsubscribes(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		done := make(chan error, 1)
		go func() { done <- w.g.Unlink(context.Background(), alice, at("echobot"), false) }()
		q, ok := r.next()
		if !ok {
			t.Fatal("nothing is asked")
		}
		w.says(`<presence type='unsubscribe' from='%s' to='%s'/>`, bare, echobot)
		w.says(`<presence type='unsubscribed' from='%s' to='%s'/>`, bare, echobot)
		r.answers(q)
		r.serves()
		if err := <-done; err != nil || w.listed() != "[]" {
			t.Errorf("%v, %s", err, w.listed())
		}
		r.has(echobot, "nothing")
	})
}

func TestWhatADoorCannotLink(t *testing.T) {
	play(t, func(w *world) {
		if got := w.links(nil, "echobot", ""); got != "item-not-found" {
			t.Error("not registered: " + got)
		}
		w.online()
		if got := w.links(nil, "echobot", ""); got != "feature-not-implemented" {
			t.Error("no leave: " + got)
		}
		if got := w.asksFor(nil, func(ctx context.Context) error {
			return w.g.Link(ctx, alice, xmpp.JID{Local: "#room", Domain: domain}, "", true)
		}); got != "not-allowed" {
			t.Error("a room: " + got)
		}
		w.gone(laptop)
		w.after(time.Hour)
		if got := w.links(nil, "echobot", ""); got != "service-unavailable" {
			t.Error("not signed on: " + got)
		}
	})
}

func TestLinkingBySubscription(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Echo("newbot")
		if got := w.asksFor(nil, func(ctx context.Context) error { return w.g.Link(ctx, alice, at("newbot"), "New", true) }); got != "ok" {
			t.Error(got)
		}
		w.hears(`from="newbot@aim.example.org" & type="subscribe"`)
		if !strings.Contains(w.listed(), "newbot") {
			t.Error(w.listed())
		}
		if got := w.asksFor(nil, func(ctx context.Context) error { return w.g.Unlink(ctx, alice, at("newbot"), true) }); got != "ok" {
			t.Error(got)
		}
		w.hears(`from="newbot@aim.example.org" & type="unsubscribed"`)
		if strings.Contains(w.listed(), "newbot") {
			t.Error(w.listed())
		}
	})
}

// A roster that may be read and not written does not have the contact until the user has said yes: it was not taken off.
func TestLinkingBySubscriptionWhereTheRosterIsRead(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("get")
		w.server.Echo("newbot")
		if got := w.asksFor(nil, func(ctx context.Context) error { return w.g.Link(ctx, alice, at("newbot"), "New", true) }); got != "ok" {
			t.Error(got)
		}
		r.serves()
		if !strings.Contains(w.listed(), "newbot") {
			t.Errorf("it is off the list: %s", w.listed())
		}
	})
}

func items(list []xmpp.RosterItem) string {
	var out []string
	for _, i := range list {
		out = append(out, fmt.Sprintf("%s %q %s %v %v", i.JID, i.Name, i.Subscription, i.Groups, i.Asked))
	}
	return strings.Join(out, "; ")
}

func TestADoorReadsRosters(t *testing.T) {
	play(t, func(w *world) {
		read := func(r *rosterServer, of xmpp.JID) string {
			var list []xmpp.RosterItem
			got := w.asksFor(r, func(ctx context.Context) (err error) {
				list, err = w.g.Roster(ctx, of)
				return err
			})
			if got != "ok" {
				return got
			}
			return items(list)
		}
		if got := read(nil, alice); got != "feature-not-implemented" {
			t.Error(got)
		}
		if got := read(nil, at("aliceliddell")); got != "item-not-found" {
			t.Error(got)
		}
		r := w.privileged("both")
		other := xmpp.JID{Local: "bob", Domain: "example.org"}
		r.items[other.String()] = xmpp.RosterItem{JID: other, Subscription: xmpp.FromSubscription}
		if got := read(r, alice); !strings.Contains(got, `echobot@aim.example.org "Echo" both [Bots] false`) || !strings.Contains(got, "bob@example.org") {
			t.Error(got)
		}
		if got := read(r, at("aliceliddell")); got != `echobot@aim.example.org "Echo" both [Bots] false` {
			t.Error(got)
		}
		list, err := w.g.Contacts(context.Background(), alice)
		if got := items(list); err != nil || got != `echobot@aim.example.org "Echo" both [Bots] false` {
			t.Error(got, err)
		}
		w.gone(laptop)
		w.after(time.Hour)
		list, err = w.g.Contacts(context.Background(), alice) // of one that is signed off, as it was
		if got := items(list); err != nil || got != `echobot@aim.example.org "Echo" both [Bots] false` {
			t.Error(got, err)
		}
		if got := read(r, at("aliceliddell")); got != `echobot@aim.example.org "Echo" both [Bots] false` {
			t.Error(got)
		}
		if _, err := w.g.Contacts(context.Background(), other); condition(err) != "item-not-found" {
			t.Error(err)
		}
		r.silent = true
		if got := read(r, alice); got != "remote-server-timeout" {
			t.Error(got)
		}
		w.link.set(true, false)
		if got := read(nil, alice); got != "service-unavailable" {
			t.Error(got)
		}
	})
}

func TestADoorChangesALegacyList(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.server.Echo("newbot")
		set := func(name string, item xmpp.RosterItem) string {
			item.JID = at(name)
			return w.asksFor(r, func(ctx context.Context) error { return w.g.SetRosterItem(ctx, at("aliceliddell"), item) })
		}
		for _, step := range []struct {
			name string
			item xmpp.RosterItem
			want string
		}{
			{"newbot", xmpp.RosterItem{Name: "New", Groups: []string{"G"}}, "[{echobot Echo [Bots] false} {newbot New [G] false}]"},
			{"newbot", xmpp.RosterItem{Name: "New", Groups: []string{"G"}}, "[{echobot Echo [Bots] false} {newbot New [G] false}]"},
			{"newbot", xmpp.RosterItem{Name: "Newer"}, "[{echobot Echo [Bots] false} {newbot Newer [] false}]"},
			{"newbot", xmpp.RosterItem{Subscription: xmpp.RemoveItem}, "[{echobot Echo [Bots] false}]"},
			{"newbot", xmpp.RosterItem{Subscription: xmpp.RemoveItem}, "[{echobot Echo [Bots] false}]"},
		} {
			if got := set(step.name, step.item); got != "ok" || w.listed() != step.want {
				t.Errorf("%+v: %s, %s", step.item, got, w.listed())
			}
		}
		if got := w.asksFor(r, func(ctx context.Context) error {
			return w.g.SetRosterItem(ctx, at("aliceliddell"), xmpp.RosterItem{JID: alice})
		}); got != "jid-malformed" {
			t.Error(got)
		}
		if got := w.asksFor(r, func(ctx context.Context) error {
			return w.g.SetRosterItem(ctx, alice, xmpp.RosterItem{JID: at("x"), Name: "X", Subscription: xmpp.ToSubscription})
		}); got != "ok" {
			t.Error(got)
		}
		r.has("x@"+domain, "to X []")
	})
}

func shown(list []xmpp.Presence) string {
	var out []string
	for _, p := range list {
		out = append(out, fmt.Sprintf("%s %s %s %d", p.From, p.Show(), p.Status(), p.Priority()))
	}
	return strings.Join(out, "; ")
}

func TestADoorSeesWhoIsThere(t *testing.T) {
	play(t, func(w *world) {
		sees := func(of xmpp.JID) string {
			t.Helper()
			list, err := w.g.Presences(context.Background(), of)
			if err != nil {
				return condition(err)
			}
			return shown(list)
		}
		if got := sees(alice); got != "" {
			t.Error("nobody is registered: " + got)
		}
		w.online()
		w.available(phone, "<show>away</show><status>out</status><priority>5</priority>")
		w.available("alice@example.org/secret", "")
		w.says(`<presence type='invisible' from='alice@example.org/secret' to='%s'/>`, domain)
		if got := sees(alice); got != "alice@example.org/laptop   0; alice@example.org/phone away out 5" {
			t.Error(got)
		}
		if got := sees(at("aliceliddell")); got != "aliceliddell@aim.example.org/imgate away out 0" {
			t.Error("one who is registered: " + got)
		}
		w.server.SetShow("echobot", transports.DND, "busy")
		w.after(time.Second)
		if got := sees(at("EchoBot")); got != "echobot@aim.example.org/imgate dnd busy 0" {
			t.Error("one who is on a list: " + got)
		}
		if got := sees(at("nobody")); got != "" {
			t.Error(got)
		}
		list, err := w.g.ContactPresences(context.Background(), alice)
		if got := shown(list); err != nil || got != "echobot@aim.example.org/imgate dnd busy 0" {
			t.Error(got, err)
		}
		list, err = w.g.ContactPresences(context.Background(), at("aliceliddell"))
		if got := shown(list); err != nil || got != "echobot@aim.example.org/imgate dnd busy 0" {
			t.Error(got, err)
		}
		if _, err = w.g.ContactPresences(context.Background(), at("nobody")); condition(err) != "item-not-found" {
			t.Error(err)
		}
	})
}

func TestADoorSends(t *testing.T) {
	play(t, func(w *world) {
		send := func(stanza string) string {
			t.Helper()
			e, err := xmltree.Parse(stanza, xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			adopt(e)
			s, err := xmpp.Parse(e)
			if err != nil {
				t.Fatal(err)
			}
			return condition(w.g.Send(context.Background(), s))
		}
		if got := send(`<message from='echobot@aim.example.org' to='alice@example.org'><body>hi</body></message>`); got != "ok" {
			t.Error(got)
		}
		w.hears(`<body>hi</body>`)
		own := `<message from='alice@example.org/x' to='echobot@aim.example.org' type='chat'><body>mine</body></message>`
		if got := send(own); got != "forbidden" {
			t.Error(got)
		}
		if got := send(`<message from='alice@example.net' to='echobot@aim.example.org'/>`); got != "not-allowed" {
			t.Error(got)
		}
		w.grants(2, "both", "outgoing")
		if got := send(own); got != "ok" {
			t.Error(got)
		}
		w.hears(`to="example.org" & urn:xmpp:privilege:2 & from="alice@example.org" & mine`)
		if got := send(`<presence from='alice@example.org' to='echobot@aim.example.org'/>`); got != "forbidden" {
			t.Error(got)
		}
		w.link.set(true, false)
		if got := send(own); got != "service-unavailable" {
			t.Error(got)
		}
	})
}
