package oscar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// How long a file may take.
const (
	openWithin  = 15 * time.Minute // from the user's yes until the gateway opens it, which may have others to move first
	fetchWithin = 15 * time.Minute // for the whole
	fileStep    = 30 * time.Second // for a header
	fileIdle    = time.Minute      // between two pieces
	filePiece   = 16 << 10         // bytes that are read at once
)

// How fetching a file ends before its end.
var (
	errWithdrawn = fmt.Errorf("%w: its sender gives it no more", transports.ErrUnavailable)
	errOtherWay  = fmt.Errorf("%w: its sender tries another way", transports.ErrUnavailable)
	errSlowFile  = fmt.Errorf("%w: it takes too long", transports.ErrNoAnswer)
)

// A fetch brings one file from its sender's machine, in a goroutine of its own, to whoever reads it. What it reads is no more than what
// was offered, and no faster than it is read.
type fetch struct {
	offer  offered // its own copy
	peer   func(ctx context.Context, address string) (net.Conn, error)
	told   chan<- fetchNews
	over   context.Context // the session's
	once   sync.Once
	opened chan struct{}
	body   *io.PipeReader
	into   *io.PipeWriter
}

// fetchNews are what a fetch has to tell the session.
type fetchNews struct {
	number string
	begins bool
	met    bool  // its sender was connected to, and sees the connection end
	err    error // of the end; nil: it is whole
}

// fetcher makes offers.fetch. Whatever it starts ends with ctx.
func (s *session) fetcher(ctx context.Context) func(*offered) transports.Opener {
	s.offers.told = make(chan fetchNews)
	return func(f *offered) transports.Opener {
		inner, giveUp := context.WithCancelCause(ctx)
		f.giveUp = giveUp
		x := &fetch{offer: *f, peer: s.env.Peer, told: s.offers.told, over: ctx, opened: make(chan struct{})}
		x.body, x.into = io.Pipe()
		s.env.Go("oscar file", func() {
			defer giveUp(nil)
			x.run(inner)
		})
		return x.open
	}
}

// open is the transports.Opener: it gives the bytes once.
func (x *fetch) open(ctx context.Context) (io.ReadCloser, error) {
	first := false
	x.once.Do(func() { first = true; close(x.opened) })
	if !first {
		return nil, fmt.Errorf("%w: the file was opened before", transports.ErrUnknown)
	}
	stop := context.AfterFunc(ctx, func() { _ = x.into.CloseWithError(ctx.Err()) }) // never fails
	return &fetchBody{x.body, stop}, nil
}

// A fetchBody is a file that is read while it comes.
type fetchBody struct {
	*io.PipeReader
	stop func() bool
}

// Close implements io.Closer. Before the end of the file it ends fetching it.
func (b *fetchBody) Close() error {
	b.stop()
	return b.PipeReader.Close()
}

// run waits until the file is opened, and brings it. ctx is that of this file.
func (x *fetch) run(ctx context.Context) {
	met, err := x.whole(ctx)
	if err != nil && ctx.Err() != nil {
		err = x.cause(ctx)
	}
	_ = x.into.CloseWithError(err) // never fails; nil is the end of the file
	x.tell(x.over, fetchNews{number: x.offer.number, met: met, err: err})
}

// cause is why ctx has ended.
func (x *fetch) cause(ctx context.Context) error {
	if x.over.Err() != nil {
		return transports.ErrDisconnected
	}
	return context.Cause(ctx)
}

func (x *fetch) tell(ctx context.Context, n fetchNews) {
	select {
	case x.told <- n:
	case <-ctx.Done():
	}
}

// whole waits, connects and fetches; met says that there was a connection.
func (x *fetch) whole(ctx context.Context) (met bool, err error) {
	timer := time.NewTimer(openWithin)
	defer timer.Stop()
	select {
	case <-x.opened:
	case <-timer.C:
		return false, errSlowFile
	case <-ctx.Done():
		return false, ctx.Err()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchWithin, errSlowFile)
	defer cancel()
	x.tell(ctx, fetchNews{number: x.offer.number, begins: true})
	conn, err := x.peer(ctx, x.offer.address)
	if err != nil {
		return false, fmt.Errorf("%w: connect to the sender: %w", transports.ErrUnavailable, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() {
		_ = conn.Close()                        // lets go of a read
		_ = x.into.CloseWithError(x.cause(ctx)) // and of a write that nobody reads
	})()
	err = x.talk(conn)
	if err != nil && ctx.Err() != nil {
		err = x.cause(ctx)
	}
	return true, err
}

// talk is OFT as who receives speaks it: the sender's header, ours, the file, ours.
func (x *fetch) talk(conn net.Conn) error {
	_ = conn.SetReadDeadline(time.Now().Add(fileStep)) // a connection that takes no deadline is closed, and the read says so
	head, err := wire.ReadOFT(conn)
	if err != nil {
		return broken(err)
	}
	if err := x.promised(head); err != nil {
		return err
	}
	head.Cookie = x.offer.cookie
	if err := say(conn, head, wire.OFTAck); err != nil {
		return broken(err)
	}
	sum, err := x.pass(conn)
	if err != nil {
		return err
	}
	if !sum.Is(head.Checksum) {
		return fmt.Errorf("%w: the file's checksum is another", transports.ErrInvalid)
	}
	head.FilesLeft, head.PartsLeft, head.Flags = 0, 0, head.Flags|wire.OFTFlagDone
	head.Received, head.ReceivedSum = head.Size, head.Checksum
	_ = say(conn, head, wire.OFTDone) // the file is here, whether its sender hears of it or not
	return nil
}

// promised reports what is wrong with the header that a file begins with.
func (x *fetch) promised(h wire.OFTHeader) error {
	switch {
	case h.Type != wire.OFTPrompt:
		return fmt.Errorf("%w: a header of kind %04X where the file was to begin", transports.ErrInvalid, uint16(h.Type))
	case h.Cookie != wire.Cookie{} && h.Cookie != x.offer.cookie:
		return fmt.Errorf("%w: a header of another file", transports.ErrInvalid)
	case h.Encryption != 0 || h.Compression != 0 || h.Files != 1:
		return fmt.Errorf("%w: a file in a form that was not offered", transports.ErrInvalid)
	case int64(h.Size) != x.offer.size:
		return fmt.Errorf("%w: %d bytes where %d were offered", transports.ErrInvalid, h.Size, x.offer.size)
	}
	return nil
}

func say(conn net.Conn, h wire.OFTHeader, kind wire.OFTType) error {
	h.Type = kind
	b, err := wire.AppendOFT(nil, h)
	if err != nil {
		return err
	}
	_ = conn.SetWriteDeadline(time.Now().Add(fileStep)) // likewise
	_, err = conn.Write(b)
	return err
}

// pass hands over the bytes of the file as they come.
func (x *fetch) pass(conn net.Conn) (*wire.OFTSum, error) {
	sum, piece := new(wire.OFTSum), make([]byte, filePiece)
	for left := x.offer.size; left > 0; {
		_ = conn.SetReadDeadline(time.Now().Add(fileIdle)) // as above
		n, err := conn.Read(piece[:min(left, filePiece)])
		_, _ = sum.Write(piece[:n]) // never fails
		if left -= int64(n); n > 0 {
			if _, err := x.into.Write(piece[:n]); err != nil {
				return nil, fmt.Errorf("%w: nobody reads the file any more", transports.ErrDenied)
			}
		}
		if err != nil && left > 0 {
			return nil, broken(err)
		}
	}
	return sum, nil
}

// broken says what a connection that ended before the file did comes to.
func broken(err error) error {
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
		return fmt.Errorf("%w: the sender says nothing: %w", transports.ErrNoAnswer, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: the file breaks off: %w", transports.ErrInvalid, err)
	case errors.Is(err, wire.ErrNotOFT), errors.Is(err, wire.ErrTooLong):
		return fmt.Errorf("%w: %w", transports.ErrInvalid, err)
	}
	return fmt.Errorf("%w: %w", transports.ErrUnavailable, err)
}
