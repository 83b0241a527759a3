package msnp

import (
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Typing is said again and again while it lasts; nobody says when it ends.
const (
	typingRepeat = 5 * time.Second
	typingLasts  = 8 * time.Second  // after the last word of it
	typingMost   = 60 * time.Second // that one state of the user's keyboard is repeated for
)

// A typings is who types to us, and to whom we do.
type typings struct {
	theirs map[transports.LegacyID]time.Time // until when
	ours   map[transports.LegacyID]repeated
}

type repeated struct{ next, until time.Time }

func newTypings() typings {
	return typings{theirs: map[transports.LegacyID]time.Time{}, ours: map[transports.LegacyID]repeated{}}
}

// heard is somebody who types.
func (t *typings) heard(s *session, id transports.LegacyID) {
	if _, known := t.theirs[id]; !known {
		s.tell(transports.TypingFrom{From: id, State: transports.TypingActive})
	}
	t.theirs[id] = time.Now().Add(typingLasts)
}

// stop is somebody who no longer does.
func (t *typings) stop(s *session, id transports.LegacyID) {
	if _, known := t.theirs[id]; known {
		delete(t.theirs, id)
		s.tell(transports.TypingFrom{From: id, State: transports.TypingStopped})
	}
}

// forget is somebody who has said it.
func (t *typings) forget(id transports.LegacyID) { delete(t.theirs, id) }

// said ends what we tell of our keyboard: the text is there.
func (t *typings) said(id transports.LegacyID) { delete(t.ours, id) }

// expire ends what was not said again, and repeats what is. It tells when to look again.
func (t *typings) expire(s *session, now time.Time) (next time.Time) {
	for id, until := range t.theirs {
		if now.Before(until) {
			next = sooner(next, until)
		} else {
			t.stop(s, id)
		}
	}
	for id, r := range t.ours {
		switch b := s.boardWith(id); {
		case b == nil || !now.Before(r.until):
			delete(t.ours, id)
		case now.Before(r.next):
			next = sooner(next, r.next)
		default:
			s.sayTyping(b)
			r.next = now.Add(typingRepeat)
			t.ours[id] = r
			next = sooner(next, r.next)
		}
	}
	return next
}

// sendTyping tells what the keyboard does: to those with whom there is a conversation, and to begin one with a contact
// who is there.
func (s *session) sendTyping(c transports.SendTyping) {
	if c.State != transports.TypingActive {
		delete(s.typing.ours, c.To)
		return
	}
	b := s.boardWith(c.To)
	if b == nil {
		if !s.list.people[c.To].on(onForward) || !s.list.people[c.To].there() || s.mood.state == stateHidden {
			return
		}
		b = s.call(c.To)
	}
	now := time.Now()
	if r, already := s.typing.ours[c.To]; already {
		r.until = now.Add(typingMost)
		s.typing.ours[c.To] = r
		return
	}
	s.sayTyping(b)
	s.typing.ours[c.To] = repeated{next: now.Add(typingRepeat), until: now.Add(typingMost)}
}

func (s *session) sayTyping(b *board) {
	m := wire.NewMessage(wire.TypeControl, []byte("\r\n"), "TypingUser", string(s.self))
	s.send(b, &letter{class: "U", payload: m.Append(nil)})
}
