package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

const (
	maxClients = 16
	idleTime   = 30 * time.Second // between the requests of a connection
	writeTime  = 10 * time.Second // of one line of an answer
	maxSocket  = 107              // bytes of a unix socket's path
)

// A Server answers at the socket.
type Server struct {
	verbs Verbs
	log   *slog.Logger
	l     net.Listener
}

// Listen opens the socket at path, mode 0600. One that is there is taken away: whoever calls has the registry
// beside it locked, so that its maker is gone.
func Listen(path string, v Verbs, log *slog.Logger) (*Server, error) {
	if len(path) > maxSocket {
		return nil, fmt.Errorf("control socket: %s is longer than %d bytes; choose a shorter data_dir", path, maxSocket)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	// Until here only the mode of the data directory, 0700, keeps others out.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), l.Close())
	}
	return &Server{v, log, l}, nil
}

// Serve answers until ctx ends, then closes and removes the socket, and waits for what is being answered.
func (s *Server) Serve(ctx context.Context) {
	var clients sync.WaitGroup
	defer clients.Wait()
	defer func() { _ = s.l.Close() }() // also where a client comes in the moment that ctx ends
	stop := context.AfterFunc(ctx, func() { _ = s.l.Close() })
	defer stop()
	room := make(chan struct{}, maxClients)
	for {
		conn, err := s.l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		if err != nil {
			s.log.Error("the control socket is closed", "err", err)
			return
		}
		select {
		case room <- struct{}{}:
			clients.Go(func() {
				defer func() { <-room }()
				s.client(ctx, conn)
			})
		default:
			writeLine(conn, Line{End: true, Error: "too many connections to the control socket"})
			_ = conn.Close()
		}
	}
}

// client answers the requests of one connection.
func (s *Server) client(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	defer stop()
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 1024), maxRequest+1)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(idleTime))
		if ctx.Err() != nil || !lines.Scan() {
			break
		}
		if !s.request(ctx, conn, lines.Bytes()) {
			return
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		writeLine(conn, Line{End: true, Error: fmt.Sprintf("a request has at most %d bytes", maxRequest)})
	}
}

// request answers one line; false when the client can't be written to.
func (s *Server) request(ctx context.Context, conn net.Conn, line []byte) (ok bool) {
	r, err := ParseRequest(line)
	if err != nil {
		return writeLine(conn, Line{End: true, Error: err.Error()})
	}
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic at the control socket", "verb", r.Verb, "panic", fmt.Sprint(p))
			ok = writeLine(conn, Line{End: true, Error: "an error in the gateway; its log has it"})
		}
	}()
	v := verbs()[r.Verb]
	ctx, release := v.until(ctx, conn)
	defer release()
	if v.changes {
		s.log.Info("an administrator's wish", "verb", r.Verb, "service", r.Service, "user", r.User)
	}
	ok = true
	end := v.run(ctx, s.verbs, r, func(l Line) bool {
		ok = ok && writeLine(conn, l)
		return ok
	})
	end.End = true
	return ok && writeLine(conn, end) && v.time > 0
}

// until is the context of a request: it ends with the verb's time or, where the verb has none, with the first that the
// client sends, or its going. Then the connection is of no use for another request.
func (v verb) until(ctx context.Context, conn net.Conn) (context.Context, func()) {
	if v.time > 0 {
		return context.WithTimeout(ctx, v.time)
	}
	ctx, cancel := context.WithCancel(ctx)
	_ = conn.SetReadDeadline(time.Time{})
	var watching sync.WaitGroup
	watching.Go(func() {
		defer cancel()
		if ctx.Err() == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
	})
	return ctx, func() {
		_ = conn.SetReadDeadline(time.Now())
		watching.Wait()
		cancel()
	}
}

func writeLine(conn net.Conn, l Line) bool {
	b, err := json.Marshal(l)
	if err != nil {
		b = []byte(`{"end":true,"error":"the answer can't be written as JSON"}`)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(writeTime))
	_, err = conn.Write(append(b, '\n'))
	return err == nil
}
