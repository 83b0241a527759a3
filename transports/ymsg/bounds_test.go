package ymsg

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/transporttest"
	"imgate/transports/ymsg/wire"
)

// A waiting session is signed on, and nothing of it is written or received: a test looks at what it holds.
type waitingSession struct {
	*session
	tags transports.Tag
}

func waiting(t *testing.T) *waitingSession {
	s := newSession(transporttest.NewEnv(t, alice().Password).Env(withErrands(), nil), alice(), nil)
	s.link, s.listed = &link{version: defaultVersion}, true
	s.pictures = newPictures(true)
	return &waitingSession{session: s}
}

// tag is a new one, for a command that is open.
func (s *waitingSession) tag() transports.Tag {
	s.tags++
	s.open[s.tags] = struct{}{}
	return s.tags
}

// last is the last answer.
func (s *waitingSession) last() transports.Done {
	d, _ := s.events[len(s.events)-1].(transports.Done)
	return d
}

// hears has the server say something, so many times, and forgets what the gateway would be told.
func (s *waitingSession) hears(t *testing.T, times int, packet func(i int) wire.Packet) {
	t.Helper()
	for i := range times {
		if err := s.dispatch(packet(i)); err != nil {
			t.Fatal(err)
		}
		s.events = nil
	}
}

func fieldsOf(t *testing.T, pairs ...string) wire.Fields {
	t.Helper()
	f, err := wire.ParseFields(body(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A server that goes on and on fills nothing.
func TestNothingGrowsWithoutEnd(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	t.Run("groups of a contact", func(t *testing.T) {
		s := waiting(t)
		s.hears(t, 1000, func(i int) wire.Packet {
			return wire.Packet{Service: wire.AddContact, Fields: fieldsOf(t, "7", "bobwonder", "66", "0", "65", fmt.Sprint("g", i))}
		})
		if n := len(s.list.groupsOf("bobwonder")); n != maxGroupsHeld {
			t.Errorf("%d groups", n)
		}
		s.hears(t, 10, func(i int) wire.Packet {
			return wire.Packet{Service: wire.AddContact, Fields: fieldsOf(t, "7", "carol", "66", "0", "65", fmt.Sprint(long, i))}
		})
		if g := s.list.groupsOf("carol"); g != nil {
			t.Errorf("%d groups with names of %d bytes", len(g), len(g[0]))
		}
		s.hears(t, 1, func(i int) wire.Packet {
			return wire.Packet{Service: wire.RenameGroup, Fields: fieldsOf(t, "66", "0", "65", "g1", "67", long)}
		})
		if g := s.list.groupsOf("bobwonder"); len(g) != maxGroupsHeld || g[1] != "g1" {
			t.Errorf("%.100q", g)
		}
		s.hears(t, 1, func(i int) wire.Packet {
			return wire.Packet{Service: wire.RenameGroup, Fields: fieldsOf(t, "66", "0", "65", "g1", "67", "tea")}
		})
		if g := s.list.groupsOf("bobwonder"); len(g) != maxGroupsHeld || g[len(g)-1] != "tea" {
			t.Errorf("%.100q", g)
		}
	})
	t.Run("somebody in every group of a list", func(t *testing.T) {
		s, begun := waiting(t), time.Now()
		var groups strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&groups, "%x:a\n", i)
		}
		all := groups.String()
		for ; len(all) > len(long); all = all[len(long):] {
			part := all[:len(long)]
			s.hears(t, 1, func(int) wire.Packet {
				return wire.Packet{Service: wire.List, Status: wire.More, Fields: wire.Fields{wire.Text(wire.KeyGroups, part)}}
			})
		}
		s.hears(t, 1, func(int) wire.Packet {
			return wire.Packet{Service: wire.List, Fields: wire.Fields{wire.Text(wire.KeyGroups, all)}}
		})
		if n := len(s.list.groupsOf("a")); n != maxGroupsHeld {
			t.Errorf("%d groups after %v", n, time.Since(begun))
		}
	})
	t.Run("presence of somebody who is being added", func(t *testing.T) {
		s := waiting(t)
		s.command(transports.AddContact{Tag: s.tag(), ID: "bobwonder"})
		s.edits.run(s.session, time.Now())
		s.hears(t, 1000, func(int) wire.Packet {
			return wire.Packet{Service: wire.LogOn, Fields: fieldsOf(t, "7", "bobwonder", "10", "0", "13", "1")}
		})
		if n := len(s.edits.fresh); n != 1 {
			t.Errorf("%d presences are kept", n)
		}
	})
	t.Run("the number of a picture", func(t *testing.T) {
		s := waiting(t)
		s.hears(t, 1, func(int) wire.Packet {
			return wire.Packet{Service: wire.PictureCheck, Fields: fieldsOf(t, "4", "bobwonder", "192", long)}
		})
		if n := len(s.pictures.sums["bobwonder"]); n != 0 {
			t.Errorf("a number of %d bytes is kept", n)
		}
	})
}
