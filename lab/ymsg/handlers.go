package ymsg

import (
	"slices"
	"strconv"
	"time"

	"imgate/lab/world"
	"imgate/transports/ymsg/wire"
)

// handlers are what a client can ask once it is signed on. mu is held.
var handlers = map[wire.Service]func(*Server, *session, wire.Packet){
	wire.LogOff:        func(s *Server, x *session, _ wire.Packet) { x.l.Close(false); s.part(x) },
	wire.IsBack:        (*Server).isBack,
	wire.IsAway:        (*Server).isAway,
	wire.UserStat:      func(_ *Server, x *session, _ wire.Packet) { x.tellFriends(wire.UserStat, x.look.status) },
	wire.Message:       (*Server).message,
	wire.PingConfig:    func(_ *Server, x *session, _ wire.Packet) { x.pingConfig() },
	wire.Ping:          (*Server).ping,
	wire.Notify:        (*Server).notify,
	wire.AddContact:    (*Server).addContact,
	wire.RemoveContact: (*Server).removeContact,
	wire.Ignore:        (*Server).ignore,
	wire.DenyContact:   (*Server).deny,
	wire.RenameGroup:   (*Server).renameGroup,
	wire.ConfInvite:    (*Server).confInvite,
	wire.ConfAddInvite: (*Server).confInvite,
	wire.ConfLogOn:     (*Server).confJoin,
	wire.ConfLogOff:    (*Server).confLeave,
	wire.ConfDecline:   (*Server).confDecline,
	wire.ConfMessage:   (*Server).confSay,
}

func (s *Server) ping(x *session, _ wire.Packet) {
	if !s.o.NoPings {
		x.l.say(wire.Ping, wire.Available, wire.Text(wire.KeyMe, x.a.name))
	}
}

func (s *Server) isBack(x *session, p wire.Packet) { s.become(x, look{status: p.Status}) }

// isAway takes a status, or a text (03).
func (s *Server) isAway(x *session, p wire.Packet) {
	n, ok := p.Fields.Number(wire.KeyStatus)
	l := look{status: wire.Status(uint32(n))}
	switch {
	case !ok:
		return
	case l.status == wire.Invisible:
		l = look{status: l.status, hidden: true}
	case l.status == wire.Custom:
		l = look{text: p.Fields.String(wire.KeyAwayText), busy: p.Fields.String(wire.KeyAwayFlag) == "1"}
		if l.text == "" && l.busy {
			l.status = wire.Busy
		}
	}
	s.become(x, l)
}

// message passes a message on, or keeps it (06). Nobody is told when it goes nowhere.
func (s *Server) message(x *session, p wire.Packet) {
	to := s.find(p.Fields.String(wire.KeyTo))
	if to == nil || s.faults.Take(world.RateLimit, x.a.id, everybody) {
		return
	}
	s.send(x.a, to, p.Fields)
}

// send brings a message to somebody.
func (s *Server) send(from, to *account, f wire.Fields) {
	text := f.String(wire.KeyText)
	switch {
	case from.ignores(to.id) || to.ignores(from.id):
	case to.looks().hidden:
		if text != wire.Buzz {
			to.kept = append(to.kept, stored{from: f.String(wire.KeyMe), text: text, at: time.Now().Unix()})
		}
	case to.session.l != nil:
		to.session.l.say(wire.Message, wire.ServerAnswer, relayed(f, wire.KeyText, wire.KeyImvironment, wire.KeyImvFlag, wire.KeyUTF8)...)
	case to.bot != nil:
		to.bot.heard(s, to, from, f)
	}
}

// relayed is what others are told of a packet of somebody's: to whom, from whom, and of the rest what is named.
func relayed(f wire.Fields, keys ...wire.Key) []wire.Field {
	out := []wire.Field{wire.Text(wire.KeyTo, f.String(wire.KeyTo)), wire.Text(wire.KeyFrom, f.String(wire.KeyMe))}
	for _, k := range keys {
		if v, ok := f.Get(k); ok {
			out = append(out, wire.Field{Key: k, Value: v})
		}
	}
	return out
}

// notify passes on what a keyboard does (4B).
func (s *Server) notify(x *session, p wire.Packet) {
	to := s.find(p.Fields.String(wire.KeyTo))
	if to == nil || to.looks().hidden || to.session.l == nil || x.a.ignores(to.id) || to.ignores(x.a.id) {
		return
	}
	to.session.l.say(wire.Notify, wire.ServerAnswer, relayed(p.Fields, wire.KeyKind, wire.KeyText, wire.KeyFlag)...)
}

// addContact puts somebody into a group (83).
func (s *Server) addContact(x *session, p wire.Packet) {
	who, group := p.Fields.String(wire.KeyContact), p.Fields.String(wire.KeyGroup)
	answer := func(result int) {
		x.l.say(wire.AddContact, wire.ServerAnswer, wire.Text(wire.KeyMe, p.Fields.String(wire.KeyMe)), wire.Text(wire.KeyContact, who),
			wire.Text(wire.KeyGroup, group), wire.Number(wire.KeyResult, result))
	}
	b := s.find(who)
	if b == nil {
		answer(wire.ResultUnknown)
		return
	}
	before := x.a.groupsOf(b.id)
	if slices.Contains(before, group) {
		answer(wire.ResultAlready)
		return
	}
	if group == noGroup { // is for those who are in no other
		for _, g := range before {
			x.a.take(b, g)
		}
	}
	x.a.put(b, group)
	if group != noGroup && slices.Contains(before, noGroup) {
		x.a.take(b, noGroup)
	}
	if before == nil {
		s.tellAdded(x.a, b, p.Fields)
		l := b.looks()
		if b.ignores(x.a.id) {
			l = gone
		}
		there := "1"
		if l.hidden {
			there = "0"
		}
		x.l.say(wire.NewContact, wire.ServerAnswer, append([]wire.Field{wire.Text(wire.KeyCount, there)}, b.fields(l, false)...)...)
	}
	answer(wire.ResultOK)
	if s.o.Refresh || len(before) > 0 && before[0] != noGroup { // as Escargot: not with the first group
		x.refresh()
	}
}

// tellAdded tells somebody that a has put them on its list (0F).
func (s *Server) tellAdded(a, b *account, f wire.Fields) {
	if b.session == nil || b.session.l == nil || b.ignores(a.id) {
		return
	}
	b.session.l.say(wire.NewContact, wire.Request, wire.Text(wire.KeyMe, b.name), wire.Text(wire.KeyFrom3, f.String(wire.KeyMe)),
		wire.Text(wire.KeyText, f.String(wire.KeyText)), wire.Text(wire.KeyUTF8, f.String(wire.KeyUTF8)),
		wire.Text(wire.KeyTime, strconv.FormatFloat(float64(time.Now().UnixMicro())/1e6, 'f', 7, 64)))
}

// removeContact takes somebody out of a group (84). Who is not in it is not spoken of.
func (s *Server) removeContact(x *session, p wire.Packet) {
	who, group := p.Fields.String(wire.KeyContact), p.Fields.String(wire.KeyGroup)
	b := s.find(who)
	if b == nil || !x.a.has(b.id) || group != noGroup && !slices.Contains(x.a.groupsOf(b.id), group) {
		return
	}
	x.a.take(b, group)
	x.l.say(wire.RemoveContact, wire.ServerAnswer, wire.Text(wire.KeyMe, p.Fields.String(wire.KeyMe)), wire.Number(wire.KeyResult, wire.ResultOK),
		wire.Text(wire.KeyContact, who), wire.Text(wire.KeyGroup, group))
	x.refresh()
}

// ignore puts somebody on the ignore list, or takes them off (85). To them the account is gone meanwhile.
func (s *Server) ignore(x *session, p wire.Packet) {
	who, mode := p.Fields.String(wire.KeyContact), p.Fields.String(wire.KeyFlag)
	answer := func(result int) {
		x.l.say(wire.Ignore, wire.ServerAnswer, wire.Text(wire.KeyUser, p.Fields.String(wire.KeyMe)), wire.Text(wire.KeyContact, who),
			wire.Text(wire.KeyFlag, mode), wire.Number(wire.KeyResult, result))
	}
	b := s.find(who)
	switch {
	case b == nil:
		answer(wire.ResultUnknown)
		return
	case mode == "1" && x.a.ignores(b.id):
		answer(wire.ResultAlready)
		return
	case mode == "1":
		x.a.ignored = append(x.a.ignored, b.id)
		if x.a.watchers[b.id] != nil && b.session != nil && b.session.l != nil {
			b.session.hearOf(x.a, x.look, gone)
		}
	case mode == "2":
		x.a.ignored = slices.DeleteFunc(x.a.ignored, func(id string) bool { return id == b.id })
		if x.a.watchers[b.id] != nil && b.session != nil && b.session.l != nil {
			b.session.hearOf(x.a, gone, x.look)
		}
	default:
		return
	}
	x.l.say(wire.AddIgnore, wire.ServerAnswer)
	if !s.o.Hangs { // Escargot fails here
		x.refresh()
		answer(wire.ResultOK)
	}
}

// deny tells somebody that they are not let (86).
func (s *Server) deny(x *session, p wire.Packet) {
	b := s.find(p.Fields.String(wire.KeyContact))
	if b == nil || b.session == nil || b.session.l == nil {
		return
	}
	b.session.l.say(wire.NewContact, wire.Refusal, wire.Text(wire.KeyMe, b.name), wire.Text(wire.KeyFrom3, p.Fields.String(wire.KeyMe)),
		wire.Text(wire.KeyText, p.Fields.String(wire.KeyText)))
}

// renameGroup gives a group another name (89).
func (s *Server) renameGroup(x *session, p wire.Packet) {
	from, to := p.Fields.String(wire.KeyGroup), p.Fields.String(wire.KeyNewGroup)
	if from == noGroup || to == noGroup {
		return
	}
	for i := range x.a.groups {
		if x.a.groups[i].name == from {
			x.a.groups[i].name = to
		}
	}
	x.l.say(wire.RenameGroup, wire.ServerAnswer, wire.Text(wire.KeyMe, p.Fields.String(wire.KeyMe)), wire.Number(wire.KeyResult, wire.ResultOK),
		wire.Text(wire.KeyNewGroup, to), wire.Text(wire.KeyGroup, from))
	x.refresh()
}
