package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"imgate/component"
	"imgate/registry"
	"imgate/xmpp"
)

// checkCommand finds every mistake in the configuration.
type checkCommand struct {
	Config  string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	Connect bool   `help:"Also try the component handshakes, the legacy hosts and, for web clients, soap.c2s."`
}

// Help is the example of --help.
func (checkCommand) Help() string {
	return "Example: imgate check --config /etc/imgate/imgate.toml --connect"
}

// connectTime bounds one try of --connect.
const connectTime = 15 * time.Second

// Run prints the mistakes, or that there is none.
func (k checkCommand) Run(out *output) error {
	c, err := readConfig(k.Config, networks())
	if err != nil {
		return usage(err)
	}
	if _, err := c.Seal.sealer(); err != nil {
		return usage(&mistakes{k.Config, []mistake{{Text: err.Error()}}})
	}
	for _, key := range c.unserved() {
		out.printf("%s: %s: this version does not serve it yet\n", k.Config, key)
	}
	out.printf("%s: no mistakes, %d service(s)\n", k.Config, len(c.Services))
	if !k.Connect {
		return nil
	}
	failed, running := 0, gatewayRuns(c)
	for _, s := range c.Services {
		what := s.Name + ": component " + s.Domain + " at " + s.Server
		if running {
			out.printf("%s: not tried: a gateway is running on %s, and a second connection could take its stanzas%s\n", what, c.DataDir, place{c}.link(s.Name))
		} else {
			failed += k.try(out, what, func(ctx context.Context) error { return handshake(ctx, c, s) })
		}
		failed += k.try(out, s.Name+": network at "+s.Network.Server, func(ctx context.Context) error { return reachNetwork(ctx, s) })
	}
	failed += k.tryWeb(out, c)
	if failed > 0 {
		return fmt.Errorf("%d connection(s) failed", failed)
	}
	return nil
}

// gatewayRuns reports whether a gateway has the registry of this configuration open.
func gatewayRuns(c *config) bool {
	r, err := registry.Open(filepath.Join(c.DataDir, "imgate.db"), registry.Options{AllowPlain: true, ReadOnly: true})
	if err == nil {
		_ = r.Close()
	}
	return errors.Is(err, registry.ErrLocked)
}

// try prints the outcome of one connection and gives 1 when it failed.
func (k checkCommand) try(out *output, what string, f func(context.Context) error) int {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	began := time.Now()
	if err := f(ctx); err != nil {
		out.printf("%s: failed: %v\n", what, err)
		return 1
	}
	out.printf("%s: ok, %d ms\n", what, time.Since(began).Milliseconds())
	return 0
}

// handshake makes one component handshake and closes the link at once.
func handshake(ctx context.Context, c *config, s serviceConfig) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	domain, err := xmpp.ParseJID(s.Domain)
	if err != nil {
		return err
	}
	t, err := c.XMPP.TLS.client(hostOf(s.Server))
	if err != nil {
		return err
	}
	result := errors.New("no answer in time")
	l, err := component.New(component.Config{
		Address: s.Server, Domain: domain, Secret: s.Secret.Reveal(), TLS: t,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Handle: func(component.Received) {},
		Changed: func(st component.State) {
			if ctx.Err() == nil {
				result = st.Err
			}
			stop()
		},
	})
	if err != nil {
		return err
	}
	if err := l.Run(ctx); err != nil {
		return err
	}
	return result
}

func reachNetwork(ctx context.Context, s serviceConfig) error {
	d, err := newDialer(s.Network, "")
	if err != nil {
		return err
	}
	conn, err := d.Dial(ctx, s.Network.Server)
	if err != nil {
		return err
	}
	return conn.Close()
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
