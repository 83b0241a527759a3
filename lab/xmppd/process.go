package xmppd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A process is one program of a server, and how it shows that it is ready: by listening, and by what it says.
type process struct {
	args  []string // the program first
	env   []string // beside our own
	ip    string
	ports []int
	says  string // empty: nothing is waited for
}

// A child is a process that runs.
type child struct {
	cmd    *exec.Cmd
	said   *tail
	exited chan struct{} // closed when it is gone
	err    error         // why, then
}

func (p process) start(dir string, log io.Writer) (*child, error) {
	c := &child{cmd: exec.Command(p.args[0], p.args[1:]...), said: newTail(log, p.says), exited: make(chan struct{})}
	c.cmd.Dir = dir
	c.cmd.Env = append(os.Environ(), p.env...)
	c.cmd.Stdout, c.cmd.Stderr = c.said, c.said
	c.cmd.SysProcAttr = childAttr()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.exited)
	}()
	return c, nil
}

// ready waits until the process listens and has said what it is to say.
func (c *child) ready(ctx context.Context, p process) error {
	for _, port := range p.ports {
		if err := c.accepts(ctx, net.JoinHostPort(p.ip, strconv.Itoa(port))); err != nil {
			return err
		}
	}
	if p.says == "" {
		return nil
	}
	select {
	case <-c.said.heard:
		return nil
	case <-c.exited:
		return c.early()
	case <-ctx.Done():
		return fmt.Errorf("not ready: %w", ctx.Err())
	}
}

// accepts waits until something listens on address.
func (c *child) accepts(ctx context.Context, address string) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-c.exited:
			return c.early()
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		}
	}
}

func (c *child) early() error {
	if c.err == nil {
		return errors.New("ended at once")
	}
	return fmt.Errorf("ended at once: %w", c.err)
}

// stop ends the process, kindly at first, and waits until it is gone.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-c.exited:
		return nil
	case <-timer.C:
	}
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-c.exited
	return nil
}

// A shared is a writer for several processes at once.
type shared struct {
	mu sync.Mutex // between the goroutines of os/exec
	to io.Writer
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(p)
}

// A tail keeps the end of what was written, and passes all of it on.
type tail struct {
	mu    sync.Mutex // between os/exec, which writes, and who asks for the last words
	to    io.Writer
	last  []byte
	words string        // what is waited for
	heard chan struct{} // closed when it was written
}

const tailLength = 2000

func newTail(to io.Writer, words string) *tail {
	return &tail{to: to, words: words, heard: make(chan struct{})}
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if t.words != "" && strings.Contains(string(t.last), t.words) {
		t.words = ""
		close(t.heard)
	}
	if over := len(t.last) - tailLength; over > 0 {
		t.last = t.last[over:]
	}
	return t.to.Write(p)
}

// String is the end of what was written.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
