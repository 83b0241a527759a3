package ymsg

import (
	"context"
	"fmt"
	"net"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// How long a socket may take.
const (
	writeTimeout = 30 * time.Second
	byeTimeout   = time.Second
)

// A deadline is moved when it has come closer than its timeout by more than these: moving it for every packet
// costs as much as the packet.
const (
	readSlack  = 15 * time.Second
	writeSlack = 5 * time.Second
)

// readTimeout is the last word on a server that says nothing. A session asks sooner (keepAlive).
const readTimeout = 4 * time.Hour

// A link is the connection to the pager server. A goroutine reads it; another writes what there is to write at once,
// and lives no longer than that, so that an idle session has one goroutine less.
type link struct {
	conn    net.Conn
	start   func(name string, f func()) // Env.Go
	version uint16
	in      chan *arrival // unbuffered; closed after the arrival that holds the error
	wrote   chan error    // how the write that is under way has ended
	writing bool          // one is under way; Run's
	limit   time.Time     // the write deadline that is set; Run's
	done    chan struct{} // closed by hangUp
	hung    bool
	known   bool // the server knows who we are, and is told when we go
}

// An arrival is a packet or the end of the stream.
type arrival struct {
	raw wire.Raw
	err error
}

// dialLink connects to address.
func dialLink(ctx context.Context, env transports.Env, address string, version uint16) (*link, error) {
	conn, err := env.Dial(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	l := &link{
		conn:    conn,
		start:   env.Go,
		version: version,
		in:      make(chan *arrival),
		wrote:   make(chan error, 1),
		done:    make(chan struct{}),
	}
	env.Go("ymsg read", l.read)
	return l, nil
}

func (l *link) read() {
	defer close(l.in)
	packets := wire.NewReader(l.conn)
	var limit time.Time // the read deadline that is set
	for {
		a := &arrival{}
		// A connection that takes no deadline is closed, and the read says so; but not before the packets that
		// have arrived already, the server's reason for closing among them.
		limit = l.patient(limit)
		a.raw, a.err = packets.Next()
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

// patient moves the read deadline if need be, and gives the one that is set.
func (l *link) patient(limit time.Time) time.Time {
	next := time.Now().Add(readTimeout)
	if next.Sub(limit) < readSlack {
		return limit
	}
	_ = l.conn.SetReadDeadline(next)
	return next
}

// packet appends a packet of ours.
func (l *link) packet(b []byte, service wire.Service, status wire.Status, fields wire.Fields) ([]byte, error) {
	return wire.AppendPacket(b, wire.Packet{Version: l.version, Service: service, Status: status, Fields: fields})
}

// write begins to write b. Until its end has been received from wrote, nothing else may be written.
func (l *link) write(b []byte) {
	l.writing = true
	next := time.Now().Add(writeTimeout)
	move := next.Sub(l.limit) >= writeSlack
	if move {
		l.limit = next
	}
	l.start("ymsg write", func() {
		if move {
			l.wrote <- l.put(b, next)
		} else {
			l.wrote <- l.push(b)
		}
	})
}

// put writes b before the deadline.
func (l *link) put(b []byte, deadline time.Time) error {
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return l.push(b)
}

// push writes b before the deadline that is set.
func (l *link) push(b []byte) error {
	if _, err := l.conn.Write(b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// hangUp says goodbye if the server still listens, and ends both goroutines; it takes no longer than three
// times byeTimeout. Nothing may use the link afterwards.
func (l *link) hangUp(me string) {
	if l == nil || l.hung {
		return
	}
	l.hung = true
	close(l.done)
	if err := l.lastWrite(); err == nil && l.known {
		if bye, err := l.packet(nil, wire.LogOff, wire.Available, wire.Fields{wire.Text(wire.KeyUser, me)}); err == nil {
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
