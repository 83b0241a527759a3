package oscar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
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

// A deadline is moved when it has come closer than its timeout by more than these: moving it for every frame
// costs as much as the frame.
const (
	readSlack  = 15 * time.Second
	writeSlack = 5 * time.Second
)

// A link is one FLAP connection. A goroutine reads it; another writes what there is to write at once, and lives
// no longer than that, so that an idle session has one goroutine less.
type link struct {
	conn    net.Conn
	start   func(name string, f func()) // Env.Go
	in      chan *arrival               // unbuffered; closed after the arrival that holds the error
	wrote   chan error                  // how the write that is under way has ended; nil: in hears of it
	writing bool                        // one is under way; Run's
	limit   time.Time                   // the write deadline that is set; Run's
	waits   time.Time                   // the read deadline that is set; the reader's
	done    chan struct{}               // closed by hangUp
	seq     uint16
	hung    bool
	service *service // nil: BOS
}

// An arrival is a frame or the end of the stream. Of a link that shares its channel with others it is also the link
// itself, once it is connected, and the end of a write.
type arrival struct {
	frame wire.Frame
	err   error

	service *service // whose link it is; nil: BOS
	link    *link
	wrote   bool
}

// dialLink connects to address.
func dialLink(ctx context.Context, env transports.Env, address string) (*link, error) {
	conn, err := env.Dial(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	l := &link{
		conn:  conn,
		start: env.Go,
		in:    make(chan *arrival),
		wrote: make(chan error, 1),
		done:  make(chan struct{}),
	}
	env.Go("oscar read", func() {
		defer close(l.in)
		l.read()
	})
	return l, nil
}

// read hands over frames until the stream ends. Between two it may wait for days, and what it does besides waiting is
// therefore kept out of its frame: a stack that has grown to 8 KiB for work is made smaller again only while less than
// 1,248 bytes of it are in use (a quarter, less 800 that the runtime keeps).
func (l *link) read() {
	frames := wire.NewFrameReader(l.conn)
	for {
		// A connection that takes no deadline is closed, and the read says so; but not before the frames that
		// have arrived already, the server's reason for closing among them.
		l.patient()
		frames.Await()
		if !l.hand(frames) {
			return
		}
	}
}

// hand hands over one frame, and reports whether more is wanted. It is kept out of line: its select is no part of the
// frame that waits.
//
//go:noinline
func (l *link) hand(frames *wire.FrameReader) bool {
	a := &arrival{service: l.service}
	a.frame, a.err = frames.Next()
	select {
	case l.in <- a:
		return a.err == nil
	case <-l.done:
		return false
	}
}

// patient moves the read deadline if need be. It is kept out of line, as hand is.
//
//go:noinline
func (l *link) patient() {
	next := time.Now().Add(readTimeout)
	if next.Sub(l.waits) < readSlack {
		return
	}
	_ = l.conn.SetReadDeadline(next)
	l.waits = next
}

// pieces are what was written and may be used again: a session that writes nothing keeps none, and the collector takes
// what nobody uses.
var pieces sync.Pool

// piece is an empty slice with room for a request or more.
func piece() []byte {
	if b, ok := pieces.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 512)
}

// write begins to write b, which belongs to the link from now on. Until its end has been received from wrote, nothing
// else may be written.
func (l *link) write(b []byte) {
	l.writing = true
	next := time.Now().Add(writeTimeout)
	move := next.Sub(l.limit) >= writeSlack
	if move {
		l.limit = next
	}
	l.start("oscar write", func() {
		if move {
			l.ended(l.put(b, next))
		} else {
			l.ended(l.push(b))
		}
	})
}

// ended tells how a write has ended.
func (l *link) ended(err error) {
	if l.wrote != nil {
		l.wrote <- err
		return
	}
	select {
	case l.in <- &arrival{service: l.service, wrote: true, err: err}:
	case <-l.done:
	}
}

// put writes b before the deadline.
func (l *link) put(b []byte, deadline time.Time) error {
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return l.push(b)
}

// push writes b before the deadline that is set, and gives it back.
func (l *link) push(b []byte) error {
	_, err := l.conn.Write(b)
	if cap(b) <= 2*maxPiece {
		pieces.Put(&b)
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// frame appends a frame under the next sequence number.
func (l *link) frame(b []byte, channel wire.Channel, data []byte) ([]byte, error) {
	b, err := wire.AppendFrame(b, wire.Frame{Channel: channel, Seq: l.seq, Data: data})
	if err == nil {
		l.seq++
	}
	return b, err
}

// snac appends a frame that carries s.
func (l *link) snac(b []byte, s wire.SNAC) ([]byte, error) {
	b, err := wire.AppendSNAC(b, l.seq, s)
	if err == nil {
		l.seq++
	}
	return b, err
}

// hangUp says goodbye if the server still listens, and ends both goroutines; it takes no longer than three
// times byeTimeout. Nothing may use the link afterwards.
func (l *link) hangUp() {
	if l == nil || l.hung {
		return
	}
	l.hung = true
	close(l.done)
	if err := l.lastWrite(); err == nil {
		if bye, err := l.frame(nil, wire.SignOff, nil); err == nil {
			_ = l.put(bye, time.Now().Add(byeTimeout)) // a goodbye that may find nobody
		}
	}
	_ = l.conn.Close()
}

// lastWrite waits for the write that is under way. One that hangs is cut short by moving its deadline, and
// once more, since it may just have set its own.
func (l *link) lastWrite() error {
	if !l.writing {
		return nil
	}
	again := time.NewTicker(byeTimeout)
	defer again.Stop()
	for {
		if err := l.conn.SetWriteDeadline(time.Now().Add(byeTimeout)); err != nil {
			return err
		}
		select {
		case err := <-l.wrote:
			return err
		case <-again.C:
		}
	}
}

// errNoAnswer ends a step of signing on that the server does not answer.
var errNoAnswer = errors.New("no answer in time")
