package ymsg

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// nameFor is how a new conference is called: the host's ID comes first, so that it meets no other's.
func (s *session) nameFor(id transports.LegacyID) string {
	if own := s.me + "-"; !strings.HasPrefix(string(id), own) {
		return own + string(id)
	}
	return string(id)
}

// listRooms gives the conferences that we are in or are invited to. Others are nobody's to see.
func (s *session) listRooms(c transports.ListRooms) {
	got := transports.RoomsResult{}
	for _, id := range slices.Sorted(maps.Keys(s.rooms.all)) {
		r := s.rooms.all[id]
		size := len(r.here)
		if r.joined {
			size++
		}
		got.Rooms = append(got.Rooms, transports.RoomInfo{Room: id, Name: r.name, Size: size})
	}
	s.doneWith(c.Tag, transports.Accepted, got, nil)
}

// joinRoom goes where we are invited (19), or begins a conference. The server hears of that with the first invitation: nobody
// but us is there before.
func (s *session) joinRoom(c transports.JoinRoom) {
	r := s.rooms.get(c.Room)
	switch {
	case r == nil && !c.Create:
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: nobody has invited you to %s", transports.ErrUnknown, c.Room))
		return
	case r == nil:
		if r = s.rooms.begin(c.Room, s.nameFor(c.Room)); r == nil {
			s.done(c.Tag, transports.Written, transports.ErrBusy)
			return
		}
	case !r.joined:
		fields := append(wire.Fields{wire.Text(wire.KeyMe, s.me)}, r.everybody(wire.KeyFrom3)...)
		if err := s.say(wire.ConfLogOn, wire.Available, append(fields, wire.Text(wire.KeyRoom, r.name)), nil); err != nil {
			s.done(c.Tag, transports.Written, err)
			return
		}
	}
	r.joined = true
	for _, id := range slices.Sorted(maps.Keys(r.here)) {
		s.tell(transports.Occupant{Room: r.id, ID: id, Nick: r.members[id], Here: true})
	}
	s.tell(transports.Occupant{Room: r.id, ID: transports.LegacyID(s.me), Nick: s.me, Here: true})
	s.tell(transports.RoomJoined{Room: r.id, Nick: s.me})
	s.done(c.Tag, transports.Written, nil)
}

// leaveRoom leaves (1B).
func (s *session) leaveRoom(c transports.LeaveRoom) {
	r := s.rooms.get(c.Room)
	if r == nil || !r.joined {
		return
	}
	if r.called {
		fields := append(wire.Fields{wire.Text(wire.KeyMe, s.me)}, r.everybody(wire.KeyFrom3)...)
		s.mention(wire.ConfLogOff, wire.Available, append(fields, wire.Text(wire.KeyRoom, r.name)))
	}
	delete(s.rooms.all, c.Room)
	s.tell(transports.RoomLeft{Room: c.Room})
}

// inviteRoom invites: with the first invitation the conference begins (18), others join it (1C).
func (s *session) inviteRoom(c transports.InviteRoom) {
	r := s.rooms.get(c.Room)
	if r == nil || !r.joined {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: you are not in %s", transports.ErrDenied, c.Room))
		return
	}
	others := r.everybody(wire.KeyMember)
	text := wire.Text(wire.KeyInviteText, shortened(c.Reason, maxAwayText))
	fields := wire.Fields{wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyHost, s.me), wire.Text(wire.KeyRoom, r.name), text}
	service := wire.ConfInvite
	if r.called {
		service = wire.ConfAddInvite
		fields = wire.Fields{wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyInvitees, string(c.To)), wire.Text(wire.KeyRoom, r.name), text}
		fields = append(fields, others...)
	} else {
		fields = append(fields, wire.Text(wire.KeyInvitee, string(c.To)))
	}
	fields = append(fields, wire.Text(wire.KeyFlag, "0"), wire.Text(wire.KeyUTF8, "1"))
	err := transports.ErrBusy
	if r.holds(c.To) {
		err = s.say(service, wire.Available, fields, func() { s.done(c.Tag, transports.Written, nil) })
	}
	if err != nil { // the server has not heard of it
		s.done(c.Tag, transports.Written, err)
		return
	}
	r.called = true
	r.add(c.To, string(c.To), r.here[c.To])
}

// answerInvite refuses an invitation (1A). To accept one is to join.
func (s *session) answerInvite(c transports.AnswerInvite) {
	r := s.rooms.get(c.Room)
	if r == nil || r.joined || c.Accept {
		return
	}
	delete(s.rooms.all, c.Room)
	fields := append(wire.Fields{wire.Text(wire.KeyMe, s.me)}, r.everybody(wire.KeyFrom3)...)
	s.mention(wire.ConfDecline, wire.Available, append(fields, wire.Text(wire.KeyRoom, r.name), wire.Text(wire.KeyText, ""), wire.Text(wire.KeyUTF8, "1")))
}

// sayRoom says something (1D). The server does not say it back.
func (s *session) sayRoom(c transports.SayRoom) {
	r := s.rooms.get(c.Room)
	if r == nil || !r.joined {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: you are not in %s", transports.ErrDenied, c.Room))
		return
	}
	pieces := piecesOf(c.Body)
	if len(pieces) > maxPieces {
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	}
	own := func() {
		if s.rooms.get(c.Room) != r { // left meanwhile
			s.done(c.Tag, transports.Written, nil)
			return
		}
		s.tell(transports.RoomMessage{Room: c.Room, From: transports.LegacyID(s.me), Nick: s.me, Body: c.Body, Sent: now(), Own: true})
		s.done(c.Tag, transports.Written, nil)
	}
	if !r.called { // nobody else is there
		own()
		return
	}
	packets := make([]wire.Fields, len(pieces))
	for i, text := range pieces {
		packets[i] = append(wire.Fields{wire.Text(wire.KeyMe, s.me)}, r.everybody(wire.KeyMember)...)
		packets[i] = append(packets[i], wire.Text(wire.KeyRoom, r.name), wire.Text(wire.KeyText, text), wire.Text(wire.KeyUTF8, "1"))
	}
	if err := s.sayAll(wire.ConfMessage, wire.Available, packets, own); err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// invited takes an invitation (18, 1C), or news of those who are invited to where we are.
func (s *session) invited(p wire.Packet) {
	name := p.Fields.String(wire.KeyRoom)
	host, ok := s.id(p.Fields.String(wire.KeyHost))
	r := s.rooms.named(name)
	if r == nil {
		id, legal := s.id(name)
		if !legal || !ok || string(host) == s.me {
			return
		}
		if other := s.rooms.get(id); other != nil && other.joined {
			s.log.Warn("invitation passed over: the user is in a conference of nearly the same name")
			return
		}
		if r = s.rooms.begin(id, name); r == nil {
			s.log.Warn("too many invitations")
			return
		}
	}
	if ok {
		r.called, r.host = true, p.Fields.String(wire.KeyHost)
	}
	s.noteMembers(r, p.Fields)
	if !r.joined && ok {
		s.tell(transports.Invited{Room: r.id, From: host, Reason: richtext.FromYahoo(s.text(p.Fields, wire.KeyInviteText)).String()})
	}
}

// noteMembers takes who is there, and who is called. The host is there.
func (s *session) noteMembers(r *conference, f wire.Fields) {
	for _, v := range f {
		if v.Key != wire.KeyHost && v.Key != wire.KeyMember && v.Key != wire.KeyInvitee {
			continue
		}
		id, ok := s.id(string(v.Value))
		if !ok || string(id) == s.me {
			continue
		}
		was := r.here[id]
		r.add(id, string(v.Value), v.Key != wire.KeyInvitee)
		if r.joined && !was && r.here[id] {
			s.tell(transports.Occupant{Room: r.id, ID: id, Nick: string(v.Value), Here: true})
		}
	}
}

// inRoom is the conference that a packet is about, and the other member that it names by k; nil for what is not our affair.
func (s *session) inRoom(f wire.Fields, k wire.Key) (*conference, transports.LegacyID, string) {
	r := s.rooms.named(f.String(wire.KeyRoom))
	name := f.String(k)
	id, ok := s.id(name)
	if r == nil || !ok || string(id) == s.me {
		return nil, "", ""
	}
	return r, id, name
}

// conferenceJoined takes who came (19).
func (s *session) conferenceJoined(p wire.Packet) {
	if r, id, name := s.inRoom(p.Fields, wire.KeyMember); r != nil {
		s.enters(r, id, name)
	}
}

func (s *session) enters(r *conference, id transports.LegacyID, name string) {
	if was := r.here[id]; r.add(id, name, true) && r.joined && !was {
		s.tell(transports.Occupant{Room: r.id, ID: id, Nick: name, Here: true})
	}
}

// conferenceLeft takes who went (1B).
func (s *session) conferenceLeft(p wire.Packet) {
	r, id, _ := s.inRoom(p.Fields, wire.KeyLeaver)
	if r == nil {
		return
	}
	was, name := r.here[id], r.members[id]
	delete(r.here, id)
	delete(r.members, id)
	if r.joined && was {
		s.tell(transports.Occupant{Room: r.id, ID: id, Nick: name})
	}
}

// conferenceDeclined takes who does not come (1A).
func (s *session) conferenceDeclined(p wire.Packet) {
	r, id, name := s.inRoom(p.Fields, wire.KeyDecliner)
	if r == nil {
		return
	}
	delete(r.members, id)
	if r.joined {
		text := fmt.Sprintf("%s does not come to the conference %s.", name, r.name)
		if why := richtext.FromYahoo(s.text(p.Fields, wire.KeyText)).String(); why != "" {
			text += " " + why
		}
		s.tell(transports.Notice{Text: text})
	}
}

// conferenceMessage takes what somebody says (1D). Who speaks is there.
func (s *session) conferenceMessage(p wire.Packet) {
	r, id, name := s.inRoom(p.Fields, wire.KeyFrom3)
	if r == nil || !r.joined {
		return
	}
	s.enters(r, id, name)
	body := richtext.FromYahoo(s.text(p.Fields, wire.KeyText))
	if len(body.Runs) == 0 {
		return
	}
	s.tell(transports.RoomMessage{Room: r.id, From: id, Nick: name, Body: body, Sent: now()})
}
