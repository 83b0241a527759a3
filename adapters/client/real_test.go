package client_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"imgate/adapters"
	"imgate/adapters/client"
	"imgate/lab/xmppd"
	"imgate/transports"
	"imgate/xmpp"
)

// The same against a server that nobody here wrote.
func TestAtARealServer(t *testing.T) {
	server, err := xmppd.Start(t.Context(), xmppd.Config{Dir: t.TempDir(), Users: map[string]string{"juliet": password}})
	if errors.Is(err, xmppd.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	user := xmpp.JID{Local: "juliet", Domain: server.Host()}
	events := make(chan client.Event, 10)
	house := client.New(client.Config{
		Address: server.C2S(), Security: client.NoTLS, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Gateways: func(xmpp.JID) []xmpp.JID { return nil },
		Ours:     func(context.Context, xmpp.JID, xmpp.JID) bool { return false },
		Heard:    func(e client.Event) { events <- e },
	})
	defer house.Close(t.Context())
	if err := house.Prove(t.Context(), user, transports.NewSecret("wrong")); !errors.Is(err, adapters.ErrWrongPassword) {
		t.Error(err)
	}
	if err := house.Prove(t.Context(), user, transports.NewSecret(password)); err != nil {
		t.Error(err)
	}
	house.Attach(user, transports.NewSecret(password))
	for _, want := range []string{"online", "lost", "online"} {
		select {
		case e := <-events:
			if on, ok := e.(client.Online); ok != (want == "online") || ok && on.Resource.Bare() != user {
				t.Errorf("%+v, want %s", e, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no %s", want)
		}
		if want == "online" {
			if err := server.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
