package xmppd_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"imgate/lab/xmppd"
	"imgate/xmltree"
)

// start starts a server for the test, or skips where there is no Prosody; in CI there is one.
func start(t *testing.T, c xmppd.Config) *xmppd.Server {
	t.Helper()
	c.Dir = t.TempDir()
	s, err := xmppd.Start(t.Context(), c)
	if errors.Is(err, xmppd.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestServerIsThereUntilStopped(t *testing.T) {
	s := start(t, xmppd.Config{Users: map[string]string{"juliet": `cap"ulet\`}, Components: map[string]string{"aim.localhost": "secret"}})
	for range 2 {
		greet(t, s.C2S(), "jabber:client", "localhost")
		greet(t, s.Component(), "jabber:component:accept", "aim.localhost")
		if err := s.Restart(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", s.C2S()); err == nil {
		conn.Close()
		t.Error("it listens after Stop")
	}
}

// greet opens a stream and reads the header of the answer.
func greet(t *testing.T, address, space, to string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("<stream:stream xmlns='" + space + "' xmlns:stream='http://etherx.jabber.org/streams' to='" + to + "'>")); err != nil {
		t.Fatal(err)
	}
	e, err := xmltree.NewReader(conn, xmltree.Limits{}).Open()
	if err != nil || e.Attr("id") == "" || e.Attr("from") != to {
		t.Errorf("%s: %v, %v", address, e, err)
	}
}

func TestATakenPortIsTold(t *testing.T) {
	first := start(t, xmppd.Config{})
	_, port, _ := strings.Cut(first.C2S(), ":")
	taken, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := xmppd.Start(t.Context(), xmppd.Config{Dir: t.TempDir(), C2S: taken}); err == nil {
		t.Error("a second server on the port of the first")
	}
}
