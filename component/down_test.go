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

func TestNobodyListens(t *testing.T) {
	play(t, componenttest.Prosody(), func(c *component.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	}, func(s *stage) {
		e, wait := s.down(component.DialFailed)
		if !strings.Contains(e.Error(), "connection refused") {
			s.Errorf("says %s", e)
		}
		s.retried(wait)
	})
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
