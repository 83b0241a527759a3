package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/component/gateway/album"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/xmltree"
	"imgate/xmpp"
)

const (
	domain = "aim.example.org"
	laptop = "alice@example.org/laptop"
	phone  = "alice@example.org/phone"
)

// A world is a gateway with a loopback network behind it and a user in front of it, under fake time.
type world struct {
	t      *testing.T
	g      *Gateway
	server *loopback.Server
	link   *wire
	path   string
	sealer *registry.Sealer
	stop   func()
	undo   time.Duration
	files  Files
	// perMinute is the budget of sign-ons; 0: no gate.
	perMinute int
	// network is what serves in place of the loopback network, when not nil.
	network transports.Network
	// routes are the ways to the network; none: the loopback network needs none.
	routes []Route
}

// A wire is the link of tests: it keeps what the gateway sends.
type wire struct {
	mu   sync.Mutex
	sent []xmpp.Stanza
	down bool
	// lossy makes the link take stanzas that never arrive.
	lossy bool
	// barriers counts the pings that were answered.
	barriers int
	// stuck, when not nil, makes Send wait until its context ends.
	stuck chan struct{}
	// also, when not nil, is given every stanza that is sent.
	also func(xmpp.Stanza)
	// hook, when not nil, is called by whoever sends.
	hook func()
}

func (w *wire) Send(ctx context.Context, s xmpp.Stanza) error {
	if w.hook != nil {
		w.hook()
	}
	if w.stuck != nil {
		<-ctx.Done()
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return ErrLinkDown
	}
	raw, err := xmpp.Append(nil, s)
	if err != nil {
		panic(err)
	}
	if strings.Contains(string(raw), "\uFFFD") {
		panic("a character that XML forbids, or a sentence in no language: " + string(raw))
	}
	if w.lossy {
		return nil
	}
	w.sent = append(w.sent, s)
	if w.also != nil {
		w.also(s)
	}
	return nil
}

// set changes how the link behaves.
func (w *wire) set(down, lossy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down, w.lossy = down, lossy
}

// pings counts the barriers that were answered.
func (w *wire) pings() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.barriers
}

func (w *wire) Barrier(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down || w.lossy {
		return ErrLinkDown
	}
	w.barriers++
	return nil
}

func (w *wire) Offer(s xmpp.Stanza) error {
	if w.stuck != nil {
		return ErrLinkFull
	}
	return w.Send(context.Background(), s)
}

func (w *wire) Reply(s xmpp.Stanza) { _ = w.Offer(s) }

func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, s := range w.sent {
		out = append(out, strings.ReplaceAll(s.Element().String(), "'", `"`))
	}
	w.sent = nil
	return out
}

// play runs a story in a bubble of fake time.
func play(t *testing.T, story func(w *world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "imgate.db")
	synctest.Test(t, func(t *testing.T) {
		key, err := registry.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, server: loopback.NewServer(), link: &wire{}, path: path}
		if w.sealer, err = registry.ParseKeys(key); err != nil {
			t.Fatal(err)
		}
		w.server.Account("aliceliddell", "pw",
			transports.Contact{ID: "echobot", Name: "Echo", Groups: []string{"Bots"}})
		w.server.Echo("echobot")
		w.start()
		defer func() { w.stop() }()
		story(w)
	})
}

// start opens the registry and runs a gateway on it.
func (w *world) start() {
	log := slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	photos, err := album.Open(w.path + ".avatars")
	if err != nil {
		w.t.Fatal(err)
	}
	reg, err := registry.Open(w.path, registry.Options{Sealer: w.sealer})
	if err != nil {
		w.t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, log)
	kctx, kstop := context.WithCancel(context.Background())
	schedule := state.Defaults(func() float64 { return 0.5 })
	network := w.network
	if network == nil {
		network = loopback.New(w.server)
	}
	w.g, err = New(Options{
		Services: []Service{{Name: "aim", Domain: domain, Network: network, Users: []string{"example.org"}, Link: w.link, Routes: w.routes,
			Burst: min(1, w.perMinute), PerMinute: w.perMinute}},
		Registry: reg, Keeper: keeper, Log: log, Schedule: schedule, Version: "test", Undo: w.undo, Avatars: photos,
		Files: w.files, Admins: []xmpp.JID{{Local: "queen", Domain: "example.org"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { keeper.Run(kctx) })
	done := make(chan struct{})
	wg.Go(func() { defer close(done); w.g.Run(ctx) })
	w.g.LinkUp(domain)
	synctest.Wait()
	w.stop = func() {
		cancel()
		<-done
		kstop()
		wg.Wait()
		if err := reg.Close(); err != nil {
			w.t.Error(err)
		}
		w.stop = func() {}
	}
}

// says gives the gateway a stanza as the server would.
func (w *world) says(format string, args ...any) {
	w.t.Helper()
	w.gives(format, args...)
	synctest.Wait()
}

// gives is says without waiting for what comes of it.
func (w *world) gives(format string, args ...any) {
	w.t.Helper()
	e, err := xmltree.Parse(fmt.Sprintf(format, args...), xmltree.Limits{})
	if err != nil {
		w.t.Fatal(err)
	}
	if e.Name.Space == "" {
		adopt(e)
	}
	s, err := xmpp.Parse(e)
	w.g.Receive(s, err)
}

// adopt puts an element without namespace into that of stanzas.
func adopt(e *xmltree.Element) {
	if e.Name.Space == "" {
		e.Name.Space = xmpp.ClientSpace
	}
	for c := range e.Elements() {
		adopt(c)
	}
}

// hears checks that the gateway has sent stanzas, each of which has all of the given parts, in any order, and
// forgets all that it sent.
func (w *world) hears(wanted ...string) {
	w.t.Helper()
	sent := w.link.take()
	for _, want := range wanted {
		if !anyHas(sent, want) {
			w.t.Errorf("nothing that the gateway sent has %q; it sent:\n%s", want, strings.Join(sent, "\n"))
		}
	}
}

// anyHas reports whether one of the stanzas has all parts of want, which are separated by " & ".
func anyHas(sent []string, want string) bool {
	for _, s := range sent {
		all := true
		for _, part := range strings.Split(want, " & ") {
			all = all && strings.Contains(s, part)
		}
		if all {
			return true
		}
	}
	return false
}

// never checks that nothing the gateway has sent so far has the part; what it sent is kept.
func (w *world) never(part string) {
	w.t.Helper()
	for _, s := range w.link.peek() {
		if strings.Contains(s, part) {
			w.t.Errorf("the gateway sent %q in\n%s", part, s)
		}
	}
}

func (w *wire) peek() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, s := range w.sent {
		out = append(out, strings.ReplaceAll(s.Element().String(), "'", `"`))
	}
	return out
}

func (w *world) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) registers(name, password string) {
	w.t.Helper()
	w.says(`<iq type='set' id='reg1' from='%s' to='%s'><query xmlns='jabber:iq:register'><username>%s</username><password>%s</password></query></iq>`,
		laptop, domain, name, password)
}

// befriends is the handshake of XEP-0100 §4.1 as clients and servers do it.
func (w *world) befriends() {
	w.says(`<presence type='subscribe' from='alice@example.org' to='%s'/>`, domain)
	w.says(`<presence type='subscribed' from='alice@example.org' to='%s'/>`, domain)
	w.available(laptop, "")
}

func (w *world) available(who, inner string) {
	w.says(`<presence from='%s' to='%s'>%s</presence>`, who, domain, inner)
}

func (w *world) gone(who string) {
	w.says(`<presence type='unavailable' from='%s' to='%s'/>`, who, domain)
}

// online is a user who is registered and signed on.
func (w *world) online() {
	w.t.Helper()
	w.registers("Alice Liddell", "pw")
	w.befriends()
	if _, _, on := w.server.Online("aliceliddell"); !on {
		w.t.Fatalf("not signed on; the gateway sent:\n%s", strings.Join(w.link.peek(), "\n"))
	}
	w.link.take()
}

func aliceKey() registry.Key { return registry.Key{User: "alice@example.org", Service: "aim"} }

func (w *world) state() state.Snapshot {
	w.t.Helper()
	a := w.g.accounts.get(aliceKey())
	if a == nil {
		return state.Snapshot{}
	}
	return a.view.Load().State
}

func (w *world) expectState(s state.State, r state.Reason) {
	w.t.Helper()
	if got := w.state(); got.State != s || got.Reason != r {
		w.t.Errorf("state %s(%s), want %s(%s)", got.State, got.Reason, s, r)
	}
}
