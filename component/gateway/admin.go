package gateway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

// The verbs of administrators, whichever door they come by: values in, values out. Each of them waits no longer
// than its context; a wish that was posted by then is still carried out.

// Errors of the verbs.
var (
	ErrNoService = errors.New("there is no such service")
	ErrNotKnown  = errors.New("there is no such registration")
	ErrBusy      = errors.New("the gateway is busy or stopping; try again")
)

// restoredItem begins the work of an account that was restored.
type restoredItem struct{}

func (restoredItem) isItem() {}

// Standings yields every registration as it stands now, removed ones too.
func (g *Gateway) Standings() iter.Seq2[registry.Standing, error] {
	return func(yield func(registry.Standing, error) bool) {
		for s, err := range g.registry.Standings() {
			if !yield(g.current(s), err) {
				return
			}
		}
	}
}

// Standing is one registration as it stands now. Errors: ErrNotKnown.
func (g *Gateway) Standing(key registry.Key) (registry.Standing, error) {
	s, found, err := g.registry.Standing(key)
	if err == nil && !found {
		err = ErrNotKnown
	}
	return g.current(s), err
}

// current puts in what the account says of itself, which is newer than what is stored.
func (g *Gateway) current(s registry.Standing) registry.Standing {
	a := g.accounts.get(s.Key)
	if a == nil || a.leaving.Load() {
		return s
	}
	v := a.view.Load()
	s.State, s.Contacts, s.Name, s.Typed = v.State, v.Contacts, v.Name, v.Typed
	return s
}

// Explain is Standing with the last transitions, the oldest first.
func (g *Gateway) Explain(key registry.Key) (registry.Standing, []registry.Transition, error) {
	s, err := g.Standing(key)
	if err != nil {
		return s, nil, err
	}
	story, err := g.registry.History(key)
	return s, story, err
}

// Wish tells a registration what an administrator wants: state.Reconnect, Disable, Enable or SignOff. It gives
// what comes of it, in a sentence, once that is stored.
func (g *Gateway) Wish(ctx context.Context, key registry.Key, wish state.Input) (string, error) {
	a := g.accounts.get(key)
	switch {
	case g.names[key.Service] == nil:
		return "", ErrNoService
	case a == nil || a.leaving.Load():
		return "", ErrNotKnown
	case g.stopping.Load():
		return "", ErrBusy
	}
	asker := newAdminAsker()
	a.post(wishItem{wish, asker})
	return asker.wait(ctx)
}

// Trace gives what happens on the wire of a registration, redacted, to each, until ctx ends or each returns false.
// The registration may come later. Errors: ErrNoService, tap.ErrBusy.
func (g *Gateway) Trace(ctx context.Context, key registry.Key, each func(transports.TraceEvent) bool) error {
	if g.names[key.Service] == nil {
		return ErrNoService
	}
	return g.taps.Trace(ctx, key, each)
}

// Remove unregisters a user, as the user could: it can be undone for Options.Undo.
func (g *Gateway) Remove(ctx context.Context, key registry.Key) (string, error) {
	svc, user, err := g.whose(key)
	if err != nil {
		return "", err
	}
	asker := newAdminAsker()
	if !g.desk.do(svc, user, func() { g.desk.unregister(svc, user, asker) }) {
		return "", ErrBusy
	}
	return asker.wait(ctx)
}

// Restore undoes the removal of a registration. Gateway and contacts ask to be in the user's roster again.
// Errors: ErrNotKnown, registry.ErrNotRemoved.
func (g *Gateway) Restore(ctx context.Context, key registry.Key) (string, error) {
	svc, user, err := g.whose(key)
	if err != nil {
		return "", err
	}
	asker := newAdminAsker()
	if !g.desk.do(svc, user, func() { asker.answer(nil, "Restored.", g.restore(svc, key)) }) {
		return "", ErrBusy
	}
	return asker.wait(ctx)
}

func (g *Gateway) whose(key registry.Key) (*Service, xmpp.JID, error) {
	svc := g.names[key.Service]
	if svc == nil {
		return nil, xmpp.JID{}, ErrNoService
	}
	user, err := xmpp.ParseJID(key.User)
	if err != nil || !user.IsBare() || user.String() != key.User {
		return nil, xmpp.JID{}, ErrNotKnown
	}
	return svc, user, nil
}

// restore runs at the desk, where all that a user does and suffers has its order.
func (g *Gateway) restore(svc *Service, key registry.Key) error {
	ctx, cancel := context.WithTimeout(g.ctx, 30*time.Second)
	defer cancel()
	before := g.accounts.get(key)
	if before != nil && !before.leaving.Load() {
		return registry.ErrNotRemoved
	}
	if err := g.keeper.Do(ctx, registry.Restore{Key: key, At: time.Now().UTC()}); err != nil {
		return err
	}
	stored, found, err := g.registry.Get(key)
	if err != nil || !found {
		return errors.Join(ErrNotKnown, err)
	}
	a, err := newAccount(g, svc, stored.Registration)
	if err != nil {
		return err
	}
	a.machine = state.Load(g.opt.Schedule, stored.State, time.Now())
	if before != nil {
		a.before = before.gone
	}
	a.publish()
	g.accounts.put(a)
	a.post(restoredItem{})
	return nil
}

// onRestored asks to be in the user's roster again, and whether the user is there.
func (a *account) onRestored() {
	a.subscribeToUser()
	a.onLinkUp()
}

// do runs f at the worker of that user, after what the user has asked for before; false: the queue is full.
func (d *desk) do(svc *Service, user xmpp.JID, f func()) bool {
	return !d.g.stopping.Load() && d.enqueue(user, request{svc: svc, task: f})
}

// An adminAsker takes one answer, whoever still waits for it.
type adminAsker struct {
	answered chan adminAnswer
}

type adminAnswer struct {
	text string
	err  error
}

func newAdminAsker() adminAsker { return adminAsker{make(chan adminAnswer, 1)} }

func (r adminAsker) answer(_ *account, text speech.Text, err error) {
	var e *xmpp.Error
	if errors.As(err, &e) && e.Text != "" {
		err = errors.New(speech.Text(e.Text).String())
	}
	select {
	case r.answered <- adminAnswer{text.String(), err}:
	default: // one answer is enough
	}
}

func (r adminAsker) wait(ctx context.Context) (string, error) {
	select {
	case got := <-r.answered:
		return got.text, got.err
	case <-ctx.Done():
		return "", fmt.Errorf("no answer in time; it is carried out nevertheless, ask for the state: %w", context.Cause(ctx))
	}
}
