package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// runCommand is the gateway.
type runCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
}

// Help is the example of --help.
func (runCommand) Help() string { return "Example: imgate run --config /etc/imgate/imgate.toml" }

// Run serves until SIGTERM or SIGINT.
func (r runCommand) Run(out *output) error {
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	c, err := readConfig(r.Config, networks())
	if err != nil {
		return usage(err)
	}
	level := &slog.LevelVar{}
	log := newLog(out.err, c.Log, level)
	warnUnserved(c, log)
	s, err := newServer(c, log)
	if err != nil {
		return usage(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	done := make(chan error, 1)
	s.ready = func() {
		log.Info("imgate runs", "version", version(), "services", len(c.Services))
		notify("READY=1\nSTATUS=running")
	}
	go func() { done <- s.run(ctx) }()
	return r.wait(ctx, done, reload, log, level)
}

// wait does what signals and the supervisor ask until the server has stopped.
func (r runCommand) wait(ctx context.Context, done <-chan error, reload <-chan os.Signal, log *slog.Logger, level *slog.LevelVar) error {
	var beat <-chan time.Time
	if every := watchdogEvery(); every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		beat = ticker.C
	}
	stopping := ctx.Done()
	for {
		select {
		case err := <-done:
			if errors.As(err, new(unloaded)) { // as what newServer finds
				return usage(err)
			}
			return err
		case <-stopping:
			stopping = nil
			notify("STOPPING=1")
		case <-beat:
			notify("WATCHDOG=1")
		case <-reload:
			r.reload(log, level)
		}
	}
}

// reload applies what can be applied while running, and says what can't.
func (r runCommand) reload(log *slog.Logger, level *slog.LevelVar) {
	c, err := readConfig(r.Config, networks())
	if err != nil {
		log.Error("the configuration is wrong; nothing was changed", "err", err)
		return
	}
	level.Set(levelOf(c.Log.Level))
	log.Info("log.level was applied; every other change takes effect at the next start", "level", c.Log.Level)
}

func levelOf(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}

func newLog(w io.Writer, c logConfig, level *slog.LevelVar) *slog.Logger {
	level.Set(levelOf(c.Level))
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// warnUnserved names what the file asks for and this version does not do yet.
func warnUnserved(c *config, log *slog.Logger) {
	for _, key := range c.unserved() {
		log.Warn("this version does not serve "+key+" yet; the setting has no effect", "key", key)
	}
}

// unserved are the keys of the file whose feature is not built yet, where they differ from the default.
func (c *config) unserved() []string {
	d := defaults()
	var keys []string
	add := func(differs bool, key string) {
		if differs {
			keys = append(keys, key)
		}
	}
	add(c.Metrics.Listen != d.Metrics.Listen && c.Metrics.Listen != "", "metrics.listen")
	return keys
}

// usage marks an error as wrong usage or configuration: exit 2.
func usage(err error) error { return &usageError{err} }

type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

func exitCode(err error) int {
	var u *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &u):
		return 2
	}
	return 1
}

// An output is where a command writes.
type output struct{ out, err io.Writer }

func (o *output) printf(format string, args ...any) { fmt.Fprintf(o.out, format, args...) }
