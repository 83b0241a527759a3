package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"imgate/xmltree"
)

// A stub is the server's end of XEP-0114, for one component at a time. It takes any secret.
type stub struct {
	listener net.Listener
	conns    chan net.Conn
}

func newStub(address string) (*stub, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &stub{listener: l, conns: make(chan net.Conn)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns <- c
		}
	}()
	return s, nil
}

func (s *stub) address() string { return s.listener.Addr().String() }
func (s *stub) place() place    { return place{s.address(), "bench", domain} }
func (s *stub) close()          { s.listener.Close() }

// A session is one component's stream.
type session struct {
	conn    net.Conn
	contact string // writes the same back
	reader  *xmltree.Reader
	mu      sync.Mutex
	out     bytes.Buffer  // whole stanzas: half of one would make both ends wait for each other
	more    chan struct{} // there is something in out
}

// accept waits for a component and shakes hands.
func (s *stub) accept() (*session, error) {
	var c net.Conn
	select {
	case c = <-s.conns:
	case <-time.After(20 * time.Second):
		return nil, errors.New("no component has come")
	}
	n := &session{conn: c, contact: "echobot@" + domain, reader: xmltree.NewReader(c, xmltree.Limits{}), more: make(chan struct{}, 1)}
	if _, err := n.reader.Open(); err != nil {
		return nil, err
	}
	_, err := fmt.Fprintf(c, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='1'>", domain)
	if err != nil {
		return nil, err
	}
	if _, err := n.reader.Next(); err != nil {
		return nil, err
	}
	_, err = c.Write([]byte("<handshake/>"))
	go n.write()
	return n, err
}

// put queues stanzas; flush sends them.
func (n *session) put(format string, args ...any) {
	n.mu.Lock()
	fmt.Fprintf(&n.out, format, args...)
	n.mu.Unlock()
}

func (n *session) flush() {
	select {
	case n.more <- struct{}{}:
	default:
	}
}

// write puts what has gathered into one write, until the stream is dead; that is seen by its reader.
func (n *session) write() {
	for range n.more {
		n.mu.Lock()
		b := bytes.Clone(n.out.Bytes())
		n.out.Reset()
		n.mu.Unlock()
		if _, err := n.conn.Write(b); err != nil {
			return
		}
	}
}

// next reads a stanza, answers pings, and says yes to contacts.
func (n *session) next(within time.Duration) (*xmltree.Element, error) {
	for {
		if err := n.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
			return nil, err
		}
		e, err := n.reader.Next()
		if err != nil {
			return nil, err
		}
		if e.Name.Local == "iq" && e.Attr("type") == "get" {
			kind := "error"
			if e.First().Is("urn:xmpp:ping", "ping") {
				kind = "result"
			}
			n.put("<iq from='%s' to='%s' id='%s' type='%s'/>", e.Attr("to"), e.Attr("from"), e.Attr("id"), kind)
			n.flush()
			continue
		}
		if e.Name.Local == "presence" && e.Attr("type") == "subscribe" && strings.Contains(e.Attr("from"), "@") {
			n.put("<presence from='%s' to='%s' type='subscribed'/>", e.Attr("to"), e.Attr("from"))
			n.flush()
			continue
		}
		return e, nil
	}
}

func attribute(stanza []byte, name string) string {
	_, rest, _ := strings.Cut(string(stanza), name)
	end := strings.IndexAny(rest, "'\"")
	return rest[:max(end, 0)]
}
