package loopback

import (
	"fmt"
	"testing"
	"time"

	"imgate/richtext"
	"imgate/transports"
)

func TestStoredMessagesAreKeptUntilHandedOver(t *testing.T) {
	play(t, func(s *stage) {
		s.Say("bob", "alice", "one")
		s.Say("bob", "alice", "two")
		session := func(handedOver transports.Seq, want ...string) {
			t.Helper()
			a := s.signsOn("alice", nil)
			var got []string
			for _, ev := range a.sees() {
				if m, ok := ev.(transports.Message); ok && m.Stored && !m.Sent.IsZero() {
					got = append(got, fmt.Sprint(m.Seq, m.Body.String()))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%q are given, not %q", got, want)
			}
			a.tells(transports.HandedOver{Seq: handedOver})
			a.tells(transports.HandedOver{Seq: handedOver}) // the second time says nothing new
			a.leaves()
		}
		session(0, "1one", "2two")
		session(1, "1one", "2two")
		session(9, "1two")
		session(0)
		s.Grant("bob", Everything&^transports.CanOffline)
		s.on("bob").refused(transports.SendMessage{To: "alice"}, transports.ErrUnavailable)
	})
}

func TestOtherClientsAreTold(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		s.Say("alice", "bob", "hi")
		alice.expect(transports.OwnMessage{To: "bob", Body: richtext.Plain("hi"), Sent: now()})
		bob.expect(transports.Message{From: "alice", Body: richtext.Plain("hi")})
		s.Announce("closing at ten")
		bob.expect(transports.Notice{Text: "closing at ten"})
	})
}

func TestKeptValuesComeBack(t *testing.T) {
	play(t, func(s *stage) {
		first := s.signsOn("alice", nil)
		keep := find[transports.Keep](t, first.sees())
		first.leaves()
		second := s.signsOn("alice", map[string]transports.Secret{keep.Name: keep.Secret})
		for _, ev := range second.sees() {
			if _, again := ev.(transports.Keep); again {
				t.Error("the kept value is made anew")
			}
		}
		if s.Ticket("alice") != keep.Secret {
			t.Error("the kept value did not come")
		}
	})
}

func TestTypingAndAttention(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		alice.tells(transports.SendTyping{To: "bob", State: transports.TypingActive})
		bob.expect(transports.TypingFrom{From: "alice", State: transports.TypingActive})
		alice.works(transports.SendAttention{To: "bob"})
		bob.expect(transports.Attention{From: "alice"})
		alice.refused(transports.SendAttention{To: "carol"}, transports.ErrUnavailable)
		s.Type("carol", "bob", transports.TypingPaused)
		s.Nudge("carol", "bob")
		bob.expect(transports.TypingFrom{From: "carol", State: transports.TypingPaused}, transports.Attention{From: "carol"})
	})
}

func TestPresenceHasEverything(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		bob.works(transports.AddContact{ID: "alice", Name: "A", Groups: []string{"G"}})
		bob.sees()
		idle, tune := time.Now().Add(-time.Minute), &transports.Tune{Artist: "Mahler", Title: "IX"}
		alice.sees()
		alice.works(transports.SetAvatar{Image: &transports.Image{Type: "image/png", Data: []byte("png")}})
		hash := find[transports.Presence](t, bob.sees()).Avatar
		alice.works(transports.SetPresence{Show: transports.DND, Status: "busy", IdleSince: idle, Tune: tune})
		bob.expect(transports.Presence{From: "alice", Show: transports.DND, Status: "busy", IdleSince: idle, Tune: tune, Avatar: hash, Powers: Everything})
		got := bob.works(transports.FetchAvatar{ID: "alice", Hash: hash}).(transports.AvatarResult)
		if string(got.Image.Data) != "png" || hash == "" {
			t.Errorf("the picture %q is %+v", hash, got)
		}
		bob.refused(transports.FetchAvatar{ID: "alice", Hash: "old"}, transports.ErrUnknown)
		alice.refused(transports.SetAvatar{Image: &transports.Image{Type: "text/html", Data: []byte("x")}}, transports.ErrInvalid)
		alice.refused(transports.SetAvatar{Image: &transports.Image{Type: "image/png", Data: make([]byte, maxAvatar+1)}}, transports.ErrTooLong)
		alice.works(transports.SetPresence{Show: transports.Chat, Invisible: true})
		bob.expect(transports.Presence{From: "alice"})
		if show, _, on := s.Online("alice"); show != transports.Offline || !on {
			t.Error("the invisible is seen")
		}
	})
}

func TestNickAndProfile(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		alice.works(transports.SetNick{Nick: "Ali"})
		alice.works(transports.SetProfile{Fields: []transports.Field{{Var: "about", Value: "curious"}, {Var: "city", Label: "City", Value: "Oxford"}}})
		got := bob.works(transports.FetchProfile{ID: "alice"}).(transports.ProfileResult)
		if got.Text.String() != "curious" || fmt.Sprint(got.Fields) != "[{nick Nickname Ali} {city City Oxford}]" {
			t.Errorf("the profile is %+v", got)
		}
		bob.refused(transports.FetchProfile{ID: "nobody"}, transports.ErrUnknown)
		alice.refused(transports.SetProfile{Fields: make([]transports.Field, 1)}, transports.ErrInvalid)
	})
}

func TestAuthorisation(t *testing.T) {
	play(t, func(s *stage) {
		s.Guard("bob")
		alice := s.on("alice")
		alice.works(transports.AddContact{ID: "bob", Reason: "it is me"})
		alice.expect(transports.Contacted{Contact: transports.Contact{ID: "bob", Pending: true}}, transports.Presence{From: "bob"})
		bob := s.signsOn("bob", nil) // was not there to be asked
		if r := find[transports.AuthRequest](t, bob.sees()); r.From != "alice" || r.Reason != "it is me" {
			t.Errorf("asked: %+v", r)
		}
		alice.expect(transports.Presence{From: "bob"})
		bob.works(transports.AnswerAuth{To: "alice", Reason: "who?"})
		alice.expect(transports.AuthAnswer{From: "bob", Reason: "who?"})
		bob.refused(transports.AnswerAuth{To: "alice", Allow: true}, transports.ErrUnknown)
		alice.works(transports.AddContact{ID: "bob"})
		alice.sees()
		bob.works(transports.AnswerAuth{To: "alice", Allow: true})
		alice.expect(transports.AuthAnswer{From: "bob", Granted: true}, transports.Contacted{Contact: transports.Contact{ID: "bob"}},
			transports.Presence{From: "bob", Show: transports.Online, Powers: Everything})
		bob.sees()
		bob.works(transports.AddContact{ID: "alice"})
		alice.expect(transports.AddedYou{From: "bob"})
	})
}

func TestBlockedAndPrivate(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		bob.works(transports.AddContact{ID: "alice"})
		bob.sees()
		gone, here := transports.Presence{From: "alice"}, transports.Presence{From: "alice", Show: transports.Online, Powers: Everything}
		alice.sees()
		alice.works(transports.Block{ID: "bob", On: true})
		alice.expect(transports.Blocked{List: []transports.LegacyID{"bob"}})
		bob.expect(gone)
		bob.refused(transports.SendMessage{To: "alice"}, transports.ErrDenied)
		bob.tells(transports.SendTyping{To: "alice"})
		alice.expect()
		alice.works(transports.Block{ID: "bob"})
		bob.expect(here)
		alice.sees()
		for mode, want := range map[transports.Privacy]transports.Presence{
			transports.AllowAll: here, transports.AllowContacts: gone, transports.AllowListed: gone, transports.DenyListed: here, transports.DenyAll: gone,
		} {
			alice.works(transports.SetPrivacy{Mode: mode})
			bob.expect(want)
		}
		alice.works(transports.SetPrivacy{Mode: transports.AllowListed})
		bob.sees()
		s.Permit("alice", "bob")
		bob.expect(here)
	})
}

func TestSearch(t *testing.T) {
	play(t, func(s *stage) {
		alice := s.on("alice")
		form := alice.works(transports.SearchForm{}).(transports.FormResult)
		form.Fields[0].Value = "O"
		got := alice.works(transports.Search{Fields: form.Fields}).(transports.SearchResult)
		if len(got.Found) != 2 || got.Found[0].ID != "bob" || got.Found[1].ID != "carol" || got.More {
			t.Errorf("found: %+v", got)
		}
		for i := range maxFound {
			s.Account(transports.LegacyID(fmt.Sprint("o", i)), "")
		}
		if got := alice.works(transports.Search{Fields: form.Fields}).(transports.SearchResult); !got.More || len(got.Found) != maxFound {
			t.Errorf("found: %d, more: %v", len(got.Found), got.More)
		}
		alice.refused(transports.Search{}, transports.ErrInvalid)
	})
}

// A session without a power is told so, and hears nothing that needs it.
func TestSessionsWithoutPowers(t *testing.T) {
	play(t, func(s *stage) {
		s.Grant("bob", Everything)
		alice, bob := s.on("alice"), s.on("bob")
		for _, c := range []transports.Command{
			transports.SendAttention{To: "bob"}, transports.SetNick{}, transports.SetProfile{}, transports.SetAvatar{},
			transports.AddContact{ID: "bob"}, transports.ChangeContact{}, transports.RemoveContact{}, transports.AnswerAuth{},
			transports.Block{}, transports.SetPrivacy{}, transports.FetchProfile{ID: "bob"}, transports.FetchAvatar{ID: "bob"},
			transports.SearchForm{}, transports.Search{}, transports.ListRooms{}, transports.JoinRoom{Room: "r", Create: true},
			transports.SayRoom{}, transports.InviteRoom{}, transports.AnswerFile{}, transports.SendFile{To: "bob"},
			transports.SetPresence{Show: transports.Online, Invisible: true},
		} {
			alice.refused(c, transports.ErrUnsupported)
		}
		bob.tells(transports.SendTyping{To: "alice"})
		bob.refused(transports.SendAttention{To: "alice"}, transports.ErrUnavailable)
		bob.refused(transports.SendFile{To: "alice", Name: "f", Open: opens("x")}, transports.ErrUnavailable)
		alice.expect()
	}, Powers(0))
}
