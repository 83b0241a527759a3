package ymsg

import (
	"bytes"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// FuzzSession has a server say anything to a session that is signed on, in a conference, and about to add somebody: nothing panics,
// nothing outgrows its bounds, and who is named to the gateway has the one spelling.
func FuzzSession(f *testing.F) {
	f.Add(false, bytes.Join([][]byte{
		bobList, invitation("bobwonder-tea", "bobwonder"), packetOf(wire.ConfLogOn, 1, body("57", "alicewonder-own", "53", "carol")),
		packetOf(wire.ConfMessage, 1, body("57", "alicewonder-own", "3", "carol", "14", "hello")),
		packetOf(wire.Message, wire.More, body("4", "bob", "14", "one", "15", "17", "4", "bob", "14", "two", "15", "16")),
	}, nil))
	f.Add(true, bytes.Join([][]byte{
		packetOf(wire.AddContact, 1, body("7", "dave", "66", "0", "65", "Friends")), packetOf(wire.Ignore, 1, body("7", "eve", "66", "0", "13", "1")),
		packetOf(wire.List15, 0, body("302", "318", "65", "Friends", "7", "bob", "302", "320", "7", "eve")),
		packetOf(wire.AuthRequest15, wire.Request, body("4", "mallory", "14", "me")), packetOf(wire.Message, 1, body("4", "bob", "14", "hi", "429", "7")),
	}, nil))
	f.Add(false, bytes.Join([][]byte{
		packetOf(wire.FileTransfer, 1, body("4", "bob", "20", "http://a.example/x")), packetOf(wire.PictureCheck, 1, body("4", "bob", "192", "7")),
		packetOf(wire.Notify, wire.Typing, body("4", "bob", "49", "TYPING", "13", "1")), packetOf(wire.RenameGroup, 1, body("66", "0", "65", "Friends", "67", "Work")),
	}, nil))
	f.Add(true, bytes.Join([][]byte{
		packetOf(wire.FileOffer15, 1, body("4", "bobwonder", "265", "a", "222", "1", "27", "x", "28", "9")), packetOf(wire.PeerFile, 1, body("4", "bob", "49", "FILEXFER", "20", "http://a.example/x")),
		packetOf(wire.FileInfo15, 1, body("4", "bobwonder", "265", "a", "249", "3", "250", "a.example", "251", "t")), packetOf(wire.FileTaken15, 1, body("4", "bobwonder", "265", "a", "251", "t")),
		packetOf(wire.PictureUpload, 1, body("27", "picture1", "20", "http://a.example/p")),
	}, nil))
	f.Fuzz(func(t *testing.T, late bool, stream []byte) {
		s := waitingIn(t, late)
		s.command(transports.JoinRoom{Tag: s.tag(), Room: "own", Create: true})
		s.command(transports.InviteRoom{Tag: s.tag(), Room: "own", To: "bobwonder"})
		s.command(transports.AddContact{Tag: s.tag(), ID: "dave", Groups: []string{"Friends"}})
		in := wire.NewReader(bytes.NewReader(stream))
		for {
			s.edits.run(s.session, time.Now())
			raw, err := in.Next()
			if err != nil || s.arrived(&arrival{raw: raw}) != nil {
				break
			}
			s.inBounds(t)
		}
		s.leaveRoom(transports.LeaveRoom{Room: "own"})
		s.typists.expire(s.session, time.Now().Add(time.Hour))
	})
}

func waitingIn(t *testing.T, late bool) *waitingSession {
	s := waiting(t)
	s.dialect.late = late
	return s
}

// inBounds holds what the session keeps to its bounds, and what it tells to its spelling; then it forgets what it told.
func (s *waitingSession) inBounds(t *testing.T) {
	t.Helper()
	if len(s.rooms.all) > maxConferences || len(s.offers.urls) > maxOffers || len(s.relays.in) > maxOffers || len(s.relays.out) > maxErrands || len(s.takings.wait) > maxTaking || len(s.typists.until) > maxTypists || len(s.edits.fresh) > 1 ||
		len(s.out.queue) > maxQueued || len(s.errands.queue) > maxErrands || len(s.list.ignored) > maxIgnored {
		t.Fatal("something is beyond its bounds")
	}
	for _, id := range s.list.order {
		if c := s.list.who[id]; c == nil || len(c.groups) == 0 || len(c.groups) > maxGroupsHeld {
			t.Fatalf("%q is on the list as %+v", id, c)
		}
	}
	if r := s.rooms.get("own"); r == nil || !r.joined || len(r.members) > maxMembers {
		t.Fatalf("the conference is %+v", r)
	}
	for _, e := range s.events {
		for _, id := range named(e) {
			if one, err := canonical(string(id)); err != nil || one != id {
				t.Fatalf("%+v names %q", e, id)
			}
		}
	}
	s.events = nil
}

// named are those whom an event names.
func named(e transports.Event) []transports.LegacyID {
	switch e := e.(type) {
	case transports.Message:
		return []transports.LegacyID{e.From}
	case transports.Presence:
		return []transports.LegacyID{e.From}
	case transports.RoomMessage:
		return []transports.LegacyID{e.From}
	case transports.Occupant:
		return []transports.LegacyID{e.ID}
	case transports.AuthRequest:
		return []transports.LegacyID{e.From}
	case transports.Invited:
		return []transports.LegacyID{e.From, e.Room}
	case transports.FileOffer:
		return []transports.LegacyID{e.From}
	case transports.Contacted:
		return []transports.LegacyID{e.Contact.ID}
	}
	return nil
}
