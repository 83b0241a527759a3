package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"imgate/adapters"
	"imgate/adapters/client"
	"imgate/lab/xmppd"
	"imgate/transports"
	"imgate/xmpp"
)

// What Prosody 0.12 and ejabberd 23.01 offer and take, with the LuaSec and the OpenSSL of Debian 12. Neither lists its bindings.
// Prosody offers bound mechanisms up to TLS 1.2 only; ejabberd also with TLS 1.3, where it takes none of ours.
func TestSigningInByTLSAtRealServers(t *testing.T) {
	for _, c := range []struct {
		kind    xmppd.Kind
		version uint16
		first   string // is tried first
		used    string
	}{
		{xmppd.Prosody, tls.VersionTLS12, "SCRAM-SHA-256-PLUS tls-unique", "mechanism=SCRAM-SHA-256-PLUS by.binding=tls-unique\n"},
		{xmppd.Prosody, tls.VersionTLS13, "SCRAM-SHA-256 ", "mechanism=SCRAM-SHA-256\n"},
		{xmppd.Ejabberd, tls.VersionTLS12, "SCRAM-SHA-512-PLUS tls-unique", "mechanism=SCRAM-SHA-512-PLUS by.binding=tls-unique\n"},
		{xmppd.Ejabberd, tls.VersionTLS13, "SCRAM-SHA-512-PLUS tls-exporter", "mechanism=SCRAM-SHA-512 by.refused_binding=tls-exporter\n"},
	} {
		t.Run(c.kind.String()+" "+tls.VersionName(c.version), func(t *testing.T) {
			server := start(t, xmppd.Config{Kind: c.kind, TLS: true})
			roots := x509.NewCertPool()
			roots.AddCert(server.Certificate())
			var log strings.Builder
			config := client.Config{
				Address: server.C2S(), TLS: &tls.Config{RootCAs: roots, MaxVersion: c.version},
				Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			}
			offer, err := config.Offers(t.Context(), server.Host())
			if err != nil || offer.TLS != tls.VersionName(c.version) || offer.First+" "+offer.Binding != c.first || len(offer.Bindings) > 0 {
				t.Errorf("%+v, %v", offer, err)
			}
			user := xmpp.JID{Local: "juliet", Domain: server.Host()}
			if err := config.Prove(t.Context(), user, transports.NewSecret(password)); err != nil || !strings.HasSuffix(log.String(), c.used) {
				t.Errorf("%v; %s", err, log.String())
			}
			if err := config.Prove(t.Context(), user, transports.NewSecret("wrong")); !errors.Is(err, adapters.ErrWrongPassword) {
				t.Errorf("a wrong password: %v", err)
			}
			user.Local = "nobody"
			if err := config.Prove(t.Context(), user, transports.NewSecret(password)); !errors.Is(err, adapters.ErrWrongPassword) {
				t.Errorf("nobody: %v", err)
			}
			config.TLS = nil
			if _, err := config.Offers(t.Context(), server.Host()); !errors.Is(err, adapters.ErrUnreachable) || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("a certificate that nobody vouches for: %v", err)
			}
		})
	}
}

// start runs a server with juliet.
func start(t *testing.T, c xmppd.Config) *xmppd.Server {
	t.Helper()
	c.Dir, c.Users = t.TempDir(), map[string]string{"juliet": password}
	server, err := xmppd.Start(t.Context(), c)
	if errors.Is(err, xmppd.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	return server
}

// The same against a server that nobody here wrote.
func TestAtARealServer(t *testing.T) {
	server := start(t, xmppd.Config{})
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
