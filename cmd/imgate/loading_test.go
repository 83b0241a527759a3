package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"imgate/component/componenttest"
	"imgate/xmpp"
)

// A link shakes hands before the registrations are loaded. What it has to do then is not lost: the stanza that came
// meanwhile is answered, and the registered user probed.
func TestALinkIsUpBeforeTheRegistrationsAreLoaded(t *testing.T) {
	config, _ := household(t, "127.0.0.1:1")
	x := componenttest.NewServer(componenttest.Prosody(), map[string]string{"aim.example.org": "s3cret"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = x.Serve(l) }()
	defer func() { _ = l.Close(); x.Close(); <-served }()
	s := serverOf(t, config, l.Addr().String())
	linked := make(chan struct{})
	go func() { defer close(linked); s.trunks[0].run(s.linkCtx) }()
	peer := accepted(t, x, 10*time.Second)
	if peer == nil {
		t.Fatal("no handshake")
	}
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
