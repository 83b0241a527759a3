// Command bench measures imgate from outside: the real binary between an XMPP server and a legacy server that
// are as fast as can be. It plays the XMPP server itself; the lab is a process of its own.
//
// Its figures depend on the machine; the ratios to "splice", a component that turns stanzas round without
// reading them, depend less on it. See docs/benchmarks.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options are what is measured.
type options struct {
	imgate  string        // the binary
	users   int           // registrations
	talkers int           // of these, how many chat
	window  int           // messages of each talker under way
	load    time.Duration // of each phase of chat
	base    int           // first port
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "splice" {
		exit(splice(os.Args[2], os.Args[3]))
	}
	var o options
	flag.StringVar(&o.imgate, "imgate", "./imgate", "the binary to measure")
	flag.IntVar(&o.users, "users", 1000, "registrations")
	flag.IntVar(&o.talkers, "talkers", 100, "users who chat")
	flag.IntVar(&o.window, "window", 8, "messages of each talker under way")
	flag.DurationVar(&o.load, "load", 4*time.Second, "how long each phase of chat lasts")
	flag.IntVar(&o.base, "ports", 26000, "first port")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	exit(run(ctx, o))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run makes all measurements and prints the report.
func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "imgate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newStub(fmt.Sprintf("127.0.0.1:%d", o.base+9))
	if err != nil {
		return err
	}
	defer s.close()
	floor, err := measureSplice(ctx, o, s)
	if err != nil {
		return fmt.Errorf("splice: %w", err)
	}
	lab, err := startLab(ctx, o)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer lab.stop()
	g, err := prepare(o, s, filepath.Join(dir, "data"), dir)
	if err != nil {
		return err
	}
	m, err := measureGateway(ctx, o, s, g)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	report(o, floor, m)
	return nil
}

// figures are what was measured of one program.
type figures struct {
	base       memory        // with no registration
	idle       memory        // with all online
	signOn     time.Duration // from the start of the process until all are online
	signOnCPU  time.Duration
	start      time.Duration // from the start of the process to the handshake
	trips      int           // round trips
	took       time.Duration // in this time
	cpu        time.Duration // of the program, for them
	p50, p99   time.Duration // of a round trip, alone on the link
	slow, seen int           // lone round trips over 5 ms, of all
}

func report(o options, floor, m figures) {
	perTrip := func(f figures) float64 { return float64(f.cpu.Microseconds()) / float64(f.trips) }
	perSecond := func(f figures) float64 { return float64(f.trips) / f.took.Seconds() }
	n := float64(o.users)
	fmt.Printf("memory, no registration        %6.1f MiB\n", m.base.mib())
	fmt.Printf("memory, %5d online and idle  %6.1f MiB, %.1f KiB each\n", o.users, m.idle.mib(), float64(m.idle-m.base)/n)
	fmt.Printf("start to handshake, %5d stored %6.0f ms\n", o.users, float64(m.start.Milliseconds()))
	fmt.Printf("start to all online            %6.2f s, %.0f/s, %.2f ms CPU each\n", m.signOn.Seconds(), n/m.signOn.Seconds(),
		float64(m.signOnCPU.Microseconds())/1000/n)
	fmt.Printf("round trips, %d users x %d      %6.0f/s (%.2f of splice %.0f/s)\n", o.talkers, o.window, perSecond(m),
		perSecond(m)/perSecond(floor), perSecond(floor))
	fmt.Printf("CPU per round trip             %6.1f us (%.1f x splice %.1f us)\n", perTrip(m), perTrip(m)/perTrip(floor), perTrip(floor))
	fmt.Printf("lone round trip, p50 and p99   %6d and %d us (splice %d and %d us); %d of %d over 5 ms\n",
		m.p50.Microseconds(), m.p99.Microseconds(), floor.p50.Microseconds(), floor.p99.Microseconds(), m.slow, m.seen)
}
