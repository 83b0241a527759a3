package ymsg

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

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
	o      Options
	ctx    context.Context // ends with Close: bots and restarts wait on it
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu       sync.Mutex // guards the world: all below, accounts and sessions. Handlers run with it held
	accounts map[string]*account
	rooms    map[string]*conference
	faults   world.Faults
	conns    map[net.Conn]bool
	listener net.Listener
	address  string // of the listener, to come back to
	down     bool
	closed   bool
}

// New makes a server with the lab's accounts and bots, which are signed on at once.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Domain == "" {
		o.Domain = "lab.example"
	}
	s := &Server{o: o, accounts: map[string]*account{}, rooms: map[string]*conference{}, conns: map[net.Conn]bool{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if !o.Bare {
		s.populate()
	}
	return s
}

// Listen begins to serve at a TCP address, "127.0.0.1:0" for instance, and gives the address it has.
func (s *Server) Listen(address string) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.listener, s.address = l, l.Addr().String()
	s.mu.Unlock()
	s.wait.Go(func() { s.accept(l) })
	return l.Addr(), nil
}

// accept serves what comes in on l until it is closed.
func (s *Server) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.o.Log.Error("accept", "err", err)
			}
			return
		}
		s.wait.Go(func() { s.ServeConn(conn) })
	}
}

// ServeConn serves one connection until it ends, and closes it.
func (s *Server) ServeConn(conn net.Conn) {
	if !s.enter(conn) {
		conn.Close()
		return
	}
	defer s.leave(conn)
	l := newLink(conn, &s.wait)
	defer l.Close(false)
	s.serve(l)
	if l.Stalled() && s.relax(conn) {
		io.Copy(io.Discard, conn) // until the client has had enough
	}
}

// relax lets the reader of conn wait for ever, or reports false when the server is going down.
func (s *Server) relax(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.closed {
		return false
	}
	return conn.SetReadDeadline(time.Time{}) == nil
}

// enter reports whether conn may be served, and keeps it in mind until leave. Its place in wait is taken under
// mu, so that whatever a connection starts is started before Close waits.
func (s *Server) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.closed {
		return false
	}
	if s.faults.Take(world.Refuse, everybody) {
		if t, ok := conn.(interface{ SetLinger(int) error }); ok {
			_ = t.SetLinger(0) // makes the close a reset
		}
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
	s.wait.Wait()
}

// shut ends all sessions as maintenance does, closes every connection and stops listening. mu is held.
func (s *Server) shut() {
	if s.listener != nil {
		s.listener.Close()
		s.listener = nil
	}
	for _, a := range s.accounts {
		if x := a.session; x != nil && x.l != nil {
			x.dismiss(maintenance)
		}
	}
	for conn := range s.conns {
		// Readers end now; writers get a moment for the good-bye.
		conn.SetReadDeadline(time.Now())
	}
}

// restart stops as shut does, and begins again after down. The lists and stored messages survive.
func (s *Server) restart(down time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down || s.closed {
		return errors.New("the server is down")
	}
	listening := s.listener != nil
	s.down = true
	s.shut()
	s.after(down, func() { s.rise(listening) })
	return nil
}

// rise begins again after a restart.
func (s *Server) rise(listening bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.down = false
	if !listening {
		return
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.o.Log.Error("listen again", "err", err)
		return
	}
	s.listener = l
	s.wait.Go(func() { s.accept(l) })
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
