package xmppd_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/lab/xmppd"
	"imgate/xmltree"
)

// start starts a server for the test, or skips where it is not installed; in CI it is.
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
		nothingLives(t, c.Dir)
	})
	return s
}

// nothingLives fails where a process of the server in dir is still there. A process that ends by itself because
// its parent is gone may take a moment.
func nothingLives(t *testing.T, dir string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		left = nil
		all, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			line, _ := os.ReadFile(p + "/cmdline") // it may be gone by now
			if cwd, _ := os.Readlink(p + "/cwd"); cwd == dir || bytes.Contains(line, []byte(dir)) {
				left = append(left, string(bytes.ReplaceAll(line, []byte{0}, []byte{' '})))
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("still running: %q", left)
}

// each runs a test with every kind of server.
func each(t *testing.T, test func(*testing.T, xmppd.Kind)) {
	for _, kind := range xmppd.Kinds() {
		t.Run(kind.String(), func(t *testing.T) { test(t, kind) })
	}
}

const password = `cap"ulet\<&>'ü`

func TestServerIsThereUntilStopped(t *testing.T) {
	each(t, func(t *testing.T, kind xmppd.Kind) {
		s := start(t, xmppd.Config{Kind: kind, Users: map[string]string{"juliet": password, "romeo": password}, Components: map[string]string{"aim.localhost": "secret"}})
		for range 2 {
			conn, _ := greet(t, s.Component(), "jabber:component:accept", "aim.localhost")
			conn.Close() // jabberd2's router waits for components when it stops
			for _, name := range []string{"juliet", "romeo"} {
				if got := authenticate(t, s, name, password); got != "success" {
					t.Errorf("%s: %s", name, got)
				}
			}
			if got := authenticate(t, s, "juliet", "wrong"); got != "failure" {
				t.Errorf("with a wrong password: %s", got)
			}
			if err := s.Restart(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{s.C2S(), s.Component()} {
			if conn, err := net.Dial("tcp", address); err == nil {
				conn.Close()
				t.Errorf("it listens on %s after Stop", address)
			}
		}
	})
}

// greet opens a stream and reads the header of the answer, and features where there are any.
func greet(t *testing.T, address, space, to string) (net.Conn, *xmltree.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, open(t, conn, space, to)
}

func open(t *testing.T, conn net.Conn, space, to string) *xmltree.Reader {
	t.Helper()
	version := ""
	if space == "jabber:client" {
		version = " version='1.0'"
	}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err := fmt.Fprintf(conn, "<stream:stream xmlns='%s' xmlns:stream='http://etherx.jabber.org/streams' to='%s'%s>", space, to, version)
	if err != nil {
		t.Fatal(err)
	}
	reader := xmltree.NewReader(conn, xmltree.Limits{})
	e, err := reader.Open()
	if err != nil || e.Attr("id") == "" || e.Attr("from") != to {
		t.Fatalf("%s: %v, %v", conn.RemoteAddr(), e, err)
	}
	if version != "" {
		if _, err := reader.Next(); err != nil {
			t.Fatal(err)
		}
	}
	return reader
}

// authenticate gives the name of the answer to SASL PLAIN.
func authenticate(t *testing.T, s *xmppd.Server, name, password string) string {
	t.Helper()
	conn, reader := greet(t, s.C2S(), "jabber:client", s.Host())
	token := base64.StdEncoding.EncodeToString([]byte("\x00" + name + "\x00" + password))
	return ask(t, conn, reader, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"+token+"</auth>").Name.Local
}

func ask(t *testing.T, conn net.Conn, reader *xmltree.Reader, question string) *xmltree.Element {
	t.Helper()
	if _, err := conn.Write([]byte(question)); err != nil {
		t.Fatal(err)
	}
	e, err := reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestATakenPortIsTold(t *testing.T) {
	first := start(t, xmppd.Config{})
	_, port, _ := strings.Cut(first.C2S(), ":")
	taken, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range xmppd.Kinds() {
		if _, err := xmppd.Start(t.Context(), xmppd.Config{Kind: kind, Dir: t.TempDir(), C2S: taken}); err == nil {
			t.Errorf("%s on the port of another", kind)
		}
	}
}

// TestLastWords gives each server something with which it can't work.
func TestLastWords(t *testing.T) {
	each(t, func(t *testing.T, kind xmppd.Kind) {
		start(t, xmppd.Config{Kind: kind}) // skips where it is not installed
		c := xmppd.Config{Kind: kind, Dir: t.TempDir()}
		says := "mnesia"
		switch kind {
		case xmppd.Prosody:
			c.Global, says = "no Lua at all", "prosody.cfg.lua"
		case xmppd.Ejabberd: // a file where it wants a directory
			if err := os.WriteFile(filepath.Join(c.Dir, says), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		case xmppd.Jabberd2: // a name that it does not take
			c.Users, says = map[string]string{"no name": password}, "register no name"
		}
		_, err := xmppd.Start(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v", err)
		}
		nothingLives(t, c.Dir)
	})
}

func TestWhatAServerHasNot(t *testing.T) {
	for _, c := range []xmppd.Config{
		{Kind: xmppd.Ejabberd, Extra: "-- a line of Lua"}, {Kind: xmppd.Jabberd2, Global: "-- a line of Lua"}, {Kind: xmppd.Jabberd2, TLS: true},
		{ComponentTLS: true}, {Kind: xmppd.Jabberd2, ComponentTLS: true},
		{Kind: xmppd.Jabberd2, Privileges: true}, {Kind: xmppd.Jabberd2, Rooms: true}, {Kind: xmppd.Jabberd2, Upload: true},
		{Kind: xmppd.Jabberd2, Components: map[string]string{"a.localhost": "one", "b.localhost": "two"}},
	} {
		c.Dir = t.TempDir()
		if s, err := xmppd.Start(t.Context(), c); err == nil {
			t.Errorf("%+v: no error", c)
			_ = s.Stop()
		}
	}
}

// TestOptions signs in over TLS and looks for what Config promises.
func TestOptions(t *testing.T) {
	for _, kind := range []xmppd.Kind{xmppd.Prosody, xmppd.Ejabberd} {
		t.Run(kind.String(), func(t *testing.T) {
			s := start(t, xmppd.Config{
				Kind: kind, Users: map[string]string{"juliet": password}, Components: map[string]string{"aim.localhost": "secret"},
				TLS: true, Privileges: true, Rooms: true, Upload: true,
			})
			privileged(t, s)
			conn, reader := logIn(t, s)
			items := ask(t, conn, reader, "<iq type='get' id='1' to='localhost'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>").String()
			for _, want := range []string{"rooms.localhost", "upload.localhost"} {
				if !strings.Contains(items, want) {
					t.Errorf("%s is not in %s", want, items)
				}
			}
			slot := ask(t, conn, reader, "<iq type='get' id='2' to='upload.localhost'><request xmlns='urn:xmpp:http:upload:0' filename='a.txt' size='5'/></iq>")
			put, get := slot.First().Child("urn:xmpp:http:upload:0", "put"), slot.First().Child("urn:xmpp:http:upload:0", "get")
			if put == nil || get == nil {
				t.Fatalf("no slot: %s", slot)
			}
			upload(t, put, get.Attr("url"))
		})
	}
}

// privileged shakes hands as the component, which is told at once what it may do.
func privileged(t *testing.T, s *xmppd.Server) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Component())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='aim.localhost'>")); err != nil {
		t.Fatal(err)
	}
	reader := xmltree.NewReader(conn, xmltree.Limits{})
	header, err := reader.Open()
	if err != nil {
		t.Fatal(err)
	}
	if e := ask(t, conn, reader, fmt.Sprintf("<handshake>%x</handshake>", sha1.Sum([]byte(header.Attr("id")+"secret")))); e.Name.Local != "handshake" {
		t.Fatalf("handshake: %s", e)
	}
	e, err := reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<message", "urn:xmpp:privilege:", "roster", "outgoing"} {
		if !strings.Contains(e.String(), want) {
			t.Errorf("%q is not in %s", want, e)
		}
	}
	t.Logf("%s", e)
}

// logIn signs juliet in over TLS.
func logIn(t *testing.T, s *xmppd.Server) (net.Conn, *xmltree.Reader) {
	t.Helper()
	conn, reader := greet(t, s.C2S(), "jabber:client", s.Host())
	if e := ask(t, conn, reader, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"); e.Name.Local != "proceed" {
		t.Fatalf("starttls: %s", e)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	conn = tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: s.Host()})
	reader = open(t, conn, "jabber:client", s.Host())
	token := base64.StdEncoding.EncodeToString([]byte("\x00juliet\x00" + password))
	if e := ask(t, conn, reader, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"+token+"</auth>"); e.Name.Local != "success" {
		t.Fatalf("auth: %s", e)
	}
	reader = open(t, conn, "jabber:client", s.Host())
	if e := ask(t, conn, reader, "<iq type='set' id='0'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"); e.Attr("type") != "result" {
		t.Fatalf("bind: %s", e)
	}
	return conn, reader
}

// upload puts a file where the server said, and gets it back.
func upload(t *testing.T, put *xmltree.Element, get string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, put.Attr("url"), strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	for h := range put.Elements() {
		q.Header.Set(h.Attr("name"), h.Text())
	}
	var client http.Client
	defer client.CloseIdleConnections()
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("put: %s", answer.Status)
	}
	answer, err = client.Get(get)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil || body.String() != "hello" {
		t.Errorf("get: %s, %q, %v", answer.Status, body.String(), err)
	}
}
