package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"imgate/adapters/control"
	"imgate/registry"
)

// A place is the gateway that a command is about: the one that runs with this configuration, or its files.
type place struct{ c *config }

func placeOf(file string) (place, error) {
	c, err := readConfig(file, networks())
	if err != nil {
		return place{}, usage(err)
	}
	return place{c}, nil
}

func (p place) registry() string { return filepath.Join(p.c.DataDir, "imgate.db") }

// errSilent is the answer where something has the registry, and nobody is at the socket.
func (p place) errSilent() error {
	return fmt.Errorf("a process has %s open and does not answer at %s: is it starting or stopping? Else see its log",
		p.registry(), filepath.Join(p.c.DataDir, control.Socket))
}

// ask makes a request of the running gateway and gives the lines of its answer.
func (p place) ask(ctx context.Context, r control.Request) (lines []control.Line, text string, err error) {
	text, err = control.Ask(ctx, filepath.Join(p.c.DataDir, control.Socket), r, func(l control.Line) { lines = append(lines, l) })
	return lines, text, err
}

// link is what the running gateway says of the link of a service, after a semicolon; empty when it says nothing.
func (p place) link(service string) string {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	lines, _, err := p.ask(ctx, control.Request{Verb: "links"})
	if err != nil {
		return ""
	}
	for _, l := range lines {
		switch {
		case l.Link == nil || l.Link.Service != service:
		case l.Link.Up:
			return "; its link is up since " + when(l.Link.Since)
		default:
			return "; its link is down: " + clean(l.Link.Error)
		}
	}
	return ""
}

// read opens the registry of a gateway that does not run, to read what is not secret.
func (p place) read(f func(*registry.Registry) error) error {
	r, err := registry.Open(p.registry(), registry.Options{AllowPlain: true, ReadOnly: true})
	switch {
	case errors.Is(err, registry.ErrLocked):
		return p.errSilent()
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no registry in %s: has the gateway ever run with this configuration?", p.c.DataDir)
	case err != nil:
		return err
	}
	return errors.Join(f(r), r.Close())
}

// interrupted is a context that ends with Ctrl-C.
func interrupted() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
}
