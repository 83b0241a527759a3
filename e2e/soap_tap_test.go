package e2e_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// A tap stands between the gateway and a port of the XMPP server: it can cut what is there, let nobody through, and
// show what passes.
type tap struct {
	listener net.Listener
	to       string
	heard    func(conn int, out bool, b []byte) // of the nth connection; out: from the gateway. Nil: nobody listens
	running  sync.WaitGroup

	mu      sync.Mutex
	conns   map[net.Conn]bool
	blocked bool
}

func newTap(t *testing.T, to string, heard func(conn int, out bool, b []byte)) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{listener: l, to: to, heard: heard, conns: map[net.Conn]bool{}}
	p.running.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close()
		p.block(true)
		p.running.Wait()
	})
	return p
}

func (p *tap) address() string { return p.listener.Addr().String() }

func (p *tap) serve() {
	for n := 1; ; n++ {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		if !p.keep(near, far) {
			continue
		}
		p.running.Go(func() { p.carry(n, near, far, true) })
		p.running.Go(func() { p.carry(n, far, near, false) })
	}
}

// keep notes a pair of connections, or closes it.
func (p *tap) keep(pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range pair {
		if p.blocked {
			_ = c.Close()
		} else {
			p.conns[c] = true
		}
	}
	return !p.blocked
}

func (p *tap) carry(conn int, from, to net.Conn, out bool) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			p.mu.Lock()
			if p.heard != nil {
				p.heard(conn, out, b[:n])
			}
			p.mu.Unlock()
			_, _ = to.Write(b[:n]) // the next read tells
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = from.Close()
			}
			_ = to.Close()
			p.mu.Lock()
			delete(p.conns, from)
			p.mu.Unlock()
			return
		}
	}
}

// block cuts every connection and lets nobody through, until it is called with false.
func (p *tap) block(on bool) {
	p.mu.Lock()
	p.blocked = on
	p.mu.Unlock()
	if on {
		p.cut()
	}
}

// cut drops every connection.
func (p *tap) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}
