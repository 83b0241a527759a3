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
	cancel   context.CancelFunc
	commands chan transports.Command
	events   chan transports.Event
	ended    chan error
	signedOn bool
	hung     bool // told to end: what it still says of contacts is of the past
	powers   transports.Powers
	began    time.Time
}

func (a *account) startSession(number uint64) {
	ctx, cancel := context.WithCancel(a.g.ctx)
	s := &session{
		number: number, cancel: cancel, began: time.Now(),
		commands: make(chan transports.Command), events: make(chan transports.Event), ended: make(chan error, 1),
	}
	a.session = s
	acct := transports.Account{
		Name: a.reg.Name, Typed: a.reg.Typed, Password: a.reg.Password, Kept: a.reg.Clone().Kept,
		Presence: a.effective(),
	}
	before := a.before
	a.before = nil
	a.g.start(func() {
		if before != nil {
			select {
			case <-before:
			case <-ctx.Done():
			}
		}
		s.ended <- a.runSession(ctx, s, acct)
	})
}

// runSession calls Run and waits for every goroutine that it has started. A panic in any of them becomes Broken
// and ends the session.
func (a *account) runSession(ctx context.Context, s *session, acct transports.Account) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	contained := func(name string) {
		if p := recover(); p != nil {
			a.log.Error("panic in a session", "goroutine", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			cancel(errPanic)
		}
	}
	env := transports.Env{
		Go: func(name string, f func()) {
			wg.Go(func() {
				defer contained(name)
				f()
			})
		},
		Dial: a.svc.Dial, HTTP: a.svc.HTTP, Settings: a.svc.Settings, Log: a.log,
	}
	func() {
		defer contained("run")
		err = a.svc.Network.Run(ctx, env, acct, s.commands, s.events)
	}()
	panicked := errors.Is(context.Cause(ctx), errPanic)
	cancel(nil)
	wg.Wait()
	if panicked || errors.Is(context.Cause(ctx), errPanic) {
		return &transports.Failure{Kind: transports.Broken, Text: "an error in the gateway ended the session", Err: errPanic}
	}
	return err
}

var errPanic = errors.New("panic in the session")

func (a *account) hangUp() {
	if a.session != nil {
		a.session.hung = true
		a.session.cancel()
	}
}

// onSessionEnded comes after the last event of the session.
func (a *account) onSessionEnded(err error) {
	s := a.session
	s.cancel()
	a.session = nil
	a.sessionLost()
	var failure *transports.Failure
	if err != nil {
		failure = transports.AsFailure(err)
		if failure.Kind == transports.BadCredentials && !s.hung {
			a.g.failures.count(a.user.String(), time.Now()) // whenever it is tried: else passwords could be guessed without end
		}
		a.log.Info("session ended", "state", a.machine.Snapshot().State, "kind", failure.Kind.String(), "err", failure)
	}
	if spent := time.Since(s.began); a.over && spent > slowHangUp {
		a.log.Debug("the last session has gone", "after", spent)
	}
	a.step(state.Ended{Number: s.number, Failure: failure})
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
	case transports.TypingFrom:
		a.onTyping(ev)
	case transports.AuthRequest:
		a.onAuthRequest(ev)
	case transports.AuthAnswer:
		a.onAuthAnswer(ev)
	case transports.Notice:
		a.say(ev.Text, nil)
	case transports.Done:
		a.onDone(ev)
	default:
		a.onUnusedEvent(ev)
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

// onUnusedEvent takes those events that no network emits as yet to which the gateway has an answer.
func (a *account) onUnusedEvent(ev transports.Event) {
	a.log.Debug("an event that the gateway does not translate", "event", fmt.Sprintf("%T", ev))
}

func (a *account) onSignedOn(ev transports.SignedOn) {
	if a.session.signedOn {
		return
	}
	a.session.signedOn, a.session.powers = true, ev.Powers
	a.due.held = time.Time{}
	a.log.Info("signed on", "after", time.Since(a.session.began).Round(time.Millisecond))
	a.step(state.HasSignedOn{Number: a.session.number})
	a.out.signedOn()
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
	a.hideContacts()
	a.failPending()
	if !a.out.empty() && a.due.held.IsZero() {
		a.due.held = time.Now().Add(heldForSignOn)
	}
}
