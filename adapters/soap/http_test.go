package soap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A pipes is a listener whose connections are pipes, so that a real HTTP server runs under fake time.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p.conns <- there
	return here, nil
}

// serve runs a server before the door, as the program does, and gives a client.
func (w *world) serve() (*http.Client, *pipes, func()) {
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &http.Server{Handler: w.door, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: LongestAnswer}
	go s.Serve(p)
	t := &http.Transport{DialContext: p.dial}
	return &http.Client{Transport: t}, p, func() { t.CloseIdleConnections(); s.Close() }
}

func over(t *testing.T, client *http.Client, ctx context.Context, body io.Reader) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://im.example.org"+SOAPPath, body)
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	return string(b), err
}

func TestItem7OverHTTP(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("new")
		c.asks(list)
		client, _, end := w.serve()
		defer end()
		ctx := context.Background()
		longest := `<NoOpRequest xmlns="urn:zimbraMail" wait="1" timeout="1200000"/>`
		for range 2 { // on one connection, one after the other
			began := time.Now()
			got, err := over(t, client, ctx, io.MultiReader(strings.NewReader(soap12(c.header(), longest)))) // chunked
			if took := time.Since(began); err != nil || took != 20*time.Minute || !strings.Contains(got, "NoOpResponse") {
				t.Errorf("after %v: %v %s", took, err, got)
			}
			if r := c.asks(noOp); r.refreshed() {
				t.Error("the session was lost while it waited")
			}
		}
		gone, leave := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { _, err := over(t, client, gone, strings.NewReader(soap12(c.header(), longest))); ended <- err }()
		synctest.Wait()
		waiting := func() bool {
			p := w.door.people.byUser[alice]
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.sessions[c.session].waiter != nil
		}
		if !waiting() {
			t.Fatal("it does not wait")
		}
		leave()
		synctest.Wait()
		if err := <-ended; err == nil || waiting() {
			t.Errorf("the waiter of a client that is gone is not freed: %v", err)
		}
	})
}

func TestASlowBodyIsCutOff(t *testing.T) {
	play(t, nil, func(w *world) {
		client, p, end := w.serve()
		defer end()
		conn, err := p.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<", SOAPPath); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, _ = io.ReadAll(conn)
		if took := time.Since(began); took < bodyTime || took > 2*bodyTime {
			t.Errorf("after %v", took)
		}
		if got, err := over(t, client, context.Background(), strings.NewReader(soap12("", auth))); err != nil || !strings.Contains(got, "AuthResponse") {
			t.Errorf("%v %s", err, got)
		}
	})
}

func TestWhoTheClientIs(t *testing.T) {
	d := New(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	for i, q := range []struct{ peer, header, value, want string }{
		{"192.0.2.1:5", "", "", "192.0.2.1"},
		{"192.0.2.1:5", "X-Forwarded-For", "203.0.113.9", "192.0.2.1"},
		{"10.1.1.1:5", "X-Forwarded-For", "203.0.113.9", "203.0.113.9"},
		{"10.1.1.1:5", "X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.2.2.2", "203.0.113.9"},
		{"[::ffff:10.1.1.1]:5", "X-Forwarded-For", "203.0.113.9:4711", "203.0.113.9"},
		{"10.1.1.1:5", "X-Forwarded-For", "203.0.113.9, nonsense", "10.1.1.1"},
		{"10.1.1.1:5", "Forwarded", `for=203.0.113.8;proto=https, For="[2001:db8::7]:99"`, "2001:db8::7"},
		{"[::1]:5", "Forwarded", `for=_hidden`, "::1"},
		{"@", "X-Forwarded-For", "203.0.113.9", "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodPost, SOAPPath, nil)
		r.RemoteAddr = q.peer
		if q.header != "" {
			r.Header.Set(q.header, q.value)
		}
		if got := d.clientOf(r).String(); got != q.want {
			t.Errorf("%d: %s, want %s", i, got, q.want)
		}
	}
	if network(netip.MustParseAddr("2001:db8::1")) != network(netip.MustParseAddr("2001:db8::2")) || network(netip.MustParseAddr("192.0.2.1")) == network(netip.MustParseAddr("192.0.2.2")) {
		t.Error("networks")
	}
	r := httptest.NewRequest(http.MethodPost, "http://inside:8280"+SOAPPath, nil)
	r.RemoteAddr = "10.1.1.1:5"
	r.Header.Set("X-Forwarded-Proto", "https")
	if got := d.origin(r); got != "https://inside:8280" {
		t.Error(got)
	}
	if got := New(Options{PublicURL: "https://im.example.org/gate/"}).origin(r); got != "https://im.example.org" {
		t.Error(got)
	}
}

func TestATokenOfAnotherKeyIsGarbled(t *testing.T) {
	a, b := newMinter(), newMinter()
	b.run = a.run
	now := time.Now()
	id, token := a.mint(now.Add(time.Hour))
	if got, err := a.read(token, now); err != nil || got != id {
		t.Error(got, err)
	}
	if _, err := b.read(token, now); !errors.Is(err, errGarbled) {
		t.Error(err)
	}
	if _, err := a.read(token, now.Add(time.Hour)); !errors.Is(err, errExpired) {
		t.Error(err)
	}
}

func FuzzToken(f *testing.F) {
	m := newMinter()
	now := time.Now()
	_, token := m.mint(now.Add(time.Hour))
	f.Add(token)
	f.Add("0_")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := m.read(s, now); (err == nil) != (s == token) && err == nil {
			t.Fatalf("%q is taken, as %q", s, id)
		}
	})
}
