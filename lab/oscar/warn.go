package oscar

import (
	"time"

	"imgate/transports/oscar/wire"
)

// Warnings, as the real server has them: by 10 %, without a name by 3 %, of somebody who has written to whom warns; they
// wear off by 5 % in five minutes. That they narrow the rate limits is left out.
const (
	warnBy          = 100 // tenths of a percent
	warnByAnonymous = 30
	warnMost        = 1000
	warnWearsOff    = 50
	warnRest        = 5 * time.Minute
)

// warning is how much of an account's warnings is left.
type warning struct {
	level uint16
	at    time.Time // of the last
}

func (w warning) now(now time.Time) uint16 {
	off := uint16(min(now.Sub(w.at)/warnRest*warnWearsOff, warnMost))
	return w.level - min(w.level, off)
}

// warned raises the level, and tells by whom; no user: by nobody in particular. The server's mu is held.
func (a *account) warned(by uint16, who wire.User, now time.Time) {
	a.warning = warning{a.warning.now(now) + by, now}
	for _, y := range a.here() {
		y.say(wire.Warned, 0, wire.WarnedBy{Level: a.warning.level, By: who}) // without a number, as seen
	}
}

// warn takes SNAC 04/08.
func (x *session) warn(q wire.SNAC) error {
	wanted, err := wire.Decode[wire.WarnWanted](q.Body)
	if err != nil {
		return err
	}
	to := x.s.accounts[canonical(wanted.Name)]
	by := uint16(warnBy)
	if wanted.Anonymous {
		by = warnByAnonymous
	}
	switch {
	case to == x.a:
		x.refuse(q, wire.CodeNotSupportedHost)
		return nil
	case to == nil || to.denies(x.a.id) || x.a.denies(to.id) || len(to.here()) == 0:
		x.refuse(q, wire.CodeNotLoggedOn)
		return nil
	case to.bot != nil || !to.wroteTo[x.a.id] || to.warning.now(x.s.now())+by > warnMost:
		x.refuse(q, wire.CodeDenied)
		return nil
	}
	who := wire.User{}
	if !wanted.Anonymous {
		who = wire.User{Name: x.a.name, Warning: x.a.warning.now(x.s.now())}
	}
	to.warned(by, who, x.s.now())
	x.reply(q, wire.ICBMWarnReply, wire.Words{by, to.warning.level})
	return nil
}
