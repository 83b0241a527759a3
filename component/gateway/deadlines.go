package gateway

import (
	"time"

	"imgate/state"
)

// deadlines are the instants at which the loop has something to do; zero ones never come.
type deadlines struct {
	machine  time.Time // state.Due
	linger   time.Time // the user has been gone long enough
	probe    time.Time // whoever has not answered the probe is not there
	grace    time.Time // the link has been gone long enough
	held     time.Time // messages have waited long enough for the sign-on
	expire   time.Time // a message that waits is of no use any more
	ask      time.Time // the next contact may be put to the user
	leave    time.Time // the user has had time enough to give leave to manage the roster
	push     time.Time // the roster that has changed is read
	question time.Time // somebody has not answered
	answer   time.Time // a registration is answered without the network
	notice   time.Time // a drop has lasted long enough to be told
	retry    time.Time // held messages are tried again
	again    time.Time // what a link without room has swallowed is told again
	ghosts   time.Time // whoever has not shown up since the restart is gone
	refused  time.Time // what the user's server refused is sent again
}

func (d *deadlines) next() time.Time {
	var first time.Time
	for _, t := range [...]time.Time{d.machine, d.linger, d.probe, d.grace, d.held, d.expire, d.ask, d.push, d.leave, d.question, d.answer, d.notice, d.retry, d.again, d.ghosts, d.refused} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// past reports whether *t has come, and clears it.
func past(t *time.Time, now time.Time) bool {
	if t.IsZero() || now.Before(*t) {
		return false
	}
	*t = time.Time{}
	return true
}

// arm lets the timer run for the next deadline. Most turns of the loop change none.
func (a *account) arm(timer *time.Timer) {
	next := a.due.next()
	switch {
	case next.Equal(a.armed):
		return
	case next.IsZero():
		timer.Stop()
	default:
		timer.Reset(time.Until(next))
	}
	a.armed = next
}

// onTime does what is due.
func (a *account) onTime(now time.Time) {
	if past(&a.due.machine, now) {
		a.step(state.Due{})
	}
	if past(&a.due.linger, now) && len(a.resources) == 0 {
		a.step(state.Unwanted{})
	}
	if past(&a.due.probe, now) {
		a.probeTimedOut()
	}
	if past(&a.due.grace, now) && a.linkDown {
		a.step(state.LinkLost{})
	}
	if past(&a.due.held, now) {
		a.expireHeld(now)
	}
	if past(&a.due.expire, now) {
		a.expire(now)
	}
	if past(&a.due.question, now) {
		a.unanswered(now)
	}
	if past(&a.due.leave, now) {
		a.askSoon()
	}
	if past(&a.due.push, now) {
		a.rosterChanged()
	}
	if past(&a.due.ask, now) {
		a.askNext(now)
	}
	if past(&a.due.answer, now) {
		a.answerRegistration(nil)
	}
	if past(&a.due.notice, now) {
		a.noticeLongDrop()
	}
	if past(&a.due.retry, now) {
		a.retryHeld()
	}
	if past(&a.due.again, now) {
		a.tellAgain()
	}
	if past(&a.due.ghosts, now) {
		a.layGhosts()
	}
	if past(&a.due.refused, now) && len(a.resources) > 0 {
		a.sendRefused()
	}
}
