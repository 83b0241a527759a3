package msnp

import (
	"net"
	"sync"
	"time"

	"imgate/transports/msnp/wire"
)

const (
	// queueLimit is how many bytes may wait for a slow reader before it is cut off.
	queueLimit = 8 << 20
	// writeTime is how long one write may take, and goodbyeTime one after which the connection is closed.
	writeTime   = 30 * time.Second
	goodbyeTime = 2 * time.Second
)

// A link is one connection. Others' sessions put commands into its queue.
type link struct {
	conn net.Conn
	in   *wire.Reader
	wait *sync.WaitGroup

	mu      sync.Mutex // guards all below: every session that has something to say to this one takes it
	out     []byte
	writing bool // a goroutine is at it
	last    bool // nothing more is taken; the connection is closed when out is written
	silent  bool // stalled: nothing is said any more
	reset   bool // the close is to be a reset
}

func newLink(conn net.Conn, wait *sync.WaitGroup) *link {
	return &link{conn: conn, in: wire.NewReader(conn, wire.FromClient), wait: wait}
}

// say queues a command.
func (l *link) say(c wire.Command) { l.raw(c.Append(nil)) }

// raw queues bytes as they are.
func (l *link) raw(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last || l.silent {
		return
	}
	if l.out = append(l.out, b...); len(l.out) > queueLimit {
		l.out, l.last = nil, true
		l.conn.Close()
		return
	}
	l.start()
}

// close closes the connection once all that is queued is written; with reset at once and as a TCP reset.
func (l *link) close(reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last {
		return
	}
	l.last, l.reset = true, reset
	if reset {
		l.out = nil
	}
	l.conn.SetWriteDeadline(time.Now().Add(goodbyeTime)) // for a write under way
	l.start()
}

// stall lets the connection stand and says nothing on it any more.
func (l *link) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = true
}

func (l *link) stalled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.silent
}

// start sees to it that somebody writes. mu is held.
func (l *link) start() {
	if !l.writing {
		l.writing = true
		l.wait.Go(l.write)
	}
}

// write writes until the queue is empty.
func (l *link) write() {
	for {
		l.mu.Lock()
		out, patience := l.out, writeTime
		l.out = nil
		if l.last {
			patience = goodbyeTime
		}
		if len(out) == 0 {
			l.writing = false
			if l.last {
				l.hangUp()
			}
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		l.conn.SetWriteDeadline(time.Now().Add(patience)) // its error is the write's too
		if _, err := l.conn.Write(out); err != nil {
			l.mu.Lock()
			l.out, l.last = nil, true
			l.mu.Unlock()
		}
	}
}

// hangUp closes the connection. mu is held.
func (l *link) hangUp() {
	if t, ok := l.conn.(interface{ SetLinger(int) error }); ok && l.reset {
		_ = t.SetLinger(0) // makes the close a reset
	}
	l.conn.Close()
}
