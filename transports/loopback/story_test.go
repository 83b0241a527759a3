package loopback

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"imgate/transports"
)

// A stage has a server with three accounts and the sessions that a story signs on.
type stage struct {
	*Server
	t       *testing.T
	actors  []*actor
	lastTag transports.Tag
}

// An actor is one session and all that it has seen. The mutex guards seen and err.
type actor struct {
	stage    *stage
	commands chan transports.Command
	leaves   func()

	mu    sync.Mutex
	seen  []transports.Event
	err   error
	ended chan struct{}
}

// play runs a story in a bubble of fake time.
func play(t *testing.T, story func(*stage), options ...Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{Server: NewServer(options...), t: t}
		for _, name := range []transports.LegacyID{"alice", "bob", "carol"} {
			s.Account(name, "pw", []transports.Contact{}...)
		}
		defer func() {
			for _, a := range s.actors {
				a.leaves()
			}
		}()
		story(s)
	})
}

// signsOn begins a session with what earlier ones asked to keep.
func (s *stage) signsOn(name transports.LegacyID, kept map[string]transports.Secret) *actor {
	ctx, cancel := context.WithCancel(context.Background())
	a := &actor{stage: s, commands: make(chan transports.Command), ended: make(chan struct{})}
	events := make(chan transports.Event)
	var group sync.WaitGroup
	env := transports.Env{Go: func(_ string, f func()) { group.Go(f) }, Log: slog.New(slog.DiscardHandler)}
	go func() {
		defer close(events)
		err := New(s.Server).Run(ctx, env, transports.Account{
			Name: name, Password: transports.NewSecret("pw"), Kept: kept, Presence: transports.SetPresence{Show: transports.Online},
		}, a.commands, events)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.err = err
	}()
	go func() {
		defer close(a.ended)
		for ev := range events {
			a.mu.Lock()
			a.seen = append(a.seen, ev)
			a.mu.Unlock()
		}
	}()
	a.leaves = func() {
		cancel()
		<-a.ended
		group.Wait()
	}
	s.actors = append(s.actors, a)
	synctest.Wait()
	return a
}

// on signs an account on and forgets what that showed.
func (s *stage) on(name transports.LegacyID) *actor {
	a := s.signsOn(name, nil)
	a.sees()
	return a
}

// sees takes what the session has seen since it was asked last.
func (a *actor) sees() []transports.Event {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := a.seen
	a.seen = nil
	return seen
}

// tells hands a command over.
func (a *actor) tells(c transports.Command) {
	a.stage.t.Helper()
	select {
	case a.commands <- c:
		synctest.Wait()
	case <-a.ended:
		a.stage.t.Fatalf("the session ended before %T", c)
	}
}

// asks hands a command over, whose Tag is set here, and gives its Done; the zero Done if there is none yet.
func (a *actor) asks(c transports.Command) transports.Done {
	a.stage.t.Helper()
	a.stage.lastTag++
	v := reflect.New(reflect.TypeOf(c)).Elem()
	v.Set(reflect.ValueOf(c))
	v.FieldByName("Tag").SetUint(uint64(a.stage.lastTag))
	a.tells(v.Interface().(transports.Command))
	return a.done(a.stage.lastTag)
}

// done takes the answer to a tag out of what was seen.
func (a *actor) done(tag transports.Tag) transports.Done {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, ev := range a.seen {
		if d, ok := ev.(transports.Done); ok && d.Tag == tag {
			a.seen = append(a.seen[:i:i], a.seen[i+1:]...)
			return d
		}
	}
	return transports.Done{}
}

// works asks and wants success.
func (a *actor) works(c transports.Command) transports.Result {
	a.stage.t.Helper()
	d := a.asks(c)
	if d.Tag == 0 || d.Err != nil {
		a.stage.t.Errorf("%T: %+v", c, d)
	}
	return d.Result
}

// refused asks and wants that error.
func (a *actor) refused(c transports.Command, want error) {
	a.stage.t.Helper()
	if d := a.asks(c); !errors.Is(d.Err, want) {
		a.stage.t.Errorf("%T: %+v, and %v was expected", c, d, want)
	}
}

// expect compares what an actor has seen since it was asked last with the whole of want.
func (a *actor) expect(want ...transports.Event) {
	a.stage.t.Helper()
	if got := a.sees(); !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
		a.stage.t.Errorf("seen:\n%+v\nwanted:\n%+v", got, want)
	}
}

// find takes the first event of a type from those seen.
func find[E transports.Event](t *testing.T, seen []transports.Event) E {
	t.Helper()
	for _, ev := range seen {
		if e, ok := ev.(E); ok {
			return e
		}
	}
	var none E
	t.Errorf("no %T in %+v", none, seen)
	return none
}
