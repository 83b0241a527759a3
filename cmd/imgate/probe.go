package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"imgate/transports"
)

// probeTime bounds a probe.
const probeTime = 2 * time.Minute

// probeCommand signs on once, outside of the gateway.
type probeCommand struct {
	Config       string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
	Service      string `arg:"" help:"The service's name in the configuration."`
	Name         string `help:"The legacy account to sign on with; without it only the connection is tried."`
	PasswordFile string `type:"path" placeholder:"F" help:"A file with its password, which only its owner can read."`
}

// Help is the example of --help.
func (probeCommand) Help() string {
	return "Example: imgate probe --config /etc/imgate/imgate.toml aim --name ProbeAccount --password-file /etc/imgate/probe.password\n\n" +
		"An account that is signed on elsewhere may lose that session. Exit 0: signed on; 1: it failed; 2: wrong usage."
}

// Run prints each step of signing on with its time.
func (p probeCommand) Run(out *output) error {
	c, err := readConfig(p.Config, networks())
	if err != nil {
		return usage(err)
	}
	var names []string
	for _, s := range c.Services {
		names = append(names, s.Name)
		if s.Name == p.Service {
			return p.probe(out, s)
		}
	}
	return usage(fmt.Errorf("there is no service %q in %s; it has %s", p.Service, p.Config, strings.Join(names, ", ")))
}

func (p probeCommand) probe(out *output, s serviceConfig) error {
	ctx, stop := interrupted()
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	watch := &stopwatch{out: out, began: time.Now()}
	if (p.Name == "") != (p.PasswordFile == "") {
		return usage(errors.New("--name and --password-file go together"))
	}
	sayUnproven(out, s)
	if p.Name == "" {
		if err := reachNetwork(ctx, s); err != nil {
			return fmt.Errorf("connect to %s: %w", s.Network.Server, err)
		}
		watch.step("connected to " + s.Network.Server)
		return nil
	}
	network := networkNamed(s.Type)
	name, err := network.Canonical(p.Name)
	if err != nil {
		return usage(fmt.Errorf("--name: %w", err))
	}
	password, err := secretFile(p.PasswordFile)
	if err != nil {
		return usage(fmt.Errorf("--password-file: %w", err))
	}
	route, err := newRoute(s.Network, firstOf(s.Network.SourceAddresses))
	if err != nil {
		return usage(err)
	}
	env := transports.Env{Dial: route.Dial, Peer: route.Peer, HTTP: route.HTTP, Settings: s.Network.all(), Log: slog.New(slog.DiscardHandler)}
	return watch.signOn(ctx, network, env, transports.Account{Name: name, Typed: p.Name, Password: password})
}

// sayUnproven tells what of the service's settings nobody has seen work.
func sayUnproven(out *output, s serviceConfig) {
	if n, ok := networkNamed(s.Type).(transports.Candid); ok {
		for _, what := range n.Unproven(s.Network.all()) {
			out.printf("unproven: %s\n", clean(what))
		}
	}
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// A stopwatch prints what happens, with the time since the last and since the beginning.
type stopwatch struct {
	out         *output
	began, last time.Time
	at          string // the step that is under way
}

func (w *stopwatch) step(what string) {
	now := time.Now()
	if w.last.IsZero() {
		w.last = w.began
	}
	w.out.printf("%6d ms  +%5d ms  %s\n", now.Sub(w.began).Milliseconds(), now.Sub(w.last).Milliseconds(), clean(what))
	w.last, w.at = now, what
}

// signOn runs the network until it has signed on, then lets go. A panic is for the reader of this terminal.
func (w *stopwatch) signOn(ctx context.Context, n transports.Network, env transports.Env, acct transports.Account) error {
	ctx, hangUp := context.WithCancel(ctx)
	defer hangUp()
	var started sync.WaitGroup
	env.Go = func(_ string, f func()) { started.Go(f) }
	commands, events, ended := make(chan transports.Command), make(chan transports.Event), make(chan error, 1)
	go func() { ended <- n.Run(ctx, env, acct, commands, events) }()
	signedOn := false
	for {
		select {
		case ev := <-events:
			switch ev := ev.(type) {
			case transports.Progress:
				w.step(ev.Step)
			case transports.SignedOn:
				w.step("signed on as " + ev.Name)
				signedOn = true
				hangUp()
			}
		case err := <-ended:
			hangUp()
			started.Wait()
			return w.verdict(signedOn, err)
		}
	}
}

func (w *stopwatch) verdict(signedOn bool, err error) error {
	if signedOn {
		w.step("signed off")
		return nil
	}
	where := "before the first step"
	if w.at != "" {
		where = "after " + clean(w.at)
	}
	if err == nil {
		return fmt.Errorf("gave up %s: no answer within %v", where, probeTime)
	}
	return fmt.Errorf("failed %s: %s", where, clean(transports.AsFailure(err).Error()))
}
