package loopback

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"imgate/richtext"
	"imgate/transports"
)

func TestRooms(t *testing.T) {
	play(t, func(s *stage) {
		s.Room("tea", "Tea", "no room!", "")
		s.Room("secret", "Secret", "", "sesame")
		alice, bob := s.on("alice"), s.on("bob")
		list := alice.works(transports.ListRooms{}).(transports.RoomsResult)
		if len(list.Rooms) != 1 || list.Rooms[0] != (transports.RoomInfo{Room: "tea", Name: "Tea", Topic: "no room!"}) {
			t.Errorf("rooms: %+v", list)
		}
		alice.refused(transports.JoinRoom{Room: "none"}, transports.ErrUnknown)
		alice.refused(transports.JoinRoom{Room: "secret", Password: transports.NewSecret("x")}, transports.ErrDenied)
		alice.works(transports.JoinRoom{Room: "secret", Password: transports.NewSecret("sesame")})
		alice.tells(transports.LeaveRoom{Room: "secret"})
		alice.sees()
		alice.works(transports.JoinRoom{Room: "tea", Nick: "Ali"})
		self := transports.Occupant{Room: "tea", ID: "alice", Nick: "Ali", Here: true}
		alice.expect(self, transports.RoomTopic{Room: "tea", Topic: "no room!"}, transports.RoomJoined{Room: "tea", Nick: "Ali"})
		bob.refused(transports.JoinRoom{Room: "tea", Nick: "Ali"}, transports.ErrInvalid)
		alice.works(transports.InviteRoom{Room: "tea", To: "bob", Reason: "come"})
		bob.expect(transports.Invited{Room: "tea", From: "alice", Reason: "come"})
		bob.works(transports.JoinRoom{Room: "tea"})
		other := transports.Occupant{Room: "tea", ID: "bob", Nick: "bob", Here: true}
		bob.expect(self, other, transports.RoomTopic{Room: "tea", Topic: "no room!"}, transports.RoomJoined{Room: "tea", Nick: "bob"})
		alice.expect(other)
		bob.works(transports.SayRoom{Room: "tea", Body: richtext.Plain("hi")})
		said := transports.RoomMessage{Room: "tea", From: "bob", Nick: "bob", Body: richtext.Plain("hi"), Sent: now()}
		alice.expect(said)
		said.Own = true
		bob.expect(said)
		s.Leave("tea", "bob", "rude")
		bob.expect(transports.RoomLeft{Room: "tea", Why: "rude"})
		other.Here = false
		alice.expect(other)
		bob.refused(transports.SayRoom{Room: "tea"}, transports.ErrDenied)
		s.Topic("tea", "clean cups")
		alice.expect(transports.RoomTopic{Room: "tea", Topic: "clean cups"})
		alice.tells(transports.LeaveRoom{Room: "tea"})
		alice.expect(transports.RoomLeft{Room: "tea"})
	})
}

func TestRoomsOfUsersGoWithThem(t *testing.T) {
	play(t, func(s *stage) {
		alice := s.on("alice")
		alice.works(transports.JoinRoom{Room: "den", Create: true})
		if err := s.Enter("den", "carol", "Carol"); err != nil || len(s.Occupants("den")) != 2 {
			t.Errorf("%v: %q", err, s.Occupants("den"))
		}
		alice.sees()
		s.SayIn("den", "carol", "hi")
		if m := find[transports.RoomMessage](t, alice.sees()); m.Nick != "Carol" || m.Own {
			t.Errorf("said: %+v", m)
		}
		s.Leave("den", "carol", "")
		alice.leaves()
		s.on("bob").refused(transports.JoinRoom{Room: "den"}, transports.ErrUnknown)
	})
}

// opens is a file of that text.
func opens(text string) transports.Opener {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// send makes from send a file and gives the offer that to sees, and a function that gives the sender's answer.
func (s *stage) send(from, to *actor, said int64, text string) (transports.FileOffer, func() transports.Done) {
	s.t.Helper()
	if d := from.asks(transports.SendFile{To: "bob", Name: "f", Size: said, Open: opens(text)}); d.Tag != 0 {
		s.t.Errorf("answered early: %+v", d)
	}
	tag := s.lastTag
	return find[transports.FileOffer](s.t, to.sees()), func() transports.Done { synctest.Wait(); return from.done(tag) }
}

func TestFilesGoThrough(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		for _, tt := range []struct {
			said int64
			text string
			want error
		}{{4, "tarts", transports.ErrTooLong}, {6, "tarts", transports.ErrInvalid}, {5, "tarts", nil}, {-1, "tarts", nil}} {
			offer, done := s.send(alice, bob, tt.said, tt.text)
			if offer.From != "alice" || offer.Name != "f" || offer.Size != tt.said {
				t.Errorf("offered: %+v", offer)
			}
			bob.works(transports.AnswerFile{Offer: offer.Offer, Accept: true})
			data := find[transports.FileData](t, bob.sees())
			r, err := data.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := data.Open(t.Context()); err == nil {
				t.Error("opened twice")
			}
			got, err := io.ReadAll(r)
			if tt.want == nil && (string(got) != tt.text || err != nil) || tt.want != nil && err == nil {
				t.Errorf("%d bytes were said, and came %q, %v", tt.said, got, err)
			}
			if d := done(); d.Tag != 0 {
				t.Errorf("answered before it is through: %+v", d)
			}
			r.Close()
			if d := done(); d.Tag == 0 || !errors.Is(d.Err, tt.want) || d.Err == nil && d.Proof != transports.Delivered {
				t.Errorf("%d bytes were said: %+v", tt.said, d)
			}
		}
		alice.refused(transports.SendFile{To: "bob", Name: "f", Size: MaxFile + 1, Open: opens("")}, transports.ErrTooLong)
	})
}

// Who reads as many bytes as were said, and no end, has the file; who reads fewer has given it up.
func TestFilesAreThroughWithTheirLastByte(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		for n, want := range map[int64]error{5: nil, 4: transports.ErrDenied} {
			offer, done := s.send(alice, bob, 5, "tarts")
			bob.works(transports.AnswerFile{Offer: offer.Offer, Accept: true})
			r, err := find[transports.FileData](t, bob.sees()).Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, r, n); err != nil {
				t.Error(err)
			}
			r.Close()
			if d := done(); d.Tag == 0 || !errors.Is(d.Err, want) {
				t.Errorf("%d bytes were read: %+v", n, d)
			}
		}
	})
}

func TestFilesThatDoNotGo(t *testing.T) {
	play(t, func(s *stage) {
		alice, bob := s.on("alice"), s.on("bob")
		offer, done := s.send(alice, bob, 1, "x")
		bob.works(transports.AnswerFile{Offer: offer.Offer})
		if d := done(); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("declined: %+v", d)
		}
		bob.refused(transports.AnswerFile{Offer: offer.Offer, Accept: true}, transports.ErrUnknown)
		for range maxOffers - 1 {
			s.send(alice, bob, 1, "x")
		}
		_, done = s.send(alice, bob, 1, "x")
		alice.refused(transports.SendFile{To: "bob", Name: "f", Open: opens("x")}, transports.ErrBusy)
		bob.leaves()
		if d := done(); !errors.Is(d.Err, transports.ErrUnavailable) {
			t.Errorf("the recipient left: %+v", d)
		}
	})
}

func TestFilesOfAndForPuppets(t *testing.T) {
	play(t, func(s *stage) {
		alice := s.on("alice")
		s.SetShow("carol", transports.Online, "")
		alice.works(transports.SendFile{To: "carol", Name: "f", Size: 5, Open: opens("tarts")})
		if files := s.Files("carol"); len(files) != 1 || string(files[0].Data) != "tarts" {
			t.Errorf("received: %+v", files)
		}
		id, err := s.Offer("carol", "alice", "g", []byte("crumbs"))
		if err != nil || !s.Offered(id) {
			t.Fatal(err)
		}
		alice.sees()
		alice.works(transports.AnswerFile{Offer: id, Accept: true})
		r, err := find[transports.FileData](t, alice.sees()).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != "crumbs" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		r.Close()
		if s.Offered(id) {
			t.Error("it goes on")
		}
	})
}
