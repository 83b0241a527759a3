package gateway

import (
	"time"

	"imgate/news"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
)

// step feeds the machine, carries out what it wants, and gives what it answers to an explicit wish; what it
// stores is on its way to the disk then.
func (a *account) step(in state.Input) (what state.What) {
	for _, action := range a.machine.Step(time.Now(), in) {
		switch action := action.(type) {
		case state.Dial:
			a.dial(action.Number)
		case state.HangUp:
			a.hangUp()
		case state.Wake:
			a.due.machine = action.At
		case state.Announce:
			a.announce(action.Snapshot)
		case state.TellOtherLocation:
			a.tellOtherLocation()
		case state.Save:
			a.save(action)
		case state.Prove:
			a.reg.Old = transports.Secret{}
			a.store(a.logStore, registry.Prove{Key: a.key})
		case state.TakeBack:
			a.takeBack(action)
		case state.Answer:
			what = action.What
		}
	}
	a.publish()
	if d := a.deferred; d != nil {
		a.deferred = nil
		a.step(*d)
	}
	return what
}

// dial begins an attempt if the gate lets it through; else the machine is told, after this step, when to ask
// again.
func (a *account) dial(number uint64) {
	now := time.Now()
	until, ok := a.askGate(now)
	if !ok {
		a.deferred = &state.Deferred{Number: number, Until: until}
		return
	}
	a.startSession(number)
}

// askGate asks the gate of the source address with the shortest queue, or the one where the account waits.
func (a *account) askGate(now time.Time) (time.Time, bool) {
	c := a.class()
	if a.source == nil {
		a.source = a.svc.sources[0]
		best := time.Time{}
		for _, src := range a.svc.sources {
			if src.gate == nil {
				a.source = src
				break
			}
			if t := src.gate.next(now, a, c); best.IsZero() || t.Before(best) {
				best, a.source = t, src
			}
		}
	}
	if a.source.gate == nil {
		return time.Time{}, true
	}
	ok, until := a.source.gate.ask(now, a, c)
	return until, ok
}

// leaveGate gives the turn up.
func (a *account) leaveGate() {
	a.wished = false
	if a.source != nil && a.source.gate != nil {
		a.source.gate.leave(a)
	}
	if a.session == nil {
		a.source = nil
	}
}

func (a *account) class() class {
	switch {
	case a.wished:
		return byWish
	case a.machine.Wanted():
		return present
	}
	return always
}

func (a *account) save(s state.Save) {
	set := registry.SetState{Key: a.key, State: s.Snapshot}
	if s.Durable {
		a.store(a.logStore, set)
		return
	}
	a.g.keeper.Later(set)
}

func (a *account) logStore(err error) {
	if err != nil && !a.over {
		a.log.Error("a change could not be stored", "err", err)
	}
}

func (a *account) takeBack(t state.TakeBack) {
	if !a.reg.Old.Empty() {
		a.reg.Password, a.reg.Old = a.reg.Old, transports.Secret{}
	}
	a.store(a.logStore, registry.TakeBack{Key: a.key})
	a.g.board.Tell(a.key.User, news.Refused{Key: a.key, Name: a.spelled(), Text: t.Text})
	if a.register == nil {
		a.say(textTakenBack(a.svc.title()), nil)
	}
	a.answerRegistration(errRefused(t.Text))
}
