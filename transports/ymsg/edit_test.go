package ymsg

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

var bobList = packetOf(wire.List, wire.Available, body("87", "Friends:bobwonder\nWork:bobwonder,carol\n", "88", ""))

// What the server says of an edit is what the gateway hears.
func TestEditResults(t *testing.T) {
	for result, want := range map[int]error{0: nil, 1: transports.ErrDenied, 2: nil, 3: transports.ErrUnknown, 6: transports.ErrInvalid, 12: transports.ErrDenied} {
		withPuppet(t, [][]byte{bobList}, func(s *story, p *puppet) {
			sees[transports.ContactList](s, nil)
			tag := s.next()
			s.gives(transports.AddContact{Tag: tag, ID: "dave", Groups: []string{"Friends"}})
			synctest.Wait()
			go p.says(packetOf(wire.AddContact, wire.ServerAnswer, body("1", "alicewonder", "66", strconv.Itoa(result), "7", "dave", "65", "Friends")))
			d := sees(s, func(d transports.Done) bool { return d.Tag == tag })
			if want == nil && d.Err != nil || want != nil && !errors.Is(d.Err, want) {
				t.Errorf("result %d: %v, want %v", result, d.Err, want)
			}
			contacted := false
			for _, e := range s.seen {
				_, is := e.(transports.Contacted)
				contacted = contacted || is
			}
			if contacted != (want == nil) {
				t.Errorf("result %d: contacted %t", result, contacted)
			}
		})
	}
	withPuppet(t, [][]byte{bobList}, func(s *story, _ *puppet) {
		sees[transports.ContactList](s, nil)
		begun := time.Now()
		d := s.does(transports.RemoveContact{Tag: s.next(), ID: "carol"})
		if !errors.Is(d.Err, transports.ErrNoAnswer) || time.Since(begun) != answerWithin {
			t.Errorf("without an answer: %v after %v", d.Err, time.Since(begun))
		}
		for what, c := range map[string]struct {
			groups []string
			want   error
		}{
			"two lines":       {[]string{"a\nb"}, transports.ErrInvalid},
			"a long name":     {[]string{strings.Repeat("x", maxGroup+1)}, transports.ErrTooLong},
			"too many groups": {make([]string, maxGroups+1), transports.ErrTooLong},
		} {
			if d := s.does(transports.ChangeContact{Tag: s.next(), ID: "carol", Groups: c.groups}); !errors.Is(d.Err, c.want) {
				t.Errorf("%s: %v", what, d.Err)
			}
		}
		if d := s.does(transports.ChangeContact{Tag: s.next(), ID: "stranger"}); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("who is not on the list: %v", d.Err)
		}
	})
}

// What another client of the account changes is told, and what did not work is not.
func TestEditsOfOthers(t *testing.T) {
	withPuppet(t, [][]byte{bobList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		go p.says(
			packetOf(wire.RenameGroup, wire.ServerAnswer, body("66", "1", "65", "Work", "67", "Nowhere")),
			packetOf(wire.RenameGroup, wire.ServerAnswer, body("66", "0", "67", "Büro", "65", "Work")),
		)
		want := []transports.Contact{{ID: "bobwonder", Groups: []string{"Friends", "Büro"}}, {ID: "carol", Groups: []string{"Büro"}}}
		if got := sees[transports.ContactList](s, nil); !sameContacts(got.Contacts, want) {
			t.Errorf("%+v", got)
		}
		edit := func(service wire.Service, who, group string) {
			go p.says(packetOf(service, wire.ServerAnswer, body("1", "alicewonder", "66", "0", "7", who, "65", group)))
		}
		edit(wire.AddContact, "dave", "Friends")
		if got := sees[transports.Contacted](s, nil); got.Contact.ID != "dave" {
			t.Errorf("%+v", got)
		}
		edit(wire.RemoveContact, "bobwonder", "Friends")
		if got := sees[transports.Contacted](s, nil); got.Contact.ID != "bobwonder" || len(got.Contact.Groups) != 1 {
			t.Errorf("%+v", got)
		}
		edit(wire.RemoveContact, "dave", "Friends")
		if got := sees[transports.ContactGone](s, nil); got.ID != "dave" {
			t.Errorf("%+v", got)
		}
	})
}

// What the operators say, and what did not get there, is told.
func TestNotices(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		go p.says(packetOf(wire.SystemMessage, wire.ServerAnswer, body("14", "<b>Down</b> at ten ☃", "15", "1795280000.5")))
		if n := sees[transports.Notice](s, nil); n.Text != "Down at ten ☃" {
			t.Errorf("%+v", n)
		}
		go p.says(packetOf(wire.Message, notSent, body("4", "alicewonder", "5", "bobwonder", "14", "lost")))
		if n := sees[transports.Notice](s, nil); n.Text != "A message to bobwonder did not get there." {
			t.Errorf("%+v", n)
		}
		go p.says(packetOf(wire.Message, notSent, body("1", "alicewonder", "5", "caf\xe9 <b>", "14", "lost")), packetOf(wire.Message, notSent, nil))
		for range 2 {
			if n := sees[transports.Notice](s, nil); n.Text != "A message did not get there." {
				t.Errorf("%+v", n)
			}
		}
	})
}

// The server says how often it wants to hear of us; what it says beyond reason does not count.
func TestPulse(t *testing.T) {
	for what, c := range map[string]struct {
		config         []string
		pings, configs int // within two hours and a minute
	}{
		"as Escargot":        {[]string{"143", "60", "144", "13"}, 25, 2},
		"every two minutes":  {[]string{"143", "0", "144", "2"}, 121, 0},
		"faster than we are": {[]string{"144", "1"}, 121, 0},
		"nothing":            {nil, 121, 0},
		"nonsense":           {[]string{"143", "x", "144", "99999999999999999"}, 121, 0},
	} {
		withPuppet(t, [][]byte{emptyList, packetOf(wire.PingConfig, wire.Available, body(c.config...))}, func(s *story, p *puppet) {
			sees[transports.ContactList](s, nil)
			s.quiet(2*time.Hour + time.Minute + time.Second)
			n := map[wire.Service]int{}
			p.mu.Lock()
			for _, packet := range p.heard {
				n[packet.Service]++
			}
			p.mu.Unlock()
			if n[wire.Ping] != c.pings || n[wire.PingConfig] != c.configs {
				t.Errorf("%s: %d pings and %d questions, want %d and %d", what, n[wire.Ping], n[wire.PingConfig], c.pings, c.configs)
			}
		})
	}
}

// A conference that was left, that nobody has invited to, and those that are.
func TestConferences(t *testing.T) {
	withPuppet(t, [][]byte{emptyList}, func(s *story, p *puppet) {
		sees[transports.ContactList](s, nil)
		if d := s.does(transports.JoinRoom{Tag: s.next(), Room: "bobwonder-tea"}); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("%v", d.Err)
		}
		if d := s.does(transports.InviteRoom{Tag: s.next(), Room: "bobwonder-tea", To: "carol"}); !errors.Is(d.Err, transports.ErrDenied) {
			t.Errorf("%v", d.Err)
		}
		go p.says(packetOf(wire.ConfAddInvite, wire.ServerAnswer, body("1", "alicewonder", "57", "bobwonder-tea", "50", "bobwonder", "58", "tea?",
			"52", "carol", "53", "carol", "13", "0")))
		if i := sees[transports.Invited](s, nil); i.From != "bobwonder" || i.Room != "bobwonder-tea" || i.Reason != "tea?" {
			t.Errorf("%+v", i)
		}
		d := s.does(transports.ListRooms{Tag: s.next()})
		if r, ok := d.Result.(transports.RoomsResult); !ok || len(r.Rooms) != 1 || r.Rooms[0].Size != 2 {
			t.Errorf("%+v", d)
		}
		if d := s.does(transports.JoinRoom{Tag: s.next(), Room: "den", Create: true}); d.Err != nil {
			t.Errorf("%v", d.Err)
		}
		s.does(transports.InviteRoom{Tag: s.next(), Room: "den", To: "carol"})
		if f := p.of(wire.ConfInvite); f.String(wire.KeyRoom) != "alicewonder-den" {
			t.Errorf("the name is %q", f.String(wire.KeyRoom))
		}
		s.does(transports.InviteRoom{Tag: s.next(), Room: "den", To: "bobwonder"})
		if f := p.of(wire.ConfAddInvite); f.String(wire.KeyInvitees) != "bobwonder" || f.String(wire.KeyMember) != "carol" {
			t.Errorf("%v", f)
		}
	})
}
