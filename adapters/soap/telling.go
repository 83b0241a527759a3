package soap

import (
	"time"

	"imgate/adapters/soap/wire"
	"imgate/state"
)

// A telling is when and how events are put into words.
type telling struct {
	now        time.Time
	otherLogin state.State
}

// status is gwStatus: where a registration stands. The time to the next attempt is that at the moment of telling.
type status struct {
	service string
	state   state.State
	reason  state.Reason
	next    time.Time // zero: no attempt is scheduled
}

func statusOf(service string, s state.Snapshot) status {
	return status{service, s.State, s.Reason, s.NextAttempt}
}

// refusedStatus tells that new credentials were refused; where the registration stands with the old ones comes next.
func refusedStatus(service string) status { return status{service: service, state: state.BadAuth} }

func (s status) element(t telling) *wire.Element {
	e := notice("gwStatus").Set("service", s.service)
	return s.describe(e, t)
}

// describe sets what gwStatus and IMGatewayList have in common.
func (s status) describe(e *wire.Element, t telling) *wire.Element {
	spelled := s.state
	if s.state == state.Disabled && s.reason == state.OtherLocation {
		spelled = t.otherLogin
	}
	e.Set("state", string(spelled))
	if wait, ok := (state.Snapshot{State: s.state, NextAttempt: s.next}).UntilNext(t.now); ok {
		e.SetValue("timeUntilNextConnect", wire.Number(wait.Milliseconds()))
	}
	return e
}

// otherLocation tells that the account has signed on elsewhere.
type otherLocation struct{ service, username string }

func (o otherLocation) element(telling) *wire.Element {
	return notice("otherLocation").Set("service", o.service).Set("username", o.username)
}

func notice(kind string) *wire.Element { return wire.Item(zimbraSpace, "n").Set("type", kind) }

func (d *Door) telling() telling { return telling{time.Now(), d.opt.OtherLogin} }

// context is the header of an answer: the session, what is to be told there, and a change token. Whoever is nobody
// gets an empty one.
func (d *Door) context(r *request) *wire.Element {
	c := wire.New(zimbraSpace, "context")
	p := r.person
	if p == nil {
		return c
	}
	change := wire.New(zimbraSpace, "change").SetValue("token", wire.Number(d.changes.Add(1)))
	p.mu.Lock()
	defer p.mu.Unlock()
	s := r.session
	if s == nil || p.sessions[s.id] != s {
		return c.With(change)
	}
	now := time.Now()
	s.used = now
	p.pull()
	blocks, refresh := s.queue.take()
	c.With(wire.Leaf(zimbraSpace, "session", s.id).Set("id", s.id), change)
	if refresh {
		c.With(wire.New(zimbraSpace, "refresh").SetChild("version", wire.Text("imgate/"+d.opt.Version)).
			With(wire.Item(zimbraSpace, "mbx").Set("s", "0")))
	}
	t := telling{now, d.opt.OtherLogin}
	for _, b := range blocks {
		im := wire.New(zimbraSpace, "im")
		for _, e := range b.events {
			im.With(e.element(t))
		}
		c.With(wire.Item(zimbraSpace, "notify").SetValue("seq", wire.Number(b.seq)).With(im))
	}
	return c
}
