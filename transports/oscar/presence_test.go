package oscar

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

func TestPresenceOut(t *testing.T) {
	online(t, nil, func(s *story) {
		heard := func(kind wire.Kind) wire.TLVs { return body[wire.TLVs](t, s.hears(kind)) }
		written := func(tag transports.Tag) {
			t.Helper()
			if d := want[transports.Done](s); d != (transports.Done{Tag: tag}) {
				t.Errorf("done with %+v", d)
			}
		}
		s.does(transports.SetPresence{Tag: 1, Show: transports.DND, Status: "tea & <cake>"})
		if away := heard(wire.SetInfo); away.String(wire.InfoAway) != "tea &amp; &lt;cake&gt;" || away.String(wire.InfoAwayType) != awayType {
			t.Errorf("away is told as %v", away)
		}
		written(1)

		s.does(transports.SetPresence{Tag: 2, Show: transports.DND, Status: "tea & <cake>"})
		written(2) // nothing new

		s.does(transports.SetPresence{Tag: 3, Show: transports.XA})
		if away := heard(wire.SetInfo); away.String(wire.InfoAway) != "Away" {
			t.Errorf("away without a word is told as %v", away)
		}
		written(3)

		s.does(transports.SetPresence{Tag: 4, Show: transports.Online, Status: "here", Invisible: true, IdleSince: time.Now().Add(-time.Minute)})
		if back, ok := heard(wire.SetInfo).Get(wire.InfoAway); !ok || len(back) != 0 {
			t.Errorf("back is told as %q, %v", back, ok)
		}
		if status, _ := heard(wire.SetStatus).Number(wire.UserStatus); status != wire.StatusInvisible {
			t.Errorf("invisible is told as %#x", status)
		}
		if idle := body[wire.Idle](t, s.hears(wire.SetIdle)); idle.Seconds != 60 {
			t.Errorf("idle for a minute is told as %d s", idle.Seconds)
		}
		written(4)

		s.does(transports.SetPresence{Tag: 5, Show: transports.Online})
		if status, ok := heard(wire.SetStatus).Number(wire.UserStatus); !ok || status != 0 {
			t.Errorf("visible is told as %#x", status)
		}
		if idle := body[wire.Idle](t, s.hears(wire.SetIdle)); idle.Seconds != 0 {
			t.Errorf("active is told as idle for %d s", idle.Seconds)
		}
		written(5)
	})
}

func TestPresenceAtSignOn(t *testing.T) {
	heard := map[wire.Kind]wire.SNAC{}
	online(t, func(p *peer, a *transports.Account) {
		a.Presence = transports.SetPresence{Show: transports.Away, Status: "later", Invisible: true}
		for _, kind := range []wire.Kind{wire.SetInfo, wire.SetStatus} {
			p.answers[kind] = func(_ *peer, q wire.SNAC) []wire.SNAC { heard[q.Kind] = q; return nil }
		}
	}, func(s *story) {
		synctest.Wait()
		if got := body[wire.TLVs](t, heard[wire.SetInfo]).String(wire.InfoAway); got != "later" {
			t.Errorf("signed on with the away text %q", got)
		}
		if got, _ := body[wire.TLVs](t, heard[wire.SetStatus]).Number(wire.UserStatus); got != wire.StatusInvisible {
			t.Errorf("signed on with status %#x", got)
		}
	})
}

func TestAwayMarkupFits(t *testing.T) {
	for _, status := range []string{"", "&&&&&&&&&&&&&&&&&&&&", "ääääääääääääääääääääääää", "short"} {
		for limit := 5; limit < 60; limit++ {
			if got := awayMarkup(status, limit); len(got) > limit || got == "" && limit > 10 {
				t.Errorf("%q in %d bytes: %q", status, limit, got)
			}
		}
	}
}

func TestPresenceIn(t *testing.T) {
	status := func(bits uint32) wire.TLVs { return wire.TLVs{wire.Uint32(wire.UserStatus, bits)} }
	class := func(bits uint16) wire.TLVs { return wire.TLVs{wire.Uint16(wire.UserClass, bits)} }
	text := wire.TLVs{wire.Bytes(wire.UserIconOrText, []byte{0, 2, 4, 4, 0, 2, 'h', 'i'})}
	online(t, nil, func(s *story) {
		now := time.Now()
		tests := []struct {
			tlvs wire.TLVs
			want transports.Presence
		}{
			{nil, transports.Presence{Show: transports.Online}},
			{class(wire.ClassFree), transports.Presence{Show: transports.Online}},
			{class(wire.ClassFree | wire.ClassAway), transports.Presence{Show: transports.Away}},
			{status(wire.StatusAway), transports.Presence{Show: transports.Away}},
			{status(wire.StatusAway | wire.StatusNA), transports.Presence{Show: transports.XA}},
			{append(status(0x10000000|wire.StatusDND|wire.StatusAway), class(wire.ClassAway)...), transports.Presence{Show: transports.DND}},
			{status(wire.StatusChat), transports.Presence{Show: transports.Chat}},
			{wire.TLVs{wire.Uint16(wire.UserIdle, 10)}, transports.Presence{Show: transports.Online, IdleSince: now.Add(-10 * time.Minute)}},
			{text, transports.Presence{Show: transports.Online, Status: "hi"}},
			{wire.TLVs{wire.Bytes(wire.UserIconOrText, []byte{0, 2, 4, 4, 9})}, transports.Presence{Show: transports.Online}},
		}
		for _, tt := range tests {
			tt.want.From = "madhatter"
			s.peer.push(wire.BuddyArrived, wire.Users{{Name: "Mad Hatter", TLVs: tt.tlvs}})
			if got := want[transports.Presence](s); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("%v: got %+v\nwant %+v", tt.tlvs, got, tt.want)
			}
		}
		s.peer.push(wire.BuddyDeparted, wire.Users{{Name: "Mad Hatter"}, {Name: "?"}})
		if got := want[transports.Presence](s); got != (transports.Presence{From: "madhatter", Show: transports.Offline}) {
			t.Errorf("departed: %+v", got)
		}
		s.quiet(time.Second)
	})
}

// away makes the peer give away texts, and counts how often it is asked.
func away(texts map[string]wire.TLVs, asked map[string]int) func(*peer, *transports.Account) {
	return func(p *peer, _ *transports.Account) {
		p.answers[wire.InfoQuery2] = func(p *peer, q wire.SNAC) []wire.SNAC {
			w := body[wire.InfoWanted2](p.t.(*testing.T), q)
			asked[w.Name]++
			return reply(wire.InfoReply, wire.Info{User: wire.User{Name: w.Name}, TLVs: texts[w.Name]})(p, q)
		}
	}
}

func TestAwayTexts(t *testing.T) {
	gone := wire.TLVs{wire.Uint16(wire.UserClass, wire.ClassAway)}
	claimed := `text/aolrtf; charset="us-ascii"`
	asked := map[string]int{}
	online(t, away(map[string]wire.TLVs{
		"madhatter": {wire.String(wire.InfoAwayType, claimed), wire.String(wire.InfoAway, "<HTML>caf\xc3\xa9 &amp; tea</HTML>")},
		"dormouse":  {wire.String(wire.InfoAwayType, `text/aolrtf; charset="unicode-2-0"`), wire.String(wire.InfoAway, "\x00z\x00z")},
	}, asked), func(s *story) {
		for _, name := range []string{"madhatter", "dormouse"} {
			s.peer.push(wire.BuddyArrived, wire.Users{{Name: name, TLVs: gone}})
		}
		got := map[transports.LegacyID][]string{}
		for range 4 {
			p := want[transports.Presence](s)
			got[p.From] = append(got[p.From], p.Status)
			if p.Show != transports.Away {
				t.Errorf("got %+v", p)
			}
		}
		if fmt.Sprint(got) != "map[dormouse:[ zz] madhatter:[ café & tea]]" {
			t.Errorf("told %v", got)
		}
		// Repeated at once it is not asked for again; what is known is told.
		s.peer.push(wire.BuddyArrived, wire.Users{{Name: "Mad Hatter", TLVs: gone}})
		if p := want[transports.Presence](s); p.Status != "café & tea" {
			t.Errorf("told again: %+v", p)
		}
		s.quiet(2 * time.Minute)
		s.peer.push(wire.BuddyArrived, wire.Users{{Name: "Mad Hatter", TLVs: gone}})
		want[transports.Presence](s)
		s.quiet(time.Minute)
		synctest.Wait()
		if asked["madhatter"] != 2 || asked["dormouse"] != 1 {
			t.Errorf("asked %v", asked)
		}
		s.peer.push(wire.BuddyArrived, wire.Users{{Name: "Mad Hatter"}})
		if p := want[transports.Presence](s); p.Status != "" || p.Show != transports.Online {
			t.Errorf("back: %+v", p)
		}
	})
}

// A crowd that is away costs no contact edit its turn, and the class stays clear.
func TestManyAwayTexts(t *testing.T) {
	asked := map[string]int{}
	online(t, away(nil, asked), func(s *story) {
		var crowd wire.Users
		for n := range 150 {
			crowd = append(crowd, wire.User{Name: fmt.Sprintf("away%d", n), TLVs: wire.TLVs{wire.Uint16(wire.UserClass, wire.ClassAway)}})
		}
		s.peer.push(wire.BuddyArrived, crowd)
		for range crowd {
			want[transports.Presence](s)
		}
		begun := time.Now()
		s.does(transports.SetPresence{Tag: 1, Show: transports.Away})
		want[transports.Done](s)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("presence waited %v", took)
		}
		s.quiet(20 * time.Minute)
		synctest.Wait()
		if len(asked) != len(crowd) {
			t.Errorf("%d of %d asked for", len(asked), len(crowd))
		}
	})
}

func TestProfiles(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) {
		p.answers[wire.InfoQuery2] = func(p *peer, q wire.SNAC) []wire.SNAC {
			if w := body[wire.InfoWanted2](t, q); w.Name != "madhatter" || w.What != wire.WantProfile {
				return reply(wire.KindOf(wire.FamilyLocate, wire.ErrorType), wire.Error{Code: wire.CodeNotLoggedOn})(p, q)
			}
			return reply(wire.InfoReply, wire.Info{User: wire.User{Name: "Mad Hatter"}, TLVs: wire.TLVs{
				wire.String(wire.InfoProfileType, "text/aolrtf"), wire.String(wire.InfoProfile, "<HTML>hats &amp; tea</HTML>")}})(p, q)
		}
	}, func(s *story) {
		s.does(transports.FetchProfile{Tag: 1, ID: "madhatter"})
		d := want[transports.Done](s)
		if r, ok := d.Result.(transports.ProfileResult); !ok || r.Text.String() != "hats & tea" || d.Err != nil {
			t.Errorf("done with %+v", d)
		}
		s.does(transports.FetchProfile{Tag: 2, ID: "dormouse"})
		if d := want[transports.Done](s); !errors.Is(d.Err, transports.ErrUnavailable) || d.Result != nil {
			t.Errorf("done with %+v", d)
		}
	})
}
