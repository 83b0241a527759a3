package gateway

import (
	"time"

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
			a.startSession(action.Number)
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
	return what
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
	if a.register == nil {
		a.say(textTakenBack(a.svc.title()), nil)
	}
	a.answerRegistration(errRefused(t.Text))
}
