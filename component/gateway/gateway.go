// Package gateway is what imgate does for XMPP users (XEP-0100): it routes stanzas to the account of their
// sender, keeps each registration's reconnect machine at work, and translates between stanzas and the commands
// and events of the networks. It knows neither the XMPP link's transport nor any network.
package gateway

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imgate/component/gateway/tap"
	"imgate/component/gateway/upload"
	"imgate/news"
	"imgate/registry"
	"imgate/state"
	"imgate/xmpp"
)

// A Gateway serves all services of one process.
type Gateway struct {
	opt      Options
	log      *slog.Logger
	domains  map[string]*Service // by domain
	names    map[string]*Service // by name
	accounts table
	desk     *desk
	registry *registry.Registry
	keeper   *registry.Keeper
	failures *failures
	board    news.Board // for the doors
	clients  clientTable
	movers   chan struct{} // likewise of files
	studio   chan struct{} // a place for each picture that is worked on at a time
	began    time.Time
	taps     tap.Hub
	run      string        // in the ids of messages: clients drop what has the id of an earlier one
	sent     atomic.Uint64 // stanzas that doors sent on behalf of users
	signOns  atomic.Uint64

	stopping atomic.Bool   // no account begins to work any more
	halt     chan struct{} // closed when stopping is set

	ctx    context.Context // ends when the gateway has stopped
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine of the gateway
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// New makes a gateway of these options and reads all registrations. Registrations that cannot be read are left
// out and logged. Run starts it.
func New(o Options) (*Gateway, error) {
	g, err := Unloaded(o)
	if err != nil {
		return nil, err
	}
	return g, g.Load()
}

// Unloaded is New, but for the registrations: Load reads them, while something else begins.
func Unloaded(o Options) (*Gateway, error) {
	o.Linger = orDefault(o.Linger, 90*time.Second)
	o.LinkGrace = orDefault(o.LinkGrace, time.Minute)
	o.StopTimeout = orDefault(o.StopTimeout, 10*time.Second)
	o.ResyncPerSecond = orDefault(o.ResyncPerSecond, 2000)
	o.FailedPerHour = orDefault(o.FailedPerHour, 5)
	o.MessagesPerMinute = orDefault(o.MessagesPerMinute, 120)
	o.MessageBytes = orDefault(o.MessageBytes, 65536)
	if o.Files.Client == nil {
		o.Files.Client = upload.Client()
	}
	if o.Schedule.Random == nil {
		o.Schedule.Random = rand.Float64
	}
	o.Schedule.Version = o.Version
	g := &Gateway{
		began: time.Now(), studio: make(chan struct{}, 2), movers: make(chan struct{}, maxMoves), opt: o, log: o.Log, registry: o.Registry, keeper: o.Keeper,
		halt: make(chan struct{}), domains: map[string]*Service{}, names: map[string]*Service{}, failures: newFailures(o.FailedPerHour), run: crand.Text()[:8],
	}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	for i := range o.Services {
		s := &g.opt.Services[i]
		if g.domains[s.Domain] != nil || g.names[s.Name] != nil {
			return nil, fmt.Errorf("service %q with domain %s: name or domain is taken", s.Name, s.Domain)
		}
		g.domains[s.Domain], g.names[s.Name] = s, s
		s.about = s.Network.Info()
		s.openGates()
		s.prover = newProver(s.Link)
		s.version, s.admins = orDefault(o.Version, "unreleased"), adminAddresses(o.Admins)
		s.run = g.run
	}
	g.desk = newDesk(g)
	for i := range g.opt.Services {
		g.opt.Services[i].desk = g.desk
	}
	return g, nil
}

// openGates makes the budget of each source address.
func (s *Service) openGates() {
	routes := s.Routes
	if len(routes) == 0 {
		routes = []Route{{}}
	}
	for _, route := range routes {
		src := &source{route: route}
		if s.Burst > 0 {
			src.gate = newGate(s.Burst, max(1, s.PerMinute))
		}
		s.sources = append(s.sources, src)
	}
}

// Load reads all registrations. Those that cannot be read are left out and logged. It comes before Run, and before the
// gateway is told of links and stanzas.
func (g *Gateway) Load() error {
	now, total := time.Now(), 0
	for s, err := range g.registry.All() {
		switch {
		case err != nil && s.User == "":
			return err
		case err != nil:
			g.log.Error("a registration can't be read and stays down", "service", s.Service, "user", s.User, "err", err)
			continue
		case !s.Removed.IsZero():
			g.wipeWhenDue(s.Registration, now)
			continue
		}
		svc := g.names[s.Service]
		if svc == nil {
			g.log.Warn("a registration of a service that is not configured", "service", s.Service, "user", s.User)
			continue
		}
		a, err := newAccount(g, svc, s.Registration)
		if err != nil {
			g.log.Error("a registration with a malformed user", "service", s.Service, "user", s.User, "err", err)
			continue
		}
		switch {
		case s.Old.Empty():
			s.State.Trial = nil // the end of a trial was stored, and the state after it not
		case s.State.Trial == nil:
			s.State.Trial = &state.Trial{State: s.State.State, Reason: s.State.Reason, Text: s.State.Text}
		}
		a.machine = state.Load(g.opt.Schedule, s.State, now)
		a.ghosts = s.State.State == state.Online
		a.publish()
		g.accounts.put(a)
		total++
	}
	g.log.Info("registrations loaded", "count", total)
	return nil
}

func (g *Gateway) wipeWhenDue(r registry.Registration, now time.Time) {
	if now.Sub(r.Removed) >= g.opt.Undo {
		g.keeper.Submit(nil, registry.Remove{Key: r.Key, Wipe: true, If: r.Removed})
	}
}

// Run serves until ctx ends, then signs every account off, within StopTimeout, and returns when no goroutine of
// the gateway is left or that time has passed.
func (g *Gateway) Run(ctx context.Context) {
	g.desk.start()
	for i := range g.opt.Services {
		svc := &g.opt.Services[i]
		g.start(func() { svc.prover.run(g.desk.quit) })
	}
	tick := time.NewTicker(wipeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			g.wipeRemoved(time.Now())
		case <-ctx.Done():
			g.stop()
			return
		}
	}
}

// lastWait is how long what was told to end at once may take.
const lastWait = 5 * time.Second

// wipeEvery is how often it is looked whether a removed registration can no longer be restored.
const wipeEvery = time.Hour

// wipeRemoved takes what was removed, and can no longer be restored, out of the registry.
func (g *Gateway) wipeRemoved(now time.Time) {
	for s, err := range g.registry.All() {
		if err == nil && !s.Removed.IsZero() {
			g.wipeWhenDue(s.Registration, now)
		}
	}
}

func (g *Gateway) stop() {
	deadline := time.NewTimer(g.opt.StopTimeout)
	defer deadline.Stop()
	// Every loop sees it, also of an account whose place in the table another has taken. A loop that begins meanwhile
	// sees it by itself.
	g.stopping.Store(true)
	close(g.halt)
	for a := range g.accounts.everybody() {
		a.box.wake()
	}
	g.desk.stop()
	done := make(chan struct{})
	go func() { defer close(done); g.wg.Wait() }()
	select {
	case <-done:
	case <-deadline.C:
		g.log.Warn("some accounts did not sign off in time", "stop_timeout", g.opt.StopTimeout)
		g.cancel()
		deadline.Reset(lastWait)
		select {
		case <-done:
		case <-deadline.C:
			g.log.Error("some sessions do not end and are left behind")
		}
	}
	g.cancel()
}

// SignOns is how many sessions have ever signed on.
func (g *Gateway) SignOns() uint64 { return g.signOns.Load() }

// start runs f in a goroutine that Run waits for.
func (g *Gateway) start(f func()) {
	g.wg.Go(f)
}

// LinkUp says that the link of this domain is up: every registration there is probed, since no server tells a
// component who is online (RFC 6121 §4.3).
func (g *Gateway) LinkUp(domain string) {
	svc := g.domains[domain]
	if svc == nil || g.stopping.Load() {
		return
	}
	change := svc.links.Add(1)
	g.start(func() { g.probeAll(svc, change) })
}

func (g *Gateway) probeAll(svc *Service, change uint64) {
	const slice = 50 * time.Millisecond
	tick := time.NewTicker(slice)
	defer tick.Stop()
	each := max(1, g.opt.ResyncPerSecond/int(time.Second/slice))
	n := 0
	for a := range g.accounts.all() {
		if a.svc != svc {
			continue
		}
		if g.stopping.Load() || svc.links.Load() != change {
			return
		}
		a.post(linkUpItem{})
		if n++; n%each != 0 {
			continue
		}
		select {
		case <-tick.C:
		case <-g.ctx.Done():
			return
		}
	}
	g.log.Info("registered users probed", "service", svc.Name, "count", n)
}

// LinkDown says that the link of this domain is gone.
func (g *Gateway) LinkDown(domain string) {
	svc := g.domains[domain]
	if svc == nil {
		return
	}
	svc.links.Add(1)
	svc.grants.forget()
	svc.places.forget() // another server may be there afterwards, or another configuration
	for a := range g.accounts.all() {
		if a.svc == svc {
			a.post(linkDownItem{})
		}
	}
}

// allowed reports whether a user may register with the service.
func (s *Service) allowed(user xmpp.JID) bool {
	return user.Local != "" && (slices.Contains(s.Users, "*") || slices.Contains(s.Users, user.Domain))
}

func (s *Service) jid() xmpp.JID { return xmpp.JID{Domain: s.Domain} }

// full is the address that presence and messages of the gateway itself come from.
func (s *Service) full() xmpp.JID { return s.jid().WithResource(Resource) }

// title is the network's name for people.
func (s *Service) title() string { return s.about.Name }
