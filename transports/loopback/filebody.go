package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"

	"imgate/transports"
)

// A body is the bytes of an offer while they go from the sender to the recipient. It belongs to whoever reads.
type body struct {
	server *Server
	offer  *offer
	inner  io.ReadCloser
	read   int64
	end    error // io.EOF: all of it was read
}

// openOffer opens an accepted offer, once.
func (s *Server) openOffer(ctx context.Context, o *offer) (io.ReadCloser, error) {
	s.mu.Lock()
	gone := s.offers[o.id] != o || o.opened
	o.opened = true
	s.mu.Unlock()
	if gone {
		return nil, fmt.Errorf("%w: the file is gone, or was opened before", transports.ErrUnknown)
	}
	inner, err := o.open(ctx) // without the mutex: it may wait
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.settleOffer(o, answer{err: fmt.Errorf("%w: the file cannot be read", transports.ErrInvalid)})
		return nil, fmt.Errorf("open %q: %w", o.name, err)
	}
	if s.offers[o.id] != o {
		return nil, errors.Join(transports.ErrDisconnected, inner.Close())
	}
	o.body = inner
	return &body{server: s, offer: o, inner: inner}, nil
}

// Read implements io.Reader. A file that is longer or shorter than was said fails.
func (b *body) Read(p []byte) (int, error) {
	if b.end != nil {
		return 0, b.end
	}
	n, err := b.inner.Read(p)
	b.read += int64(n)
	size := b.offer.size
	switch {
	case b.read > MaxFile || size >= 0 && b.read > size:
		b.end = fmt.Errorf("%w: more than was said", transports.ErrTooLong)
		return 0, b.end
	case errors.Is(err, io.EOF) && size >= 0 && b.read < size:
		b.end = io.ErrUnexpectedEOF
	default:
		b.end = err
	}
	return n, b.end
}

// Close implements io.Closer, and tells the sender what became of the file.
func (b *body) Close() error {
	a := answer{err: transports.ErrDenied} // given up by the recipient
	switch {
	// Who has read as much as was said need not look for the end.
	case errors.Is(b.end, io.EOF), b.end == nil && b.read == b.offer.size:
		a = answer{proof: transports.Delivered}
	case errors.Is(b.end, transports.ErrTooLong):
		a = answer{err: b.end}
	case b.end != nil:
		a = answer{err: fmt.Errorf("%w: %w", transports.ErrInvalid, b.end)}
	}
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.server.settleOffer(b.offer, a)
	return nil
}

// receive takes a file for an account without session. The end of ctx closes what is read.
func (s *Server) receive(ctx context.Context, o *offer) {
	r, err := s.openOffer(ctx, o)
	if err != nil {
		return // the sender has been told
	}
	data, err := io.ReadAll(r)
	if err == nil {
		s.with(o.to.id, func(a *account) {
			if len(a.files) < maxFiles {
				a.files = append(a.files, File{From: o.from.id, Name: o.name, Data: data})
			}
		})
	}
	_ = r.Close() // never fails
}

// maxFiles bounds what is noted of an account without session.
const maxFiles = 100
