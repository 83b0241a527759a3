package oscar

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// A story is one session against a peer, in a bubble of fake time. Its words fail the test where something
// else happens than they say.
type story struct {
	t        *testing.T
	peer     *peer
	env      *transporttest.Env
	commands chan transports.Command
	events   chan transports.Event
	result   chan error
	cancel   context.CancelFunc
}

// tell runs a story; before changes the peer or the account.
func tell(t *testing.T, before func(*peer, *transports.Account), then func(*story)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &story{
			t: t, peer: newPeer(t), env: transporttest.NewEnv(t, transports.NewSecret(password)), cancel: cancel,
			commands: make(chan transports.Command), events: make(chan transports.Event), result: make(chan error, 1),
		}
		acct := alice()
		if before != nil {
			before(s.peer, &acct)
		}
		go func() {
			s.result <- AIM().Run(ctx, s.env.Env(settings(), s.peer.Dial), acct, s.commands, s.events)
		}()
		then(s)
		cancel()
		for s.next(time.Hour) != nil {
		}
		s.env.Finish(5 * time.Second)
		s.peer.Close()
	})
}

// online runs a story that begins after sign-on, with the list heard.
func online(t *testing.T, before func(*peer, *transports.Account), then func(*story)) {
	t.Helper()
	tell(t, before, func(s *story) {
		s.signOn()
		then(s)
	})
}

func (s *story) signOn() (transports.SignedOn, transports.ContactList) {
	s.t.Helper()
	for {
		e := s.next(time.Minute)
		if on, ok := e.(transports.SignedOn); ok {
			return on, want[transports.ContactList](s)
		}
		if _, ok := e.(transports.Progress); !ok {
			s.t.Fatalf("signing on: %T %+v", e, e)
		}
	}
}

// next is the next event; nil when there is none for so long, or the session ended.
func (s *story) next(patience time.Duration) transports.Event {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case e := <-s.events:
		return e
	case err := <-s.result:
		s.result <- err
		return nil
	case <-timer.C:
		return nil
	}
}

// want is the next event, which must be an E.
func want[E transports.Event](s *story) E {
	s.t.Helper()
	e := s.next(2 * time.Minute)
	got, ok := e.(E)
	if !ok {
		s.t.Fatalf("got %T %+v, want %T", e, e, got)
	}
	return got
}

func (s *story) quiet(d time.Duration) {
	s.t.Helper()
	if e := s.next(d); e != nil {
		s.t.Fatalf("got %T %+v, want nothing", e, e)
	}
}

// does offers a command and takes no event.
func (s *story) does(c transports.Command) {
	s.t.Helper()
	select {
	case s.commands <- c:
	case <-time.After(time.Minute):
		s.t.Fatalf("%T is not taken", c)
	}
}

// hears is the next SNAC of that kind that the peer gets; those of other kinds are passed over.
func (s *story) hears(kind wire.Kind) wire.SNAC {
	s.t.Helper()
	timer := time.NewTimer(10 * time.Minute)
	defer timer.Stop()
	for {
		select {
		case q := <-s.peer.heard:
			if q.Kind == kind {
				return q
			}
		case <-timer.C:
			s.t.Fatalf("the peer never hears %v", kind)
		}
	}
}

// ends waits for Run's error.
func (s *story) ends() *transports.Failure {
	s.t.Helper()
	for s.next(time.Hour) != nil {
	}
	select {
	case err := <-s.result:
		s.result <- err
		var f *transports.Failure
		if !errors.As(err, &f) {
			s.t.Fatalf("Run returned %v", err)
		}
		return f
	default:
		s.t.Fatal("Run has not returned")
		return nil
	}
}

// body reads what the peer heard.
func body[T any, P wire.Decodable[T]](t *testing.T, q wire.SNAC) T {
	t.Helper()
	v, err := wire.Decode[T, P](q.Body)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func messageTLV(t testing.TB, text wire.Text) wire.TLV {
	t.Helper()
	tlv, err := wire.MessageOf(text)
	if err != nil {
		t.Fatal(err)
	}
	return tlv
}

func plain(s string) transports.Body { return richtext.Plain(s) }
