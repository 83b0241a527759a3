package component

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"

	"imgate/xmpp"
)

// How long to wait between attempts.
const (
	firstWait    = time.Second
	longestWait  = time.Minute
	conflictWait = time.Minute     // two that fight for a domain must not kick each other for ever
	stableAfter  = time.Minute     // a link that lived so long was a good one
	closeWait    = 2 * time.Second // for the server's end tag
)

// A Link is a component's connection to its server, which is made again whenever it is lost. Its methods may
// be called from any goroutine.
type Link struct {
	config  Config
	current atomic.Pointer[session] // nil while down
	ids     ids
}

// New makes a link, which is down until Run. The error tells what Config lacks.
func New(c Config) (*Link, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return &Link{config: c.orDefault(), ids: newIDs()}, nil
}

// Domain is the component's own domain.
func (l *Link) Domain() xmpp.JID { return l.config.Domain }

// Up reports whether the link is up at this moment.
func (l *Link) Up() bool { return l.current.Load() != nil }

// Run keeps the link up until ctx ends; then it writes what is queued, closes the stream and returns nil. It
// may be called once.
func (l *Link) Run(ctx context.Context) error {
	wait := newBackoff()
	for {
		err := l.once(ctx, wait)
		if ctx.Err() != nil {
			l.config.Changed(State{Err: context.Cause(ctx)})
			return nil
		}
		pause := nextWait(wait, err)
		l.config.Log.Warn("link down", slog.String("domain", l.config.Domain.Domain), slog.Any("err", err), slog.Duration("wait", pause))
		l.config.Changed(State{Err: err, Next: time.Now().Add(pause)})
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// once makes one connection and serves it until it ends.
func (l *Link) once(ctx context.Context, wait backoff.BackOff) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	conn, reader, err := l.config.connect(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	l.config.Log.Info("link up", slog.String("domain", l.config.Domain.Domain))
	s := newSession(l, conn, reader)
	err = s.serve(ctx)
	if time.Since(began) >= stableAfter {
		wait.Reset()
	}
	return err
}

func newBackoff() backoff.BackOff {
	b := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstWait),
		backoff.WithMaxInterval(longestWait),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0.3),
		backoff.WithMaxElapsedTime(0))
	return b
}

// nextWait is how long to wait after err: at most longestWait, but longer after a conflict.
func nextWait(wait backoff.BackOff, err error) time.Duration {
	next := min(wait.NextBackOff(), longestWait)
	var e *LinkError
	if errors.As(err, &e) && e.Reason == Conflict {
		return conflictWait + next/2
	}
	return next
}

// Send queues a stanza. It waits while the queue is full. The error is xmpp.ErrAddress, ErrTooBig, ErrLinkDown
// or the context's; nil means that it is queued, and Barrier tells when it has arrived. What is queued when the
// link goes down is lost.
func (l *Link) Send(ctx context.Context, stanza xmpp.Stanza) error {
	raw, err := l.encode(stanza)
	if err != nil {
		return err
	}
	s := l.current.Load()
	if s == nil {
		return ErrLinkDown
	}
	return s.send(ctx, raw)
}

// Offer is Send that never waits: while the queue is full the error is ErrLinkFull.
func (l *Link) Offer(stanza xmpp.Stanza) error {
	raw, err := l.encode(stanza)
	if err != nil {
		return err
	}
	s := l.current.Load()
	if s == nil {
		return ErrLinkDown
	}
	return s.offer(raw)
}

// Reply queues a stanza in the small lane that is kept for answers of the reader. It never waits, so a Handler
// may call it; false means that the stanza was dropped.
func (l *Link) Reply(stanza xmpp.Stanza) bool {
	s := l.current.Load()
	raw, err := l.encode(stanza)
	if s == nil || err != nil {
		return false
	}
	return s.reply(raw)
}

func (l *Link) encode(stanza xmpp.Stanza) (*[]byte, error) {
	raw := written.Get().(*[]byte)
	var err error
	if *raw, err = xmpp.Append((*raw)[:0], stanza); err == nil && len(*raw) > l.config.MaxStanza {
		err = ErrTooBig
	}
	return raw, err
}
