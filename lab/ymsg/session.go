package ymsg

import (
	"time"

	"imgate/transports/ymsg/wire"
)

// A session is one sign-on: a client's, a bot's, or one that the control API put up.
type session struct {
	s     *Server
	a     *account
	l     *link // nil without a client
	since time.Time
	from  string
	look  look
	gone  bool
}

// A look is how others see somebody.
type look struct {
	status wire.Status
	text   string // not empty: status does not count
	busy   bool   // of a text
	hidden bool
}

// gone is the look of somebody who is not there.
var gone = look{hidden: true}

// looks is how a sees itself; gone without a session.
func (a *account) looks() look {
	if a.session == nil {
		return gone
	}
	return a.session.look
}

// fields are the record that tells of a; bare leaves the text out, as the first word of somebody who comes does.
func (a *account) fields(l look, bare bool) []wire.Field {
	f := []wire.Field{wire.Text(wire.KeyContact, a.name)}
	switch {
	case l.hidden:
		f = append(f, wire.Text(wire.KeyStatus, "0"), wire.Text(wire.KeySession, "0"))
	case l.text == "" || bare:
		f = append(f, wire.Number(wire.KeyStatus, int(l.status)), wire.Text(wire.KeySession, "0"))
	default:
		busy := "0"
		if l.busy {
			busy = "1"
		}
		f = append(f, wire.Number(wire.KeyStatus, int(wire.Custom)), wire.Text(wire.KeySession, "0"), wire.Text(wire.KeyAwayText, l.text), wire.Text(wire.KeyAwayFlag, busy))
	}
	there := "1"
	if l.hidden {
		there = "0"
	}
	return append(f, wire.Text(wire.KeyPager, "0"), wire.Text(wire.KeyFlag, there))
}

// announce tells those who have x's account on the list how it is now, after it was before.
func (s *Server) announce(x *session, before look) {
	now := x.a.looks()
	if now == before {
		return
	}
	for _, b := range x.a.watchers {
		if b.session == nil || b.session.l == nil || x.a.ignores(b.id) || b.ignores(x.a.id) {
			continue
		}
		b.session.hearOf(x.a, before, now)
	}
}

// hearOf tells a client how somebody is.
func (x *session) hearOf(a *account, before, now look) {
	me := []wire.Field{wire.Text(wire.KeyUser, x.a.name)}
	switch {
	case now.hidden && before.hidden:
	case now.hidden:
		x.l.say(wire.LogOff, wire.ServerAnswer, a.fields(now, false)...)
	case before.hidden:
		x.l.say(wire.LogOn, wire.ServerAnswer, append(me, a.fields(now, true)...)...)
		if now.text != "" {
			x.l.say(wire.IsAway, wire.ServerAnswer, append(me[:1:1], a.fields(now, false)...)...)
		}
	case now.status == wire.Available && now.text == "":
		x.l.say(wire.IsBack, wire.ServerAnswer, append(me, a.fields(now, false)...)...)
	default:
		x.l.say(wire.IsAway, wire.ServerAnswer, append(me, a.fields(now, false)...)...)
	}
}

// tellFriends tells x who of its list is there (01, 0A).
func (x *session) tellFriends(service wire.Service, status wire.Status) {
	var records []wire.Field
	n := 0
	for _, b := range x.a.friends(x.s) {
		if l := b.looks(); !l.hidden && !b.ignores(x.a.id) {
			n++
			records = append(records, b.fields(l, false)...)
		}
	}
	x.l.say(service, status, append([]wire.Field{
		wire.Text(wire.KeyUser, x.a.name), wire.Text(wire.KeyMe, x.a.name), wire.Number(wire.KeyCount, n)}, records...)...)
}

// become changes how x looks.
func (s *Server) become(x *session, l look) {
	before := x.look
	x.look = l
	s.announce(x, before)
}

// part takes x off its account and tells others. It may be called again. mu is held.
func (s *Server) part(x *session) {
	if x.gone {
		return
	}
	x.gone = true
	before := x.look
	if x.a.session == x {
		x.a.session = nil
	}
	s.leaveAll(x.a)
	s.announce(x, before)
}

// An ending is how a session is ended by the server.
type ending struct {
	status wire.Status
	result int // of key 66; 0: none
}

var (
	elsewhere      = ending{status: wire.Failed}
	elsewhereShort = ending{result: wire.LoginElsewhere}
	kicked         = ending{result: wire.LoginExpired}
	maintenance    = ending{}
)

// dismiss ends x. mu is held.
func (x *session) dismiss(e ending) {
	if x.l != nil {
		var f []wire.Field
		if e.result != 0 {
			f = []wire.Field{wire.Number(wire.KeyResult, e.result)}
		}
		x.l.say(wire.LogOff, e.status, f...)
		x.l.Close(false)
	}
	x.s.part(x)
}
