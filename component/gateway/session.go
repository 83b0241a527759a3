package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
)

// slowHangUp is how long a session may take to end before it is told to the operators (the law says 5 s).
const slowHangUp = 5 * time.Second

// A session is one Run of the network. Its goroutine reports on ended exactly once, when nothing of it is left.
type session struct {
	number   uint64
	cancel   context.CancelCauseFunc
	commands chan transports.Command
	events   chan transports.Event
	ended    chan error
	signedOn bool
	listed   bool // the network has told its list
	seen     bool // the user was told that the network can't hide anybody
	hung     bool // told to end: what it still says of contacts is of the past
	hungAt   time.Time
	powers   transports.Powers
	began    time.Time
	source   *source
	added    []transports.LegacyID // who has put the user on a list, and was told
}

func (a *account) startSession(number uint64) {
	ctx, cancel := context.WithCancelCause(a.g.ctx)
	s := &session{
		number: number, cancel: cancel, began: time.Now(), source: a.source,
		commands: make(chan transports.Command), events: make(chan transports.Event), ended: make(chan error, 1),
	}
	r := &run{a: a, s: s, ctx: ctx, before: a.before, acct: transports.Account{
		Name: a.reg.Name, Typed: a.reg.Typed, Password: a.reg.Password, Kept: a.reg.Clone().Kept, Charsets: a.charsets(),
		Presence: a.effective(),
	}}
	r.env = transports.Env{
		Go: r.start, Dial: a.g.taps.Dialled(a.key, a.svc.Network, a.source.route.Dial),
		Peer: a.source.route.Peer, HTTP: a.source.route.HTTP,
		Settings: a.networkSettings(), Log: a.log,
	}
	a.session, a.before = s, nil
	a.g.start(r.session)
}

// A run is one Run of the network, in the goroutine of session. It is on the heap, since the frames that a session
// stands on for days decide how large its stack is.
type run struct {
	a      *account
	s      *session
	ctx    context.Context
	before <-chan struct{} // to be waited for
	env    transports.Env
	acct   transports.Account
	wg     sync.WaitGroup // every goroutine that Run has started
}

func (r *run) session() {
	if r.before != nil {
		r.wait()
	}
	r.settle(r.network())
}

// wait waits for the session of a registration that was removed under the same key.
func (r *run) wait() {
	select {
	case <-r.before:
	case <-r.ctx.Done():
	}
}

func (r *run) network() error {
	defer r.contain("run")
	return r.a.svc.Network.Run(r.ctx, r.env, r.acct, r.s.commands, r.s.events)
}

// start is Env.Go.
func (r *run) start(name string, f func()) {
	r.wg.Go(func() {
		defer r.contain(name)
		f()
	})
}

// contain makes a panic in any goroutine of the session end that session only, as Broken.
func (r *run) contain(goroutine string) {
	if p := recover(); p != nil {
		r.a.log.Error("panic in a session", "goroutine", goroutine, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		r.s.cancel(errPanic)
	}
}

// settle waits for every goroutine of the session and tells how it has ended.
func (r *run) settle(err error) {
	r.s.cancel(nil)
	r.wg.Wait()
	if errors.Is(context.Cause(r.ctx), errPanic) {
		err = &transports.Failure{Kind: transports.Broken, Text: "an error in the gateway ended the session", Err: errPanic}
	}
	r.s.ended <- err
	r.a.box.wake()
}

var errPanic = errors.New("panic in the session")

func (a *account) hangUp() {
	if a.session != nil {
		a.session.hung, a.session.hungAt = true, time.Now()
		a.session.cancel(nil)
	}
}

// onSessionEnded comes after the last event of the session.
func (a *account) onSessionEnded(err error) {
	s := a.session
	s.cancel(nil)
	a.session = nil
	a.sessionLost()
	a.countAnew()
	var failure *transports.Failure
	if err != nil {
		failure = a.judge(s, transports.AsFailure(err))
		if failure.Kind == transports.BadCredentials && !s.hung {
			a.g.failures.count(a.user, a.svc.Name, time.Now()) // whenever it is tried: else passwords could be guessed without end
		}
		a.log.Info("session ended", "state", a.machine.Snapshot().State, "kind", failure.Kind.String(), "err", failure)
	}
	if spent := time.Since(s.hungAt); s.hung && spent > slowHangUp {
		a.log.Warn("a session took long to end", "after", spent.Round(time.Millisecond))
	}
	a.step(state.Ended{Number: s.number, Failure: failure})
}

// judge tells gate and guard how an attempt has ended, and gives the failure that counts.
func (a *account) judge(s *session, f *transports.Failure) *transports.Failure {
	a.source = nil
	if s.signedOn {
		return f
	}
	now := time.Now()
	if gate := s.source.gate; gate != nil {
		switch f.Kind {
		case transports.Throttled:
			gate.throttled(now, f.After)
		case transports.Transient:
			gate.unreachable(now, a)
		}
	}
	verdict, alarm := a.svc.guard.judge(now, a, a.machine.Snapshot().LastOnline, f)
	if alarm {
		a.log.Error("the network refuses many accounts that were fine: refusals count as waits until one signs on", "err", f)
	}
	return verdict
}

// onEvent takes one event of the session.
func (a *account) onEvent(ev transports.Event) {
	if a.session.hung && !outlives(ev) {
		return
	}
	switch ev := ev.(type) {
	case transports.Progress:
		a.log.Debug("signing on", "step", ev.Step)
	case transports.SignedOn:
		a.onSignedOn(ev)
	case transports.Keep:
		a.onKeep(ev)
	case transports.ContactList:
		a.onContactList(ev)
	case transports.Contacted:
		a.onContacted(ev.Contact)
	case transports.ContactGone:
		a.onContactGone(ev.ID)
	case transports.Presence:
		a.onContactPresence(ev)
	case transports.Message:
		a.onMessage(ev)
	case transports.OwnMessage:
		a.onOwnMessage(ev)
	case transports.TypingFrom:
		a.onTyping(ev)
	case transports.AuthRequest:
		a.onAuthRequest(ev)
	case transports.AuthAnswer:
		a.onAuthAnswer(ev)
	case transports.Occupant:
		a.onOccupant(ev)
	case transports.RoomTopic:
		a.onRoomTopic(ev)
	case transports.RoomJoined:
		a.onRoomJoined(ev)
	case transports.RoomLeft:
		a.onRoomLeft(ev)
	case transports.RoomMessage:
		a.onRoomMessage(ev)
	case transports.Invited:
		a.onInvited(ev)
	case transports.FileOffer:
		a.onFileOffer(ev)
	case transports.FileData:
		a.onFileData(ev)
	case transports.Blocked:
		a.onBlocked(ev)
	case transports.Attention:
		a.onAttention(ev)
	case transports.Notice:
		a.onNotice(ev)
	case transports.Done:
		a.onDone(ev)
	default:
		a.onRareEvent(ev)
	}
}

// outlives reports whether an event counts that comes after the hang-up. Nobody would send a message again, and
// somebody waits for an answer; all else may be of an account that the registration is no longer of.
func outlives(ev transports.Event) bool {
	switch ev.(type) {
	case transports.Message, transports.Done:
		return true
	}
	return false
}

// onRareEvent takes what few networks say.
func (a *account) onRareEvent(ev transports.Event) {
	switch ev := ev.(type) {
	case transports.Learned:
		a.onLearned(ev)
	case transports.AddedYou:
		a.onAddedYou(ev)
	default:
		a.log.Debug("an event that the gateway does not translate", "event", fmt.Sprintf("%T", ev))
	}
}

func (a *account) onSignedOn(ev transports.SignedOn) {
	if a.session.signedOn {
		return
	}
	a.session.signedOn, a.session.powers, a.powers = true, ev.Powers, ev.Powers
	a.due.held = time.Time{}
	a.g.signOns.Add(1)
	if a.ghosts {
		a.due.ghosts = time.Now().Add(ghostWait)
	}
	a.wished = false
	if gate := a.session.source.gate; gate != nil {
		gate.signedOn()
	}
	_, _ = a.svc.guard.judge(time.Now(), a, time.Time{}, nil) // a success is only remembered
	a.log.Info("signed on", "after", time.Since(a.session.began).Round(time.Millisecond))
	a.step(state.HasSignedOn{Number: a.session.number})
	a.out.signedOn()
	a.tellNick()
	a.offerRooms()
	a.tellProfile()
	a.presenceChanged()
	a.pendingAdds()
}

func (a *account) onKeep(ev transports.Keep) {
	if a.reg.Kept == nil {
		a.reg.Kept = map[string]transports.Secret{}
	}
	a.reg.Kept[ev.Name] = ev.Secret
	if ev.Secret.Empty() {
		delete(a.reg.Kept, ev.Name)
	}
	a.store(a.logStore, registry.Keep{Key: a.key, Name: ev.Name, Secret: ev.Secret})
}

// sessionLost takes back what only a session gives: contacts go unavailable, and what was under way is
// answered.
func (a *account) sessionLost() {
	a.fetching, a.blocked = nil, nil
	a.leaveRooms()
	a.loseFiles()
	a.hideContacts()
	a.failPending()
	if !a.out.empty() && a.due.held.IsZero() {
		a.due.held = time.Now().Add(heldForSignOn)
	}
}
