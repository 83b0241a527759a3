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
	"imgate/lab/xmppd"
)

// Behind a real XMPP server what counts is how much of what the server can do is left: every figure is a ratio to splice,
// behind the same server in the same run.

const (
	spliceDomain = "splice.localhost"
	behindDomain = "aim.localhost"
	behindSecret = "bench"
	comes        = 200 // tries, in tenths of a second, until a component is there
)

// A target is whom the talkers write to.
type target struct {
	name, to string
	rounds   []float64 // round trips a second
	times    []time.Duration
}

// runBehind measures round trips from clients of a real server to imgate and to splice, in turn.
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
		Components: map[string]string{behindDomain: behindSecret, spliceDomain: behindSecret},
	})
	if err != nil {
		return err
	}
	defer func() { _ = x.Stop() }() // it is a measurement's
	lab, err := startLab(ctx, o)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer lab.stop()
	g, err := prepare(o, place{x.Component(), "localhost", behindDomain}, dir, unlimited)
	if err != nil {
		return err
	}
	p, err := g.start()
	if err != nil {
		return err
	}
	defer p.stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s, err := start(self, "splice", x.Component(), spliceDomain, behindSecret)
	if err != nil {
		return err
	}
	defer s.kill()
	talkers, err := logInAll(ctx, o, x.C2S())
	if err != nil {
		return err
	}
	targets := []*target{{name: "imgate", to: "echobot@" + behindDomain}, {name: "splice", to: "echobot@" + spliceDomain}}
	for _, t := range targets {
		if err := t.isThere(ctx, talkers[0]); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	for i := range 2 * o.rounds { // the order is another in every pair
		t := targets[(i+i/2)%2]
		if err := t.loneTrips(ctx, talkers[0], lone/(2*o.rounds)); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if err := t.saturate(ctx, o, talkers); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	reportBehind(o, targets[0], targets[1])
	return nil
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
		case e.Attr("type") == "result":
			return nil
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
		case e.Name.Local != "message" || !strings.HasPrefix(e.Attr("from"), t.to) || e.ChildText("jabber:client", "body") == "":
		case e.Attr("type") == "error":
			return fmt.Errorf("a message came back: %s", e)
		default:
			return nil
		}
	}
}

// loneTrips measures round trips one at a time.
func (t *target) loneTrips(ctx context.Context, p *e2e.Plain, count int) error {
	for range count {
		began := time.Now()
		if err := t.say(ctx, p); err != nil {
			return err
		}
		if err := t.echo(ctx, p); err != nil {
			return err
		}
		t.times = append(t.times, time.Since(began))
		time.Sleep(pause)
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

func reportBehind(o options, m, floor *target) {
	ratios := make([]float64, len(m.rounds))
	for i := range ratios {
		ratios[i] = m.rounds[i] / floor.rounds[i]
	}
	slices.Sort(ratios)
	fmt.Printf("behind %s, %d users x %d   %.2f of splice's round trips, %.2f to %.2f (%.0f and %.0f/s in the last round)\n",
		o.behind, o.talkers, o.window, ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1], m.rounds[len(m.rounds)-1], floor.rounds[len(floor.rounds)-1])
	slices.Sort(m.times)
	slices.Sort(floor.times)
	at := func(t *target, percent int) time.Duration { return t.times[len(t.times)*percent/100] }
	fmt.Printf("lone round trip, p50 and p99    %.2f and %.2f x splice (%d and %d us; splice %d and %d us)\n",
		float64(at(m, 50))/float64(at(floor, 50)), float64(at(m, 99))/float64(at(floor, 99)),
		at(m, 50).Microseconds(), at(m, 99).Microseconds(), at(floor, 50).Microseconds(), at(floor, 99).Microseconds())
}
