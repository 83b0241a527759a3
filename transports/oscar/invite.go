package oscar

import (
	"crypto/rand"
	"fmt"
	"strings"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// An invitation is one into a room, from somebody.
type invitation struct {
	room   transports.LegacyID
	ref    wire.RoomRef
	from   transports.LegacyID
	cookie wire.Cookie
}

// invitedInto is the room of that address that somebody has invited the user into.
func (s *session) invitedInto(id transports.LegacyID) (wire.RoomRef, bool) {
	for _, i := range s.rooms.invited {
		if i.room == id {
			return i.ref, true
		}
	}
	return wire.RoomRef{}, false
}

// inviteRoom proposes to meet in a room (SNAC 04/06, channel 2).
func (s *session) inviteRoom(c transports.InviteRoom) {
	r := s.roomAt(c.Room)
	if r == nil || !r.joined {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: you are not in %s", transports.ErrDenied, c.Room))
		return
	}
	ref, err := wire.Encode(r.ref)
	if err != nil {
		s.done(c.Tag, transports.Written, transports.ErrInvalid)
		return
	}
	text, charset := []byte(c.Reason), "us-ascii"
	if !richtext.IsASCII(c.Reason) {
		text, charset = richtext.EncodeUTF16(c.Reason), "unicode-2-0"
	}
	if len(text) > maxRoomText {
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	}
	v := wire.Rendezvous{About: wire.CapRoom, TLVs: wire.TLVs{
		wire.Uint16(wire.RendezvousStep, 1), wire.Flag(wire.RendezvousWait), wire.Bytes(wire.RendezvousText, text),
		wire.String(wire.RendezvousCharset, charset), wire.String(wire.RendezvousLang, "en"), wire.Bytes(wire.RendezvousData, ref),
	}}
	_, _ = rand.Read(v.Cookie[:]) // never fails (crypto/rand)
	s.meet(c.To, v, func(s *session, _ wire.SNAC, err error) { s.done(c.Tag, transports.Accepted, err) })
}

// meet sends a rendezvous. finish, if not nil, hears whether the server has taken it.
func (s *session) meet(to transports.LegacyID, v wire.Rendezvous, finish func(*session, wire.SNAC, error)) {
	id := s.nextID()
	data, err := wire.Encode(v)
	body := wire.Outgoing{Cookie: v.Cookie, Channel: wire.ChannelRendezvous, To: string(to), TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)}}
	reply := wire.Kind(0)
	if finish != nil {
		reply = wire.ICBMAck
		body.TLVs = append(body.TLVs, wire.Flag(wire.MessageAck))
	}
	if err == nil {
		err = s.askAs(id, wire.ICBMSend, body, reply, finish)
	}
	if err != nil && finish != nil {
		finish(s, wire.SNAC{}, err)
	}
}

// received2 takes a message of channel 2: somebody wants to meet.
func (s *session) received2(from transports.LegacyID, m wire.Incoming) {
	value, _ := m.TLVs.Get(wire.MessageData)
	v, err := wire.Decode[wire.Rendezvous](value)
	if err != nil {
		s.log.Warn("rendezvous cannot be read", "err", err)
		return
	}
	switch {
	case v.Type == wire.RendezvousCancel && v.About == wire.CapFile:
		s.fileWithdrawn(from, v.Cookie)
	case v.Type != wire.RendezvousPropose:
	case v.About == wire.CapRoom && s.powers.Has(transports.CanRooms):
		s.invited(from, v)
	case v.About == wire.CapFile:
		s.fileProposed(from, v)
	}
}

// invited tells of an invitation.
func (s *session) invited(from transports.LegacyID, v wire.Rendezvous) {
	value, _ := v.TLVs.Get(wire.RendezvousData)
	ref, err := wire.Decode[wire.RoomRef](value)
	if err != nil {
		s.log.Warn("invitation cannot be read", "err", err)
		return
	}
	ref.Cookie = strings.Clone(ref.Cookie)
	id := roomID(ref.Exchange, nameOf(ref))
	if _, name := placeOf(id); name == "" || len(name) > maxRoomName {
		return
	}
	s.forgetInvitations(id)
	s.rooms.invited = append(s.rooms.invited, invitation{id, ref, from, v.Cookie})
	if len(s.rooms.invited) > maxRoomRefs {
		s.rooms.invited = s.rooms.invited[1:]
	}
	text, _ := v.TLVs.Get(wire.RendezvousText)
	reason := strings.TrimSpace(richtext.FromAIM(s.declaredText(from, text, v.TLVs.String(wire.RendezvousCharset))).String())
	s.tell(transports.Invited{Room: id, From: from, Reason: reason})
}

func (s *session) forgetInvitations(id transports.LegacyID) {
	kept := s.rooms.invited[:0:0]
	for _, i := range s.rooms.invited {
		if i.room != id {
			kept = append(kept, i)
		}
	}
	s.rooms.invited = kept
}

// answerInvite tells who has invited the user that they do not come; that they come is seen in the room.
func (s *session) answerInvite(c transports.AnswerInvite) {
	if c.Accept {
		return
	}
	for _, i := range s.rooms.invited {
		if i.room == c.Room {
			s.decline(i.from, i.cookie, wire.CapRoom)
		}
	}
	s.forgetInvitations(c.Room)
}

// decline refuses to meet.
func (s *session) decline(to transports.LegacyID, cookie wire.Cookie, about [16]byte) {
	s.meet(to, wire.Rendezvous{
		Type: wire.RendezvousCancel, Cookie: cookie, About: about,
		TLVs: wire.TLVs{wire.Uint16(wire.RendezvousReason, wire.RendezvousDeclined)},
	}, nil)
}
