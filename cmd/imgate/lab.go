package main

import (
	"context"
	"log/slog"
	"os/signal"
	"syscall"

	"imgate/lab"
)

// labCommand runs the legacy servers alone.
type labCommand struct {
	Listen string `default:"127.0.0.1" placeholder:"IP" help:"Loopback address to listen on."`
	Ports  int    `placeholder:"BASE" help:"Put the servers at BASE and the ports above it, instead of the usual ones."`
	Dir    string `type:"path" help:"Where files for clients are written."`
	Rates  bool   `help:"Limit messages as today's AIM servers do."`
	Logins bool   `help:"Limit sign-ons per address as today's AIM servers do."`
}

// Help is the example of --help.
func (labCommand) Help() string { return "Example: imgate lab --ports 15190" }

// Run serves until SIGTERM or SIGINT.
func (l labCommand) Run(out *output) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	log := newLog(out.err, logConfig{Level: "info"}, &slog.LevelVar{})
	running, err := lab.Start(ctx, lab.Options{Listen: l.Listen, Ports: l.Ports, Dir: l.Dir, Rates: l.Rates, Logins: l.Logins, Log: log})
	if err != nil {
		return err
	}
	defer running.Close()
	out.printf("AIM and ICQ on %s, Yahoo on %s and its files on http://%s, control on http://%s; password of every account: rabbit1\n",
		running.Address(lab.OSCAR), running.Address(lab.YMSG), running.Address(lab.Files), running.Address(lab.Control))
	out.printf("MSN on %s with switchboards on %s, its passport and offline messages on http://%s and https://%s\n",
		running.Address(lab.MSNP), running.Address(lab.Board), running.Address(lab.Web), running.Address(lab.WebTLS))
	<-ctx.Done()
	return nil
}
