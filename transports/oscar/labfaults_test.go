package oscar_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/transports"
	"imgate/transports/transporttest"
)

// inTheLab runs f with a session of alicewonder, whose fault comes before it signs on or, later, when it is
// there. f is given what it has not seen yet.
func inTheLab(t *testing.T, fault world.Fault, later bool, f func(*transporttest.Actor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := lab.New(lab.Options{Advertise: "lab:5190"})
		defer s.Close()
		strike := func() {
			if err := s.AIM().Fault("alicewonder", fault, 1); err != nil {
				t.Fatal(err)
			}
		}
		if !later {
			strike()
		}
		env := transporttest.NewEnv(t, transports.NewSecret(password))
		part := role("alicewonder", password, "lab:5190", labDialer(s))
		part.Env, part.Patience = env, time.Hour
		a := transporttest.Perform(part)
		if later {
			if err := a.Until("contacts"); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			strike()
		}
		f(a)
		a.Stop()
		a.Wait()
		env.Finish(5 * time.Second)
	})
}

// TestLabFaults: how a session ends by each fault of the lab.
func TestLabFaults(t *testing.T) {
	for _, tt := range []struct {
		fault world.Fault
		later bool
		want  string
	}{
		{world.Refuse, false, "ended transient"},
		{world.Reset, false, "ended transient"},
		{world.Stall, false, "ended transient"},
		{world.Garbage, false, "ended broken"},
		{world.WrongPassword, false, "ended bad_credentials"},
		{world.WrongCookie, false, "ended transient"},
		{world.Suspended, false, "ended suspended"},
		{world.Throttle, false, "ended throttled after 1m0s"},
		{world.OtherLocation, false, "ended replaced"},
		{world.Reset, true, "ended transient"},
		{world.Stall, true, "ended transient"},
		{world.Garbage, true, "ended broken"},
		{world.OtherLocation, true, "ended replaced"},
		{world.OtherLocationShort, true, "ended transient"}, // we ask for reasons; a server without one proves nothing
		{world.Kicked, true, "ended replaced"},
		{world.Maintenance, true, "ended transient"},
		{world.Drop, true, "ended transient"},
		{world.TruncatedSignoff, true, "ended transient"},
	} {
		when := " at sign-on"
		if tt.later {
			when = " in a session"
		}
		t.Run(string(tt.fault)+when, func(t *testing.T) {
			inTheLab(t, tt.fault, tt.later, func(a *transporttest.Actor) {
				for {
					got, ok := a.Next(time.Hour)
					if !ok {
						t.Fatal("the session goes on")
					}
					if strings.HasPrefix(got, "ended") {
						if got != tt.want {
							t.Errorf("%s, want %s", got, tt.want)
						}
						return
					}
				}
			})
		})
	}
}

// TestDroppedMessage: what the server drops without a word is not said to have been sent.
func TestDroppedMessage(t *testing.T) {
	inTheLab(t, world.RateLimit, true, func(a *transporttest.Actor) {
		for _, words := range []string{`send echobot "one"`, `send echobot "two"`} {
			if err := a.Do(words); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"done 2 accepted", "done 1 error no-answer"} {
			if err := a.Until(want); err != nil {
				t.Error(err)
			}
		}
	})
}
