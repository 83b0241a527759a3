package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/adapters/control"
	"imgate/component/componenttest"
	"imgate/xmpp"
)

// A link shakes hands before the registrations are loaded. What it has to do then is not lost: the stanza that came
// meanwhile is answered, and the registered user probed.
func TestALinkIsUpBeforeTheRegistrationsAreLoaded(t *testing.T) {
	config, _ := household(t, "127.0.0.1:1")
	x, address := listens(t, componenttest.Prosody(), "aim.example.org")
	s := serverOf(t, config, address)
	linked := make(chan struct{})
	go func() { defer close(linked); s.trunks[0].run(s.linkCtx) }()
	peer := accepted(t, x)
	peer.Send(`<iq type='get' id='early' from='romeo@example.org/x' to='aim.example.org'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`)
	eventually(t, "the link is up", func() bool { return s.board.link("aim.example.org").Up })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		<-linked
	}()
	patient, enough := context.WithTimeout(ctx, 20*time.Second)
	defer enough()
	for answered, probed := false, false; !answered || !probed; {
		stanza, err := peer.Next(patient)
		if err != nil {
			t.Fatalf("answered %v, probed %v: %v", answered, probed, err)
		}
		switch v := stanza.(type) {
		case xmpp.IQ:
			answered = answered || v.ID == "early" && v.Type == xmpp.ResultIQ
		case xmpp.Presence:
			probed = probed || v.Type == xmpp.ProbePresence && v.To.String() == "juliet@example.org"
		}
	}
}

// A registry that cannot be read, once the links are under way, ends the start: the links close, and nothing stays. That is no
// wrong usage but where it is the configuration's that "imgate run" was given.
func TestARegistryThatCanNotBeReadEndsTheStart(t *testing.T) {
	config, dir := household(t, "127.0.0.1:1")
	x, address := listens(t, componenttest.Prosody(), "aim.example.org")
	s := serverOf(t, config, address)
	s.ready = func() { t.Error("it is ready") }
	linked := make(chan struct{})
	go func() { defer close(linked); s.trunks[0].run(s.linkCtx) }()
	peer := accepted(t, x)
	if err := s.registry.Close(); err != nil { // no more can be read
		t.Fatal(err)
	}
	err := s.run(t.Context())
	<-linked
	if err == nil || !strings.Contains(err.Error(), "read registry") || exitCode(err) != 1 {
		t.Errorf("%v, exit %d", err, exitCode(err))
	}
	patient, enough := context.WithTimeout(t.Context(), attempts)
	defer enough()
	if stanza, err := peer.Next(patient); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the link is open, and says %v", stanza)
	}
	if _, err := os.Stat(filepath.Join(dir, control.Socket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket of administrators is left: %v", err)
	}
	done := make(chan error, 1)
	done <- err
	if err := (runCommand{}).wait(t.Context(), done, nil, s.log, nil); exitCode(err) != 2 {
		t.Errorf("%v, exit %d", err, exitCode(err))
	}
}

// A registry that is cut short is an error that says what to do, not the end of the program.
func TestARegistryThatIsCutShort(t *testing.T) {
	config, dir := household(t, "127.0.0.1:1")
	if err := os.Truncate(filepath.Join(dir, "imgate.db"), int64(3*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(config, networks())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newServer(c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "imgate recover") {
		t.Error(err)
	}
}

// listens is an XMPP server to which components of these domains come, and its address.
func listens(t *testing.T, p componenttest.Personality, domains ...string) (x *componenttest.Server, address string) {
	t.Helper()
	secrets := map[string]string{}
	for _, domain := range domains {
		secrets[domain] = "s3cret"
	}
	x = componenttest.NewServer(p, secrets)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = x.Serve(l) }()
	t.Cleanup(func() { _ = l.Close(); x.Close(); <-served })
	return x, l.Addr().String()
}

// serverOf is the server of a household whose XMPP server is at address.
func serverOf(t *testing.T, config, address string) *server {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "127.0.0.1:1", address, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(config, networks())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(c, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
