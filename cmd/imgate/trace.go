package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"imgate/adapters/control"
	"imgate/transports"
)

// traceCommand looks at the wire of one registration.
type traceCommand struct {
	named
	Pcap string `type:"path" placeholder:"FILE" help:"Also write what is shown into a new file, for Wireshark or tcpdump."`
}

// Help is the example of --help.
func (traceCommand) Help() string {
	return "Example: imgate trace --config /etc/imgate/imgate.toml juliet@example.org aim --pcap /tmp/juliet.pcap\n\n" +
		"It shows what goes over the wire from now on, until Ctrl-C. Passwords, hashes, cookies and the texts of messages are never " +
		"shown, nor written to the file, where x stands for each of their bytes. The registration may come later. " +
		"Signing on from the start is seen after: imgate registrations reconnect."
}

// Run prints what happens until Ctrl-C, or until the gateway ends.
func (t traceCommand) Run(out *output) error {
	p, err := placeOf(t.Config)
	if err != nil {
		return err
	}
	r, err := t.request("trace")
	if err != nil {
		return err
	}
	ctx, stop := interrupted()
	defer stop()
	return t.follow(ctx, out, p, r)
}

func (t traceCommand) follow(ctx context.Context, out *output, p place, r control.Request) error {
	v := &viewer{out: out, json: t.JSON, seen: map[uint64]bool{}}
	if t.Pcap != "" {
		file, err := os.OpenFile(t.Pcap, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return usage(fmt.Errorf("--pcap: %w", underlying(err)))
		}
		defer func() { _ = file.Close() }() // what could not be written is in capture.err
		r.Bytes, v.capture = true, newCapture(file)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	_, err := control.Ask(ctx, filepath.Join(p.c.DataDir, control.Socket), r, func(l control.Line) {
		if v.line(l); v.capture != nil && v.capture.err != nil {
			stop()
		}
	})
	switch {
	case v.capture != nil && v.capture.err != nil:
		return fmt.Errorf("--pcap: %w", v.capture.err)
	case ctx.Err() != nil:
		err = nil
	case errors.Is(err, control.ErrNotRunning):
		return fmt.Errorf("%w: only a running gateway can be traced; imgate run --config %s starts it", err, t.Config)
	}
	if !t.JSON {
		out.printf("%d frame(s), %d event(s) lost\n", v.frames, v.lost)
	}
	return err
}

// A viewer shows what a trace tells.
type viewer struct {
	out     *output
	json    bool
	capture *capture // nil: no file
	seen    map[uint64]bool
	frames  int
	lost    int
}

func (v *viewer) line(l control.Line) {
	switch {
	case l.Registration != nil && !v.json:
		v.out.printf("%s on %s is %s\n", clean(l.Registration.User), clean(l.Registration.Service), standing(*l.Registration))
	case l.Event != nil:
		v.event(l.Event)
	}
}

func (v *viewer) event(ev *control.Event) {
	v.lost += ev.Lost
	if ev.Kind == transports.TraceFrame {
		v.frames++
	}
	if v.capture != nil {
		v.capture.add(ev)
	}
	if v.json {
		_ = writeJSON(v.out.out, ev) // who reads it no longer does not miss it
		return
	}
	at := ev.At.Local().Format("15:04:05.000000")
	if ev.Conn != 0 && !v.seen[ev.Conn] {
		v.seen[ev.Conn] = true
		if ev.Kind != transports.TraceOpened {
			v.out.printf("%s #%d was open: %s to %s\n", at, ev.Conn, ev.Local, ev.Remote)
		}
	}
	v.out.printf("%s %s\n", at, clean(spell(ev)))
}

// spell is an event in words.
func spell(ev *control.Event) string {
	switch ev.Kind {
	case transports.TraceBegun:
		return "looking; Ctrl-C ends it"
	case transports.TraceOpened:
		return fmt.Sprintf("#%d opened to %s: %s to %s", ev.Conn, ev.Text, ev.Local, ev.Remote)
	case transports.TraceRefused:
		return "could not connect to " + ev.Text
	case transports.TraceClosed:
		return fmt.Sprintf("#%d closed by us", ev.Conn)
	case transports.TraceEnded:
		return fmt.Sprintf("#%d ended: %s", ev.Conn, ev.Text)
	case transports.TraceLost:
		return fmt.Sprintf("%d event(s) lost: they came faster than they were taken", ev.Lost)
	}
	direction := "<"
	if ev.Out {
		direction = ">"
	}
	return fmt.Sprintf("#%d %s %5d bytes  %s", ev.Conn, direction, ev.Length, ev.Text)
}
