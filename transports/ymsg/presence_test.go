package ymsg

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/ymsg"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

func TestPresence(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		bob := p.friend()
		if d := s.does(transports.AddContact{Tag: s.next(), ID: "bobwonder", Name: "Bob", Groups: []string{"Friends"}}); d.Err != nil || d.Proof != transports.Accepted {
			t.Errorf("%+v", d)
		}
		want := []transports.Event{
			transports.Contacted{Contact: transports.Contact{ID: "bobwonder", Name: "Bob", Groups: []string{"Friends"}}},
			transports.Presence{From: "bobwonder", Show: transports.Online},
		}
		if got := s.seen[len(s.seen)-3 : len(s.seen)-1]; !reflect.DeepEqual(got, want) {
			t.Errorf("seen %+v", got)
		}
		s.held = nil
		for _, c := range []struct {
			code, text, flag string
			want             transports.Presence
		}{
			{"1", "", "", transports.Presence{Show: transports.Away, Status: "Be right back"}},
			{"2", "", "", transports.Presence{Show: transports.DND, Status: "Busy"}},
			{"7", "", "", transports.Presence{Show: transports.XA, Status: "On vacation"}},
			{"99", "gone ☃ fishing", "1", transports.Presence{Show: transports.Away, Status: "gone ☃ fishing"}},
			{"99", "at my desk", "0", transports.Presence{Show: transports.Online, Status: "at my desk"}},
			{"12", "", "", transports.Presence{}},
			{"0", "", "", transports.Presence{Show: transports.Online}},
		} {
			f := wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyStatus, c.code)}
			if c.code == "99" {
				f = append(f, wire.Text(wire.KeyAwayText, c.text), wire.Text(wire.KeyAwayFlag, c.flag))
			}
			bob.say(wire.IsAway, wire.Available, f)
			c.want.From = "bobwonder"
			if got := sees(s, func(e transports.Presence) bool { return e.From == "bobwonder" }); got != c.want {
				t.Errorf("%s %q: %+v", c.code, c.text, got)
			}
		}
		bob.say(wire.IsAway, wire.Available, wire.Fields{wire.Text(wire.KeyStatus, "999")})
		if got := sees(s, func(e transports.Presence) bool { return e.From == "bobwonder" }); got.Show != transports.Away || got.IdleSince.IsZero() {
			t.Errorf("idle: %+v", got)
		}
	})
}

// lookOf says how a presence goes out.
func TestLooks(t *testing.T) {
	idle := time.Now()
	for _, c := range []struct {
		p    transports.SetPresence
		want look
	}{
		{transports.SetPresence{Show: transports.Online}, look{}},
		{transports.SetPresence{Show: transports.Chat}, look{}},
		{transports.SetPresence{Show: transports.Away}, look{status: wire.SteppedOut}},
		{transports.SetPresence{Show: transports.XA}, look{status: wire.NotInOffice}},
		{transports.SetPresence{Show: transports.DND}, look{status: wire.Busy}},
		{transports.SetPresence{Show: transports.Online, Status: "here"}, look{wire.Custom, "here", "0"}},
		{transports.SetPresence{Show: transports.Away, Status: "tea"}, look{wire.Custom, "tea", "1"}},
		{transports.SetPresence{Show: transports.Online, IdleSince: idle}, look{status: wire.IdleStatus}},
		{transports.SetPresence{Show: transports.Away, IdleSince: idle}, look{status: wire.SteppedOut}},
		{transports.SetPresence{Show: transports.Online, Status: "here", IdleSince: idle}, look{wire.Custom, "here", "2"}},
		{transports.SetPresence{Show: transports.Away, Status: "tea", Invisible: true}, look{status: wire.Invisible}},
		{transports.SetPresence{Show: transports.Away, Status: strings.Repeat("☃", 100)}, look{wire.Custom, strings.Repeat("☃", 85), "1"}},
	} {
		if got := lookOf(c.p); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.p, got, c.want)
		}
	}
}

// Others hear of the user what the user is, and nothing of one who signs on unseen once the server knows.
func TestSeenByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{})
		defer p.Close()
		bob := p.friend()
		bob.say(wire.AddContact, wire.Available, wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyContact, "alicewonder"), wire.Text(wire.KeyGroup, "Friends")})
		acct := alice()
		acct.Presence = transports.SetPresence{Show: transports.Away, Status: "tea ☃"}
		s := begin(t, p.Dial, acct)
		defer s.ends()
		sees[transports.ContactList](s, nil)
		s.quiet(time.Second)
		if got := bob.of(wire.IsAway); len(got) != 1 || got[0].Fields.String(wire.KeyAwayText) != "tea ☃" || got[0].Fields.String(wire.KeyAwayFlag) != "1" {
			t.Errorf("bob hears %v", got)
		}
		s.does(transports.SetPresence{Tag: s.next(), Show: transports.Online, Invisible: true})
		s.quiet(time.Second)
		if got := bob.of(wire.LogOff); len(got) != 1 {
			t.Errorf("bob hears %v", got)
		}
		s.does(transports.SetPresence{Tag: s.next(), Show: transports.Online})
		s.quiet(time.Second)
		if got := bob.of(wire.LogOn); len(got) != 3 { // his own, hers, hers again
			t.Errorf("bob hears %v", got)
		}
	})
}
