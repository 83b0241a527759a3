package xmppd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// ErrMissing means that Prosody is not installed.
var ErrMissing = errors.New("Prosody is not installed (Debian package prosody)")

const (
	readyWithin = 20 * time.Second
	stopWithin  = 5 * time.Second
	pollEvery   = 10 * time.Millisecond
)

// A Server is a running Prosody. Stop it, or it lives on. Its methods are for one goroutine.
type Server struct {
	config Config
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	err    error         // why, then
}

// Start starts a server and waits until it accepts clients and components. ctx bounds the waiting only. The
// error is ErrMissing, or tells the end of what the server said.
func Start(ctx context.Context, c Config) (*Server, error) {
	if c.Host == "" {
		c.Host = "localhost"
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("xmppd: %w", err)
	}
	c.Dir = dir
	if err := freePorts(&c.C2S, &c.Component); err != nil {
		return nil, err
	}
	if err := c.write(); err != nil {
		return nil, err
	}
	s := &Server{config: c}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// C2S is the address for clients.
func (s *Server) C2S() string { return address(s.config.C2S) }

// Component is the address for components.
func (s *Server) Component() string { return address(s.config.Component) }

// Host is the domain of the users.
func (s *Server) Host() string { return s.config.Host }

func (s *Server) start(ctx context.Context) error {
	program, err := exec.LookPath("prosody")
	if err != nil {
		return ErrMissing
	}
	s.cmd = exec.Command(program, "--config", filepath.Join(s.config.Dir, configFile), "-F")
	s.cmd.Dir = s.config.Dir
	said := &tail{to: s.config.Log}
	s.cmd.Stdout, s.cmd.Stderr = said, said
	s.cmd.SysProcAttr = childAttr()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("xmppd: %w", err)
	}
	exited, cmd := make(chan struct{}), s.cmd
	s.exited = exited
	go func() {
		s.err = cmd.Wait()
		close(exited)
	}()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	ports := []string{s.C2S()}
	if len(s.config.Components) > 0 { // else Prosody does not listen for any
		ports = append(ports, s.Component())
	}
	for _, address := range ports {
		if err := s.accepts(ctx, address); err != nil {
			return errors.Join(fmt.Errorf("xmppd: %w; the server said: %s", err, said), s.Stop())
		}
	}
	return nil
}

// accepts waits until something listens on address.
func (s *Server) accepts(ctx context.Context, address string) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-s.exited:
			return fmt.Errorf("ended at once: %w", s.err)
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		}
	}
}

// Stop ends the server, kindly at first, and waits until it is gone. A second Stop does nothing.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	cmd := s.cmd
	s.cmd = nil
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("xmppd: %w", err)
	}
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-s.exited:
		return nil
	case <-timer.C:
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("xmppd: %w", err)
	}
	<-s.exited
	return nil
}

// Restart stops the server and starts it again on the same ports, with the same data.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.start(ctx)
}

// A tail keeps the end of what was written, and passes all of it on.
type tail struct {
	mu   sync.Mutex // between os/exec, which writes, and who asks for the last words
	to   io.Writer
	last []byte
}

const tailLength = 2000

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if over := len(t.last) - tailLength; over > 0 {
		t.last = t.last[over:]
	}
	if t.to == nil {
		return len(p), nil
	}
	return t.to.Write(p)
}

// String is the end of what was written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
