package transporttest

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A conn fails the test when it is read or written without a deadline.
type conn struct {
	net.Conn
	t      testing.TB
	read   atomic.Bool // a read deadline is set
	write  atomic.Bool
	closed atomic.Bool
}

func (c *conn) Read(b []byte) (int, error) {
	if !c.read.Load() && !c.closed.Load() {
		c.t.Error("law broken: Read without a deadline")
	}
	return c.Conn.Read(b)
}

func (c *conn) Write(b []byte) (int, error) {
	if !c.write.Load() && !c.closed.Load() {
		c.t.Error("law broken: Write without a deadline")
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	c.read.Store(!t.IsZero())
	c.write.Store(!t.IsZero())
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.read.Store(!t.IsZero())
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.write.Store(!t.IsZero())
	return c.Conn.SetWriteDeadline(t)
}

// A noisy connection spoils what its reader hears: after so many bytes, about every so many-th byte is
// another one.
type noisy struct {
	net.Conn
	mu    sync.Mutex // guards rnd, heard: net.Conn may be used from several goroutines
	rnd   *rand.Rand
	after int
	every int
	heard int
}

func (n *noisy) Read(b []byte) (int, error) {
	got, err := n.Conn.Read(b)
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range b[:got] {
		n.heard++
		if n.heard > n.after && n.rnd.IntN(n.every) == 0 {
			b[i] = byte(n.rnd.Uint32())
		}
	}
	return got, err
}

// A clogged connection takes bytes until its stopper is set; then nobody is there to read them.
type clogged struct {
	net.Conn
	stopped *atomic.Bool
	hole    net.Conn // the end of a pipe whose other end nobody reads
}

func newClogged(c net.Conn, stopped *atomic.Bool) *clogged {
	hole, _ := net.Pipe()
	return &clogged{c, stopped, hole}
}

func (c *clogged) Write(b []byte) (int, error) {
	if c.stopped.Load() {
		return c.hole.Write(b)
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *clogged) Close() error {
	_ = c.hole.Close()
	return c.Conn.Close()
}

// SetDeadline implements net.Conn.
func (c *clogged) SetDeadline(t time.Time) error {
	return errors.Join(c.hole.SetDeadline(t), c.Conn.SetDeadline(t))
}

// SetWriteDeadline implements net.Conn.
func (c *clogged) SetWriteDeadline(t time.Time) error {
	return errors.Join(c.hole.SetWriteDeadline(t), c.Conn.SetWriteDeadline(t))
}
