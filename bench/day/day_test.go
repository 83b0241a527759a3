package day

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgate/component/gateway"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/xmpp"
)

var (
	plot  = flag.String("plot", "", "file to draw the day into, as SVG")
	crowd = flag.Int("people", 1000, "registrations")
)

const (
	domain    = "aim.example.org"
	dayLength = 15 * time.Hour
)

// TestADay lives through a day: a start with everybody there, an outage of the network, a restart, an
// authentication database that fails for ten minutes, and an hour in which phones come and go.
func TestADay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "imgate.db")
	synctest.Test(t, func(t *testing.T) {
		d := newDay(t, path)
		d.start()
		d.minutes(45)
		people := d.people
		d.expectOnline("after the start", people)

		d.until(3 * time.Hour)
		d.note("network down")
		d.network(&transports.Failure{Kind: transports.Transient, Text: "down"}, people)
		before := d.attempts()
		d.minutes(20)
		if n := d.attempts() - before; n > 20*60/15*2 {
			t.Errorf("%d attempts in an outage of 20 minutes", n)
		}
		d.note("network back")
		d.server.Refuse(nil)
		d.minutes(105)
		d.expectOnline("an hour and three quarters after the outage", people)

		d.until(6 * time.Hour)
		d.note("gateway restarted")
		d.stop()
		d.start()
		d.minutes(45)
		d.expectOnline("after the restart", people)

		d.until(9 * time.Hour)
		d.note("passwords refused")
		d.network(&transports.Failure{Kind: transports.BadCredentials, Text: "wrong"}, people/5)
		d.minutes(10)
		d.note("passwords taken")
		d.server.Refuse(nil)
		d.minutes(60)
		if stuck := d.in(state.BadAuth); stuck > 20 {
			t.Errorf("%d accounts were locked out by the network's fault", stuck)
		}
		d.expectOnline("an hour after the passwords were refused", people-20)

		d.until(12 * time.Hour)
		d.note("phones flap")
		d.flap(time.Hour)
		d.note("phones rest")
		d.minutes(60)
		d.expectOnline("an hour after the flapping", people-20)
		d.until(dayLength)
		d.stop()
		for minute, n := range d.perMinute {
			if n > d.budget+1 {
				t.Errorf("%d attempts in minute %d, of %d", n, minute, d.budget)
			}
		}
		if *plot != "" {
			if err := os.WriteFile(*plot, []byte(d.draw()), 0o644); err != nil {
				t.Error(err)
			}
		}
	})
}

// A day is the world of the test.
type day struct {
	people    int
	phones    int // of these, who flap
	budget    int // sign-ons a minute that the network takes from us
	t         *testing.T
	path      string
	sealer    *registry.Sealer
	server    *loopback.Server
	gw        *gateway.Gateway
	stop      func()
	began     time.Time
	away      []atomic.Bool
	tried     atomic.Int64
	perMinute []int
	online    []int
	notes     map[int]string
}

func newDay(t *testing.T, path string) *day {
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	d := &day{people: *crowd, phones: *crowd * 3 / 10, budget: max(1, *crowd*3/100), away: make([]atomic.Bool, *crowd),
		t: t, path: path, server: loopback.NewServer(), began: time.Now(), notes: map[int]string{}}
	if d.sealer, err = registry.ParseKeys(key); err != nil {
		t.Fatal(err)
	}
	reg, err := registry.Open(path, registry.Options{Sealer: d.sealer})
	if err != nil {
		t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, slog.New(slog.DiscardHandler))
	for i := range d.people {
		name := transports.LegacyID(fmt.Sprintf("user%d", i))
		d.server.Account(name, "pw")
		keeper.Submit(nil, registry.Put{
			Registration: registry.Registration{
				Key:  registry.Key{User: fmt.Sprintf("user%d@example.org", i), Service: "aim"},
				Name: name, Password: transports.NewSecret("pw"), Subs: registry.Subscription{To: true, From: true},
			},
			State: state.Snapshot{State: state.Online, Since: d.began, LastOnline: d.began, Version: "day"},
		})
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	keeper.Run(done)
	if err := reg.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

// counted counts the attempts of a network.
type counted struct {
	*loopback.Network
	tried *atomic.Int64
}

func (c counted) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	c.tried.Add(1)
	return c.Network.Run(ctx, env, acct, commands, events)
}

func (d *day) start() {
	log := slog.New(slog.DiscardHandler)
	reg, err := registry.Open(d.path, registry.Options{Sealer: d.sealer})
	if err != nil {
		d.t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, log)
	n := uint64(1)
	random := func() float64 { n = n*6364136223846793005 + 1442695040888963407; return float64(n>>11) / (1 << 53) }
	var mu sync.Mutex
	d.gw, err = gateway.New(gateway.Options{
		Services: []gateway.Service{{
			Name: "aim", Domain: domain, Network: counted{loopback.New(d.server), &d.tried}, Users: []string{"example.org"},
			Link: d, Burst: 1, PerMinute: d.budget,
		}},
		Registry: reg, Keeper: keeper, Log: log, Version: "day", ResyncPerSecond: 5000, StopTimeout: time.Minute,
		Schedule: state.Defaults(func() float64 { mu.Lock(); defer mu.Unlock(); return random() }),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	keep, closeKeeper := context.WithCancel(context.Background())
	var kept, ran sync.WaitGroup
	kept.Go(func() { keeper.Run(keep) })
	ran.Go(func() { d.gw.Run(ctx) })
	d.gw.LinkUp(domain)
	d.stop = func() {
		cancel()
		ran.Wait()
		closeKeeper()
		kept.Wait()
		if err := reg.Close(); err != nil {
			d.t.Error(err)
		}
	}
}

// Send implements gateway.Link: users who are there answer probes.
func (d *day) Send(_ context.Context, s xmpp.Stanza) error { return d.Offer(s) }

// Offer implements gateway.Link.
func (d *day) Offer(s xmpp.Stanza) error {
	p, ok := s.(xmpp.Presence)
	if !ok || p.Type != xmpp.ProbePresence {
		return nil
	}
	var i int
	if _, err := fmt.Sscanf(p.To.Local, "user%d", &i); err == nil && !d.away[i].Load() {
		d.present(i, true)
	}
	return nil
}

// Reply implements gateway.Link.
func (d *day) Reply(s xmpp.Stanza) { _ = d.Offer(s) }

// Barrier implements gateway.Link.
func (d *day) Barrier(context.Context) error { return nil }

// present lets a user come or go.
func (d *day) present(i int, there bool) {
	kind := xmpp.AvailablePresence
	if !there {
		kind = xmpp.UnavailablePresence
	}
	d.away[i].Store(!there)
	from := xmpp.JID{Local: fmt.Sprintf("user%d", i), Domain: "example.org", Resource: "x"}
	d.gw.Receive(xmpp.Presence{Header: xmpp.Header{From: from, To: xmpp.JID{Domain: domain}}, Type: kind}, nil)
}

func (d *day) attempts() int { return int(d.tried.Load()) }

// minutes lets time go by, and keeps what each minute saw.
func (d *day) minutes(n int) {
	for range n {
		before := d.attempts()
		time.Sleep(time.Minute)
		synctest.Wait()
		d.perMinute = append(d.perMinute, d.attempts()-before)
		d.online = append(d.online, d.server.Sessions())
	}
}

func (d *day) until(at time.Duration) { d.minutes(int(at/time.Minute) - len(d.perMinute)) }

func (d *day) note(text string) { d.notes[len(d.perMinute)] = text }

func (d *day) expectOnline(when string, least int) {
	d.t.Helper()
	if n := d.server.Sessions(); n < least {
		d.t.Errorf("%s %d are online, want %d", when, n, least)
	}
	d.t.Logf("%s: %d online, %d attempts so far", when, d.server.Sessions(), d.attempts())
}

// in counts the accounts in a state.
func (d *day) in(s state.State) int {
	n := 0
	for _, v := range d.gw.Views() {
		if v.State.State == s {
			n++
		}
	}
	return n
}

// network makes sign-ons fail, and ends that many sessions.
func (d *day) network(f *transports.Failure, sessions int) {
	d.server.Refuse(f)
	for i := range sessions {
		d.server.End(transports.LegacyID(fmt.Sprintf("user%d", i)), &transports.Failure{Kind: transports.Transient, Text: "dropped"})
	}
}

// flap lets phones come and go, each at its own pace of two to four minutes.
func (d *day) flap(long time.Duration) {
	for minute := range int(long / time.Minute) {
		for i := range d.phones {
			pace := 2 + i%3
			if minute%pace == i%pace {
				d.present(i, d.away[i].Load())
			}
		}
		d.minutes(1)
	}
	for i := range d.phones {
		d.present(i, true)
	}
}
