package transporttest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/transports"
)

// An Env is the surroundings of one session under test, which keep the laws that hold at every moment: no
// secret in the log, no socket operation without a deadline, no panic, no goroutine left behind.
type Env struct {
	t     testing.TB
	group sync.WaitGroup

	mu      sync.Mutex // guards what follows: transports log and dial from several goroutines
	secrets []string
	logged  int
	conns   []*conn
	wrapped func(net.Conn) net.Conn
}

// NewEnv makes surroundings in which none of secrets may be seen.
func NewEnv(t testing.TB, secrets ...transports.Secret) *Env {
	e := &Env{t: t}
	for _, s := range secrets {
		e.hide(s)
	}
	return e
}

// hide makes one more word a secret.
func (e *Env) hide(s transports.Secret) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !s.Empty() {
		e.secrets = append(e.secrets, s.Reveal())
	}
}

// Env gives what Run takes. Connections come from dial and are watched.
func (e *Env) Env(settings transports.Settings, dial func(ctx context.Context, address string) (net.Conn, error)) transports.Env {
	watched := func(ctx context.Context, address string) (net.Conn, error) {
		c, err := dial(ctx, address)
		if err != nil {
			return nil, err
		}
		return e.watch(c), nil
	}
	return transports.Env{
		Go:       e.start,
		Settings: settings,
		Log:      slog.New(&watchedLog{env: e}),
		Dial:     watched,
		Peer:     watched,
		HTTP:     webClient(dial),
	}
}

// webClient makes an Env.HTTP out of a dial. Its connections are its own affair, with time-outs of its caller's, so that they
// are not watched; none is used twice, so that none is left.
func webClient(dial func(ctx context.Context, address string) (net.Conn, error)) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, address string) (net.Conn, error) { return dial(ctx, address) },
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
	}}
}

// start is Env.Go: it recovers and is waited for.
func (e *Env) start(name string, f func()) {
	e.group.Add(1)
	go func() {
		defer e.group.Done()
		defer func() {
			if r := recover(); r != nil {
				e.t.Errorf("law broken: %s panicked: %v", name, r)
			}
		}()
		f()
	}()
}

// Finish waits, for at most patience, until every goroutine of the session has ended, and checks that its
// connections are closed. It is to be called after Run has returned.
func (e *Env) Finish(patience time.Duration) {
	e.t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.group.Wait()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		e.t.Errorf("law broken: goroutines are left %v after Run returned", patience)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.conns {
		if !c.closed.Load() {
			e.t.Errorf("law broken: a connection is left open")
			_ = c.Conn.Close()
		}
	}
}

// Check fails the test if s holds a secret; where says what s is.
func (e *Env) Check(where, s string) {
	e.t.Helper()
	e.mu.Lock()
	secrets := e.secrets
	e.mu.Unlock()
	for _, secret := range secrets {
		if strings.Contains(s, secret) {
			e.t.Errorf("law broken: a secret is in the %s", where)
		}
	}
}

func (e *Env) watch(c net.Conn) net.Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.wrapped != nil {
		c = e.wrapped(c)
	}
	w := &conn{Conn: c, t: e.t}
	e.conns = append(e.conns, w)
	return w
}

// watchedLog is a slog.Handler that looks for secrets and forgets the rest.
type watchedLog struct {
	env   *Env
	attrs []slog.Attr
}

// Enabled implements slog.Handler: everything is looked at.
func (*watchedLog) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (l *watchedLog) Handle(_ context.Context, r slog.Record) error {
	l.env.Check("log", r.Message)
	for _, a := range l.attrs {
		l.env.Check("log", a.String())
	}
	r.Attrs(func(a slog.Attr) bool {
		l.env.Check("log", a.String())
		l.env.Check("log", fmt.Sprintf("%+v", a.Value.Any()))
		return true
	})
	l.env.mu.Lock()
	defer l.env.mu.Unlock()
	l.env.logged++
	return nil
}

// WithAttrs implements slog.Handler.
func (l *watchedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &watchedLog{l.env, append(l.attrs[:len(l.attrs):len(l.attrs)], attrs...)}
}

// WithGroup implements slog.Handler.
func (l *watchedLog) WithGroup(string) slog.Handler { return l }
