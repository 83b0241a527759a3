package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A line is one connection of a player. A goroutine of its own reads it, so that the other side never waits
// for us to listen: both may talk at once over net.Pipe.
type line struct {
	conn   net.Conn
	wake   chan struct{} // holds one value when buf or eof has changed
	ended  chan struct{} // closed when the reader has gone
	mu     sync.Mutex    // guards buf, eof and over
	buf    []byte
	eof    bool
	over   bool // what comes now counts no more
	parted bool // we closed it; this and deaf are the player's goroutine's alone
	deaf   bool // the other side closed it before all was said; it must have said everything by then
}

func newLine(conn net.Conn) *line {
	l := &line{conn: conn, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go l.read()
	return l
}

func (l *line) read() {
	defer close(l.ended)
	chunk := make([]byte, 4096)
	for {
		n, err := l.conn.Read(chunk)
		l.mu.Lock()
		if !l.over {
			l.buf = append(l.buf, chunk[:n]...)
		}
		l.eof = err != nil
		l.mu.Unlock()
		select {
		case l.wake <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// errTooShort says that the connection ended before the bytes that were expected.
var errTooShort = errors.New("the connection ended")

// wait calls f with what has arrived, until f takes n > 0 bytes, or n == 0 with done set.
func (l *line) wait(ctx context.Context, f func(buf []byte) (n int, done bool)) ([]byte, error) {
	for {
		l.mu.Lock()
		n, done := f(l.buf)
		if done {
			out := l.buf[:n:n]
			l.buf = l.buf[n:]
			l.mu.Unlock()
			return out, nil
		}
		have, eof := l.buf, l.eof
		l.mu.Unlock()
		if eof {
			return have, errTooShort
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return have, fmt.Errorf("nothing more came: %w", ctx.Err())
		}
	}
}

// take takes n bytes.
func (l *line) take(ctx context.Context, n int) ([]byte, error) {
	return l.wait(ctx, func(buf []byte) (int, bool) { return n, len(buf) >= n })
}

// takeUntil takes what stands before the next end, which stays.
func (l *line) takeUntil(ctx context.Context, end []byte) ([]byte, error) {
	return l.wait(ctx, func(buf []byte) (int, bool) {
		i := bytes.Index(buf, end)
		return i, i >= 0
	})
}

// ends waits for the end and gives what came before it.
func (l *line) ends(ctx context.Context) ([]byte, error) {
	rest, err := l.wait(ctx, func(buf []byte) (int, bool) { return len(buf), len(buf) > 0 })
	if errors.Is(err, errTooShort) {
		return nil, nil
	}
	return rest, err
}

func (l *line) leftover() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	return l.buf
}

// write says b. That the other side has closed the connection is no error yet: the steps that follow tell
// whether it might.
func (l *line) write(b []byte, patience time.Duration) error {
	if l.deaf {
		return nil
	}
	err := l.conn.SetWriteDeadline(deadline(patience))
	if err == nil {
		_, err = l.conn.Write(b)
	}
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		l.deaf = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("nobody took % X: %w", b, err)
	}
	return nil
}

// close closes our end and waits for the reader. What comes after is nobody's.
func (l *line) close() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	if !l.parted {
		l.parted = true
		l.conn.Close()
	}
	<-l.ended
}

func (l *line) reset() error {
	r, ok := l.conn.(resetter)
	if !ok {
		return errors.New("this connection cannot be reset")
	}
	r.reset()
	l.close()
	return nil
}

type resetter interface{ reset() }

// pipePeer is the player's end of a pipe; it can make the other end fail as after a TCP reset.
type pipePeer struct {
	net.Conn
	other *pipeEnd
}

func (p *pipePeer) reset() { p.other.broken.Store(true) }

// pipeEnd is the end of a pipe that the program under test holds.
type pipeEnd struct {
	net.Conn
	broken atomic.Bool
}

// Read implements net.Conn.
func (p *pipeEnd) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if err != nil && p.broken.Load() {
		err = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return n, err
}

// Write implements net.Conn.
func (p *pipeEnd) Write(b []byte) (int, error) {
	n, err := p.Conn.Write(b)
	if err != nil && p.broken.Load() {
		err = &net.OpError{Op: "write", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return n, err
}
