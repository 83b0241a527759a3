package msnp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"imgate/transports"
)

// sinkRoom is how many bytes of a file may wait to be read before its switchboard is no longer listened to.
const sinkRoom = 64 << 10

// A sink is a file that comes: the session puts bytes in, the gateway reads them in a goroutine of its own. Its mutex is
// the only one of the package, and is never held while anybody waits.
type sink struct {
	over  context.Context // the session's
	space chan<- struct{} // told that something was read

	mu     sync.Mutex
	pieces [][]byte
	size   int
	ended  bool
	err    error // of the end; nil: it is whole
	opened bool
	closed bool
	come   chan struct{} // that something has come
}

func newSink(over context.Context, space chan<- struct{}) *sink {
	return &sink{over: over, space: space, come: make(chan struct{}, 1)}
}

func (k *sink) with(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

func tap(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds bytes.
func (k *sink) put(b []byte) {
	k.with(func() {
		if !k.closed {
			k.pieces, k.size = append(k.pieces, b), k.size+len(b)
		}
	})
	tap(k.come)
}

// end says that no more bytes come.
func (k *sink) end(err error) {
	k.with(func() {
		if !k.ended {
			k.ended, k.err = true, err
		}
	})
	tap(k.come)
}

func (k *sink) full() (full bool) {
	k.with(func() { full = !k.closed && !k.ended && k.size > sinkRoom })
	return full
}

// given reports whether the reader has had enough before the end.
func (k *sink) given() (given bool) {
	k.with(func() { given = k.closed && !k.ended })
	return given
}

// open is the transports.Opener: it gives the bytes once.
func (k *sink) open(ctx context.Context) (io.ReadCloser, error) {
	again := false
	k.with(func() { again, k.opened = k.opened, true })
	if again {
		return nil, fmt.Errorf("%w: the file was opened before", transports.ErrUnknown)
	}
	return &sinkReader{k, ctx}, nil
}

type sinkReader struct {
	*sink
	ctx context.Context
}

var errShut = errors.New("the file was closed")

// Read implements io.Reader.
func (r *sinkReader) Read(p []byte) (n int, err error) {
	for {
		done := true
		r.with(func() {
			switch {
			case r.closed:
				err = errShut
			case len(r.pieces) > 0:
				n = copy(p, r.pieces[0])
				if r.pieces[0] = r.pieces[0][n:]; len(r.pieces[0]) == 0 {
					r.pieces = r.pieces[1:]
				}
				r.size -= n
			case r.ended && r.err != nil:
				err = r.err
			case r.ended:
				err = io.EOF
			default:
				done = false
			}
		})
		if done {
			tap(r.space)
			return n, err
		}
		select {
		case <-r.come:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		case <-r.over.Done():
			r.end(transports.ErrDisconnected)
		}
	}
}

// Close implements io.Closer.
func (r *sinkReader) Close() error {
	r.with(func() { r.closed, r.pieces, r.size = true, nil, 0 })
	tap(r.space)
	return nil
}
