package ymsg

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/ymsg"
	"imgate/transports"
	"imgate/transports/transporttest"
)

// A story is one session of alicewonder, whose user the test is.
type story struct {
	t        *testing.T
	env      *transporttest.Env
	commands chan transports.Command
	events   chan transports.Event
	cancel   context.CancelFunc
	result   chan error
	seen     []transports.Event
	held     []transports.Event // of seen, what came while a Done was waited for: sees looks there first
	tag      transports.Tag
	ended    bool
}

type dialer = func(ctx context.Context, address string) (net.Conn, error)

func begin(t *testing.T, dial dialer, acct transports.Account) *story {
	return beginWith(t, settings(10), dial, acct)
}

func beginWith(t *testing.T, with transports.Settings, dial dialer, acct transports.Account) *story {
	ctx, cancel := context.WithCancel(context.Background())
	s := &story{
		t: t, env: transporttest.NewEnv(t, acct.Password), cancel: cancel, result: make(chan error, 1),
		commands: make(chan transports.Command), events: make(chan transports.Event),
	}
	env := s.env.Env(with, dial)
	go func() { s.result <- Yahoo().Run(ctx, env, acct, s.commands, s.events) }()
	return s
}

// sees waits for an event of that type that is like want; what comes before is in seen too.
func sees[E transports.Event](s *story, want func(E) bool) E {
	s.t.Helper()
	timer := time.NewTimer(5 * time.Minute)
	defer timer.Stop()
	for len(s.held) > 0 {
		e, ok := s.held[0].(E)
		s.held = s.held[1:]
		if ok && (want == nil || want(e)) {
			return e
		}
	}
	for {
		select {
		case e := <-s.events:
			s.seen = append(s.seen, e)
			if e, ok := e.(E); ok && (want == nil || want(e)) {
				return e
			}
		case err := <-s.result:
			s.ended = true
			s.t.Fatalf("the session ended: %v; seen: %+v", err, s.seen)
		case <-timer.C:
			var none E
			s.t.Fatalf("no %T; seen: %+v", none, s.seen)
		}
	}
}

// does hands a command over and waits for its Done.
func (s *story) does(c transports.Command) transports.Done {
	s.t.Helper()
	from := len(s.seen)
	s.gives(c)
	tag := transports.TagOf(c)
	d := sees(s, func(d transports.Done) bool { return d.Tag == tag })
	s.held = slices.Clone(s.seen[from : len(s.seen)-1])
	return d
}

// gives hands a command over.
func (s *story) gives(c transports.Command) {
	s.t.Helper()
	for {
		select {
		case s.commands <- c:
			return
		case e := <-s.events:
			s.seen = append(s.seen, e)
		}
	}
}

func (s *story) next() transports.Tag { s.tag++; return s.tag }

// quiet takes what comes within d.
func (s *story) quiet(d time.Duration) []transports.Event {
	var list []transports.Event
	for timer := time.After(d); ; {
		select {
		case e := <-s.events:
			list = append(list, e)
		case <-timer:
			s.seen = append(s.seen, list...)
			return list
		}
	}
}

// fails waits for the end, and gives its failure.
func (s *story) fails() *transports.Failure {
	s.t.Helper()
	for {
		select {
		case e := <-s.events:
			s.seen = append(s.seen, e)
		case err := <-s.result:
			s.ended = true
			var f *transports.Failure
			if !errors.As(err, &f) {
				s.t.Fatalf("the session ended with %v", err)
			}
			return f
		}
	}
}

func (s *story) ends() {
	s.cancel()
	for !s.ended {
		select {
		case <-s.events:
		case err := <-s.result:
			if err != nil {
				s.t.Errorf("the end: %v", err)
			}
			s.ended = true
		}
	}
	s.env.Finish(5 * time.Second)
}

// inLab runs a story with alicewonder, who is signed on, in a lab of that kind.
func inLab(t *testing.T, o lab.Options, tell func(*story, *peer)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, o)
		defer p.Close()
		s := begin(t, p.Dial, alice())
		defer s.ends()
		sees[transports.ContactList](s, nil)
		tell(s, p)
	})
}

func text(e transports.Event) string {
	switch e := e.(type) {
	case transports.Message:
		return e.Body.String()
	case transports.RoomMessage:
		return e.Body.String()
	}
	return ""
}
