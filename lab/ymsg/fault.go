package ymsg

import (
	"strings"

	"imgate/lab/world"
)

// strikes are the faults that end or spoil a session, each on what it does. mu is held.
var strikes = map[world.Fault]func(*session){
	world.Reset:              func(x *session) { x.l.Close(true); x.s.part(x) },
	world.Stall:              func(x *session) { x.l.Stall() },
	world.Garbage:            func(x *session) { x.l.Raw([]byte(nonsense)) },
	world.OtherLocation:      func(x *session) { x.dismiss(elsewhere) },
	world.OtherLocationShort: func(x *session) { x.dismiss(elsewhereShort) },
	world.Kicked:             func(x *session) { x.dismiss(kicked) },
	world.Maintenance:        func(x *session) { x.dismiss(maintenance) },
	world.Drop:               func(x *session) { x.l.Close(false); x.s.part(x) },
	world.TruncatedSignoff: func(x *session) {
		x.l.Raw([]byte("YMSG\x00\x00\x00\x00\x00\x00\x00\x02"))
		x.l.Close(false)
		x.s.part(x)
	},
}

// onSignOn are the strikes in the order in which they are tried at a sign-on.
var onSignOn = [...]world.Fault{
	world.OtherLocation, world.OtherLocationShort, world.Kicked, world.Maintenance, world.Drop, world.TruncatedSignoff,
}

// onLogin are the faults that befall a sign-on before it is judged.
var onLogin = [...]world.Fault{world.Refuse, world.Reset, world.Stall, world.Garbage}

// nonsense is what a broken server says.
var nonsense = strings.Repeat("\x00garbage\xFF", 8)

// strikeLogin commits a fault that waits for the next sign-on of id, and reports whether there was one. mu is held.
func (s *Server) strikeLogin(l *link, id string) bool {
	for _, f := range onLogin {
		if !s.faults.Take(f, id, everybody) {
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
		if s.faults.Take(f, x.a.id, everybody) {
			strikes[f](x)
			return
		}
	}
}

// clients are the sessions with a client, of one account or of everybody. mu is held.
func (s *Server) clients(a *account) []*session {
	var out []*session
	for _, b := range s.accounts {
		if (a == nil || a == b) && b.session != nil && b.session.l != nil {
			out = append(out, b.session)
		}
	}
	return out
}
