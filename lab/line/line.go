// Package line is one connection of a server of the lab. Sessions of others put bytes into its queue; whoever has
// something to say never waits for the one who is to hear it.
package line

import (
	"net"
	"sync"
	"time"
)

const (
	writeTime   = 30 * time.Second // how long one write may take
	goodbyeTime = 2 * time.Second  // the same, after which the connection is closed
)

// A Line is a connection that is written to by many. Reading is its owner's.
type Line struct {
	Conn  net.Conn
	wait  *sync.WaitGroup
	limit int

	mu      sync.Mutex // guards all below: every session that has something to say to this one takes it
	out     []byte
	writing bool // a goroutine is at it
	last    bool // nothing more is taken; the connection is closed when out is written
	silent  bool // stalled: nothing is said any more
	reset   bool // the close is to be a reset
}

// New makes the line of conn. Its goroutines are counted in wait, whose owner must count one itself for as long as the
// line may be used. limit is how many bytes may wait for a slow reader before it is cut off.
func New(conn net.Conn, wait *sync.WaitGroup, limit int) *Line {
	return &Line{Conn: conn, wait: wait, limit: limit}
}

// Raw queues bytes as they are.
func (l *Line) Raw(b []byte) {
	l.Append(func(out []byte) ([]byte, error) { return append(out, b...), nil })
}

// Append lets f append to the queue, one at a time: so what f counts is in order. An error of f cuts the line.
func (l *Line) Append(f func(out []byte) ([]byte, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last || l.silent {
		return
	}
	out, err := f(l.out)
	if err != nil || len(out) > l.limit {
		l.out, l.last = nil, true
		_ = l.Conn.Close() // it is given up, whatever comes of it
		return
	}
	l.out = out
	l.start()
}

// Close closes the connection once all that is queued is written; with reset at once and as a TCP reset.
func (l *Line) Close(reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last {
		return
	}
	l.last, l.reset = true, reset
	if reset {
		l.out = nil
	}
	_ = l.Conn.SetWriteDeadline(time.Now().Add(goodbyeTime)) // for a write under way; its error is the write's too
	l.start()
}

// Stall lets the connection stand and says nothing on it any more.
func (l *Line) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = true
}

// Stalled reports whether Stall was called.
func (l *Line) Stalled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.silent
}

// start sees to it that somebody writes. mu is held.
func (l *Line) start() {
	if !l.writing {
		l.writing = true
		l.wait.Go(l.write)
	}
}

// write writes until the queue is empty.
func (l *Line) write() {
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
		_ = l.Conn.SetWriteDeadline(time.Now().Add(patience)) // its error is the write's too
		if _, err := l.Conn.Write(out); err != nil {
			l.mu.Lock()
			l.out, l.last = nil, true
			l.mu.Unlock()
		}
	}
}

// hangUp closes the connection. mu is held.
func (l *Line) hangUp() {
	if t, ok := l.Conn.(interface{ SetLinger(int) error }); ok && l.reset {
		_ = t.SetLinger(0) // makes the close a reset
	}
	_ = l.Conn.Close()
}
