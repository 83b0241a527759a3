package main

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A capped listener takes only so many connections of one client at a time; the next one is closed at once. A client
// is an IPv4 address or an IPv6 network of 64 bits, which is what one customer has (RFC 6177). Trusted proxies are exempt:
// behind one everybody has its address, and it has limits of its own.
type capped struct {
	net.Listener
	most   int
	exempt []netip.Prefix
	log    *slog.Logger

	mu   sync.Mutex // connections end in goroutines of their own
	open map[netip.Prefix]int
	told time.Time // when the log was last told
}

// tellEvery is how often the log hears that connections are refused.
const tellEvery = time.Minute

func newCapped(l net.Listener, most int, exempt []netip.Prefix, log *slog.Logger) *capped {
	return &capped{Listener: l, most: most, exempt: exempt, log: log, open: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (c *capped) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who, counts := c.client(conn.RemoteAddr())
		switch {
		case !counts:
			return conn, nil
		case c.enter(who):
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { c.leave(who) })}, nil
		}
		_ = conn.Close()
	}
}

// client is whose connection it is; false where it does not count.
func (c *capped) client(a net.Addr) (netip.Prefix, bool) {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}, false
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	for _, p := range c.exempt {
		if p.Contains(ip) {
			return netip.Prefix{}, false
		}
	}
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	return p, err == nil
}

func (c *capped) enter(who netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[who] < c.most {
		c.open[who]++
		return true
	}
	if now := time.Now(); now.Sub(c.told) >= tellEvery {
		c.told = now
		c.log.Warn("a web client has too many connections; further ones are closed at once", "client", who.String(), "connections", c.most)
	}
	return false
}

func (c *capped) leave(who netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[who]--; c.open[who] <= 0 {
		delete(c.open, who)
	}
}

// A counted connection is one of its client's.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
