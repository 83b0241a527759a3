package ymsg

import (
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	// typingFor is how long somebody types who does not say that it is over. Not all clients do.
	typingFor = 10 * time.Second
	// maxTypists bounds who is kept in mind.
	maxTypists = 200
)

// typists are those who type, and until when that is believed.
type typists struct {
	until map[transports.LegacyID]time.Time
}

// sendTyping tells what the keyboard does (4B). There is no word for a pause.
func (s *session) sendTyping(c transports.SendTyping) {
	flag := "0"
	if c.State == transports.TypingActive {
		flag = "1"
	}
	s.mention(wire.Notify, wire.Typing, wire.Fields{
		wire.Text(wire.KeyKind, wire.TypingKind), wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyText, " "),
		wire.Text(wire.KeyFlag, flag), wire.Text(wire.KeyTo, string(c.To)),
	})
}

// notified takes what a contact's keyboard does (4B).
func (s *session) notified(p wire.Packet) {
	from, ok := s.id(p.Fields.String(wire.KeyFrom))
	if !ok || p.Fields.String(wire.KeyKind) != wire.TypingKind {
		return
	}
	if p.Fields.String(wire.KeyFlag) != "1" {
		s.typists.ended(from)
		s.tell(transports.TypingFrom{From: from, State: transports.TypingStopped})
		return
	}
	if s.typists.until == nil {
		s.typists.until = map[transports.LegacyID]time.Time{}
	}
	if _, known := s.typists.until[from]; known || len(s.typists.until) < maxTypists {
		s.typists.until[from] = time.Now().Add(typingFor)
	}
	s.tell(transports.TypingFrom{From: from, State: transports.TypingActive})
}

// ended notes that somebody no longer types: a message says so too.
func (t *typists) ended(id transports.LegacyID) { delete(t.until, id) }

// forget tells that somebody who has gone no longer types.
func (t *typists) forget(s *session, id transports.LegacyID) {
	if _, types := t.until[id]; types {
		t.ended(id)
		s.tell(transports.TypingFrom{From: id, State: transports.TypingStopped})
	}
}

// expire tells of those who type no longer, and when the next will not; zero: nobody types.
func (t *typists) expire(s *session, now time.Time) time.Time {
	var next time.Time
	for id, until := range t.until {
		if now.Before(until) {
			next = soon(next, until)
			continue
		}
		t.forget(s, id)
	}
	return next
}
