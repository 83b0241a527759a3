package msnp

import (
	"fmt"
	"net"
	"time"

	"imgate/transports/msnp/wire"
)

// How long a socket may take. A quiet session has a ping a minute; a switchboard is left before its time is up.
const (
	readTimeout  = 10 * time.Minute
	writeTimeout = 30 * time.Second
	byeTimeout   = time.Second
	maxOut       = 512 << 10 // bytes that wait to be written on one link; with more it is given up
	maxPiece     = 16 << 10  // bytes of one write
)

// A link is one connection of a session: to the notification server or to a switchboard. A goroutine reads it; another
// writes what there is to write at once, and lives no longer than that. All else is Run's.
type link struct {
	conn    net.Conn
	s       *session
	board   *board        // nil: the notification server
	more    chan struct{} // one for each command that the reader may go on to read
	done    chan struct{} // closed by hangUp
	ended   chan error    // how the write that is under way has ended
	out     []byte
	writing bool
	hung    bool
	leaving bool // closed once all is written
	owed    bool // the reader waits for leave to go on
}

// An arrival is a command, or the end of a link.
type arrival struct {
	link    *link
	command wire.Command
	err     error
}

// newLink begins to read conn.
func (s *session) newLink(conn net.Conn, b *board) *link {
	l := &link{
		conn: conn, s: s, board: b, more: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan error, 1),
	}
	s.links[l] = struct{}{}
	s.env.Go("msnp read", l.read)
	return l
}

// read hands each command over, and goes on once it is told to: so a link can be made to wait without the others.
func (l *link) read() {
	in := wire.NewReader(l.conn, wire.FromServer)
	for {
		a := arrival{link: l}
		// A connection that takes no deadline is closed, and the read says so; but not before what has arrived already.
		_ = l.conn.SetReadDeadline(time.Now().Add(readTimeout))
		a.command, a.err = in.Next()
		select {
		case l.s.arrivals <- a:
		case <-l.done:
			return
		}
		if a.err != nil {
			return
		}
		select {
		case <-l.more:
		case <-l.done:
			return
		}
	}
}

// goOn lets the reader read the next command.
func (l *link) goOn() {
	if l.owed = false; !l.hung {
		l.more <- struct{}{}
	}
}

// say queues a command.
func (l *link) say(c wire.Command) {
	if !l.hung {
		l.out = c.Append(l.out)
	}
}

// flush begins to write what is queued, if nothing is being written.
func (l *link) flush() {
	if l.writing || l.hung || len(l.out) == 0 {
		return
	}
	n := min(len(l.out), maxPiece)
	piece := l.out[:n:n]
	if l.out = l.out[n:]; len(l.out) == 0 {
		l.out = nil
	}
	l.writing = true
	l.s.env.Go("msnp write", func() {
		l.ended <- l.put(piece, writeTimeout)
		select {
		case l.s.wrote <- l:
		case <-l.done:
		}
	})
}

func (l *link) put(b []byte, patience time.Duration) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if _, err := l.conn.Write(b); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// leave says goodbye and closes the link once that is written, without waiting for it.
func (l *link) leave() {
	if l.hung || l.leaving {
		return
	}
	l.say(wire.New("OUT"))
	l.leaving = true
	l.flush()
}

// wrote takes the end of a write.
func (l *link) wrote() error {
	l.writing = false
	err := <-l.ended
	if l.leaving && (err != nil || len(l.out) == 0) {
		l.cut()
		return nil
	}
	return err
}

// cut ends the link at once.
func (l *link) cut() {
	if l == nil || l.hung {
		return
	}
	l.hung = true
	delete(l.s.links, l)
	close(l.done)
	_ = l.conn.Close()
}

// hangUp says goodbye if the server still listens, and ends the link's goroutines; it takes no longer than three times
// byeTimeout. Nothing may use the link afterwards.
func (l *link) hangUp() {
	if l == nil || l.hung {
		return
	}
	l.hung = true
	delete(l.s.links, l)
	close(l.done)
	if err := l.lastWrite(); err == nil {
		_ = l.put(wire.New("OUT").Append(l.out), byeTimeout) // a goodbye that may find nobody
	}
	_ = l.conn.Close()
}

// lastWrite waits for the write that is under way. One that hangs is cut short by moving its deadline, and once more,
// since it may just have set its own.
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
		case err := <-l.ended:
			return err
		case <-again.C:
		}
	}
}
