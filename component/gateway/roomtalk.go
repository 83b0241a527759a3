package gateway

import (
	"slices"
	"strings"
	"time"

	"imgate/component/gateway/chat"
	"imgate/component/gateway/muc"
	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmpp"
)

// onRoomStanza takes a message to a room, or to somebody in it.
func (a *account) onRoomStanza(m xmpp.Message) {
	r := a.roomAt(m.To)
	invitations := muc.Mediated(m)
	switch {
	case m.Type == xmpp.ErrorMessage:
	case muc.Declined(m):
		if a.signedOn() && a.session.powers.Has(transports.CanRooms) {
			a.out.push(transports.AnswerInvite{Room: a.roomID(m.To)})
		}
	case r == nil || !r.joined || !r.has(m.From.Resource):
		if text, _ := m.Body(); text != "" || len(invitations) > 0 {
			a.fail(m, xmpp.NotAcceptable, "You are not in this room.")
		}
	case len(invitations) > 0:
		for _, i := range invitations {
			a.inviteOther(m, r, i)
		}
	case m.To.Resource != "":
		a.whisper(m, r)
	case m.Type == xmpp.GroupchatMessage:
		a.sayInRoom(m, r)
	}
}

func (r *room) has(resource string) bool {
	_, in := r.clients[resource]
	return in
}

// sayInRoom says something to everybody in a room.
func (a *account) sayInRoom(m xmpp.Message, r *room) {
	words, err := chat.Read(m, r.nick)
	_, hasSubject := m.Subject()
	switch {
	case err != nil:
		a.fail(m, xmpp.NotAcceptable, encryptedText)
		return
	case len(words.Body.Runs) == 0 && hasSubject:
		a.fail(m, xmpp.Forbidden, "The network does not let you change the topic.")
		return
	case len(words.Body.Runs) == 0:
		return
	case len(words.Body.String()) > a.g.opt.MessageBytes:
		a.fail(m, xmpp.PolicyViolation, speech.Of("The message is longer than %d bytes.", a.g.opt.MessageBytes))
		return
	case !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute) || len(r.unsaid) >= maxUnsaid:
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
		return
	}
	kept := answerable(m)
	var tag transports.Tag
	p := pending{kind: pendingRequest, then: func(d transports.Done) { a.onSaid(r, tag, kept, d) }}
	if !a.out.tagged(p, func(t transports.Tag) transports.Command {
		tag = t
		return transports.SayRoom{Tag: t, Room: r.id, Body: words.Body}
	}) {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages are waiting.")
		return
	}
	r.unsaid = append(r.unsaid, said{tag, kept})
}

// onSaid is the network's answer. Where it took what was said, that comes back as everybody hears it.
func (a *account) onSaid(r *room, tag transports.Tag, m xmpp.Message, d transports.Done) {
	if d.Err == nil {
		return
	}
	i := slices.IndexFunc(r.unsaid, func(s said) bool { return s.tag == tag })
	if i < 0 {
		return // answered already
	}
	r.unsaid = slices.Delete(r.unsaid, i, i+1)
	a.sendError(m, d.Err)
}

// onRoomMessage is something said in a room. What the user said comes back with the id that it had, in order.
func (a *account) onRoomMessage(ev transports.RoomMessage) {
	r := a.rooms[ev.Room]
	if r == nil || !r.joined {
		a.decided(ev.Seq)
		return
	}
	id := a.newID("m", a.g.run)
	if ev.Own && len(r.unsaid) > 0 {
		if own := r.unsaid[0].message.ID; own != "" {
			id = own
		}
		r.unsaid = slices.Delete(r.unsaid, 0, 1)
	}
	told := chat.Told{Body: ev.Body, By: a.svc.jid()}
	if !ev.Sent.IsZero() && time.Since(ev.Sent) > roomHistory {
		told.Sent = ev.Sent
	}
	payload := told.Payload()
	last := len(r.clients) - 1
	if last < 0 {
		a.decided(ev.Seq)
	}
	n := 0
	for name := range r.clients {
		seq := transports.Seq(0)
		if n++; n-1 == last {
			seq = ev.Seq
		}
		a.sendMessage(xmpp.Message{
			Header: xmpp.Header{ID: id, From: r.seat(ev.Nick, ev.From), To: a.user.WithResource(name)},
			Type:   xmpp.GroupchatMessage, Payload: payload,
		}, seq)
	}
}

// roomHistory is from when on something counts as said before the user came.
const roomHistory = time.Minute

// whisper says something to one in a room (XEP-0045 §7.5). The networks know no such thing: it goes to the contact.
func (a *account) whisper(m xmpp.Message, r *room) {
	if m.Type == xmpp.GroupchatMessage {
		a.fail(m, xmpp.BadRequest, "A message to one in a room is not a message to the room.")
		return
	}
	id, ok := r.sitting(m.To.Resource)
	if !ok {
		a.fail(m, xmpp.ItemNotFound, "Nobody of this name is in the room.")
		return
	}
	words, err := chat.Read(m, r.nick)
	switch {
	case err != nil:
		a.fail(m, xmpp.NotAcceptable, encryptedText)
	case len(words.Body.Runs) > 0:
		a.sendToContact(m, id, words)
	}
}

// sitting is who sits at that seat.
func (r *room) sitting(resource string) (transports.LegacyID, bool) {
	if id, ok := r.people[resource]; ok {
		return id, true
	}
	for nick, id := range r.people {
		if r.seat(nick, id).Resource == resource {
			return id, true
		}
	}
	return "", false
}

// inviteOther invites a contact into a room.
func (a *account) inviteOther(m xmpp.Message, r *room, i muc.Invitation) {
	id, err := a.svc.legacyID(i.To)
	if i.To.Domain != a.svc.Domain || err != nil || isRoom(i.To) {
		a.fail(m, xmpp.NotAcceptable, speech.Of("Only contacts of %s can be invited into this room.", a.svc.title()))
		return
	}
	if !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute) {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
		return
	}
	kept := answerable(m)
	p := pending{kind: pendingRequest, then: func(d transports.Done) {
		if d.Err != nil {
			a.sendError(kept, d.Err)
		}
	}}
	if !a.out.tagged(p, func(tag transports.Tag) transports.Command {
		return transports.InviteRoom{Tag: tag, Room: r.id, To: id, Reason: i.Reason}
	}) {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages are waiting.")
	}
}

// onDirectInvitation invites the contact that m goes to; false: m is no invitation into a room of ours.
func (a *account) onDirectInvitation(m xmpp.Message) bool {
	i, ok := muc.Direct(m)
	if !ok || i.Room.Domain != a.svc.Domain || !isRoom(i.Room) {
		return false
	}
	r := a.roomAt(i.Room)
	if r == nil || !r.joined {
		a.fail(m, xmpp.NotAcceptable, "You are not in this room.")
		return true
	}
	a.inviteOther(m, r, i)
	return true
}

// onInvited passes an invitation on.
func (a *account) onInvited(ev transports.Invited) {
	if from, ok := a.address(ev.From); ok {
		a.invite(ev.Room, from, ev.Reason)
	}
}

// invite invites the user, in somebody's name.
func (a *account) invite(id transports.LegacyID, from xmpp.JID, reason string) {
	j, ok := a.roomJID(id)
	if !ok {
		return
	}
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("invite", a.g.run), From: j, To: a.user},
		Payload: muc.Invitation{Room: j, Reason: strings.TrimSpace(reason)}.Payload(from, textInvited(from.String(), j.String(), reason).In(a.tongue())),
	})
}
