package e2e_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"imgate/e2e"
	"imgate/lab/xmppd"
)

// patience is how long a test waits for anything.
const patience = 30 * time.Second

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// needed ends the test on an error, or skips it where only a program is missing; in CI none is.
func needed(t *testing.T, err error) {
	t.Helper()
	missing := errors.Is(err, e2e.ErrMissing) || errors.Is(err, xmppd.ErrMissing) || errors.Is(err, exec.ErrNotFound)
	if missing && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func startServer(t *testing.T, c xmppd.Config) *xmppd.Server {
	t.Helper()
	return startServerUntil(t, t, c)
}

// startServerUntil starts a server that ends when another test does, of which this one may be a part.
func startServerUntil(t, until *testing.T, c xmppd.Config) *xmppd.Server {
	t.Helper()
	c.Dir = until.TempDir()
	s, err := xmppd.Start(t.Context(), c) // which has a limit of its own
	needed(t, err)
	until.Cleanup(func() {
		if err := s.Stop(); err != nil {
			until.Error(err)
		}
	})
	return s
}

func startDriver(t *testing.T) *e2e.Driver {
	t.Helper()
	d, err := e2e.StartDriver(soon(t), t.Output())
	needed(t, err)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestTwoUsersOfAServerChat(t *testing.T) {
	server := startServer(t, xmppd.Config{Users: map[string]string{"juliet": "capulet", "romeo": "capulet"}})
	driver := startDriver(t)
	login := func(jid string) *e2e.Client {
		c, err := driver.Login(soon(t), jid, "capulet", server.C2S())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	juliet, romeo := login("juliet@localhost/balcony"), login("romeo@localhost/orchard")
	for _, err := range []error{
		juliet.Available(soon(t), ""), romeo.Available(soon(t), ""),
		romeo.Say(soon(t), juliet.JID, "Shall I hear more, or shall I speak at this? <&>"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := juliet.Hear(soon(t), e2e.Message("romeo@localhost", "Shall I hear more, or shall I speak at this? <&>")); err != nil {
		t.Error(err)
	}
	if _, err := juliet.IQ(soon(t), "get", "localhost", "<ping xmlns='urn:xmpp:ping'/>"); err != nil {
		t.Error(err)
	}
	var refused *e2e.CommandError
	if _, err := juliet.IQ(soon(t), "get", "nobody@localhost", "<query xmlns='jabber:iq:version'/>"); !errors.As(err, &refused) || refused.Condition != "service-unavailable" {
		t.Errorf("an unknown user answers: %v", err)
	}
	if err := juliet.Logout(soon(t)); err != nil || !juliet.Gone() {
		t.Errorf("logout: %v, gone %v", err, juliet.Gone())
	}
}

func TestAWrongPasswordIsTold(t *testing.T) {
	server := startServer(t, xmppd.Config{Users: map[string]string{"juliet": "capulet"}})
	var refused *e2e.CommandError
	if _, err := startDriver(t).Login(soon(t), "juliet@localhost/x", "montague", server.C2S()); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}
