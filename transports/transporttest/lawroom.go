package transporttest

import (
	"imgate/richtext"
	"imgate/transports"
)

// checkRoom holds what is told of rooms to the laws: only of those that the user is in, or is entering.
func (s *subject) checkRoom(e transports.Event) {
	s.t.Helper()
	var room transports.LegacyID
	switch e := e.(type) {
	case transports.RoomJoined:
		s.rooms[e.Room] = true
		return
	case transports.RoomLeft:
		if !s.rooms[e.Room] {
			s.t.Errorf("law broken: RoomLeft for %q, where the user is not", e.Room)
		}
		delete(s.rooms, e.Room)
		return
	case transports.Occupant:
		room = e.Room
	case transports.RoomTopic:
		room = e.Room
	case transports.RoomMessage:
		room = e.Room
		s.checkSeq(e.Seq)
	default:
		return
	}
	if s.rooms[room] {
		return
	}
	for tag, c := range s.asked {
		if join, ok := c.(transports.JoinRoom); ok && join.Room == room && s.done[tag] == 0 {
			return
		}
	}
	s.t.Errorf("law broken: %T of %q, where the user is not", e, room)
}

// roomLaw enters, speaks, hears it once, leaves, and is out.
func roomLaw(s *subject) {
	room := s.h.Room
	if room == "" {
		s.t.Error("the sessions have rooms: the law needs Harness.Room")
		return
	}
	s.works(transports.ListRooms{Tag: s.tag()})
	s.refuses("to speak in a room where the user is not", transports.SayRoom{Tag: s.tag(), Room: room, Body: richtext.Plain("hello")})
	if !s.works(transports.JoinRoom{Tag: s.tag(), Room: room, Create: true, Nick: "tester"}) {
		return
	}
	hello := richtext.Plain("hello, room")
	s.works(transports.SayRoom{Tag: s.tag(), Room: room, Body: hello})
	own := func() (n int) {
		for _, e := range s.seen {
			if m, ok := e.(transports.RoomMessage); ok && m.Own && m.Body.String() == hello.String() {
				n++
			}
		}
		return n
	}
	s.until("law broken: what the user says in a room does not come back as Own", func() bool { return own() > 0 })
	feels(s, Speaks, func(m transports.RoomMessage) bool { return m.Room == room && !m.Own && m.Nick != "" })
	s.offer(transports.LeaveRoom{Room: room})
	s.until("law broken: no RoomLeft", func() bool { return !s.rooms[room] })
	for _, e := range s.seen {
		if left, ok := e.(transports.RoomLeft); ok && left.Why != "" {
			s.t.Errorf("law broken: the user left, and RoomLeft says why: %q", left.Why)
		}
	}
	s.refuses("to speak in a room after leaving it", transports.SayRoom{Tag: s.tag(), Room: room, Body: hello})
	if n := own(); n != 1 {
		s.t.Errorf("law broken: what the user says in a room comes back %d times", n)
	}
	if _, ok := feels(s, Invites, func(e transports.Invited) bool { return e.Room == room && e.From == s.h.Friend }); ok {
		s.offer(transports.AnswerInvite{Room: room})
	}
}
