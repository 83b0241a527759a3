package line

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// headerTime is how long a web client may take for its headers.
const headerTime = 10 * time.Second

// ErrDown refuses to restart a server that is not up.
var ErrDown = errors.New("the server is down")

// Ports are where a server of the lab listens, its connections, and whether it is up: what servers have in common below their
// protocols. Make them with NewPorts. None of the methods calls the server back with a lock held, so that its own may be held.
type Ports struct {
	Goes sync.WaitGroup // everything that the server starts

	log    *slog.Logger
	ctx    context.Context // ends with Close
	cancel context.CancelFunc

	mu        sync.Mutex // guards all below
	listeners []*listening
	conns     map[net.Conn]bool
	webs      []*http.Server
	down      bool
	closed    bool
}

// A listening is a port, to come back to after a restart.
type listening struct {
	l       net.Listener
	claim   *Claim
	address string
	serve   func(net.Conn)
}

// NewPorts are the ports of a server that listens nowhere yet.
func NewPorts(log *slog.Logger) *Ports {
	p := &Ports{log: log, conns: map[net.Conn]bool{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Listen begins to listen at a TCP address, "127.0.0.1:0" for instance, and gives the address it has. serve runs for each connection
// in a goroutine of its own.
func (p *Ports) Listen(address string, serve func(net.Conn)) (net.Addr, error) {
	l, claim, err := Listen(address)
	if err != nil {
		return nil, err
	}
	place := &listening{l: l, claim: claim, address: l.Addr().String(), serve: serve}
	p.mu.Lock()
	p.listeners = append(p.listeners, place)
	p.mu.Unlock()
	p.Goes.Go(func() { p.accept(l, serve) })
	return l.Addr(), nil
}

// ListenHTTP serves HTTP at a TCP address, over TLS if t is there, until Close: a restart does not end it, and what is served may look
// at Up.
func (p *Ports) ListenHTTP(address string, t *tls.Config, handler http.Handler) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	at := l.Addr()
	if t != nil {
		l = tls.NewListener(l, t)
	}
	web := &http.Server{Handler: handler, ReadHeaderTimeout: headerTime, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	p.mu.Lock()
	p.webs = append(p.webs, web)
	p.mu.Unlock()
	p.Goes.Go(func() {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("web services", "err", err)
		}
	})
	return at, nil
}

// accept serves what comes in on l until it is closed.
func (p *Ports) accept(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				p.log.Error("accept", "err", err)
			}
			return
		}
		p.Goes.Go(func() { serve(conn) })
	}
}

// Up reports whether the server is neither restarting nor closed.
func (p *Ports) Up() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.down && !p.closed
}

// Enter reports whether conn may be served, and keeps it in mind until Leave. Its place in Goes is taken under the lock, so that
// whatever a connection starts is started before Close waits.
func (p *Ports) Enter(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down || p.closed {
		return false
	}
	p.conns[conn] = true
	p.Goes.Add(1)
	return true
}

// Leave forgets a connection that has entered.
func (p *Ports) Leave(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	p.Goes.Done()
}

// Relax lets the reader of conn wait for ever, or reports false when the server is going down.
func (p *Ports) Relax(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.down && !p.closed && conn.SetReadDeadline(time.Time{}) == nil
}

// Restart stops, and begins again after a while. bye ends the sessions: who entered and has none yet is seen to besides. The error is
// ErrDown.
func (p *Ports) Restart(down time.Duration, bye func()) error {
	p.mu.Lock()
	if p.down || p.closed {
		p.mu.Unlock()
		return ErrDown
	}
	p.down = true
	p.shut()
	p.mu.Unlock()
	bye()
	p.hurry()
	p.After(down, p.rise)
	return nil
}

// Stop is Restart without coming back. Close is to follow.
func (p *Ports) Stop(bye func()) {
	p.mu.Lock()
	p.closed = true
	p.shut()
	p.mu.Unlock()
	bye()
	p.hurry()
}

// Close waits for everything that the server started. It is called after Stop, with no lock held.
func (p *Ports) Close() {
	p.cancel()
	p.mu.Lock()
	webs := p.webs
	for _, place := range p.listeners {
		place.claim.Release()
	}
	p.mu.Unlock()
	for _, web := range webs {
		_ = web.Close() // all that can fail is to close what is closed
	}
	p.Goes.Wait()
}

// shut stops listening. mu is held.
func (p *Ports) shut() {
	for _, place := range p.listeners {
		if place.l != nil {
			_ = place.l.Close() // whatever fails, nothing comes in any more
			place.l = nil
		}
	}
}

// hurry ends the readers of all connections; writers get a moment for the good-bye.
func (p *Ports) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.SetReadDeadline(time.Now()) // a connection that has ended needs none
	}
}

// rise begins again after a restart.
func (p *Ports) rise() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.down = false
	for _, place := range p.listeners {
		l, err := net.Listen("tcp", place.address)
		if err != nil {
			p.log.Error("listen again", "err", err)
			continue
		}
		place.l = l
		p.Goes.Go(func() { p.accept(l, place.serve) })
	}
}

// After calls f after d, unless the server is closed before.
func (p *Ports) After(d time.Duration, f func()) {
	p.Goes.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			f()
		case <-p.ctx.Done():
		}
	})
}

// Reset closes a connection as one that is refused.
func Reset(conn net.Conn) {
	if t, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = t.SetLinger(0) // makes the close a reset
	}
	_ = conn.Close() // a connection that has ended needs none
}
