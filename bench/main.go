// Command bench measures imgate from outside: the real binary between an XMPP server and a legacy server that
// are as fast as can be. It plays both itself, so that imgate is the only other process.
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
	"slices"
	"strings"
	"syscall"
	"time"

	"imgate/lab"
)

// options are what is measured.
type options struct {
	imgate  string        // the binary
	users   int           // registrations
	talkers int           // of these, how many chat
	window  int           // messages of each talker under way
	load    time.Duration // of each round of chat
	rounds  int           // of chat
	base    int           // first port

	contacts int           // on everybody's list; every fourth is there
	behind   string        // the XMPP server, instead of the stub
	beside   string        // another gateway, to be measured in turn with imgate
	soak     time.Duration // instead of chat: how long everybody idles
	limited  int           // instead of all that: sign-ons under the limits of a real server
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "splice" {
		exit(splice(os.Args[2], os.Args[3], strings.Join(os.Args[4:], "")))
	}
	if len(os.Args) == 7 && os.Args[1] == "pump" {
		exit(pump(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]))
	}
	var o options
	flag.StringVar(&o.imgate, "imgate", "./imgate", "the binary to measure")
	flag.IntVar(&o.users, "users", 1000, "registrations")
	flag.IntVar(&o.talkers, "talkers", 100, "users who chat")
	flag.IntVar(&o.window, "window", 8, "messages of each talker under way")
	flag.DurationVar(&o.load, "load", 2*time.Second, "how long each round of chat lasts")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of chat, of which the median counts")
	flag.IntVar(&o.base, "ports", 26000, "first port")
	flag.IntVar(&o.contacts, "contacts", 0, "contacts of every user, of whom every fourth is there")
	flag.IntVar(&o.limited, "limited", 0, "measure only how so many registrations sign on under a real server's limits: 9 a minute")
	flag.StringVar(&o.behind, "behind", "", "measure only round trips, behind a real XMPP server: prosody")
	flag.StringVar(&o.beside, "beside", "", "measure another gateway in turn with imgate: biboumi, from XMPP to IRC, where it is installed")
	flag.DurationVar(&o.soak, "soak", 0, "instead of chat, let everybody idle for so long, and tell what that takes")
	flag.Parse()
	if o.limited > 0 {
		o.users, o.talkers = o.limited, 0
	} else if o.users <= few || o.talkers > o.users || o.rounds < 1 {
		exit(fmt.Errorf("needs more than %d users, no more talkers than users, and a round", few))
	}
	if o.beside != "" && o.beside != peerName {
		exit(fmt.Errorf("-beside is %s, not %q", peerName, o.beside))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute+o.soak)
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
	if o.behind != "" {
		return runBehind(ctx, o, dir)
	}
	s, err := newStub(fmt.Sprintf("127.0.0.1:%d", o.base+9))
	if err != nil {
		return err
	}
	defer s.close()
	if o.limited > 0 {
		return runLimited(ctx, o, s, dir)
	}
	floor, err := measureSplice(ctx, o, s)
	if err != nil {
		return fmt.Errorf("splice: %w", err)
	}
	legacy, err := startLab(ctx, o, lab.Options{})
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer legacy.Close()
	g, err := prepare(o, s.place(), dir, unlimited)
	if err != nil {
		return err
	}
	m, err := measureGateway(ctx, o, s, g)
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	if o.soak == 0 {
		report(o, floor, m)
	}
	return nil
}

// figures are what was measured of one program.
type figures struct {
	base       memory        // with no registration
	idleFew    memory        // with few online
	idle       memory        // with all online
	signOn     time.Duration // from the start of the process until all are online
	signOnCPU  time.Duration
	start      time.Duration // from the start of the process to the handshake
	rounds     []round
	p50, p99   time.Duration // of a round trip, alone on the link
	slow, seen int           // lone round trips over 5 ms, of all
	peer       *figures      // of the other gateway
}

// A round is one of chat, with as many messages under way as there may be.
type round struct {
	trips int           // round trips
	took  time.Duration // in this time
	cpu   time.Duration // of the program, for them
}

func (r round) perTrip() float64   { return float64(r.cpu.Microseconds()) / float64(r.trips) }
func (r round) perSecond() float64 { return float64(r.trips) / r.took.Seconds() }

// A spread is the median of a figure over the rounds, and its extremes.
type spread struct{ median, least, most float64 }

func (f figures) over(figure func(round) float64) spread {
	var all []float64
	for _, r := range f.rounds {
		all = append(all, figure(r))
	}
	slices.Sort(all)
	return spread{all[len(all)/2], all[0], all[len(all)-1]}
}

func report(o options, floor, m figures) {
	trip, second := m.over(round.perTrip), m.over(round.perSecond)
	floorTrip, floorSecond := floor.over(round.perTrip), floor.over(round.perSecond)
	n := float64(o.users)
	fmt.Printf("contacts of every user         %6d\n", o.contacts)
	fmt.Printf("memory, no registration        %6.1f MiB\n", m.base.mib())
	fmt.Printf("memory, %5d online and idle  %6.1f MiB, %.1f KiB each, %.1f from %d on\n", o.users, m.idle.mib(),
		float64(m.idle-m.base)/n, float64(m.idle-m.idleFew)/(n-few), few)
	fmt.Printf("start to handshake, %5d stored %6.0f ms\n", o.users, float64(m.start.Milliseconds()))
	fmt.Printf("start to all online            %6.2f s, %.0f/s, %.2f ms CPU each\n", m.signOn.Seconds(), n/m.signOn.Seconds(),
		float64(m.signOnCPU.Microseconds())/1000/n)
	fmt.Printf("round trips, %d users x %d      %6.0f/s, %.0f to %.0f (%.2f of splice %.0f/s)\n", o.talkers, o.window,
		second.median, second.least, second.most, second.median/floorSecond.median, floorSecond.median)
	fmt.Printf("CPU per round trip             %6.1f us, %.1f to %.1f (%.0f x splice %.2f us)\n",
		trip.median, trip.least, trip.most, trip.median/floorTrip.median, floorTrip.median)
	fmt.Printf("lone round trip, p50 and p99   %6d and %d us (splice %d and %d us); %d of %d over 5 ms\n",
		m.p50.Microseconds(), m.p99.Microseconds(), floor.p50.Microseconds(), floor.p99.Microseconds(), m.slow, m.seen)
	if m.peer != nil {
		reportPeer(m, *m.peer)
	}
}
