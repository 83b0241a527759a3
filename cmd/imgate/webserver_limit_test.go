package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// connect opens n connections that are served, and reports how many of them were.
func connect(t *testing.T, address string, n int) (served []net.Conn) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprint(conn, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
		one := make([]byte, 12)
		if err == nil {
			_, err = io.ReadFull(conn, one)
		}
		if err == nil && string(one) == "HTTP/1.1 404" {
			served = append(served, conn)
		}
	}
	return served
}

func TestConnectionsOfOneClientAreCounted(t *testing.T) {
	base, s, _ := webServerOf(t, func(c *config) { c.HTTP.Connections = 3 })
	address := strings.TrimPrefix(base, "http://")
	served := connect(t, address, 5)
	if len(served) != 3 {
		t.Fatalf("%d were served", len(served))
	}
	_ = served[0].Close()
	for end := time.Now().Add(10 * time.Second); len(connect(t, address, 1)) == 0; {
		if time.Now().After(end) {
			t.Fatal("there is no room after one has gone")
		}
	}
	if n := len(connect(t, address, 2)); n != 0 {
		t.Errorf("%d more were served", n)
	}
	l, ok := s.web.listener.(*capped)
	if !ok {
		t.Fatalf("%T", s.web.listener)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) != 1 || l.open[netip.MustParsePrefix("127.0.0.1/32")] != 3 {
		t.Errorf("%v", l.open)
	}
}

func TestATrustedProxyIsNotCounted(t *testing.T) {
	base, _, _ := webServerOf(t, func(c *config) { c.HTTP.Connections, c.HTTP.TrustedProxies = 1, []string{"127.0.0.0/8"} })
	if n := len(connect(t, strings.TrimPrefix(base, "http://"), 5)); n != 5 {
		t.Errorf("%d were served", n)
	}
}

func TestWhoIsOneClient(t *testing.T) {
	c := newCapped(nil, 1, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, slog.New(slog.DiscardHandler))
	for address, want := range map[string]string{
		"192.0.2.7:1": "192.0.2.7/32", "[::ffff:192.0.2.7]:1": "192.0.2.7/32", "[2001:db8:1:2:3::4]:1": "2001:db8:1:2::/64",
		"[fe80::1%lo]:1": "fe80::/64", "10.1.2.3:1": "", "10.2.2.3:1": "10.2.2.3/32",
	} {
		got, counts := c.client(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address)))
		if counts != (want != "") || counts && got.String() != want {
			t.Errorf("%s: %v, %v", address, got, counts)
		}
	}
	if _, counts := c.client(&net.UnixAddr{}); counts {
		t.Error("a unix socket")
	}
}

// A header that is too long is refused, and one that does not end is cut off.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	base, _, _ := webServerOf(t, nil)
	r, err := http.NewRequest(http.MethodGet, base+"/service/soap", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Long", strings.Repeat("x", 2*webHeaderBytes))
	a, err := http.DefaultClient.Do(r)
	if err != nil || a.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("%v %v", a, err)
	}
	_ = a.Body.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	began := time.Now()
	if _, err := fmt.Fprint(conn, "POST /service/soap HTTP/1.1\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(began.Add(3 * webHeaderTime)); err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, conn)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() || time.Since(began) < webHeaderTime-time.Second {
		t.Errorf("cut off after %v: %v", time.Since(began), err)
	}
}
