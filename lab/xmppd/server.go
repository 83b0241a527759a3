package xmppd

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"imgate/lab/line"
)

const (
	readyWithin = time.Minute      // ejabberd takes a second, and much longer on a machine with other things to do
	stopWithin  = 10 * time.Second // of one process
	pollEvery   = 10 * time.Millisecond
)

// A Server is a running server. Stop it, or it lives on. Its methods are for one goroutine.
type Server struct {
	config      Config
	certificate *x509.Certificate
	children    []*child
	claims      []*line.Claim // of the ports that nobody asked for
}

// Start starts a server and waits until it accepts clients and components, and has the accounts. ctx bounds
// the waiting only. The error is ErrMissing, or tells the end of what the server said.
func Start(ctx context.Context, c Config) (*Server, error) {
	s := &Server{config: c}
	if err := s.lay(); err != nil {
		release(s.claims)
		return nil, fmt.Errorf("xmppd: %w", err)
	}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	settle := c.Kind.ways().settle
	if settle == nil {
		return s, nil
	}
	if err := settle(&s.config); err != nil {
		return nil, errors.Join(s.sorry(err), s.Stop())
	}
	return s, nil
}

// lay takes the ports and lays out the directory.
func (s *Server) lay() error {
	c := &s.config
	if c.Host == "" {
		c.Host = "localhost"
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	c.Dir = dir
	if c.Log == nil {
		c.Log = io.Discard
	}
	c.Log = &shared{to: c.Log}
	if s.claims, err = freePorts(c.ip(), &c.C2S, &c.Component, &c.HTTP); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if c.TLS || c.ComponentTLS {
		if s.certificate, err = c.certify(); err != nil {
			return err
		}
	}
	return c.Kind.ways().lay(c)
}

// C2S is the address for clients.
func (s *Server) C2S() string { return s.config.address(s.config.C2S) }

// Component is the address for components.
func (s *Server) Component() string { return s.config.address(s.config.Component) }

// Host is the domain of the users.
func (s *Server) Host() string { return s.config.Host }

// Certificate is the one that clients and components are shown, which is signed by itself; nil without TLS.
func (s *Server) Certificate() *x509.Certificate { return s.certificate }

func (s *Server) start(ctx context.Context) error {
	processes, err := s.config.Kind.ways().processes(&s.config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for _, p := range processes {
		p.ip = s.config.ip()
		c, err := p.start(s.config.Dir, s.config.Log)
		if err != nil {
			return errors.Join(fmt.Errorf("xmppd: %w", err), s.Stop())
		}
		s.children = append(s.children, c)
		if err := c.ready(ctx, p); err != nil {
			return errors.Join(s.sorry(err), s.Stop())
		}
	}
	return nil
}

// sorry adds the last words of the process that was started last.
func (s *Server) sorry(err error) error {
	return fmt.Errorf("xmppd: %s: %w; it said: %s", s.config.Kind, err, s.children[len(s.children)-1].said)
}

// Stop ends the server, kindly at first, and waits until it is gone. A second Stop does nothing.
func (s *Server) Stop() error {
	defer release(s.claims)
	return s.halt()
}

// halt is Stop with the ports kept.
func (s *Server) halt() error {
	var all error
	for _, c := range slices.Backward(s.children) {
		if err := c.stop(); err != nil {
			all = errors.Join(all, fmt.Errorf("xmppd: %w", err))
		}
	}
	s.children = nil
	return all
}

// Restart stops the server and starts it again on the same ports, with the same data.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.halt(); err != nil {
		return err
	}
	return s.start(ctx)
}
