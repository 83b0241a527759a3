package gateway

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"imgate/component/gateway/muc"
	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmpp"
)

// maxSeats bounds the clients of one user in one room.
const maxSeats = 16

// onRoomPresence enters a room, leaves it, or tries to change the nickname.
func (a *account) onRoomPresence(p xmpp.Presence) {
	r := a.roomAt(p.To)
	switch {
	case p.Type == xmpp.UnavailablePresence:
		if r != nil {
			a.leaveSeat(r, p.From.Resource)
		}
	case p.Type != xmpp.AvailablePresence:
	case p.From.Resource == "":
	case p.To.Resource == "":
		a.refuseSeat(p, xmpp.JIDMalformed, "Say by which nickname you enter the room.")
	case r != nil && r.joined:
		a.takeSeat(r, p)
	case r != nil:
		a.waitSeat(r, p)
	default:
		a.enter(p)
	}
}

// refuseSeat answers a request to enter.
func (a *account) refuseSeat(p xmpp.Presence, c xmpp.Condition, text speech.Text) {
	a.fail(xmpp.Presence{Header: xmpp.Header{ID: p.ID, From: p.From, To: p.To}}, c, text)
}

// waitSeat lets a client wait for the room that another one enters.
func (a *account) waitSeat(r *room, p xmpp.Presence) {
	if len(r.clients) >= maxSeats {
		a.refuseSeat(p, xmpp.ResourceConstraint, "Too many of your clients are in this room.")
		return
	}
	r.clients[strings.Clone(p.From.Resource)] = entry(p)
}

// entry is what is kept of a request to enter.
func entry(p xmpp.Presence) xmpp.Presence {
	h := p.Header
	h.ID, h.Lang = strings.Clone(h.ID), ""
	h.From, h.To = cloneJID(h.From), cloneJID(h.To)
	return xmpp.Presence{Header: h}
}

func cloneJID(j xmpp.JID) xmpp.JID {
	return xmpp.JID{Local: strings.Clone(j.Local), Domain: strings.Clone(j.Domain), Resource: strings.Clone(j.Resource)}
}

// enter asks the network for a room.
func (a *account) enter(p xmpp.Presence) {
	switch {
	case !a.signedOn():
		a.refuseSeat(p, xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()))
		return
	case !a.session.powers.Has(transports.CanRooms):
		a.refuseSeat(p, xmpp.ServiceUnavailable, "The network has no rooms.")
		return
	case len(a.rooms) >= maxRooms:
		a.refuseSeat(p, xmpp.ResourceConstraint, "You are in too many rooms.")
		return
	}
	r := &room{
		id: a.roomID(p.To), jid: cloneJID(p.To.Bare()), people: map[string]transports.LegacyID{},
		clients: map[string]xmpp.Presence{strings.Clone(p.From.Resource): entry(p)}, nick: strings.Clone(p.To.Resource),
	}
	if a.rooms == nil {
		a.rooms = map[transports.LegacyID]*room{}
	}
	password := muc.Password(p)
	asked := pending{kind: pendingRequest, then: func(d transports.Done) { a.onEntered(r, d) }}
	if !a.out.tagged(asked, func(tag transports.Tag) transports.Command {
		return transports.JoinRoom{Tag: tag, Room: r.id, Create: true, Nick: r.nick, Password: password}
	}) {
		a.refuseSeat(p, xmpp.ResourceConstraint, "Too many requests are waiting for the network.")
		return
	}
	a.rooms[r.id] = r
}

// onEntered is the network's answer. What the room is like has come before it.
func (a *account) onEntered(r *room, d transports.Done) {
	if d.Err == nil || r.joined || a.rooms[r.id] != r {
		return
	}
	condition := conditionOf(d.Err)
	switch {
	case errors.Is(d.Err, transports.ErrDenied):
		condition = xmpp.NotAuthorized // clients ask for a password
	case errors.Is(d.Err, transports.ErrInvalid):
		condition = xmpp.Conflict // of what was asked only the nickname can be wrong
	case errors.Is(d.Err, transports.ErrBusy):
		condition = xmpp.ServiceUnavailable // XEP-0045 §7.2.9: the room is full
	}
	a.refuseEntry(r, condition, sentence(d.Err))
	a.forgetRoom(r)
}

// refuseEntry answers all clients that wait to enter.
func (a *account) refuseEntry(r *room, c xmpp.Condition, text speech.Text) {
	for _, p := range r.clients {
		a.refuseSeat(p, c, text)
	}
	r.clients = map[string]xmpp.Presence{}
}

// onRoomJoined is the last of what the network tells of a room on entering.
func (a *account) onRoomJoined(ev transports.RoomJoined) {
	r := a.rooms[ev.Room]
	if r == nil { // by another way than ours: it is left again when nobody wants it
		a.joinedElsewhere(ev)
		return
	}
	r.joined = true
	if ev.Nick != "" {
		r.nick = strings.Clone(ev.Nick)
	}
	r.people[r.nick] = a.reg.Name
	if len(r.clients) == 0 { // they left while the network was asked
		a.out.push(transports.LeaveRoom{Room: r.id})
		a.forgetRoom(r)
		return
	}
	for _, p := range r.clients {
		a.welcome(r, p)
	}
}

// joinedElsewhere is a room that the network has put the user into: the user is invited, and is in it already.
func (a *account) joinedElsewhere(ev transports.RoomJoined) {
	j, ok := a.roomJID(ev.Room)
	if !ok || len(a.rooms) >= maxRooms {
		a.out.push(transports.LeaveRoom{Room: ev.Room})
		return
	}
	if a.rooms == nil {
		a.rooms = map[transports.LegacyID]*room{}
	}
	nick := orName(ev.Nick, a.reg.Typed)
	a.rooms[ev.Room] = &room{
		id: ev.Room, jid: j, joined: true, nick: nick, people: map[string]transports.LegacyID{nick: a.reg.Name}, clients: map[string]xmpp.Presence{},
	}
	a.invite(ev.Room, a.svc.jid(), "")
}

func orName(name, other string) string {
	if name == "" {
		return other
	}
	return strings.Clone(name)
}

// takeSeat lets one more client of the user in, or answers one that is in already.
func (a *account) takeSeat(r *room, p xmpp.Presence) {
	_, in := r.clients[p.From.Resource]
	switch {
	case in && p.Child(xmpp.MUCSpace, "x") == nil && p.To.Resource != r.seat(r.nick, a.reg.Name).Resource:
		a.refuseSeat(p, xmpp.NotAcceptable, "The network does not let you change the nickname in a room.")
		return
	case in && p.Child(xmpp.MUCSpace, "x") == nil:
		return // presence within the room: the network has none
	case !in && len(r.clients) >= maxSeats:
		a.refuseSeat(p, xmpp.ResourceConstraint, "Too many of your clients are in this room.")
		return
	}
	asked := entry(p)
	r.clients[asked.From.Resource] = asked
	a.welcome(r, asked)
}

// welcome tells a client who is in the room, then that it is in, then the topic (XEP-0045 §7.2.2 to §7.2.15).
func (a *account) welcome(r *room, p xmpp.Presence) {
	for _, nick := range slices.Sorted(maps.Keys(r.people)) {
		if nick != r.nick {
			a.send(a.occupantPresence(r, nick, p.From, muc.Occupant{Here: true}))
		}
	}
	codes := []muc.Status{muc.NonAnonymous, muc.SelfPresence}
	if p.To.Resource != r.seat(r.nick, a.reg.Name).Resource {
		codes = append(codes, muc.NickForced)
	}
	self := a.occupantPresence(r, r.nick, p.From, muc.Occupant{JID: p.From, Here: true, Codes: codes})
	self.ID = p.ID
	a.send(self)
	a.send(r.subject(p.From, a.newID("topic")))
}

// leaveSeat lets one client out; with the last one the user leaves the room.
func (a *account) leaveSeat(r *room, resource string) {
	p, in := r.clients[resource]
	if !in {
		return
	}
	delete(r.clients, resource)
	a.send(a.occupantPresence(r, r.nick, p.From, muc.Occupant{JID: p.From, Codes: []muc.Status{muc.SelfPresence}}))
	if len(r.clients) == 0 && r.joined {
		a.out.push(transports.LeaveRoom{Room: r.id})
		a.forgetRoom(r)
	}
}

// leaveSeats lets a client that is gone out of all rooms.
func (a *account) leaveSeats(resource string) {
	for _, r := range a.rooms {
		a.leaveSeat(r, resource)
	}
}
