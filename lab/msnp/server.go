package msnp

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"imgate/lab/line"
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
	o     Options
	ports *line.Ports

	mu       sync.Mutex // guards the world: all below, accounts, sessions and boards. Handlers run with it held
	accounts map[string]*account
	order    []*account
	tickets  map[string]string  // account by ticket
	cookies  map[string]*cookie // of switchboards
	faults   world.Faults
	board    string // address of the switchboards
	count    uint64 // of things that were named
}

// New makes a server with the lab's accounts and bots, which are signed on at once.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		o: o, accounts: map[string]*account{}, tickets: map[string]string{}, cookies: map[string]*cookie{},
	}
	s.ports = line.NewPorts(o.Log)
	if !o.Bare {
		s.populate()
	}
	return s
}

// Listen begins to serve the notification server at a TCP address, and gives the address it has.
func (s *Server) Listen(address string) (net.Addr, error) {
	return s.ports.Listen(address, s.ServeConn)
}

// ListenBoard begins to serve switchboards.
func (s *Server) ListenBoard(address string) (net.Addr, error) {
	at, err := s.ports.Listen(address, s.ServeBoard)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.board = at.String()
	s.mu.Unlock()
	return at, nil
}

// ListenWeb begins to serve passport and offline messages over HTTP.
func (s *Server) ListenWeb(address string) (net.Addr, error) {
	return s.ports.ListenHTTP(address, nil, s.Web())
}

// ListenWebTLS is ListenWeb over TLS.
func (s *Server) ListenWebTLS(address string, t *tls.Config) (net.Addr, error) {
	return s.ports.ListenHTTP(address, t, s.Web())
}

// Close ends all sessions and waits for everything the server started.
func (s *Server) Close() {
	s.mu.Lock()
	s.ports.Stop(s.bye)
	s.mu.Unlock()
	s.ports.Close()
}

// bye says good-bye to all sessions. mu is held.
func (s *Server) bye() {
	for _, a := range s.order {
		if x := a.session; x != nil {
			x.out("SSD")
		}
	}
}

// restart stops as Close does, and begins again after down. Lists and stored messages survive.
func (s *Server) restart(down time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports.Restart(down, s.bye)
}

// later calls f after d, with mu held.
func (s *Server) later(d time.Duration, f func()) {
	s.ports.After(d, func() {
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
