package component_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/xmpp"
)

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

type dialer = func(context.Context, string, string) (net.Conn, error)

// deafAfterHandshake makes connections whose writes hang once the handshake is through.
func deafAfterHandshake(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &deaf{Conn: conn}, err
	}
}

type deaf struct {
	net.Conn
	writes   int
	deadline time.Time
}

func (d *deaf) SetWriteDeadline(t time.Time) error {
	d.deadline = t
	return nil
}

func (d *deaf) Write(p []byte) (int, error) {
	if d.writes++; d.writes <= 2 {
		return d.Conn.Write(p)
	}
	time.Sleep(time.Until(d.deadline)) // fake time
	return 0, context.DeadlineExceeded
}

func TestHandshakeErrorsAreTold(t *testing.T) {
	prosody, ejabberd, jabberd2 := componenttest.Prosody(), componenttest.Ejabberd(), componenttest.Jabberd2()
	wrongSecret := func(c *component.Config) { c.Secret = "wrong" }
	unknown := func(c *component.Config) { c.Domain = xmpp.JID{Domain: "msn.example.org"} }
	for _, c := range []struct {
		name   string
		server componenttest.Personality
		change func(*component.Config)
		want   component.Reason
		says   string
	}{
		{"wrong secret", prosody, wrongSecret, component.NotAuthorized, "secret is wrong"},
		{"wrong secret", ejabberd, wrongSecret, component.NotAuthorized, "ejabberd"},
		{"wrong secret", jabberd2, wrongSecret, component.NotAuthorized, "hash didn't match"},
		{"unknown host", prosody, unknown, component.HostUnknown, "Component block"},
		{"unknown host", ejabberd, unknown, component.NotAuthorized, "hosts of this listener"},
		{"refused", prosody, func(c *component.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
		}, component.DialFailed, "connection refused"},
	} {
		play(t, c.server, c.change, func(s *stage) {
			e, wait := s.down(c.want)
			if !strings.Contains(e.Error(), c.says) || wait < 500*time.Millisecond || wait > 2*time.Second {
				s.Errorf("%s at %s: %q, next in %s", c.name, c.server.Name, e, wait)
			}
		})
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	play(t, componenttest.Prosody(), func(c *component.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go io.Copy(io.Discard, theirs)
			return ours, nil
		}
	}, func(s *stage) {
		begin := time.Now()
		s.down(component.TimedOut)
		if took := time.Since(begin); took != 20*time.Second {
			s.Errorf("took %s", took)
		}
	})
}

func TestConflictWaitsAMinute(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		s.up()
		second, _, states := s.newLink(aim, nil)
		ctx, cancel := context.WithCancel(s.Context())
		ended := make(chan error, 1)
		go func() { ended <- second.Run(ctx) }()
		st := <-states
		var e *component.LinkError
		if !errors.As(st.Err, &e) || e.Reason != component.Conflict || time.Until(st.Next) < time.Minute {
			s.Errorf("got %+v", st)
		}
		cancel()
		<-ended
	})
}

func TestBeingReplacedIsAConflict(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		s.up().Fail("conflict", "Replaced by a new connection")
		e, wait := s.down(component.Conflict)
		if wait < time.Minute || e.Text != "Replaced by a new connection" {
			s.Errorf("%v, next in %s", e, wait)
		}
	})
}

func TestADeadLinkIsFoundIn90Seconds(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		peer := s.up()
		time.Sleep(time.Hour) // fake: pings keep it alive
		if !s.link.Up() {
			s.Fatal("the link went down")
		}
		peer.Silence(true)
		begin := time.Now()
		s.down(component.TimedOut)
		if took := time.Since(begin); took > 90*time.Second {
			s.Errorf("took %s", took)
		}
		s.up()
	})
}

func TestReconnectBacksOffToAMinuteAndStartsAnewAfterAGoodLink(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		peer := s.up()
		time.Sleep(2 * time.Minute)
		s.server.Refuse(true)
		peer.Kill()
		_, wait := s.down(component.Lost)
		for want := time.Second; want < 5*time.Minute; want *= 2 {
			least, most := min(want, time.Minute)*6/10, min(want*14/10, time.Minute)
			if wait < least || wait > most {
				s.Errorf("waits %s, want about %s", wait, min(want, time.Minute))
			}
			_, wait = s.down(component.DialFailed)
		}
		s.server.Refuse(false)
		peer = s.up()
		time.Sleep(2 * time.Minute)
		peer.Kill()
		if _, wait = s.down(component.Lost); wait > 2*time.Second {
			s.Errorf("after a good link it waits %s", wait)
		}
	})
}

func TestAStreamErrorIsTheReason(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		s.up().Fail("system-shutdown", "bye")
		if e, _ := s.down(component.StreamError); e.Condition != "system-shutdown" || e.Error() != `stream error system-shutdown ("bye")` {
			s.Errorf("got %v", e)
		}
	})
}

func TestBrokenXMLEndsTheLink(t *testing.T) {
	for _, raw := range []string{"<message", "<a></b>", "text", "<!-- -->", "\x00", "</stream:stream>"} {
		play(t, componenttest.Prosody(), nil, func(s *stage) {
			peer := s.up()
			peer.Send(raw)
			if raw == "<message" {
				peer.Kill()
			}
			s.down(component.Lost)
		})
	}
}
