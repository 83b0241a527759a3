package component

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"imgate/xmltree"
)

const reserved = 64 // stanzas in the lane for answers of the reader

// A session is one connection after its handshake.
type session struct {
	link    *Link
	conn    net.Conn
	reader  *xmltree.Reader
	queue   chan *[]byte
	reserve chan *[]byte
	finish  chan struct{} // closed: write what is queued and end the stream
	down    chan struct{} // closed: it is over
	pings   pings
}

func newSession(l *Link, conn net.Conn, reader *xmltree.Reader) *session {
	return &session{
		link:    l,
		conn:    conn,
		reader:  reader,
		queue:   make(chan *[]byte, l.config.Queue),
		reserve: make(chan *[]byte, reserved),
		finish:  make(chan struct{}),
		down:    make(chan struct{}),
	}
}

// serve lets the session be the link's current one until it ends, or until ctx does.
func (s *session) serve(ctx context.Context) error {
	var running sync.WaitGroup
	read, wrote := make(chan error, 1), make(chan error, 1)
	s.link.current.Store(s)
	s.link.config.Changed(State{Up: true})
	running.Go(func() { read <- s.readAll() })
	running.Go(func() { wrote <- s.writeAll() })
	err := s.watch(ctx, read, wrote)
	s.link.current.Store(nil)
	close(s.down)
	s.conn.Close()
	running.Wait()
	return err
}

// watch pings until something ends.
func (s *session) watch(ctx context.Context, read, wrote <-chan error) error {
	ticker := time.NewTicker(s.link.config.PingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			s.link.current.Store(nil)
			s.close(read, wrote)
			return ctx.Err()
		case err := <-read:
			return lost(err)
		case err := <-wrote:
			return s.afterWrite(err, read)
		case <-ticker.C:
			s.reply(s.link.pingTo(s.link.config.Server, s.link.ids.next()))
		}
	}
}

// afterWrite prefers the stream error, with which a server closes, to the error of writing to what it closed.
func (s *session) afterWrite(err error, read <-chan error) error {
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case reason := <-read:
		if e := lost(reason); e.Condition != "" {
			return e
		}
	case <-timer.C:
	}
	return lost(err)
}

// close ends the stream in good order: all that is queued, our end tag, the server's end tag.
func (s *session) close(read, wrote <-chan error) {
	close(s.finish)
	limit := time.NewTimer(s.link.config.WriteTimeout + closeWait)
	defer limit.Stop()
	select {
	case err := <-wrote:
		if err != nil {
			s.link.config.Log.Warn("not all was written at the end", slog.String("domain", s.link.config.Domain.Domain), slog.Any("err", err))
			return
		}
	case <-limit.C:
		return
	}
	limit.Reset(closeWait)
	select {
	case err := <-read: // the server's end tag, or what it had to say against ours
		s.link.config.Log.Debug("closed", slog.Any("err", err))
	case <-limit.C:
	}
}

// send queues raw and waits while the queue is full.
func (s *session) send(ctx context.Context, raw *[]byte) error {
	select {
	case s.queue <- raw:
		return nil
	case <-s.down:
		return ErrLinkDown
	case <-ctx.Done():
		return ctx.Err()
	}
}

// offer queues raw unless the queue is full.
func (s *session) offer(raw *[]byte) error {
	select {
	case s.queue <- raw:
		return nil
	case <-s.down:
		return ErrLinkDown
	default:
		return ErrLinkFull
	}
}

// reply queues raw in the reserved lane, or drops it.
func (s *session) reply(raw *[]byte) bool {
	select {
	case s.reserve <- raw:
		return true
	default:
		return false
	}
}
