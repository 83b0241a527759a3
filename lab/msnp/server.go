package msnp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"imgate/lab/world"
)

// Options are how a Server behaves.
type Options struct {
	Board      string       // host:port of the switchboard, as told to clients; "": where ListenBoard listens
	Login      string       // address of the login page, as the nexus names it; "": where the nexus itself was asked
	Bare       bool         // no accounts and no bots at the start
	Trusting   bool         // no challenges and no locks, as at Escargot
	Log        *slog.Logger // nil: nothing is logged
	Everything bool         // every list edit is told to the other side at once
}

// A Server serves MSN. Make it with New; it ends with Close.
type Server struct {
	o      Options
	ctx    context.Context // ends with Close: bots and restarts wait on it
	cancel context.CancelFunc
	wait   sync.WaitGroup
	web    *http.Server

	mu        sync.Mutex // guards the world: all below, accounts, sessions and boards. Handlers run with it held
	accounts  map[string]*account
	order     []*account
	tickets   map[string]string  // account by ticket
	cookies   map[string]*cookie // of switchboards
	faults    world.Faults
	conns     map[net.Conn]bool
	listeners []*listening
	board     string // address of the switchboards
	down      bool
	closed    bool
	count     uint64 // of things that were named
}

// A listening is a port, to come back to after a restart.
type listening struct {
	l       net.Listener
	address string
	serve   func(net.Conn)
}

// New makes a server with the lab's accounts and bots, which are signed on at once.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		o: o, accounts: map[string]*account{}, tickets: map[string]string{}, cookies: map[string]*cookie{}, conns: map[net.Conn]bool{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.web = &http.Server{Handler: s.Web(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)}
	if !o.Bare {
		s.populate()
	}
	return s
}

// Listen begins to serve the notification server at a TCP address, and gives the address it has.
func (s *Server) Listen(address string) (net.Addr, error) {
	return s.listen(address, s.ServeConn, nil)
}

// ListenBoard begins to serve switchboards.
func (s *Server) ListenBoard(address string) (net.Addr, error) {
	return s.listen(address, s.ServeBoard, &s.board)
}

// ListenWeb begins to serve passport and offline messages over HTTP.
func (s *Server) ListenWeb(address string) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s.ServeWeb(l)
	return l.Addr(), nil
}

// ListenWebTLS is ListenWeb over TLS.
func (s *Server) ListenWebTLS(address string, t *tls.Config) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s.ServeWeb(tls.NewListener(l, t))
	return l.Addr(), nil
}

// ServeWeb serves the web services on l, which Close closes.
func (s *Server) ServeWeb(l net.Listener) {
	s.wait.Go(func() {
		if err := s.web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.o.Log.Error("web services", "err", err)
		}
	})
}

func (s *Server) listen(address string, serve func(net.Conn), told *string) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &listening{l: l, address: l.Addr().String(), serve: serve}
	s.mu.Lock()
	s.listeners = append(s.listeners, p)
	if told != nil {
		*told = p.address
	}
	s.mu.Unlock()
	s.wait.Go(func() { s.accept(p, l) })
	return l.Addr(), nil
}

// accept serves what comes in on l until it is closed.
func (s *Server) accept(p *listening, l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.o.Log.Error("accept", "err", err)
			}
			return
		}
		s.wait.Go(func() { p.serve(conn) })
	}
}

// enter reports whether conn may be served, and keeps it in mind until leave.
func (s *Server) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.closed {
		return false
	}
	s.conns[conn] = true
	s.wait.Add(1)
	return true
}

func (s *Server) leave(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.wait.Done()
}

// Close ends all sessions and waits for everything the server started.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.shut()
	s.mu.Unlock()
	s.cancel()
	_ = s.web.Close() // all that can fail is to close what is closed
	s.wait.Wait()
}

// shut says good-bye to all sessions, closes every connection and stops listening. mu is held.
func (s *Server) shut() {
	for _, p := range s.listeners {
		if p.l != nil {
			p.l.Close()
			p.l = nil
		}
	}
	for _, a := range s.order {
		if x := a.session; x != nil {
			x.out("SSD")
		}
	}
	for conn := range s.conns {
		conn.SetReadDeadline(time.Now()) // readers end now; writers get a moment for the good-bye
	}
}

// restart stops as shut does, and begins again after down. Lists and stored messages survive.
func (s *Server) restart(down time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.closed {
		return errors.New("the server is down")
	}
	s.down = true
	s.shut()
	s.after(down, s.rise)
	return nil
}

// rise begins again after a restart.
func (s *Server) rise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.down = false
	for _, p := range s.listeners {
		l, err := net.Listen("tcp", p.address)
		if err != nil {
			s.o.Log.Error("listen again", "err", err)
			continue
		}
		p.l = l
		s.wait.Go(func() { s.accept(p, l) })
	}
}

// after calls f after d, unless the server is closed before. f takes mu itself.
func (s *Server) after(d time.Duration, f func()) {
	s.wait.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			f()
		case <-s.ctx.Done():
		}
	})
}

// later is after for what needs mu.
func (s *Server) later(d time.Duration, f func()) {
	s.after(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// boards is where clients go for a switchboard. mu is held.
func (s *Server) boards() string {
	if s.o.Board != "" {
		return s.o.Board
	}
	return s.board
}

// login is where a client that asks the nexus signs on over HTTP.
func (s *Server) login(r *http.Request) string {
	switch {
	case s.o.Login != "":
		return s.o.Login
	case r.TLS != nil:
		return "https://" + r.Host + "/login2.srf"
	}
	return "http://" + r.Host + "/login2.srf"
}

// secret makes a ticket or a cookie.
func secret() string {
	var b [10]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// next numbers things. mu is held.
func (s *Server) next() string {
	s.count++
	return strconv.FormatUint(s.count, 10)
}

// drain reads a stalled connection until the client has had enough.
func drain(conn net.Conn) { io.Copy(io.Discard, conn) }
