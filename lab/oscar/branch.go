package oscar

import (
	"slices"
	"time"

	"imgate/transports/oscar/wire"
)

// A branch is a connection to a service besides BOS: the pictures, the directory, the making of rooms, or a room. Here
// it is a session without presence, that belongs to one on BOS.

// branched are the families that have branches, and what each offers (SNAC 01/03), as seen.
var branched = map[uint16]wire.Words{
	wire.FamilyIcons:   {wire.FamilyIcons, wire.FamilyService},
	wire.FamilyRoomNav: {wire.FamilyRoomNav, wire.FamilyService},
	wire.FamilyRoom:    {wire.FamilyService, wire.FamilyRoom},
	wire.FamilyDir:     {wire.FamilyDir, wire.FamilyService},
}

// branchHandlers are the SNACs that branches know, of family 01 all of them.
var branchHandlers = map[wire.Kind]handler{
	wire.ClientVersions: (*session).versions,
	wire.RateQuery:      (*session).rateReply,
	wire.RateAck:        nothing,
	wire.SelfQuery:      (*session).self,
	wire.ClientReady:    (*session).branchReady,

	wire.IconUpload:    (*session).iconUpload,
	wire.IconQuery:     (*session).iconQuery,
	wire.NavRoomCreate: (*session).roomCreate,
	wire.RoomSay:       (*session).roomSay,
	wire.DirSearch:     (*session).dirSearch,
}

// service answers SNAC 01/04 with where a service is, which is here too, and a cookie for it.
func (x *session) service(q wire.SNAC) error {
	wanted, err := wire.Decode[wire.ServiceWanted](q.Body)
	if err != nil {
		return err
	}
	t := ticket{id: x.a.id, multiple: x.multiple, family: wanted.Family}
	if _, ok := branched[wanted.Family]; !ok {
		x.refuse(q, wire.CodeServiceMissing)
		return nil
	}
	if wanted.Family == wire.FamilyRoom {
		value, _ := wanted.TLVs.Get(wire.ServiceRoom)
		ref, err := wire.Decode[wire.RoomRef](value)
		if err != nil {
			return err
		}
		if x.s.rooms[roomKey(ref)] == nil {
			return errNoRoom // the real server closes the connection
		}
		t.room = roomKey(ref)
	}
	x.reply(q, wire.ServiceReply, wire.TLVs{
		wire.Uint16(wire.TagFamily, wanted.Family), wire.String(wire.TagServer, x.s.advertised()),
		wire.Bytes(wire.TagCookie, x.s.bake(t)), wire.Uint8(wire.TagUseTLS, 0),
	})
	return nil
}

// branch serves a connection with the cookie of a service. mu is not held.
func (s *Server) branch(l *link, t ticket) {
	s.mu.Lock()
	a := s.accounts[t.id]
	home := a.client()
	r := s.rooms[t.room]
	if home == nil || !s.ports.Up() || t.family == wire.FamilyRoom && r == nil {
		s.mu.Unlock()
		return
	}
	x := &session{s: s, a: a, l: l, since: time.Now(), home: home, family: t.family, room: r}
	home.branches = append(home.branches, x)
	x.push(wire.HostFamilies, branched[t.family])
	s.mu.Unlock()
	s.serve(x)
	s.mu.Lock()
	x.cutOff()
	s.mu.Unlock()
}

// client is the account's session with a client; nil: there is none.
func (a *account) client() *session {
	if a == nil {
		return nil
	}
	for _, x := range a.sessions {
		if x.l != nil {
			return x
		}
	}
	return nil
}

// cutOff ends a branch. It may be called again. mu is held.
func (x *session) cutOff() {
	if x.gone {
		return
	}
	x.leaveRoom()
	x.gone = true
	x.home.branches = slices.DeleteFunc(x.home.branches, func(y *session) bool { return y == x })
	x.l.Close(false)
}

// branchReady takes SNAC 01/02 on a branch. In a room, others see the account from now on.
func (x *session) branchReady(q wire.SNAC) error {
	if _, err := wire.Decode[wire.ReadyFamilies](q.Body); err != nil {
		return err
	}
	if !x.ready && x.room != nil {
		x.enterRoom()
	}
	x.ready = true
	return nil
}
