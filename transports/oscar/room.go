package oscar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Rooms. A room has a name on an exchange: 4 are those that whoever enters makes, 5 those that operators have made.
// Its address here is its name in small letters, since servers do not tell case apart, with the exchange and a hyphen
// before it where that is not 4: "lounge", "5-lobby".

const (
	maxRooms    = 32  // that a session is in
	maxRoomRefs = 64  // that others have invited the user into, and are remembered
	maxRoomName = 100 // bytes; as today's server says
	maxRoomText = 1024
)

// rooms are those that a session is in or enters, and those that it was invited into.
type rooms struct {
	in      []*room
	invited []invitation // oldest first
}

// A room is one that the user is in, or enters.
type room struct {
	id      transports.LegacyID
	service *service // nil: not found yet
	joined  bool
	tags    []transports.Tag // of JoinRoom, to be answered
	maxText int              // bytes of what is said
	ref     wire.RoomRef
	here    []occupant
}

// An occupant is somebody in a room.
type occupant struct {
	id   transports.LegacyID
	nick string
}

// roomID is the address of a room.
func roomID(exchange uint16, name string) transports.LegacyID {
	name = strings.ToLower(strings.TrimSpace(name))
	if exchange != wire.ExchangePrivate {
		name = strconv.FormatUint(uint64(exchange), 10) + "-" + name
	}
	return transports.LegacyID(name)
}

// placeOf is the exchange and the name of a room.
func placeOf(id transports.LegacyID) (exchange uint16, name string) {
	number, name, ok := strings.Cut(string(id), "-")
	if n, err := strconv.ParseUint(number, 10, 16); ok && err == nil && name != "" && len(number) == 1 {
		return uint16(n), name
	}
	return wire.ExchangePrivate, string(id)
}

// nameOf is the name of a room in its cookie, which is "4-0-name".
func nameOf(ref wire.RoomRef) string {
	parts := strings.SplitN(ref.Cookie, "-", 3)
	return parts[len(parts)-1]
}

func (s *session) roomAt(id transports.LegacyID) *room {
	for _, r := range s.rooms.in {
		if r.id == id {
			return r
		}
	}
	return nil
}

// roomCommand takes what the gateway asks about rooms; false: c is something else.
func (s *session) roomCommand(c transports.Command) bool {
	switch c := c.(type) {
	case transports.ListRooms:
		s.listRooms(c)
	case transports.JoinRoom:
		s.joinRoom(c)
	case transports.LeaveRoom:
		s.leaveRoom(c)
	case transports.SayRoom:
		s.sayRoom(c)
	case transports.InviteRoom:
		s.inviteRoom(c)
	case transports.AnswerInvite:
		s.answerInvite(c)
	default:
		return false
	}
	return true
}

// listRooms tells the rooms that the user knows of: servers of today have no list.
func (s *session) listRooms(c transports.ListRooms) {
	var got transports.RoomsResult
	for _, r := range s.rooms.in {
		if r.joined {
			got.Rooms = append(got.Rooms, transports.RoomInfo{Room: r.id, Name: nameOf(r.ref), Size: len(r.here)})
		}
	}
	for _, i := range s.rooms.invited {
		if s.roomAt(i.room) == nil {
			got.Rooms = append(got.Rooms, transports.RoomInfo{Room: i.room, Name: nameOf(i.ref), Size: -1})
		}
	}
	s.doneWith(c.Tag, transports.Accepted, got, nil)
}

// joinRoom finds the room by its name, which makes it where need be (SNAC 0D/08), and goes there. Who is in already is
// told everything once more.
func (s *session) joinRoom(c transports.JoinRoom) {
	exchange, name := placeOf(c.Room)
	r := s.roomAt(c.Room)
	switch {
	case r != nil && r.joined:
		s.tellRoom(r)
		s.done(c.Tag, transports.Accepted, nil)
		return
	case r != nil:
		r.tags = append(r.tags, c.Tag)
		return
	case name == "" || len(name) > maxRoomName || roomID(exchange, name) != c.Room:
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: a room's name has 1 to %d bytes, in small letters", transports.ErrUnknown, maxRoomName))
		return
	case len(s.rooms.in) >= maxRooms:
		s.done(c.Tag, transports.Written, transports.ErrBusy)
		return
	}
	r = &room{id: c.Room, tags: []transports.Tag{c.Tag}, maxText: maxRoomText}
	s.rooms.in = append(s.rooms.in, r)
	if ref, ok := s.invitedInto(c.Room); ok {
		s.goTo(r, ref)
		return
	}
	wanted := wire.RoomInfo{
		RoomRef: wire.RoomRef{Exchange: exchange, Cookie: wire.RoomCreate, Instance: wire.RoomLast}, Detail: 1,
		TLVs: wire.TLVs{wire.String(wire.RoomName, name), wire.String(wire.RoomCharset, "us-ascii"), wire.String(wire.RoomLang, "en")},
	}
	err := s.askService(wire.FamilyRoomNav, request{kind: wire.NavRoomCreate, reply: wire.NavReply, finish: func(s *session, answer wire.SNAC, err error) {
		s.roomFound(r, answer, err)
	}}, wanted)
	if err != nil {
		s.roomClosed(r, err)
	}
}

// roomFound takes SNAC 0D/09: what the room is called by servers.
func (s *session) roomFound(r *room, answer wire.SNAC, err error) {
	if s.roomAt(r.id) != r {
		return // left already
	}
	var info wire.RoomInfo
	if err == nil {
		var tlvs wire.TLVs
		if tlvs, err = wire.Decode[wire.TLVs](answer.Body); err == nil {
			value, _ := tlvs.Get(wire.NavRoom)
			info, err = wire.Decode[wire.RoomInfo](value)
		}
	}
	if err != nil {
		s.roomClosed(r, err)
		return
	}
	s.goTo(r, info.RoomRef)
}

// goTo opens the connection to a room.
func (s *session) goTo(r *room, ref wire.RoomRef) {
	ref.Cookie = strings.Clone(ref.Cookie)
	r.ref = ref
	value, err := wire.Encode(ref)
	if err == nil {
		r.service = &service{family: wire.FamilyRoom, room: r}
		err = s.openService(r.service, wire.TLVs{wire.Bytes(wire.ServiceRoom, value)})
	}
	if err != nil {
		r.service = nil
		s.roomClosed(r, err)
	}
}

// roomClosed is the end of a room that the user did not ask for, or of the way into it.
func (s *session) roomClosed(r *room, err error) {
	if !s.forgetRoom(r) {
		return
	}
	for _, tag := range r.tags {
		if errors.Is(err, transports.ErrUnavailable) {
			err = transports.ErrUnknown // what is not there, is not
		}
		s.done(tag, transports.Written, err)
	}
	if r.joined {
		s.tell(transports.RoomLeft{Room: r.id, Why: "The connection to the room ended."})
	}
}

// forgetRoom takes r off the list; false: it is not there any more.
func (s *session) forgetRoom(r *room) bool {
	for i, other := range s.rooms.in {
		if other == r {
			s.rooms.in = append(s.rooms.in[:i:i], s.rooms.in[i+1:]...)
			return true
		}
	}
	return false
}

// leaveRoom closes the connection to the room: there is no other way of leaving.
func (s *session) leaveRoom(c transports.LeaveRoom) {
	r := s.roomAt(c.Room)
	if r == nil {
		return
	}
	s.forgetRoom(r)
	for _, tag := range r.tags {
		s.done(tag, transports.Written, fmt.Errorf("%w: left before it was entered", transports.ErrUnavailable))
	}
	if r.service != nil {
		s.closeService(r.service, transports.ErrDenied)
	}
	if r.joined {
		s.tell(transports.RoomLeft{Room: r.id})
	}
}
