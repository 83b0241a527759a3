package gateway

import (
	"context"
	"testing"

	"imgate/xmpp"
)

func TestTheGatewayVouchesForWhatIsOnTheList(t *testing.T) {
	play(t, func(w *world) {
		ctx := context.Background()
		alice, aim := xmpp.JID{Local: "alice", Domain: "example.org"}, xmpp.JID{Domain: "aim.example.org"}
		if w.g.Vouches(ctx, alice, aim) || len(w.g.Registered(alice)) != 0 {
			t.Error("before there is a registration")
		}
		w.online()
		if got := w.g.Registered(alice); len(got) != 1 || got[0] != aim {
			t.Errorf("registered at %v", got)
		}
		at := func(local, domain string) xmpp.JID { return xmpp.JID{Local: local, Domain: domain} }
		for from, want := range map[xmpp.JID]bool{
			aim:                                true,
			at("echobot", "aim.example.org"):   true,
			at("stranger", "aim.example.org"):  false,
			at("echobot", "example.org"):       false,
			at("", "example.org"):              false,
			at("3\\", "aim.example.org"):       false,
			at("#room", "aim.example.org"):     false,
			at("echobot", "other.example.org"): false,
		} {
			if got := w.g.Vouches(ctx, alice, from); got != want {
				t.Errorf("%s: %v", from, got)
			}
		}
		if w.g.Vouches(ctx, xmpp.JID{Local: "bob", Domain: "example.org"}, aim) {
			t.Error("for somebody who is not registered")
		}
		ended, end := context.WithCancel(ctx)
		end()
		w.g.Vouches(ended, alice, at("echobot", "aim.example.org"))
		if _, err := w.g.Remove(ctx, aliceOnAim); err != nil {
			t.Fatal(err)
		}
		if w.g.Vouches(ctx, alice, aim) || len(w.g.Registered(alice)) != 0 {
			t.Error("after the registration was removed")
		}
	})
}
