package ymsg

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

func invitation(room, host string) []byte {
	return packetOf(wire.ConfInvite, wire.ServerAnswer, body("1", "alicewonder", "50", host, "57", room, "58", "come"))
}

// Nobody puts another conference in the place of one that the user is in, by inviting into one of which the name is nearly the same.
func TestNobodyIsInvitedOutOfAConference(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		go p.says(invitation("bobwonder-Tea", "bobwonder"))
		in := sees[transports.Invited](s, nil)
		s.does(transports.JoinRoom{Tag: s.next(), Room: in.Room})
		s.does(transports.JoinRoom{Tag: s.next(), Room: "own", Create: true})
		for _, name := range []string{"bobwonder-TEA", "own"} {
			p.says(invitation(name, "mallory"))
		}
		p.says(packetOf(wire.ConfMessage, wire.ServerAnswer, body("57", "bobwonder-Tea", "3", "bobwonder", "14", "more tea?")))
		if m := sees[transports.RoomMessage](s, nil); text(m) != "more tea?" || m.Room != in.Room {
			t.Errorf("%+v", m)
		}
		if d := s.does(transports.SayRoom{Tag: s.next(), Room: "own", Body: richtext.Plain("alone")}); d.Err != nil {
			t.Errorf("%+v", d)
		}
	})
}

// Invitations that nobody answers are in nobody's way: the oldest is forgotten.
func TestInvitationsThatNobodyAnswers(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		for i := range maxConferences + 1 {
			p.says(invitation(fmt.Sprintf("mallory-%d", i), "mallory"))
			sees[transports.Invited](s, nil)
		}
		if d := s.does(transports.JoinRoom{Tag: s.next(), Room: "mallory-0"}); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("the oldest: %+v", d)
		}
		if d := s.does(transports.JoinRoom{Tag: s.next(), Room: transports.LegacyID(fmt.Sprint("mallory-", maxConferences))}); d.Err != nil {
			t.Errorf("the newest: %+v", d)
		}
		for i := range maxConferences - 1 {
			if d := s.does(transports.JoinRoom{Tag: s.next(), Room: transports.LegacyID(fmt.Sprint("own-", i)), Create: true}); d.Err != nil {
				t.Fatalf("conference %d of one's own: %+v", i, d)
			}
		}
		if d := s.does(transports.JoinRoom{Tag: s.next(), Room: "one-more", Create: true}); !errors.Is(d.Err, transports.ErrBusy) {
			t.Errorf("one more: %+v", d)
		}
	})
}

// What could not be asked of the server has not happened: an invitation that finds no place among what waits begins no conference.
func TestAnInvitationThatIsNotSaid(t *testing.T) {
	s := waiting(t)
	s.joinRoom(transports.JoinRoom{Tag: s.tag(), Room: "tea", Create: true})
	s.out.bytes = maxQueuedBytes
	invite := transports.InviteRoom{Tag: s.tag(), Room: "tea", To: "bobwonder"}
	s.inviteRoom(invite)
	if d := s.last(); !errors.Is(d.Err, transports.ErrBusy) {
		t.Errorf("%+v", d)
	}
	s.out.bytes = 0
	invite.Tag = s.tag()
	s.inviteRoom(invite)
	if q := s.out.queue; len(q) != 1 || q[0].bytes[11] != byte(wire.ConfInvite) || strings.Contains(string(q[0].bytes), "53\xC0\x80bobwonder") {
		t.Errorf("%d packets, the last %q", len(q), q[len(q)-1].bytes)
	}
}

// A text that goes in several pieces is said whole, or not at all: who is told that it was not said says it again.
func TestALongTextInAFullOutbox(t *testing.T) {
	s := waiting(t)
	long := richtext.Plain(strings.Repeat("tea ", 1000))
	s.joinRoom(transports.JoinRoom{Tag: s.tag(), Room: "tea", Create: true})
	s.inviteRoom(transports.InviteRoom{Tag: s.tag(), Room: "tea", To: "bobwonder"})
	before := len(s.out.queue)
	for what, say := range map[string]func(){
		"to a conference": func() { s.sayRoom(transports.SayRoom{Tag: s.tag(), Room: "tea", Body: long}) },
		"to somebody":     func() { s.sendMessage(transports.SendMessage{Tag: s.tag(), To: "bobwonder", Body: long}) },
	} {
		s.out.bytes = maxQueuedBytes - 2000
		say()
		if d := s.last(); !errors.Is(d.Err, transports.ErrBusy) || len(s.out.queue) != before {
			t.Errorf("%s: %+v, %d pieces are said", what, d, len(s.out.queue)-before)
		}
	}
}
