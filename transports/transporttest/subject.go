package transporttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"testing"
	"time"

	"imgate/transports"
)

const (
	soon    = 5 * time.Second  // how long Run may take to end
	forever = 30 * time.Minute // of fake time: longer than any time-out of a network
)

// A subject is one session under test. All its events are seen, and held to the laws about events.
type subject struct {
	t        testing.TB
	h        Harness
	env      *Env
	peer     Peer
	commands chan transports.Command
	events   chan transports.Event
	cancel   context.CancelFunc
	result   chan error // closed after the error

	signedOn bool
	seen     []transports.Event
	powers   transports.Powers
	done     map[transports.Tag]int
	answers  map[transports.Tag]transports.Done
	asked    map[transports.Tag]transports.Command
	ended    bool
	err      error
	finished bool

	lastTag  transports.Tag
	lastSeq  transports.Seq
	contacts map[transports.LegacyID]transports.Contact // as the events tell it
	blocked  []transports.LegacyID
	rooms    map[transports.LegacyID]bool // that the user is in
	offers   map[string]bool              // of files: whether their bytes were given
}

// begin starts a session; tune may change how it reaches the peer.
func begin(t testing.TB, h Harness, tune func(*subject)) *subject {
	ctx, cancel := context.WithCancel(context.Background())
	s := &subject{
		t: t, h: h, env: NewEnv(t, h.Account.Password), peer: h.Start(t), cancel: cancel,
		commands: make(chan transports.Command), events: make(chan transports.Event), result: make(chan error, 1),
		done: make(map[transports.Tag]int), answers: make(map[transports.Tag]transports.Done),
		asked: make(map[transports.Tag]transports.Command), rooms: make(map[transports.LegacyID]bool), offers: make(map[string]bool),
	}
	for _, kept := range h.Account.Kept {
		s.env.hide(kept)
	}
	dial := s.peer.Dial
	if tune != nil {
		tune(s)
	}
	env := s.env.Env(h.Settings, func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, address) })
	go func() {
		defer close(s.result)
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("law broken: Run panicked: %v", r)
				s.result <- &transports.Failure{Kind: transports.Broken, Text: "panic"}
			}
		}()
		s.result <- h.Network.Run(ctx, env, h.Account, s.commands, s.events)
	}()
	return s
}

// step takes one event, or the end; false after patience without either, or at the end.
func (s *subject) step(patience time.Duration) bool {
	s.t.Helper()
	if s.ended {
		return false
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case e := <-s.events:
		s.take(e)
		return true
	case s.err = <-s.result:
		s.end()
		return false
	case <-timer.C:
		return false
	}
}

func (s *subject) end() {
	s.t.Helper()
	s.ended = true
	if s.err != nil {
		s.env.Check("error of Run", s.err.Error())
		var f *transports.Failure
		if !errors.As(s.err, &f) {
			s.t.Errorf("law broken: Run returned %v, which is no Failure", s.err)
		} else if f.Text == "" {
			s.t.Errorf("law broken: a Failure without a word for the user: %v", f)
		} else {
			s.env.Check("text of a Failure", f.Text)
		}
	}
}

// take holds an event to the laws.
func (s *subject) take(e transports.Event) {
	s.t.Helper()
	s.seen = append(s.seen, e)
	s.env.Check("event", fmt.Sprintf("%+v", e))
	switch e := e.(type) {
	case transports.Progress:
		if s.signedOn {
			s.t.Error("law broken: Progress after SignedOn")
		}
	case transports.SignedOn:
		if s.signedOn {
			s.t.Error("law broken: SignedOn twice")
		}
		s.signedOn, s.powers = true, e.Powers
		if best := s.h.Network.Info().Powers; !best.Has(e.Powers) {
			s.t.Errorf("law broken: the session has powers (%b) that Info does not tell (%b)", e.Powers, best)
		}
	case transports.Done:
		s.done[e.Tag]++
		s.answers[e.Tag] = e
		c, asked := s.asked[e.Tag]
		if s.done[e.Tag] > 1 || !asked {
			s.t.Errorf("law broken: Done number %d for tag %d (asked: %v)", s.done[e.Tag], e.Tag, asked)
		} else {
			s.checkDone(c, e)
		}
	default:
		if !s.signedOn {
			s.t.Errorf("law broken: %T before SignedOn", e)
		}
	}
	s.follow(e)
	s.checkIDs(reflect.ValueOf(e))
}

// follow keeps in mind what later events are measured by.
func (s *subject) follow(e transports.Event) {
	s.t.Helper()
	switch e := e.(type) {
	case transports.Keep:
		s.env.hide(e.Secret)
	case transports.Message:
		s.checkSeq(e.Seq)
	}
	s.learn(e)
	s.checkRoom(e)
	s.checkFile(e)
}

var legacyID = reflect.TypeFor[transports.LegacyID]()

// checkIDs looks for addresses in an event, however deep, and wants them canonical. Rooms have names of their own kind,
// which are those of the commands.
func (s *subject) checkIDs(v reflect.Value) {
	s.t.Helper()
	switch {
	case v.Type() == legacyID:
		id := v.String()
		if got, err := s.h.Network.Canonical(id); id != "" && (err != nil || string(got) != id) {
			s.t.Errorf("law broken: an event holds the address %q, which is not canonical (%q, %v)", id, got, err)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Room" {
				s.checkIDs(v.Field(i))
			}
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		for i := range v.Len() {
			s.checkIDs(v.Index(i))
		}
	case v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer:
		if !v.IsNil() && v.Type() != reflect.TypeFor[error]() {
			s.checkIDs(v.Elem())
		}
	}
}

// until takes events until cond holds; it fails the test where that does not come about.
func (s *subject) until(what string, cond func() bool) bool {
	s.t.Helper()
	for !cond() {
		if !s.step(forever) {
			s.t.Errorf("waited in vain for: %s (Run ended: %v, %v)", what, s.ended, s.err)
			return false
		}
	}
	return true
}

func (s *subject) untilSignedOn() bool {
	s.t.Helper()
	return s.until("SignedOn", func() bool { return s.signedOn })
}

// offer hands a command over, taking events meanwhile; false where the session ended first.
func (s *subject) offer(c transports.Command) bool {
	s.t.Helper()
	if tag := transports.TagOf(c); tag != 0 {
		s.asked[tag] = c
	}
	timer := time.NewTimer(forever)
	defer timer.Stop()
	for {
		select {
		case s.commands <- c:
			return true
		case e := <-s.events:
			s.take(e)
		case s.err = <-s.result:
			delete(s.asked, transports.TagOf(c))
			s.end()
			return false
		case <-timer.C:
			s.t.Errorf("law broken: %T is not taken", c)
			return false
		}
	}
}

// finish ends the session by its context and holds it to the laws about ends. With deaf set, nobody receives
// its last events. The second time does nothing.
func (s *subject) finish(deaf bool) {
	s.t.Helper()
	if s.finished {
		return
	}
	s.finished = true
	begun := time.Now()
	s.cancel()
	if deaf && !s.ended {
		s.err = <-s.result
		s.end()
	}
	for s.step(forever) {
	}
	if took := time.Since(begun); took > soon {
		s.t.Errorf("law broken: Run took %v to end", took)
	}
	s.env.Finish(soon)
	s.peer.Close()
}

// fails takes what comes until Run ends by itself.
func (s *subject) fails(patience time.Duration) {
	s.t.Helper()
	for s.step(patience) {
	}
	if !s.ended {
		s.t.Error("law broken: Run does not end")
	} else if s.err == nil {
		s.t.Error("law broken: Run returned nil though its context is alive")
	}
	s.finish(false)
}
