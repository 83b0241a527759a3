package loopback

import (
	"fmt"
	"maps"
	"slices"

	"imgate/transports"
)

// Bounds of rooms.
const (
	maxRooms     = 200 // that there are
	maxOccupants = 200 // of one room
)

// A room is a conversation of many. One that the operators made stays; one that a user made goes with its last
// occupant.
type room struct {
	id       transports.LegacyID
	name     string
	topic    string
	password transports.Secret
	stays    bool
	in       []*occupant // in the order in which they came
}

// An occupant is somebody in a room; line is nil for an account that tests move.
type occupant struct {
	acct *account
	line *line
	nick string
}

func (r *room) of(a *account) *occupant {
	for _, o := range r.in {
		if o.acct == a {
			return o
		}
	}
	return nil
}

// tell gives an event to every session in the room.
func (r *room) tell(ev transports.Event) {
	for _, o := range r.in {
		if o.line != nil {
			o.line.put(ev)
		}
	}
}

// listRooms is ListRooms. Rooms with a password are not public.
func (s *Server) listRooms(*line, transports.ListRooms) answer {
	var got transports.RoomsResult
	for _, id := range slices.Sorted(maps.Keys(s.rooms)) {
		if r := s.rooms[id]; r.password.Empty() {
			got.Rooms = append(got.Rooms, transports.RoomInfo{Room: r.id, Name: r.name, Topic: r.topic, Size: len(r.in)})
		}
	}
	return fetched(got, nil)
}

// joinRoom is JoinRoom. Who is in already is told everything once more.
func (s *Server) joinRoom(l *line, c transports.JoinRoom) answer {
	r, err := s.opened(c)
	if err != nil {
		return outcome(err)
	}
	nick := c.Nick
	if nick == "" {
		nick = string(l.acct.id)
	}
	if r.of(l.acct) == nil {
		if err := s.enter(r, &occupant{l.acct, l, nick}); err != nil {
			s.closeEmpty(r)
			return outcome(err)
		}
	}
	for _, o := range r.in {
		l.put(r.occupant(o, true))
	}
	if r.topic != "" {
		l.put(transports.RoomTopic{Room: r.id, Topic: r.topic})
	}
	l.put(transports.RoomJoined{Room: r.id, Nick: r.of(l.acct).nick})
	return outcome(nil)
}

// opened is the room to join, made where that was asked.
func (s *Server) opened(c transports.JoinRoom) (*room, error) {
	r := s.rooms[c.Room]
	switch {
	case r == nil && !c.Create:
		return nil, fmt.Errorf("%w: there is no room %s", transports.ErrUnknown, c.Room)
	case r == nil && len(s.rooms) >= maxRooms:
		return nil, transports.ErrBusy
	case r == nil:
		r = &room{id: c.Room, name: string(c.Room), password: c.Password}
		s.rooms[c.Room] = r
	case r.password != c.Password && !r.password.Empty():
		return nil, fmt.Errorf("%w: the password is wrong", transports.ErrDenied)
	}
	return r, nil
}

// enter puts somebody into a room and tells those who were there.
func (s *Server) enter(r *room, o *occupant) error {
	if len(r.in) >= maxOccupants {
		return transports.ErrBusy
	}
	if slices.ContainsFunc(r.in, func(other *occupant) bool { return other.nick == o.nick }) {
		return fmt.Errorf("%w: somebody has that nickname already", transports.ErrInvalid)
	}
	r.tell(r.occupant(o, true))
	r.in = append(r.in, o)
	return nil
}

func (r *room) occupant(o *occupant, here bool) transports.Occupant {
	return transports.Occupant{Room: r.id, ID: o.acct.id, Nick: o.nick, Here: here}
}

// leaveRoom is LeaveRoom.
func (s *Server) leaveRoom(l *line, c transports.LeaveRoom) answer {
	if r := s.rooms[c.Room]; r != nil && r.of(l.acct) != nil {
		s.leave(r, l.acct)
		l.put(transports.RoomLeft{Room: r.id})
	}
	return outcome(nil)
}

// leave takes an account out of a room and tells the others.
func (s *Server) leave(r *room, a *account) {
	o := r.of(a)
	r.in = slices.DeleteFunc(r.in, func(other *occupant) bool { return other == o })
	r.tell(r.occupant(o, false))
	s.closeEmpty(r)
}

func (s *Server) closeEmpty(r *room) {
	if len(r.in) == 0 && !r.stays {
		delete(s.rooms, r.id)
	}
}
