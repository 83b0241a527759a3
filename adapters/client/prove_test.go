package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/adapters"
	"imgate/adapters/client"
	"imgate/transports"
	"imgate/xmpp"
)

var juliet = xmpp.JID{Local: "juliet", Domain: "example.com"}

func x509Leaf(c *tls.Config) ([]*x509.Certificate, error) {
	leaf, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	return []*x509.Certificate{leaf}, err
}

// config is a client's for s.
func (s *server) config(t *testing.T, security client.Security) client.Config {
	c := client.Config{
		Address: "example.com:5222", Security: security, Dial: s.dial, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Gateways: func(xmpp.JID) []xmpp.JID { return nil },
		Ours:     func(context.Context, xmpp.JID, xmpp.JID) bool { return false },
		Random:   func() float64 { return 0.5 },
	}
	if s.tls != nil {
		leaf, err := x509Leaf(s.tls)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(leaf[0])
		c.TLS = &tls.Config{RootCAs: roots}
	}
	return c
}

func TestTheStrongestMechanismIsUsed(t *testing.T) {
	all := []string{"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "X-MAGIC"}
	for _, c := range []struct {
		name     string
		offer    []string
		bindings []string
		tls      bool
		version  uint16
		plain    bool
		want     string
	}{
		{"bound by the exporter", all, nil, true, tls.VersionTLS13, false, "SCRAM-SHA-256-PLUS"},
		{"bound by the exporter, listed", all, []string{"tls-exporter"}, true, tls.VersionTLS13, false, "SCRAM-SHA-256-PLUS"},
		{"bound by the first message", all, nil, true, tls.VersionTLS12, false, "SCRAM-SHA-256-PLUS"},
		{"bound by the certificate", all, []string{"tls-server-end-point"}, true, tls.VersionTLS13, false, "SCRAM-SHA-256-PLUS"},
		{"no binding in common", all[:4], []string{"x-other"}, true, tls.VersionTLS13, false, "SCRAM-SHA-256"},
		{"bound SHA-1 before SHA-256", all[:4], nil, true, tls.VersionTLS13, false, "SCRAM-SHA-1-PLUS"},
		{"no TLS, no binding", all, nil, false, 0, false, "SCRAM-SHA-256"},
		{"the old hash", all[:2], nil, false, 0, false, "SCRAM-SHA-1"},
		{"the longest hash", append([]string{"SCRAM-SHA-512"}, all[:3]...), nil, true, tls.VersionTLS13, false, "SCRAM-SHA-512"},
		{"plain under TLS", all[:1], nil, true, tls.VersionTLS13, false, "PLAIN"},
		{"plain where allowed", all[:1], nil, false, 0, true, "PLAIN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, c.offer...)
			s.bindings = c.bindings
			security := client.NoTLS
			if c.tls {
				s.certificate().starttls = true
				s.tls.MaxVersion = c.version
				security = client.StartTLS
			}
			config := s.config(t, security)
			config.Plain = c.plain
			if err := config.Prove(t.Context(), juliet, transports.NewSecret(password)); err != nil || s.used != c.want {
				t.Errorf("%s: %v", s.used, err)
			}
			for _, wrong := range []string{"wrong", ""} {
				if err := config.Prove(t.Context(), juliet, transports.NewSecret(wrong)); !errors.Is(err, adapters.ErrWrongPassword) {
					t.Errorf("a wrong password: %v", err)
				}
			}
			nobody := xmpp.JID{Local: "nobody", Domain: "example.com"}
			if err := config.Prove(t.Context(), nobody, transports.NewSecret(password)); !errors.Is(err, adapters.ErrWrongPassword) {
				t.Errorf("nobody: %v", err)
			}
			if !c.plain && strings.Contains(s.seen(), password) {
				t.Error("the password went over the wire")
			}
		})
	}
}

// A server that lists no bindings may refuse the one that the RFCs name. It is left for an unbound proof only then,
// before any proof was asked for, and not where the server had listed it.
func TestABindingThatWasAGuess(t *testing.T) {
	all := []string{"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}
	for _, c := range []struct {
		name      string
		condition string
		change    func(*server)
		want      error
		again     int32
		used      string
	}{
		{"refused at once", "not-authorized", nil, nil, 1, "SCRAM-SHA-256"},
		{"not understood", "malformed-request", nil, nil, 1, "SCRAM-SHA-256"},
		{"listed", "not-authorized", func(s *server) { s.bindings = []string{"tls-exporter"} }, adapters.ErrWrongPassword, 0, ""},
		{"refused, and hung up", "not-authorized", func(s *server) { s.hangsUp = true }, adapters.ErrWrongPassword, 0, ""},
		{"nothing but bound ones", "not-authorized", func(s *server) { s.mechanisms = all[2:] }, adapters.ErrWrongPassword, 0, ""},
		{"disabled", "account-disabled", nil, adapters.ErrInactive, 0, ""},
		{"after the challenge", "", func(s *server) { s.fail = "not-authorized" }, adapters.ErrWrongPassword, 0, "SCRAM-SHA-256-PLUS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, all...).certificate()
			s.starttls, s.oldBinding = true, c.condition
			if c.change != nil {
				c.change(s)
			}
			config := s.config(t, client.StartTLS)
			if err := config.Prove(t.Context(), juliet, transports.NewSecret(password)); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if s.again.Load() != c.again || s.used != c.used {
				t.Errorf("tried again %d times, used %q", s.again.Load(), s.used)
			}
		})
	}
}

func TestNothingIsProven(t *testing.T) {
	good := func() *server { return newServer(t, "SCRAM-SHA-1") }
	for _, c := range []struct {
		name     string
		server   *server
		security client.Security
		change   func(*client.Config)
		want     error
	}{
		{"no STARTTLS", good(), client.StartTLS, nil, adapters.ErrUnreachable},
		{"plain without TLS", newServer(t, "PLAIN"), client.NoTLS, nil, adapters.ErrUnreachable},
		{"nothing in common", newServer(t, "X-MAGIC", "DIGEST-MD5"), client.NoTLS, nil, adapters.ErrUnreachable},
		{"disabled", failing("account-disabled"), client.NoTLS, nil, adapters.ErrInactive},
		{"expired", failing("credentials-expired"), client.NoTLS, nil, adapters.ErrInactive},
		{"for the time being", failing("temporary-auth-failure"), client.NoTLS, nil, adapters.ErrUnreachable},
		{"nobody listens", good(), client.NoTLS, func(c *client.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }
		}, adapters.ErrUnreachable},
		{"not XMPP", good(), client.NoTLS, func(c *client.Config) { c.Dial = says("HTTP/1.1 400 Bad Request\r\n\r\n") }, adapters.ErrUnreachable},
		{"stream error", good(), client.NoTLS, func(c *client.Config) {
			c.Dial = says("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
				"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
		}, adapters.ErrUnreachable},
		{"no proof of its own", good(), client.NoTLS, func(c *client.Config) {
			c.Dial = says("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
				"<stream:features><mechanisms xmlns='" + saslNS + "'><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>" +
				"<success xmlns='" + saslNS + "'/>")
		}, adapters.ErrUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := c.server.config(t, c.security)
			if c.change != nil {
				c.change(&config)
			}
			err := config.Prove(t.Context(), juliet, transports.NewSecret(password))
			if !errors.Is(err, c.want) || strings.Contains(err.Error(), password) {
				t.Error(err)
			}
		})
	}
	untrusted := newServer(t, "PLAIN").certificate()
	untrusted.starttls = true
	config := untrusted.config(t, client.StartTLS)
	config.TLS = nil
	if err := config.Prove(t.Context(), juliet, transports.NewSecret(password)); !errors.Is(err, adapters.ErrUnreachable) {
		t.Errorf("an untrusted certificate: %v", err)
	}
}

func failing(condition string) *server {
	s := newServer(nil, "SCRAM-SHA-256")
	s.fail = condition
	return s
}

// says is a server that says this and waits.
func says(raw string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		go func() { _, _ = ours.Write([]byte(raw)) }()
		return theirs, nil
	}
}

// A server that says nothing, or asks for work without end, is given up.
func TestTheEndOfPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := newServer(t).config(t, client.NoTLS)
		var ours net.Conn
		config.Dial = func(context.Context, string, string) (net.Conn, error) {
			var theirs net.Conn
			ours, theirs = net.Pipe()
			return theirs, nil
		}
		began := time.Now()
		if err := config.Prove(t.Context(), juliet, transports.NewSecret(password)); !errors.Is(err, adapters.ErrUnreachable) {
			t.Error(err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Error(took)
		}
		ours.Close()
	})
}

// Whatever a server says, the password never goes to it in the clear, and Prove comes to an end.
func FuzzServer(f *testing.F) {
	head := "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
	offer := "<stream:features><mechanisms xmlns='" + saslNS + "'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
	f.Add(head + offer + "<challenge xmlns='" + saslNS + "'>cj1meUs=</challenge>")
	f.Add(head + offer + "<success xmlns='" + saslNS + "'>dj1y</success>")
	f.Add(head + offer + "<failure xmlns='" + saslNS + "'><not-authorized/></failure>")
	f.Add(head + "<stream:features/>")
	f.Add(head)
	f.Fuzz(func(t *testing.T, raw string) {
		config := newServer(t).config(t, client.NoTLS)
		wrote := make(chan string, 1)
		config.Dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				_, _ = ours.Write([]byte(raw))
				ours.Close()
			}()
			return &recorder{Conn: theirs, all: wrote}, nil
		}
		if err := config.Prove(t.Context(), juliet, transports.NewSecret(password)); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("proven, or told: %v", err)
		}
		if said := <-wrote; strings.Contains(said, password) || strings.Contains(said, "PLAIN") {
			t.Errorf("it said %q", said)
		}
	})
}

// A recorder takes all writes.
type recorder struct {
	net.Conn
	said string
	all  chan string
}

func (r *recorder) Write(p []byte) (int, error) {
	r.said += string(p)
	return len(p), nil
}

func (r *recorder) Close() error {
	select {
	case r.all <- r.said:
	default:
	}
	return r.Conn.Close()
}
