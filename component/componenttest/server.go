// Package componenttest is a small scripted server side of XEP-0114 for tests: it accepts links in memory or on
// a listener, answers pings, and lets the test be everything else. It works in a synctest bubble.
package componenttest

import (
	"context"
	"errors"
	"net"
	"sync"
)

// A Server accepts components. Its methods may be called from any goroutine.
type Server struct {
	personality Personality
	secrets     map[string]string // by domain
	own         map[string]bool   // the server's own domains
	peers       chan *Peer
	running     sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	byName map[string]*Peer
	refuse bool
}

// NewServer makes a server that knows these secrets, by component domain, and whose users have addresses of the
// domains of own.
func NewServer(p Personality, secrets map[string]string, own ...string) *Server {
	s := &Server{
		personality: p, secrets: secrets, own: map[string]bool{}, peers: make(chan *Peer, 16),
		conns: map[net.Conn]bool{}, byName: map[string]*Peer{},
	}
	for _, domain := range own {
		s.own[domain] = true
	}
	return s
}

var errRefused = errors.New("connection refused")

// Dial connects in memory; it fits Config.Dial of package component.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	refused := s.refuse
	s.mu.Unlock()
	if refused {
		return nil, errRefused
	}
	ours, theirs := net.Pipe()
	s.start(ours)
	return theirs, nil
}

// Refuse makes Dial fail from now on, or work again.
func (s *Server) Refuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = on
}

// Serve accepts from l until that is closed, and returns its error.
func (s *Server) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		s.start(conn)
	}
}

// Accept waits for the next component that has shaken hands.
func (s *Server) Accept(ctx context.Context) (*Peer, error) {
	select {
	case p := <-s.peers:
		return p, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close drops all connections and waits for their goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) start(conn net.Conn) {
	s.mu.Lock()
	s.conns[conn] = true
	s.mu.Unlock()
	p := newPeer(s, conn)
	s.running.Go(p.write)
	s.running.Go(func() {
		p.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
		if s.byName[p.Domain] == p {
			delete(s.byName, p.Domain)
		}
	})
}

// enter notes that p holds its domain; false if another does, and the personality minds.
func (s *Server) enter(p *Peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byName[p.Domain]
	switch {
	case old == nil:
	case s.personality.KicksOld:
		old.Fail(s.personality.SecondIs, "Replaced by a new connection")
	case s.personality.SecondIs != "":
		return false
	}
	s.byName[p.Domain] = p
	return true
}

// owner is the peer that holds a domain, or nil.
func (s *Server) owner(domain string) *Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byName[domain]
}
