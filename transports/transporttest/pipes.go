package transporttest

import (
	"net"
	"sync"
)

// Pipe is net.Pipe for fake time. Whoever writes to one end while somebody else does waits for them on a channel: net.Pipe lets them
// wait for a mutex, and while anybody in a bubble waits for a mutex its clock stands (testing/synctest) – so that no deadline ever
// comes for whoever holds it.
func Pipe() (one, other net.Conn) {
	a, b := net.Pipe()
	return &inTurn{a, make(chan struct{}, 1)}, &inTurn{b, make(chan struct{}, 1)}
}

// inTurn is an end of a pipe that is written to by one at a time.
type inTurn struct {
	net.Conn
	turn chan struct{} // holds one value while somebody writes
}

// Write implements net.Conn.
func (c *inTurn) Write(b []byte) (int, error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	return c.Conn.Write(b)
}

// Pipes is a net.Listener of connections that are added: a server of a standard kind, HTTP's for instance, can so be dialled without a
// network. Make it with NewPipes.
type Pipes struct {
	in     chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// NewPipes makes a listener that nobody has dialled yet.
func NewPipes() *Pipes {
	return &Pipes{in: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial gives the client's end of a connection, once the other is accepted. After Close the error is net.ErrClosed.
func (l *Pipes) Dial() (net.Conn, error) {
	client, server := Pipe()
	select {
	case l.in <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Accept implements net.Listener.
func (l *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *Pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *Pipes) Addr() net.Addr { return &net.TCPAddr{} }
