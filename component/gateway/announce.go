package gateway

import (
	"strconv"
	"time"

	"imgate/news"
	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// The gateway contact's presence is the state of the registration.

// longDrop is how long a drop lasts before the user is told in words.
const longDrop = 3 * time.Minute

// notices is what the user was told in words.
type notices struct {
	dropped bool // a drop was told; its end will be
	was     state.State
}

// announce tells a change of state, or a retry, to everybody.
func (a *account) announce(s state.Snapshot) {
	wait, waiting := s.UntilNext(time.Now())
	a.log.Info("state", "state", s.State, "reason", s.Reason, "attempt", s.Attempt, "next_in", nextIn(wait, waiting))
	a.sendState(a.user)
	a.publish() // whoever hears of it may look
	a.g.board.Tell(a.key.User, news.Stands{Key: a.key, Name: a.spelled(), State: s})
	a.tell(s)
	if s.State != state.TryingToConnect {
		a.leaveGate()
	}
	switch s.State {
	case state.Online:
		a.answerRegistration(nil)
	case state.BadAuth:
		a.layGhosts()
		a.answerRegistration(errRefused(s.Text))
	case state.TryingToConnect:
		if waiting && s.Attempt > 0 {
			a.answerRegistration(nil)
		}
	case state.Start:
	case state.Disabled, state.IntentionallyOffline, state.Shutdown:
		a.layGhosts()
		a.answerRegistration(nil)
		a.dropQueued(transports.ErrUnavailable)
	}
	a.notices.was = s.State
}

func nextIn(wait time.Duration, waiting bool) string {
	if !waiting {
		return ""
	}
	return wait.Round(time.Millisecond).String()
}

// tell says in words what needs the user, or a drop that lasts, and its end; short drops stay silent.
func (a *account) tell(s state.Snapshot) {
	switch s.State {
	case state.BadAuth, state.Disabled:
		a.due.notice, a.notices.dropped = time.Time{}, false
		told := s.Reason == state.OtherLocation || s.State == state.BadAuth && a.register != nil
		if !told {
			a.say(textState(a.svc.title(), s, 0, false), stateElement(s, time.Now()))
		}
	case state.TryingToConnect:
		if a.notices.was == state.Online && !a.notices.dropped {
			a.due.notice = time.Now().Add(longDrop)
			if a.setting(settingNotices) == "0" {
				a.due.notice = time.Time{}
			}
		}
	case state.Online:
		a.due.notice = time.Time{}
		if a.notices.dropped {
			a.notices.dropped = false
			a.say(textBack(a.svc.title()), stateElement(s, time.Now()))
		}
	case state.IntentionallyOffline, state.Shutdown:
		a.due.notice, a.notices.dropped = time.Time{}, false
	case state.Start:
	}
}

func (a *account) noticeLongDrop() {
	s := a.machine.Snapshot()
	if s.State != state.TryingToConnect {
		return
	}
	a.notices.dropped = true
	wait, waiting := s.UntilNext(time.Now())
	a.say(textState(a.svc.title(), s, wait, waiting), stateElement(s, time.Now()))
}

// tellOtherLocation comes before the state does.
func (a *account) tellOtherLocation() {
	x := xmltree.New(xmpp.InteropSpace, "x").With(
		xmltree.Leaf(xmpp.InteropSpace, "username", string(a.reg.Name)),
		xmltree.New(xmpp.InteropSpace, "otherLocation"),
	)
	a.say(textOtherLocation(a.svc.title(), string(a.reg.Name)), x)
	a.g.board.Tell(a.key.User, news.OtherLocation{Key: a.key, Name: a.spelled()})
}

// spelled is the name of the legacy account as its owner writes it.
func (a *account) spelled() string {
	if a.reg.Typed != "" {
		return a.reg.Typed
	}
	return string(a.reg.Name)
}

// sendState tells to, a bare or full address, where the registration stands.
func (a *account) sendState(to xmpp.JID) {
	now := time.Now()
	s := a.machine.Snapshot()
	wait, waiting := s.UntilNext(now)
	p := xmpp.Presence{Header: xmpp.Header{From: a.svc.full(), To: to}}
	if s.State == state.Online {
		p.Payload = append(p.Payload, optional(showElement(a.out.told.Show))...)
		p.Payload = append(p.Payload, a.svc.capsOf(kind{powers: a.powers}).Element())
	} else {
		p.Type = xmpp.UnavailablePresence
		p.Payload = append(p.Payload, xmpp.Leaf("status", textState(a.svc.title(), s, wait, waiting).In(a.tongue())))
	}
	p.Payload = append(p.Payload, stateElement(s, now))
	a.send(p)
}

// stateElement is the machine-readable state, in the form that the IM SOAP API's own server reads; delay in ms.
func stateElement(s state.Snapshot, now time.Time) *xmltree.Element {
	e := xmltree.New(xmpp.InteropSpace, "state").SetAttr("value", string(s.State))
	if wait, ok := s.UntilNext(now); ok {
		e.SetAttr("delay", strconv.FormatInt(wait.Milliseconds(), 10))
	}
	return xmltree.New(xmpp.InteropSpace, "x").With(e)
}
