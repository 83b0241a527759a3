package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"imgate/e2e"
	"imgate/lab"
	"imgate/lab/xmppd"
)

// Behind a real XMPP server what counts is how much of what the server can do is left: every figure is a ratio to splice,
// behind the same server in the same run.

const (
	spliceDomain = "splice.localhost"
	pumpDomain   = "pump.localhost"
	behindDomain = "aim.localhost"
	peerDomain   = "irc.localhost"
	behindSecret = "bench"
	comes        = 200 // tries, in tenths of a second, until a component is there
)

// gaps are the pauses between lone round trips: cores that had 30 ms to fall asleep take longer to wake.
var gaps = [...]time.Duration{pause, 30 * time.Millisecond}

// A target is whom the talkers write to.
type target struct {
	name, to string
	rounds   []float64                  // round trips a second
	times    [len(gaps)][]time.Duration // of a lone round trip
}

// runBehind measures round trips from clients of a real server to imgate, to the pump, to another gateway and to splice.
func runBehind(ctx context.Context, o options, dir string) error {
	if o.behind != "prosody" { // no other was measured yet
		return fmt.Errorf("-behind is prosody, not %q", o.behind)
	}
	users := map[string]string{}
	for i := range o.talkers {
		users[fmt.Sprintf("u%d", i+1)] = "pw"
	}
	x, err := xmppd.Start(ctx, xmppd.Config{
		Kind: xmppd.Prosody, Dir: filepath.Join(dir, "xmpp"), Users: users,
		Components: map[string]string{behindDomain: behindSecret, spliceDomain: behindSecret, pumpDomain: behindSecret, peerDomain: behindSecret},
	})
	if err != nil {
		return err
	}
	defer func() { _ = x.Stop() }() // it is a measurement's
	legacy, err := startLab(ctx, o, lab.Options{})
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer legacy.Close()
	g, err := prepare(o, place{x.Component(), "localhost", behindDomain}, dir, unlimited)
	if err != nil {
		return err
	}
	p, err := g.start()
	if err != nil {
		return err
	}
	defer p.stop()
	floors, err := startFloors(o, x.Component())
	defer func() {
		for _, f := range floors {
			f.kill()
		}
	}()
	if err != nil {
		return err
	}
	talkers, err := logInAll(ctx, o, x.C2S())
	if err != nil {
		return err
	}
	targets := []*target{{name: "imgate", to: "echobot@" + behindDomain}, {name: "pump", to: "echobot@" + pumpDomain}}
	if o.beside != "" {
		other, err := startPeer(o, place{x.Component(), "localhost", peerDomain}, dir)
		if err != nil {
			return err
		}
		defer other.kill()
		for i, t := range talkers {
			if err := other.join(clientLine{ctx, t}, i+1); err != nil {
				return err
			}
		}
		targets = append(targets, &target{name: peerName, to: other.contact()})
	}
	return compare(ctx, o, talkers, append(targets, &target{name: "splice", to: "echobot@" + spliceDomain}))
}

// compare lets the talkers talk with the targets in turn, and prints what came of it; the last is the floor.
func compare(ctx context.Context, o options, talkers []*e2e.Plain, targets []*target) error {
	for _, t := range targets {
		if err := t.isThere(ctx, talkers[0]); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	for i := range len(targets) * o.rounds { // the order is another in every round
		t := targets[(i+i/len(targets))%len(targets)]
		for gap := range gaps {
			if err := t.loneTrips(ctx, talkers[0], lone/(2*o.rounds), gap); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		if err := t.saturate(ctx, o, talkers); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	fmt.Printf("behind %s, %d users x %d; round trips a second, and lone ones by the pause between them\n", o.behind, o.talkers, o.window)
	floor := targets[len(targets)-1]
	for _, t := range targets {
		t.report(floor)
	}
	return nil
}

// startFloors starts what imgate is compared with; where it fails, the processes are those that were started.
func startFloors(o options, address string) (all []*process, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for _, args := range [][]string{
		{"splice", address, spliceDomain, behindSecret},
		{"pump", address, pumpDomain, behindSecret, fmt.Sprintf("127.0.0.1:%d", o.base), fmt.Sprintf("bench%d", o.users)},
	} {
		p, err := start(self, args...)
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
	return all, nil
}

// logInAll logs the talkers in and registers them.
func logInAll(ctx context.Context, o options, address string) ([]*e2e.Plain, error) {
	var all []*e2e.Plain
	for i := range o.talkers {
		p, err := e2e.LoginPlain(ctx, fmt.Sprintf("u%d@localhost/x", i+1), "pw", address)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
		if err := registerOne(ctx, p, i+1); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// registerOne registers a talker; again and again while imgate has not come yet.
func registerOne(ctx context.Context, p *e2e.Plain, number int) error {
	for range comes {
		err := p.Send(ctx, fmt.Sprintf("<presence/><presence to='%[1]s'/><iq type='set' id='r' to='%[1]s'><query xmlns='jabber:iq:register'>"+
			"<username>bench%[2]d</username><password>rabbit1</password></query></iq>", behindDomain, number))
		if err != nil {
			return err
		}
		e, err := p.Next(ctx)
		for err == nil && e.Attr("id") != "r" {
			e, err = p.Next(ctx)
		}
		switch {
		case err != nil:
			return err
		case e.Attr("type") == "result": // the presence of before may have come to nobody
			return p.Send(ctx, "<presence to='"+behindDomain+"'/>")
		case e.Child("jabber:client", "error").Attr("type") != "wait" && e.Child("jabber:client", "error").Attr("type") != "cancel":
			return fmt.Errorf("a registration was answered with %s", e)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("imgate has not come")
}

// isThere waits until somebody answers.
func (t *target) isThere(ctx context.Context, p *e2e.Plain) (err error) {
	for range comes {
		if err = t.say(ctx, p); err != nil {
			return err
		}
		if err = t.echo(ctx, p); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func (t *target) say(ctx context.Context, p *e2e.Plain) error {
	return p.Send(ctx, fmt.Sprintf("<message type='chat' id='m' to='%s'><body>%s</body></message>", t.to, text))
}

// echo waits for the next echo.
func (t *target) echo(ctx context.Context, p *e2e.Plain) error {
	for {
		e, err := p.Next(ctx)
		switch {
		case err != nil:
			return err
		case e.Name.Local != "message" || !strings.HasPrefix(e.Attr("from"), t.to):
		case e.Attr("type") == "error":
			return fmt.Errorf("a message came back: %s", e)
		case e.ChildText("jabber:client", "body") != "":
			return nil
		}
	}
}

// loneTrips measures round trips one at a time, with one of the gaps between them.
func (t *target) loneTrips(ctx context.Context, p *e2e.Plain, count, gap int) error {
	for range count {
		began := time.Now()
		if err := t.say(ctx, p); err != nil {
			return err
		}
		if err := t.echo(ctx, p); err != nil {
			return err
		}
		t.times[gap] = append(t.times[gap], time.Since(began))
		time.Sleep(gaps[gap])
	}
	return nil
}

// saturate keeps a window of messages of every talker under way for one round.
func (t *target) saturate(ctx context.Context, o options, talkers []*e2e.Plain) error {
	var wg sync.WaitGroup
	var trips atomic.Int64
	errs := make(chan error, len(talkers))
	began := time.Now()
	for _, p := range talkers {
		wg.Go(func() {
			for range o.window {
				if err := t.say(ctx, p); err != nil {
					errs <- err
					return
				}
			}
			for under := o.window; under > 0; {
				if err := t.echo(ctx, p); err != nil {
					errs <- err
					return
				}
				if trips.Add(1); time.Since(began) >= o.load {
					under--
				} else if err := t.say(ctx, p); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	t.rounds = append(t.rounds, float64(trips.Load())/time.Since(began).Seconds())
	return <-errs
}

// report prints what was measured, and what it is of the floor's.
func (t *target) report(floor *target) {
	ratios := make([]float64, len(t.rounds))
	for i := range ratios {
		ratios[i] = t.rounds[i] / floor.rounds[i]
	}
	slices.Sort(ratios)
	last := len(ratios) - 1
	fmt.Printf("%-8s %6.0f/s in the last round; of splice's %.2f, %.2f to %.2f\n", t.name, t.rounds[last], ratios[len(ratios)/2], ratios[0], ratios[last])
	for gap, pause := range gaps {
		p50, p99 := t.percentile(gap, 50), t.percentile(gap, 99)
		fmt.Printf("%11v   p50 %5d us, %.2f x splice   p99 %5d us, %.2f x splice\n", pause, p50.Microseconds(), float64(p50)/float64(floor.percentile(gap, 50)),
			p99.Microseconds(), float64(p99)/float64(floor.percentile(gap, 99)))
	}
}

// percentile is the time that so many of a hundred lone round trips took at most.
func (t *target) percentile(gap, percent int) time.Duration {
	return slices.Sorted(slices.Values(t.times[gap]))[len(t.times[gap])*percent/100]
}
