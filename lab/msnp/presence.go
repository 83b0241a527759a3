package msnp

import (
	"math/rand/v2"
	"strconv"

	"imgate/transports/msnp/wire"
)

// chg is CHG trid state caps [object].
func (x *session) chg(c wire.Command) bool {
	state := c.Arg(1)
	switch state {
	case "NLN", "BSY", "IDL", "BRB", "AWY", "PHN", "LUN", "HDN":
	case "FLN":
		return x.fails(c, 201)
	default:
		return false
	}
	x.a.look.state, x.a.look.caps, x.a.look.object = state, c.Arg(2), c.Arg(3)
	answer := []string{state, c.Arg(2)}
	if c.Arg(3) != "" && x.dialect >= 9 {
		answer = append(answer, c.Arg(3))
	}
	x.reply(c, answer...)
	if !x.shown {
		x.shown = true
		for _, e := range x.a.list {
			if e.lists&onForward != 0 && x.a.sees(e.who) {
				x.present(e.who, c.Arg(0))
			}
		}
		if x.dialect >= 11 {
			x.mailNotice()
		}
		x.demand()
	}
	x.s.announce(x.a)
	x.strike()
	return true
}

func (x *session) uux(c wire.Command) bool {
	x.a.look.personal = c.Payload
	x.reply(c, "0")
	x.s.announcePersonal(x.a)
	return true
}

// present tells how somebody is; trid is that of the first telling, or empty.
func (x *session) present(b *account, trid string) {
	args := []string{b.look.state, b.id, wire.Escape(b.nick), b.caps()}
	if x.dialect >= 9 {
		args = append(args, b.object())
	}
	if trid != "" {
		x.tell("ILN", append([]string{trid}, args...)...)
	} else {
		x.tell("NLN", args...)
	}
	x.told[b.id] = true
	x.personal(b)
}

func (a *account) caps() string {
	if a.look.caps == "" {
		return strconv.Itoa(1 << 30)
	}
	return a.look.caps
}

func (x *session) personal(b *account) {
	if x.dialect >= 11 {
		x.l.say(wire.New("UBX", b.id).With(b.personal()))
	}
}

// watchers are the sessions that have a on their list and know how others are. mu is held.
func (s *Server) watchers(a *account) (list []*session) {
	for _, w := range s.order {
		if w.session != nil && w.session.shown && w.lists(a)&onForward != 0 {
			list = append(list, w.session)
		}
	}
	return list
}

// announce tells those who have a on their list how it is now. mu is held.
func (s *Server) announce(a *account) {
	for _, x := range s.watchers(a) {
		if x.a.sees(a) {
			x.present(a, "")
		} else if x.told[a.id] {
			delete(x.told, a.id)
			x.tell("FLN", a.id)
		}
	}
}

func (s *Server) announcePersonal(a *account) {
	for _, x := range s.watchers(a) {
		if x.told[a.id] && x.a.sees(a) {
			x.personal(a)
		}
	}
}

// demand asks a client to prove that it is one (CHL).
func (x *session) demand() {
	if x.s.o.Trusting {
		return
	}
	x.challenge = strconv.FormatUint(1e19+rand.Uint64N(8e18), 10)
	x.tell("CHL", "0", x.challenge)
}

// qry is the answer to a challenge.
func (x *session) qry(c wire.Command) bool {
	want := wire.ProductMSNP8.AnswerMD5(x.challenge)
	if x.dialect >= 11 {
		want = wire.ProductMSNP11.AnswerMix(x.challenge)
	}
	if x.challenge == "" || string(c.Payload) != want {
		x.fails(c, 540)
		return false
	}
	x.challenge = ""
	x.reply(c)
	return true
}
