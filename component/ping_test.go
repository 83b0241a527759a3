package component_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/xmpp"
)

func TestBarrierIsAnsweredBehindWhatWasSent(t *testing.T) {
	for name, server := range map[string]xmpp.JID{"the server's domain": host, "our own domain": {}} {
		play(t, componenttest.Prosody(), func(c *component.Config) { c.Server = server }, func(s *stage) {
			peer := s.up()
			for range 100 {
				if err := s.link.Send(s.Context(), chat(aim, alice, "x")); err != nil {
					s.Fatal(err)
				}
			}
			if err := s.link.Barrier(s.Context()); err != nil {
				s.Fatalf("%s: %v", name, err)
			}
			ctx, cancel := context.WithTimeout(s.Context(), time.Nanosecond)
			defer cancel()
			for range 100 {
				if _, err := peer.Next(ctx); err != nil {
					s.Fatalf("%s: the barrier was early: %v", name, err)
				}
			}
		})
	}
}

func TestBarrierEndsWithLinkOrContext(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		if err := s.link.Barrier(s.Context()); !errors.Is(err, component.ErrLinkDown) && err != nil {
			s.Errorf("before the link: %v", err)
		}
		peer := s.up()
		peer.Silence(true)
		ctx, cancel := context.WithTimeout(s.Context(), time.Second)
		defer cancel()
		if err := s.link.Barrier(ctx); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("without answer: %v", err)
		}
		time.AfterFunc(time.Second, peer.Kill)
		if err := s.link.Barrier(s.Context()); !errors.Is(err, component.ErrLinkDown) {
			s.Errorf("with a link that goes down: %v", err)
		}
	})
}

func TestOnlyWhoWasAskedAnswersABarrier(t *testing.T) {
	nobody := xmpp.JID{Domain: "silent.example.org", Local: "x"} // the stub hands its pings to the test
	play(t, componenttest.Prosody(), func(c *component.Config) { c.Server = nobody }, func(s *stage) {
		peer := s.up()
		for _, c := range []struct {
			from xmpp.JID
			want error
		}{{alice, context.DeadlineExceeded}, {nobody, nil}, {nobody.WithResource("r"), nil}} {
			ctx, cancel := context.WithTimeout(s.Context(), time.Second)
			result := make(chan error)
			go func() { result <- s.link.Barrier(ctx) }()
			answer := s.next(peer).(xmpp.IQ).Result()
			answer.From = c.from
			peer.SendStanza(answer)
			if err := <-result; !errors.Is(err, c.want) {
				s.Errorf("an answer from %s: %v", c.from, err)
			}
			cancel()
		}
	})
}

func TestMalformedStanzasAreAnswered(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		peer := s.up()
		peer.Send("<unknown/><iq from='alice@example.org/home' to='a b@aim.example.org' id='m' type='get'><q xmlns='u'/></iq>")
		if e := xmpp.ErrorOf(s.next(peer)); e == nil || e.Condition != xmpp.JIDMalformed {
			s.Errorf("answered by %v", e)
		}
	})
}
