package oscar

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/transports/oscar/wire"
)

// A room is a conversation of many. As on the real server it stays when everybody has left.
type room struct {
	ref  wire.RoomRef
	name string
	made time.Time
	in   []*session // branches, in the order in which they came
}

const (
	maxRooms    = 200
	maxRoomName = 100
	maxInRoom   = 100
)

var (
	errNoRoom = errors.New("there is no such room")
	errNoName = errors.New("a room without a name")
)

// lobby is the room that operators have made, on the exchange of such.
const lobby = "Lobby"

func cookieOf(exchange uint16, name string) string {
	return strconv.FormatUint(uint64(exchange), 10) + "-0-" + name
}

// roomKey is what names a room; case does not count.
func roomKey(ref wire.RoomRef) string { return strings.ToLower(ref.Cookie) }

// newRoom makes a room. mu is held.
func (s *Server) newRoom(exchange uint16, name string) *room {
	r := &room{ref: wire.RoomRef{Exchange: exchange, Cookie: cookieOf(exchange, name)}, name: name, made: time.Now()}
	s.rooms[roomKey(r.ref)] = r
	return r
}

// info describes the room as the real server does.
func (r *room) info() wire.RoomInfo {
	return wire.RoomInfo{RoomRef: r.ref, Detail: 2, TLVs: wire.TLVs{
		wire.Uint16(0xC9, 15), wire.Uint32(0xCA, uint32(r.made.Unix())), wire.Uint16(wire.RoomMaxText, 1024),
		wire.Uint16(0xD2, maxInRoom), wire.Uint8(0xD5, 2), wire.String(0x6A, r.name),
		wire.String(wire.RoomName, r.name), wire.Uint16(0xDA, 1024),
	}}
}

// roomCreate answers SNAC 0D/08: the room of that name, made where the exchange is one for it.
func (x *session) roomCreate(q wire.SNAC) error {
	wanted, err := wire.Decode[wire.RoomInfo](q.Body)
	if err != nil {
		return err
	}
	name := wanted.TLVs.String(wire.RoomName)
	r := x.s.rooms[roomKey(wire.RoomRef{Cookie: cookieOf(wanted.Exchange, name)})]
	switch {
	case name == "" || len(name) > maxRoomName:
		return errNoName
	case wanted.Exchange != wire.ExchangePrivate && wanted.Exchange != wire.ExchangePublic:
		x.refuse(q, wire.CodeNotSupportedHost)
		return nil
	case r == nil && (wanted.Exchange == wire.ExchangePublic || len(x.s.rooms) >= maxRooms):
		x.refuse(q, wire.CodeNoMatch)
		return nil
	case r == nil:
		r = x.s.newRoom(wanted.Exchange, name)
	}
	value, err := wire.Encode(r.info())
	if err != nil {
		return err
	}
	x.reply(q, wire.NavReply, wire.TLVs{wire.Bytes(wire.NavRoom, value)})
	return nil
}

// roomUser is the block of somebody in a room.
func (x *session) roomUser(here bool) wire.User {
	class := wire.ClassFree // of a number too
	if !here {
		class = 0
	}
	return wire.User{Name: x.a.name, TLVs: wire.TLVs{
		wire.Uint32(wire.UserSignedOn, uint32(x.since.Unix())), wire.Uint16(wire.UserClass, class),
		wire.Uint32(wire.UserStatus, 0), wire.Uint32(unknown1E, 0),
	}}
}

// enterRoom shows the room to x, and x to those who are in it. An account is in a room once. mu is held.
func (x *session) enterRoom() {
	for _, y := range slices.Clone(x.room.in) {
		if y.a == x.a {
			y.cutOff()
		}
	}
	x.room.in = append(x.room.in, x)
	var users wire.Users
	for _, y := range x.room.in {
		users = append(users, y.roomUser(true))
	}
	x.say(wire.RoomEntered, 0, users)
	x.say(wire.RoomUpdate, 0, x.room.info())
	x.tellRoom(wire.RoomEntered, wire.Users{x.roomUser(true)})
}

// leaveRoom takes x out of its room and tells the others. mu is held.
func (x *session) leaveRoom() {
	if x.room == nil || !slices.Contains(x.room.in, x) {
		return
	}
	x.room.in = slices.DeleteFunc(x.room.in, func(y *session) bool { return y == x })
	x.tellRoom(wire.RoomGone, wire.Users{x.roomUser(false)})
}

// tellRoom tells all in the room but x.
func (x *session) tellRoom(kind wire.Kind, body wire.Body) {
	for _, y := range x.room.in {
		if y != x {
			y.say(kind, 0, body)
		}
	}
}

// roomSay takes SNAC 0E/05: everybody hears it, the speaker where that was asked for.
func (x *session) roomSay(q wire.SNAC) error {
	said, err := wire.Decode[wire.RoomWords](q.Body)
	if err != nil {
		return err
	}
	from, err := wire.Encode(x.roomUser(true))
	message, ok := said.TLVs.Get(wire.WordsMessage)
	if err != nil || !ok || x.room == nil || !x.ready {
		return errNoRoom
	}
	heard := wire.RoomWords{Cookie: said.Cookie, Channel: said.Channel, TLVs: wire.TLVs{wire.Bytes(wire.WordsFrom, from)}}
	if said.TLVs.Has(wire.WordsPublic) {
		heard.TLVs = append(heard.TLVs, wire.Flag(wire.WordsPublic))
	}
	heard.TLVs = append(heard.TLVs, wire.Bytes(wire.WordsMessage, message))
	x.tellRoom(wire.RoomHear, heard)
	if said.TLVs.Has(wire.WordsReflect) {
		x.reply(q, wire.RoomHear, heard)
	}
	return nil
}
