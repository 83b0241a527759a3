package oscar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// How long a socket may take. A server says nothing by itself on an idle session, so that the keep-alive of
// keepAlive and probeAfter must bring something within readTimeout.
const (
	readTimeout  = 4 * time.Minute
	writeTimeout = 30 * time.Second
	byeTimeout   = time.Second
)

// A link is one FLAP connection: a goroutine that reads it and one that writes it.
type link struct {
	conn   net.Conn
	in     chan arrival  // unbuffered; closed after the arrival that holds the error
	out    chan []byte   // unbuffered; closed by hangUp
	failed chan error    // what the writer could not write, at most one
	done   chan struct{} // closed by hangUp
	wrote  chan struct{} // closed when the writer has ended
	seq    uint16
	hung   bool
}

// An arrival is a frame or the end of the stream.
type arrival struct {
	frame wire.Frame
	err   error
}

// dialLink connects to address.
func dialLink(ctx context.Context, env transports.Env, address string) (*link, error) {
	conn, err := env.Dial(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	l := &link{
		conn:   conn,
		in:     make(chan arrival),
		out:    make(chan []byte),
		failed: make(chan error, 1),
		done:   make(chan struct{}),
		wrote:  make(chan struct{}),
	}
	env.Go("oscar read", l.read)
	env.Go("oscar write", l.write)
	return l, nil
}

func (l *link) read() {
	defer close(l.in)
	frames := wire.NewFrameReader(l.conn)
	for {
		var a arrival
		if a.err = l.conn.SetReadDeadline(time.Now().Add(readTimeout)); a.err == nil {
			a.frame, a.err = frames.Next()
		}
		select {
		case l.in <- a:
		case <-l.done:
			return
		}
		if a.err != nil {
			return
		}
	}
}

func (l *link) write() {
	defer close(l.wrote)
	for b := range l.out {
		err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err == nil {
			_, err = l.conn.Write(b)
		}
		if err != nil {
			l.failed <- fmt.Errorf("write: %w", err)
			return
		}
	}
}

// frame gives the bytes of a frame under the next sequence number.
func (l *link) frame(channel wire.Channel, data []byte) ([]byte, error) {
	b, err := wire.AppendFrame(nil, wire.Frame{Channel: channel, Seq: l.seq, Data: data})
	if err == nil {
		l.seq++
	}
	return b, err
}

// snac gives the bytes of a frame that carries s.
func (l *link) snac(s wire.SNAC) ([]byte, error) {
	data, err := wire.Encode(s)
	if err != nil {
		return nil, err
	}
	return l.frame(wire.Data, data)
}

// hangUp says goodbye if the server still listens, within byeTimeout, and ends both goroutines. Nothing may
// use the link afterwards.
func (l *link) hangUp() {
	if l == nil || l.hung {
		return
	}
	l.hung = true
	patience := time.NewTimer(byeTimeout)
	defer patience.Stop()
	if bye, err := l.frame(wire.SignOff, nil); err == nil {
		select {
		case l.out <- bye:
		case <-l.wrote:
		case <-patience.C:
		}
	}
	close(l.out)
	close(l.done)
	select {
	case <-l.wrote:
	case <-patience.C:
	}
	_ = l.conn.Close()
}

// errNoAnswer ends a step of signing on that the server does not answer.
var errNoAnswer = errors.New("no answer in time")
