package ymsg

import (
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"imgate/lab/line"
	"imgate/lab/world"
)

// Options are how a Server behaves.
type Options struct {
	Bare    bool         // no accounts and no bots at the start
	Hangs   bool         // as Escargot: who signs on again without the cookies of the last time gets no list, nor after a change
	Refresh bool         // the list is sent again after each change, as by Yahoo's servers; Escargot fails to
	NoPings bool         // an 8A is not answered
	Mute4C  bool         // a 4C is not answered
	Domain  string       // of the cookies; default lab.example
	Log     *slog.Logger // nil: nothing is logged
}

// A Server is a pager server. Make it with New; it ends with Close.
type Server struct {
	o     Options
	ports *line.Ports

	mu       sync.Mutex // guards the world: all below, accounts and sessions. Handlers run with it held
	accounts map[string]*account
	rooms    map[string]*conference
	faults   world.Faults
	files    []deposit // oldest first
}

// New makes a server with the lab's accounts and bots, which are signed on at once.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Domain == "" {
		o.Domain = "lab.example"
	}
	s := &Server{o: o, accounts: map[string]*account{}, rooms: map[string]*conference{}}
	s.ports = line.NewPorts(o.Log)
	if !o.Bare {
		s.populate()
	}
	return s
}

// Listen begins to serve at a TCP address, "127.0.0.1:0" for instance, and gives the address it has.
func (s *Server) Listen(address string) (net.Addr, error) {
	return s.ports.Listen(address, s.ServeConn)
}

// ServeConn serves one connection until it ends, and closes it.
func (s *Server) ServeConn(conn net.Conn) {
	s.mu.Lock()
	refused := s.ports.Up() && s.faults.Take(world.Refuse, everybody)
	s.mu.Unlock()
	if refused || !s.ports.Enter(conn) {
		line.Reset(conn)
		return
	}
	defer s.ports.Leave(conn)
	l := newLink(conn, &s.ports.Goes)
	defer l.Close(false)
	s.serve(l)
	if l.Stalled() && s.ports.Relax(conn) {
		io.Copy(io.Discard, conn) // until the client has had enough
	}
}

// Close ends all sessions and waits for everything the server started.
func (s *Server) Close() {
	s.mu.Lock()
	s.ports.Stop(s.bye)
	s.mu.Unlock()
	s.ports.Close()
}

// bye ends all sessions as maintenance does. mu is held.
func (s *Server) bye() {
	for _, a := range s.accounts {
		if x := a.session; x != nil && x.l != nil {
			x.dismiss(maintenance)
		}
	}
}

// restart stops as Close does, and begins again after down. The lists and stored messages survive.
func (s *Server) restart(down time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports.Restart(down, s.bye)
}
