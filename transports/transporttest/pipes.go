package transporttest

import (
	"net"
	"sync"
)

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
	client, server := net.Pipe()
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
