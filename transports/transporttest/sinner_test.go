package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/transporttest"
)

// A sinner is a network that keeps all laws but one, or all.
type sinner struct {
	list  []transports.Contact
	spell func(string) transports.LegacyID // nil: as it is
	run   func(ctx context.Context, env transports.Env, s *session) error
}

// A session is what Run is given, with the manners of a good network.
type session struct {
	acct     transports.Account
	commands <-chan transports.Command
	events   chan<- transports.Event
	list     []transports.Contact
}

// Info implements transports.Network.
func (sinner) Info() transports.Info {
	return transports.Info{Type: "sin", Name: "Sin", NameHint: "Name"}
}

// Canonical implements transports.Network.
func (n sinner) Canonical(address string) (transports.LegacyID, error) {
	if address == "" || strings.ToLower(address) != address && n.spell == nil {
		return "", errors.New("a name is in small letters")
	}
	if n.spell != nil {
		return n.spell(address), nil
	}
	return transports.LegacyID(address), nil
}

// Run implements transports.Network.
func (n sinner) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	return n.run(ctx, env, &session{acct, commands, events, n.list})
}

func (s *session) tell(ctx context.Context, events ...transports.Event) {
	for _, e := range events {
		select {
		case s.events <- e:
		case <-ctx.Done():
		}
	}
}

func (s *session) signOn(ctx context.Context) {
	s.tell(ctx, transports.Progress{Step: "one"}, transports.SignedOn{Name: "alice"}, transports.ContactList{Contacts: s.list})
}

// serve answers everything until ctx ends.
func (s *session) serve(ctx context.Context) error {
	for {
		select {
		case c := <-s.commands:
			if p, ok := c.(transports.SetPresence); ok && !p.Invisible {
				s.tell(ctx, transports.Done{Tag: p.Tag})
			} else if tag := transports.TagOf(c); tag != 0 {
				s.tell(ctx, transports.Done{Tag: tag, Err: transports.ErrUnsupported})
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// good keeps every law.
func good(ctx context.Context, _ transports.Env, s *session) error {
	s.signOn(ctx)
	return s.serve(ctx)
}

// dials connects and does what it should not.
func dials(do func(net.Conn)) func(context.Context, transports.Env, *session) error {
	return func(ctx context.Context, env transports.Env, s *session) error {
		if c, err := env.Dial(ctx, "sin.example:1"); err == nil {
			do(c)
		}
		s.signOn(ctx)
		return s.serve(ctx)
	}
}

var sinners = []struct {
	name string
	law  string // what the court says; empty: nothing
	net  sinner
}{
	{"keeps the laws", "", sinner{run: good}},
	{"forgets progress", "Progress after SignedOn", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		s.tell(ctx, transports.Progress{Step: "late"})
		return s.serve(ctx)
	}}},
	{"signs on twice", "SignedOn twice", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		s.signOn(ctx)
		return s.serve(ctx)
	}}},
	{"speaks too early", "before SignedOn", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.tell(ctx, transports.Notice{Text: "hi"})
		return good(ctx, transports.Env{}, s)
	}}},
	{"lists somebody twice", "on the list twice", sinner{run: good, list: []transports.Contact{{ID: "bob"}, {ID: "bob"}}}},
	{"lists a spelling", "not canonical", sinner{run: good, list: []transports.Contact{{ID: "Bob"}}}},
	{"never answers", "waited in vain", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		for {
			select {
			case <-s.commands:
			case <-ctx.Done():
				return nil
			}
		}
	}}},
	{"answers twice", "Done number 2", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		select {
		case c := <-s.commands:
			s.tell(ctx, transports.Done{Tag: transports.TagOf(c)}, transports.Done{Tag: transports.TagOf(c)})
		case <-ctx.Done():
		}
		return s.serve(ctx)
	}}},
	{"takes nothing", "is not taken", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		<-ctx.Done()
		return nil
	}}},
	{"ends late", "Run took", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		err := s.serve(ctx)
		time.Sleep(6 * time.Second)
		return err
	}}},
	{"ends with an error of its own", "which is no Failure", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		return errors.New("tired")
	}}},
	{"ends without a word", "without a word", sinner{run: func(ctx context.Context, _ transports.Env, s *session) error {
		s.signOn(ctx)
		return &transports.Failure{Kind: transports.Transient}
	}}},
	{"leaves a goroutine", "goroutines are left", sinner{run: func(ctx context.Context, env transports.Env, s *session) error {
		env.Go("sleeper", func() { time.Sleep(time.Minute) })
		return good(ctx, env, s)
	}}},
	{"panics in a goroutine", "panicked", sinner{run: func(ctx context.Context, env transports.Env, s *session) error {
		env.Go("fool", func() { panic("oh") })
		return good(ctx, env, s)
	}}},
	{"logs the password", "a secret is in the log", sinner{run: func(ctx context.Context, env transports.Env, s *session) error {
		env.Log.Debug("signing on", "with", "pw="+s.acct.Password.Reveal())
		return good(ctx, env, s)
	}}},
	{"tells the password", "a secret is in the event", sinner{run: func(ctx context.Context, env transports.Env, s *session) error {
		s.signOn(ctx)
		s.tell(ctx, transports.Notice{Text: s.acct.Password.Reveal()})
		return s.serve(ctx)
	}}},
	{"reads without a deadline", "Read without a deadline", sinner{run: dials(func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		_ = c.Close()
	})}},
	{"writes without a deadline", "Write without a deadline", sinner{run: dials(func(c net.Conn) {
		_, _ = c.Write([]byte{1})
		_ = c.Close()
	})}},
	{"leaves a connection open", "connection is left open", sinner{run: dials(func(net.Conn) {})}},
}

// Each sinner is found out, for the law that it breaks; and the good one is not.
func TestSinnersAreFoundOut(t *testing.T) {
	for _, sin := range sinners {
		t.Run(sin.name, func(t *testing.T) {
			court := &court{TB: t}
			transporttest.Judge(t, court, transporttest.Harness{
				Network: sin.net,
				Account: transports.Account{Name: "alice", Password: transports.NewSecret("open sesame")},
				Friend:  "bob",
				Start:   func(testing.TB) transporttest.Peer { return nobody{} },
			})
			said := strings.Join(court.said, "\n")
			if sin.law == "" && said != "" || !strings.Contains(said, sin.law) {
				t.Errorf("the court says %q, and should say %q", said, sin.law)
			}
		})
	}
}

// A court is a testing.TB that takes failures down.
type court struct {
	testing.TB
	mu   sync.Mutex // guards said: sessions fail from their own goroutines
	said []string
}

// Errorf implements testing.TB.
func (c *court) Errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

// Error implements testing.TB.
func (c *court) Error(args ...any) { c.Errorf("%s", fmt.Sprint(args...)) }

// Failed implements testing.TB.
func (c *court) Failed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.said) > 0
}

// nobody is a peer that hangs up on everybody.
type nobody struct{}

// Dial implements transporttest.Peer.
func (nobody) Dial(context.Context, string) (net.Conn, error) {
	client, server := net.Pipe()
	return client, server.Close()
}

// Drop implements transporttest.Peer.
func (nobody) Drop() {}

// Close implements transporttest.Peer.
func (nobody) Close() {}
