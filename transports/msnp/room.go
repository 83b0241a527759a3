package msnp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"imgate/transports"
)

// Bounds of rooms.
const (
	maxRooms     = 50
	maxOccupants = 50
	roomPrefix   = "chat-" // of the names of rooms that others began
)

// A room is a conversation of three and more, or one that the user began as such. It is gone when all have left.
type room struct {
	id      transports.LegacyID
	board   *board // nil: nobody was called yet
	joined  bool   // the user is in: until then texts come from who says them
	nick    string
	crowded bool // there were two others at least: with one left, it is a conversation of two again
}

// rooms are those that there are.
type rooms struct {
	all map[transports.LegacyID]*room
}

func newRooms() rooms { return rooms{all: map[transports.LegacyID]*room{}} }

// nickOf is what somebody is called in a room: their own name, if nobody else has it.
func (r *room) nickOf(id transports.LegacyID, nick string) string {
	if nick = strings.TrimSpace(nick); nick == "" || nick == r.nick {
		return string(id)
	}
	if r.board != nil {
		for _, m := range r.board.here {
			if m.id != id && m.nick == nick {
				return string(id)
			}
		}
		for _, m := range r.board.here {
			if m.id == id {
				return or(strings.TrimSpace(m.nick), string(id))
			}
		}
	}
	return nick
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// regard makes a room of a board on which three are, and invites the user.
func (s *session) regard(b *board) {
	if b.gone || len(b.here) < 2 {
		return
	}
	if b.room != nil {
		b.room.crowded = true
		return
	}
	if len(s.rooms.all) >= maxRooms {
		s.leave(b, errClosed)
		return
	}
	r := &room{id: s.roomName(b.id), board: b, crowded: true}
	s.rooms.all[r.id] = r
	b.room = r
	s.typing.said(b.peer)
	s.tell(transports.Invited{Room: r.id, From: b.peer, Reason: "with " + b.names()})
}

// names says who is there.
func (b *board) names() string {
	var all []string
	for _, m := range b.here {
		all = append(all, string(m.id))
	}
	return strings.Join(all, ", ")
}

// roomName is a name for a switchboard's conversation that is not taken.
func (s *session) roomName(session string) transports.LegacyID {
	sum := sha256.Sum256([]byte(session))
	name := transports.LegacyID(roomPrefix + hex.EncodeToString(sum[:4]))
	for n := 2; s.rooms.all[name] != nil; n++ {
		name = transports.LegacyID(fmt.Sprintf("%s%s-%d", roomPrefix, hex.EncodeToString(sum[:4]), n))
	}
	return name
}

func (s *session) occupant(r *room, m member, here bool) {
	if r.joined {
		s.tell(transports.Occupant{Room: r.id, ID: m.id, Nick: r.nickOf(m.id, m.nick), Here: here})
	}
}

// thinned ends a room when too few are left: of one that had others, the last two go on as two.
func (s *session) thinned(b *board) {
	r := b.room
	switch {
	case len(b.here) == 0: // the user may invite others
		b.room, r.board = nil, nil
		s.leave(b, errClosed)
	case len(b.here) == 1 && r.crowded:
		b.room, b.peer = nil, b.here[0].id
		r.board = nil
		s.roomLost(r, fmt.Sprintf("only %s is left; write to them", b.peer))
	}
}

// roomLost tells that a room is no more.
func (s *session) roomLost(r *room, why string) {
	if s.rooms.all[r.id] != r {
		return
	}
	delete(s.rooms.all, r.id)
	if r.joined {
		s.tell(transports.RoomLeft{Room: r.id, Why: why})
	}
}

// listRooms tells of the conversations that there are: the network has no public ones.
func (s *session) listRooms(c transports.ListRooms) {
	var got transports.RoomsResult
	for _, r := range s.rooms.all {
		info := transports.RoomInfo{Room: r.id, Name: string(r.id)}
		if r.board != nil {
			info.Name, info.Size = r.board.names(), len(r.board.here)
		}
		if r.joined {
			info.Size++
		}
		got.Rooms = append(got.Rooms, info)
	}
	slices.SortFunc(got.Rooms, func(a, b transports.RoomInfo) int { return strings.Compare(string(a.Room), string(b.Room)) })
	s.doneWith(c.Tag, transports.Accepted, got, nil)
}

// joinRoom enters a conversation that others began, or makes one, into which others can be invited.
func (s *session) joinRoom(c transports.JoinRoom) {
	r := s.rooms.all[c.Room]
	switch {
	case r == nil && !c.Create:
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: there is no such conversation", transports.ErrUnknown))
		return
	case r == nil && len(s.rooms.all) >= maxRooms:
		s.done(c.Tag, transports.Written, transports.ErrBusy)
		return
	case r == nil:
		r = &room{id: c.Room}
		s.rooms.all[c.Room] = r
	}
	r.nick, r.joined = or(c.Nick, string(s.self)), true
	if r.board != nil {
		for _, m := range r.board.here {
			s.occupant(r, m, true)
		}
	}
	s.tell(transports.Occupant{Room: r.id, ID: s.self, Nick: r.nick, Here: true})
	s.tell(transports.RoomJoined{Room: r.id, Nick: r.nick})
	s.done(c.Tag, transports.Accepted, nil)
}

// leaveRoom leaves.
func (s *session) leaveRoom(c transports.LeaveRoom) {
	r := s.rooms.all[c.Room]
	if r == nil {
		return
	}
	delete(s.rooms.all, r.id)
	if r.joined {
		s.tell(transports.RoomLeft{Room: r.id})
	}
	if b := r.board; b != nil {
		b.room = nil
		s.leave(b, errClosed)
	}
}

// answerInvite declines by leaving: on a switchboard one is in before one is asked.
func (s *session) answerInvite(c transports.AnswerInvite) {
	if r := s.rooms.all[c.Room]; r != nil && !c.Accept && !r.joined {
		s.leaveRoom(transports.LeaveRoom{Room: c.Room})
	}
}

// sayRoom says something to all who are there.
func (s *session) sayRoom(c transports.SayRoom) {
	r := s.rooms.all[c.Room]
	if r == nil || !r.joined {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: you are not in this conversation", transports.ErrDenied))
		return
	}
	payloads, _, err := payloadsOf(c.Body)
	if err != nil {
		s.done(c.Tag, transports.Written, err)
		return
	}
	echo := transports.RoomMessage{Room: r.id, From: s.self, Nick: r.nick, Body: c.Body, Own: true}
	if r.board == nil || len(r.board.here) == 0 { // nobody is there to hear it
		s.tell(echo)
		s.done(c.Tag, transports.Written, nil)
		return
	}
	o := &outgoing{tag: 0, left: len(payloads)}
	for _, payload := range payloads {
		s.send(r.board, &letter{class: "A", payload: payload, finish: func(err error) {
			if s.part(o, err); o.left > 0 {
				return
			}
			if o.err == nil && s.rooms.all[r.id] == r && r.joined {
				s.tell(echo)
			}
			s.done(c.Tag, transports.Accepted, o.err)
		}})
	}
}

// inviteRoom calls somebody to the board of a room; the first opens it.
func (s *session) inviteRoom(c transports.InviteRoom) {
	r := s.rooms.all[c.Room]
	if r == nil || !r.joined {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: you are not in this conversation", transports.ErrDenied))
		return
	}
	finish := func(err error) {
		if isCode(err, codeAlreadyThere) {
			err = nil
		}
		var lost lostError
		if errors.As(err, &lost) || errors.Is(err, errClosed) {
			err = transports.ErrUnavailable
		}
		s.done(c.Tag, transports.Accepted, err)
	}
	if b := r.board; b != nil && b.open {
		s.ring(b, c.To, finish)
		return
	}
	if r.board == nil {
		r.board = s.newBoard()
		r.board.room, r.board.peer = r, c.To
		s.request(r.board)
	}
	// The first letter of a board that opens is the call.
	r.board.queue = append(r.board.queue, &letter{class: classCall, payload: []byte(c.To), finish: finish})
}

// classCall is the class of a letter that is no message, but a call to somebody whose address is its payload.
const classCall = "CAL"
