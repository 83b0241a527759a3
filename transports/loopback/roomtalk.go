package loopback

import (
	"fmt"

	"imgate/richtext"
	"imgate/transports"
)

// sayRoom is SayRoom: everybody in the room hears it, the speaker too.
func (s *Server) sayRoom(l *line, c transports.SayRoom) answer {
	r, o, err := s.inside(l.acct, c.Room)
	switch {
	case err != nil:
		return outcome(err)
	case len(c.Body.String()) > maxText:
		return outcome(transports.ErrTooLong)
	}
	r.say(o, c.Body)
	return outcome(nil)
}

// inside is the room in which a is.
func (s *Server) inside(a *account, id transports.LegacyID) (*room, *occupant, error) {
	r := s.rooms[id]
	if r == nil {
		return nil, nil, fmt.Errorf("%w: there is no room %s", transports.ErrUnknown, id)
	}
	o := r.of(a)
	if o == nil {
		return nil, nil, fmt.Errorf("%w: you are not in %s", transports.ErrDenied, id)
	}
	return r, o, nil
}

func (r *room) say(o *occupant, body transports.Body) {
	for _, to := range r.in {
		if to.line != nil {
			to.line.put(transports.RoomMessage{
				Room: r.id, From: o.acct.id, Nick: o.nick, Body: body, Sent: now(), Own: to == o,
			})
		}
	}
}

// inviteRoom is InviteRoom.
func (s *Server) inviteRoom(l *line, c transports.InviteRoom) answer {
	if _, _, err := s.inside(l.acct, c.Room); err != nil {
		return outcome(err)
	}
	to, err := s.reached(l.acct, c.To)
	switch {
	case err != nil:
		return outcome(err)
	case to.shown() == transports.Offline || to.line != nil && !to.can(transports.CanRooms):
		return outcome(transports.ErrUnavailable)
	}
	to.feel(transports.CanRooms, transports.Invited{Room: c.Room, From: l.acct.id, Reason: c.Reason})
	return outcome(nil)
}

// answerInvite is AnswerInvite. This network tells nobody; joining is JoinRoom.
func (*Server) answerInvite(*line, transports.AnswerInvite) answer { return outcome(nil) }

// Room makes a room that stays; a password that is not empty hides it from the list.
func (s *Server) Room(id transports.LegacyID, name, topic, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[id]
	if r == nil {
		r = &room{id: id}
		s.rooms[id] = r
	}
	r.name, r.topic, r.password, r.stays = name, topic, transports.NewSecret(password), true
}

// Topic changes the topic of a room.
func (s *Server) Topic(id transports.LegacyID, topic string) {
	s.inRoom(id, func(r *room) {
		r.topic = topic
		r.tell(transports.RoomTopic{Room: id, Topic: topic})
	})
}

// Enter puts an account without session into a room.
func (s *Server) Enter(id, who transports.LegacyID, nick string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, a := s.rooms[id], s.accounts[who]
	if r == nil || a == nil || r.of(a) != nil {
		return transports.ErrInvalid
	}
	return s.enter(r, &occupant{acct: a, nick: nick})
}

// SayIn makes an account say something in the room that it is in.
func (s *Server) SayIn(id, who transports.LegacyID, text string) {
	s.inRoom(id, func(r *room) {
		if o := r.of(s.accounts[who]); o != nil {
			r.say(o, richtext.Plain(text))
		}
	})
}

// Leave takes an account out of a room. A session hears why; empty means that the user asked for it.
func (s *Server) Leave(id, who transports.LegacyID, why string) {
	s.inRoom(id, func(r *room) {
		if o := r.of(s.accounts[who]); o != nil {
			s.leave(r, o.acct)
			if o.line != nil {
				o.line.put(transports.RoomLeft{Room: id, Why: why})
			}
		}
	})
}

// Invite makes from invite to into a room.
func (s *Server) Invite(id, from, to transports.LegacyID, reason string) {
	s.with(to, func(a *account) {
		if a.allows(from) {
			a.feel(transports.CanRooms, transports.Invited{Room: id, From: from, Reason: reason})
		}
	})
}

// Occupants are the nicknames in a room, in the order in which they came.
func (s *Server) Occupants(id transports.LegacyID) (nicks []string) {
	s.inRoom(id, func(r *room) {
		for _, o := range r.in {
			nicks = append(nicks, o.nick)
		}
	})
	return nicks
}

func (s *Server) inRoom(id transports.LegacyID, f func(*room)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[id]; r != nil {
		f(r)
	}
}
