package gateway

import (
	"strings"

	"imgate/component/gateway/muc"
	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Rooms of the network (XEP-0045). One room of one user is one room on the network, however many clients of the
// user are in it: they share its nickname.

// Bounds of rooms.
const (
	maxRooms  = 100  // of one account at a time
	maxNames  = 1000 // of rooms that the network has named
	maxInRoom = 2000 // occupants that are remembered
	maxUnsaid = 100  // things said in a room that have not come back
)

// A room is one that the user is in, or enters.
type room struct {
	id      transports.LegacyID
	jid     xmpp.JID // bare
	joined  bool
	nick    string                         // of the user, as the network has it
	people  map[string]transports.LegacyID // by nickname; the user too, once joined
	topic   string
	clients map[string]xmpp.Presence // that are in, or enter, by resource: their request to enter
	unsaid  []said                   // by the user, and not come back yet, in order
}

// A said is something that the user said in a room.
type said struct {
	tag     transports.Tag
	message xmpp.Message
}

// isRoom reports whether an address is a room's or an occupant's.
func isRoom(j xmpp.JID) bool { return strings.HasPrefix(j.Local, "#") }

// roomJID is the bare address of a room, and remembers what it stands for: an address loses the case of a name.
func (a *account) roomJID(id transports.LegacyID) (xmpp.JID, bool) {
	j, err := xmpp.NewJID("#"+xmpp.EscapeLocal(string(id)), a.svc.Domain, "")
	if err != nil {
		a.log.Warn("a room without an XMPP address", "err", err)
		return xmpp.JID{}, false
	}
	if a.roomNames == nil {
		a.roomNames = map[string]transports.LegacyID{}
	}
	if _, known := a.roomNames[j.Local]; known || len(a.roomNames) < maxNames {
		a.roomNames[j.Local] = id
	}
	return j, true
}

// roomID is the room that an address stands for.
func (a *account) roomID(j xmpp.JID) transports.LegacyID {
	if id, ok := a.roomNames[j.Local]; ok {
		return id
	}
	return transports.LegacyID(strings.Clone(xmpp.UnescapeLocal(strings.TrimPrefix(j.Local, "#"))))
}

// roomAt is the room of an address, if the user is in it or enters it.
func (a *account) roomAt(j xmpp.JID) *room { return a.rooms[a.roomID(j)] }

// seat is the address of somebody in a room.
func (r *room) seat(nick string, id transports.LegacyID) xmpp.JID {
	for _, name := range []string{nick, strings.Map(printableRune, nick), string(id), "?"} {
		if name == "" {
			continue
		}
		if j, err := xmpp.NewJID(r.jid.Local, r.jid.Domain, name); err == nil {
			return j
		}
	}
	return r.jid
}

func printableRune(c rune) rune {
	if c < ' ' || c == 0x7F {
		return -1
	}
	return c
}

// toClients sends a stanza of a room to each client that is in it.
func (a *account) toClients(r *room, make func(to xmpp.JID) xmpp.Stanza) {
	for name := range r.clients {
		a.send(make(a.user.WithResource(name)))
	}
}

// occupantPresence tells of somebody in a room.
func (a *account) occupantPresence(r *room, nick string, to xmpp.JID, o muc.Occupant) xmpp.Presence {
	id := r.people[nick]
	if o.JID.IsZero() && id != "" {
		if j, ok := a.address(id); ok {
			o.JID = j
		}
	}
	p := xmpp.Presence{Header: xmpp.Header{From: r.seat(nick, id), To: to}, Payload: []*xmltree.Element{o.Element()}}
	if !o.Here {
		p.Type = xmpp.UnavailablePresence
	}
	return p
}

// onOccupant is somebody who came, went or changed the nickname.
func (a *account) onOccupant(ev transports.Occupant) {
	r := a.rooms[ev.Room]
	if r == nil || ev.Nick == "" {
		return
	}
	before := r.otherNick(ev)
	_, was := r.people[ev.Nick]
	own := r.nick == ev.Nick
	switch {
	case !ev.Here:
		if was && r.joined {
			a.toClients(r, func(to xmpp.JID) xmpp.Stanza { return a.occupantPresence(r, ev.Nick, to, muc.Occupant{}) })
		}
		delete(r.people, ev.Nick)
		return
	case before != "":
		own = r.nick == before
		a.rename(r, before, ev)
	case len(r.people) >= maxInRoom:
		return
	}
	r.people[ev.Nick] = ev.ID
	if r.joined && !was && (!own || before != "") {
		a.toClients(r, func(to xmpp.JID) xmpp.Stanza {
			return a.occupantPresence(r, ev.Nick, to, selfIf(own, to, muc.Occupant{Here: true}))
		})
	}
}

// otherNick is by which nickname somebody was known before an event; empty: by none.
func (r *room) otherNick(ev transports.Occupant) string {
	for nick, id := range r.people {
		if id == ev.ID && nick != ev.Nick {
			return nick
		}
	}
	return ""
}

// rename empties the seat of somebody who has another nickname now (XEP-0045 §7.6).
func (a *account) rename(r *room, before string, ev transports.Occupant) {
	own := r.nick == before
	if r.joined {
		o := muc.Occupant{NewNick: r.seat(ev.Nick, ev.ID).Resource, Codes: []muc.Status{muc.NickChanged}}
		a.toClients(r, func(to xmpp.JID) xmpp.Stanza { return a.occupantPresence(r, before, to, selfIf(own, to, o)) })
	}
	delete(r.people, before)
	if own {
		r.nick = strings.Clone(ev.Nick)
	}
}

// selfIf adds to o, where it is about the user, that it is.
func selfIf(own bool, client xmpp.JID, o muc.Occupant) muc.Occupant {
	if own {
		o.JID, o.Codes = client, append([]muc.Status{muc.SelfPresence}, o.Codes...)
	}
	return o
}

func (a *account) onRoomTopic(ev transports.RoomTopic) {
	r := a.rooms[ev.Room]
	if r == nil || r.topic == ev.Topic {
		return
	}
	r.topic = ev.Topic
	if r.joined {
		a.toClients(r, func(to xmpp.JID) xmpp.Stanza { return r.subject(to, a.newID("topic")) })
	}
}

// subject tells the topic of a room; it ends what a client is told on entering (XEP-0045 §7.2.15).
func (r *room) subject(to xmpp.JID, id string) xmpp.Message {
	return xmpp.Message{
		Header: xmpp.Header{ID: id, From: r.jid, To: to}, Type: xmpp.GroupchatMessage,
		Payload: []*xmltree.Element{xmpp.Leaf("subject", r.topic)},
	}
}

// onRoomLeft is the end of a room that the user did not ask for: the clients are told why. Who asked was told at once,
// and may be entering the room again by now.
func (a *account) onRoomLeft(ev transports.RoomLeft) {
	r := a.rooms[ev.Room]
	if r == nil || ev.Why == "" {
		return
	}
	a.putOut(r, speech.Of("%s", ev.Why), muc.Kicked)
	a.forgetRoom(r)
}

// putOut tells every client of a room that it is out.
func (a *account) putOut(r *room, why speech.Text, codes ...muc.Status) {
	for _, u := range r.unsaid {
		a.fail(u.message, xmpp.RemoteServerTimeout, "You are no longer in this room; the message may not have arrived.")
	}
	r.unsaid = nil
	codes = append([]muc.Status{muc.SelfPresence}, codes...)
	a.toClients(r, func(to xmpp.JID) xmpp.Stanza {
		return a.occupantPresence(r, r.nick, to, muc.Occupant{JID: to, Reason: why.In(a.tongue()), Codes: codes})
	})
}

func (a *account) forgetRoom(r *room) {
	if a.rooms[r.id] == r {
		delete(a.rooms, r.id)
	}
}

// leaveRooms is the end of all rooms with the session. They are offered again after the next sign-on.
func (a *account) leaveRooms() {
	for _, r := range a.rooms {
		if !r.joined {
			a.refuseEntry(r, xmpp.RemoteServerTimeout, "The connection to the network ended.")
		} else {
			a.putOut(r, "The connection to the network ended.", muc.Kicked, muc.Failed)
			if len(r.clients) > 0 && len(a.lostRooms) < maxRooms {
				a.lostRooms = append(a.lostRooms, r.id)
			}
		}
		a.forgetRoom(r)
	}
}

// offerRooms invites the user back into the rooms that the last session was in.
func (a *account) offerRooms() {
	lost := a.lostRooms
	a.lostRooms = nil
	if len(a.resources) == 0 {
		return
	}
	for _, id := range lost {
		a.invite(id, a.svc.jid(), textRejoin.In(a.tongue()))
	}
}
