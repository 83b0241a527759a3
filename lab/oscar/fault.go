package oscar

import (
	"strings"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// strikes are the faults that end or spoil a session, each on what it does. mu is held.
var strikes = map[world.Fault]func(*session){
	world.Reset:   func(x *session) { x.l.Close(true); x.s.part(x) },
	world.Stall:   func(x *session) { x.l.Stall() },
	world.Garbage: func(x *session) { x.l.Raw([]byte(nonsense)) },
	world.OtherLocation: func(x *session) {
		x.hangUp(wire.TLVs{wire.Uint8(wire.TagReason, wire.ReasonReplaced), wire.String(wire.TagReasonURL, moreInfo)}, false)
	},
	world.OtherLocationShort: func(x *session) { x.hangUp(nil, true) },
	world.Kicked:             (*session).replaced,
	world.Maintenance:        func(x *session) { x.hangUp(nil, false) },
	world.Drop:               func(x *session) { x.l.Close(false); x.s.part(x) },
	world.TruncatedSignoff:   func(x *session) { x.hangUp(nil, true) },
}

// onSignOn are the strikes in the order in which they are tried at a sign-on.
var onSignOn = [...]world.Fault{
	world.OtherLocation, world.OtherLocationShort, world.Kicked, world.Maintenance, world.Drop, world.TruncatedSignoff,
}

// onLogin are the faults that befall a sign-on before it is judged.
var onLogin = [...]world.Fault{world.Refuse, world.Reset, world.Stall, world.Garbage}

// nonsense is what a broken server says.
var nonsense = strings.Repeat("\x00garbage\xFF", 8)

// hangUp ends x with a sign-off frame, cut short or not, whatever kind of client it is.
func (x *session) hangUp(reasons wire.TLVs, cut bool) {
	data, _ := wire.Encode(reasons) // a few short TLVs
	x.l.frame(wire.SignOff, data, cut)
	x.l.Close(false)
	x.s.part(x)
}

// strikeLogin commits a fault that waits for a's next sign-on, and reports whether there was one. mu is held.
func (s *Server) strikeLogin(l *link, a *account) bool {
	for _, f := range onLogin {
		if !s.faults.Take(f, a.id, everybody(a.network)) {
			continue
		}
		switch f {
		case world.Stall:
			l.Stall()
		case world.Garbage:
			l.Raw([]byte(nonsense))
		default:
			l.Close(true)
		}
		return true
	}
	return false
}

// strikeReady commits a fault that waits for a session of x's account. mu is held.
func (s *Server) strikeReady(x *session) {
	for _, f := range onSignOn {
		if s.faults.Take(f, x.a.id, everybody(x.a.network)) {
			strikes[f](x)
			return
		}
	}
}

// clients are the sessions with a client, of one account or of everybody of a network. mu is held.
func (s *Server) clients(a *account, network string) []*session {
	var out []*session
	add := func(a *account) {
		for _, x := range a.sessions {
			if x.l != nil {
				out = append(out, x)
			}
		}
	}
	if a != nil {
		add(a)
		return out
	}
	for _, a := range s.accounts {
		if a.network == network {
			add(a)
		}
	}
	return out
}
