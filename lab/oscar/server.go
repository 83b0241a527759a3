package oscar

import (
	"crypto/rand"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"imgate/lab/line"
	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// Options are how a Server behaves. The zero Options make a server without limits.
type Options struct {
	Advertise string       // host:port of the second connection, as told to clients; "": where Listen listens
	Bare      bool         // no accounts and no bots at the start
	Rates     bool         // count the rate classes, drop below "limit" and close below "disconnect"
	Logins    bool         // 10 sign-ons in a burst from one address, then one a minute
	Note      string       // what comes at sign-on when messages are stored; "": the lab's own words
	Log       *slog.Logger // nil: nothing is logged
}

// A Server serves AIM and ICQ. Make it with New; it ends with Close.
type Server struct {
	o      Options
	secret [32]byte // signs cookies
	groups []wire.RateGroup
	ports  *line.Ports

	mu       sync.Mutex // guards the world: all below, accounts and sessions. Handlers run with it held
	accounts map[string]*account
	watchers map[string]map[*account]int // who has an address on the list, and how often
	icons    map[string][]byte           // pictures by their hash
	rooms    map[string]*room            // by their cookie in small letters
	faults   world.Faults
	logins   addresses
	address  string // where it listens
	said     uint64 // messages that the control API sent
	gifts    []*gift
}

// New makes a server with the lab's accounts and bots, which are signed on at once.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		o:        o,
		groups:   rateGroups(),
		accounts: map[string]*account{},
		watchers: map[string]map[*account]int{},
		logins:   addresses{},
		icons:    map[string][]byte{},
		rooms:    map[string]*room{},
	}
	rand.Read(s.secret[:]) // never fails (crypto/rand)
	s.ports = line.NewPorts(o.Log)
	if !o.Bare {
		s.newRoom(wire.ExchangePublic, lobby)
		s.populate()
	}
	return s
}

// Listen begins to serve at a TCP address, "127.0.0.1:0" for instance, and gives the address it has.
func (s *Server) Listen(address string) (net.Addr, error) {
	at, err := s.ports.Listen(address, s.ServeConn)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.address = at.String()
	s.mu.Unlock()
	return at, nil
}

// ListenTLS is Listen for a port of TLS. Whoever comes there is sent back there with its cookies.
func (s *Server) ListenTLS(address string, t *tls.Config) (net.Addr, error) {
	return s.ports.Listen(address, func(conn net.Conn) { s.ServeConn(tls.Server(conn, t)) })
}

// ServeConn serves one connection until it ends, and closes it.
func (s *Server) ServeConn(conn net.Conn) {
	s.mu.Lock()
	refused := s.ports.Up() && s.faults.Take(world.Refuse, everybody(aim), everybody(icq))
	s.mu.Unlock()
	if refused || !s.ports.Enter(conn) {
		line.Reset(conn)
		return
	}
	defer s.ports.Leave(conn)
	l := newLink(conn, &s.ports.Goes)
	defer l.Close(false)
	s.greet(l)
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

// bye says good-bye to all sessions. mu is held.
func (s *Server) bye() {
	for _, a := range s.accounts {
		for _, x := range slices.Clone(a.sessions) { // signing off takes them out
			if x.l != nil {
				x.signOff(wire.TLVs{})
			}
		}
	}
}

// restart stops as Close does, and begins again after down. The lists and stored messages survive.
func (s *Server) restart(down time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports.Restart(down, s.bye)
}

// advertised is where a client goes with its cookie, which has come by l. mu is held.
func (s *Server) advertised(l *link) string {
	if s.o.Advertise != "" {
		return s.o.Advertise
	}
	if _, secret := l.Conn.(*tls.Conn); secret {
		return l.Conn.LocalAddr().String()
	}
	return s.address
}
