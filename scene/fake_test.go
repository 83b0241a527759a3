package scene

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/component/gateway"
	"imgate/component/gateway/album"
	"imgate/lab/world"
	"imgate/registry"
	"imgate/state"
	"imgate/xmltree"
	"imgate/xmpp"
)

// TestScenes plays every scene under fake time: the real gateway, registry and transport, the lab's server at
// the other end of pipes, and an XMPP server of a few lines.
func TestScenes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.scene")
	slow, _ := filepath.Glob("testdata/slow/*.scene")
	files = append(files, slow...)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenes: %v", err)
	}
	for _, file := range files {
		s, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "imgate.db")
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, path, s.Service)
				defer f.close()
				if err := Play(s, f); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A fake is a stage under fake time.
type fake struct {
	t      *testing.T
	path   string
	sealer *registry.Sealer
	legacy legacy
	xmpp   *fakeServer
	gw     *gateway.Gateway
	stop   func()
}

func newFake(t *testing.T, path, service string) *fake {
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := registry.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, path: path, sealer: sealer, legacy: legacies[service]()}
	f.xmpp = &fakeServer{domain: service + ".example.org", users: map[string]*fakeUser{}}
	f.start()
	return f
}

func (f *fake) close() {
	f.stop()
	f.legacy.close()
}

func (f *fake) start() {
	log := slog.New(slog.NewTextHandler(f.t.Output(), nil))
	reg, err := registry.Open(f.path, registry.Options{Sealer: f.sealer})
	if err != nil {
		f.t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, log)
	photos, err := album.Open(f.path + ".avatars")
	if err != nil {
		f.t.Fatal(err)
	}
	f.gw, err = gateway.New(gateway.Options{
		Services: []gateway.Service{{
			Name: f.legacy.name, Domain: f.xmpp.domain, Network: f.legacy.network, Users: []string{"example.org"}, Link: f.xmpp,
			Routes: []gateway.Route{f.legacy.route}, Settings: f.legacy.settings,
		}},
		Registry: reg, Keeper: keeper, Log: log, Version: "scene", Avatars: photos,
		Schedule: state.Defaults(func() float64 { return 0.5 }),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.xmpp.up(f.gw)
	ctx, cancel := context.WithCancel(context.Background())
	keep, closeKeeper := context.WithCancel(context.Background())
	var kept, ran sync.WaitGroup
	kept.Go(func() { keeper.Run(keep) })
	ran.Go(func() { f.gw.Run(ctx) })
	f.gw.LinkUp(f.xmpp.domain)
	f.stop = func() {
		cancel()
		ran.Wait()
		closeKeeper()
		kept.Wait()
		if err := reg.Close(); err != nil {
			f.t.Error(err)
		}
	}
}

// User implements Stage.
func (f *fake) User(name string) (User, error) { return f.xmpp.user(name), nil }

// Domain implements Stage.
func (f *fake) Domain(service string) string {
	if service == f.legacy.name {
		return f.xmpp.domain
	}
	return ""
}

// Network implements Stage.
func (f *fake) Network(service string) world.Network {
	if service == f.legacy.name {
		return f.legacy.world
	}
	return nil
}

// Restart implements Stage. What a kill loses is the business of the registry's tests; here it is a stop.
func (f *fake) Restart(what string, _ bool) error {
	if what == "gateway" {
		f.stop()
		f.start()
		return nil
	}
	f.xmpp.down(f.gw)
	time.Sleep(5 * time.Second)
	f.xmpp.up(f.gw)
	f.gw.LinkUp(f.xmpp.domain)
	return nil
}

// Pass implements Stage.
func (f *fake) Pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Until implements Stage: nothing that happens by itself needs more than a few seconds of fake time.
func (f *fake) Until(condition func() bool) bool {
	for range 30 {
		synctest.Wait()
		if condition() {
			return true
		}
		time.Sleep(time.Second)
	}
	return false
}

// A fakeServer is an XMPP server of a few lines: it carries stanzas, keeps who sees whose presence, and answers
// probes (RFC 6121 §3, §4).
type fakeServer struct {
	domain string // of the gateway

	mu    sync.Mutex
	gw    *gateway.Gateway // nil: the link is down
	users map[string]*fakeUser
}

type fakeUser struct {
	server *fakeServer
	name   string
	shows  map[string]bool  // contacts that may see the presence
	now    *xmltree.Element // the presence; nil: unavailable
	card   *xmltree.Element // the vCard; nil: none
	inbox  []*xmltree.Element
}

func (s *fakeServer) user(name string) *fakeUser {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		u = &fakeUser{server: s, name: name, shows: map[string]bool{}, now: stanza("presence", "", "")}
		s.users[name] = u
	}
	return u
}

func (s *fakeServer) up(g *gateway.Gateway) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gw = g
}

func (s *fakeServer) down(g *gateway.Gateway) {
	s.up(nil)
	g.LinkDown(s.domain)
}

// Send implements gateway.Link: a stanza of the gateway for a user.
func (s *fakeServer) Send(_ context.Context, st xmpp.Stanza) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gw == nil {
		return gateway.ErrLinkDown
	}
	raw, err := xmpp.Append(nil, st)
	if err != nil {
		return err
	}
	e, err := xmltree.Parse("<r xmlns='jabber:client'>"+string(raw)+"</r>", xmltree.Limits{})
	if err != nil {
		return err
	}
	if u := s.users[st.Head().To.Local]; u != nil {
		u.deliver(e.First(), st.Head().From.Bare().String())
	}
	return nil
}

// Offer implements gateway.Link.
func (s *fakeServer) Offer(st xmpp.Stanza) error { return s.Send(context.Background(), st) }

// Barrier implements gateway.Link: what was sent is there.
func (s *fakeServer) Barrier(context.Context) error { return nil }

// Reply implements gateway.Link.
func (s *fakeServer) Reply(st xmpp.Stanza) { _ = s.Send(context.Background(), st) }

// deliver is what server and client do with a stanza. mu is held.
func (u *fakeUser) deliver(e *xmltree.Element, from string) {
	kind := e.Attr("type")
	if e.Name.Local == "presence" {
		switch kind {
		case "probe":
			u.show(from)
			return
		case "subscribe":
			u.shows[from] = true
			u.pass(stanza("presence", from, "subscribed"), true)
			u.show(from)
			u.pass(stanza("presence", from, "subscribe"), true)
		case "unsubscribe":
			delete(u.shows, from)
		}
	}
	if e.Name.Local == "iq" && kind == "get" {
		answer := stanza("iq", from, "error").SetAttr("id", e.Attr("id"))
		if u.card != nil && e.Child(xmpp.VCardSpace, "vCard") != nil {
			answer.SetAttr("type", "result").With(u.card)
		}
		u.pass(answer, false)
		return
	}
	u.inbox = append(u.inbox, e)
}

// show tells one contact where the user is, if it may know. mu is held.
func (u *fakeUser) show(to string) {
	switch {
	case !u.shows[to]:
	case u.now == nil:
		u.pass(stanza("presence", to, "unavailable"), true)
	default:
		u.pass(u.now.Clone().SetAttr("to", to), false)
	}
}

// pass gives the gateway a stanza from the user, by the bare or the full address. mu is held.
func (u *fakeUser) pass(e *xmltree.Element, bare bool) {
	g := u.server.gw
	if g == nil {
		return
	}
	from := u.name + "@example.org"
	if !bare {
		from += "/scene"
	}
	st, err := xmpp.Parse(e.Clone().SetAttr("from", from))
	g.Receive(st, err)
}

// Send implements User.
func (u *fakeUser) Send(e *xmltree.Element) error {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if e.Name.Local == "presence" && e.Attr("to") == "" {
		u.now = e
		if e.Attr("type") == "unavailable" {
			u.now = nil
		}
		for _, to := range slices.Sorted(maps.Keys(u.shows)) {
			u.pass(e.Clone().SetAttr("to", to), false)
		}
		return nil
	}
	if card := e.Child(xmpp.VCardSpace, "vCard"); e.Attr("to") == "" && card != nil {
		u.card = card
		u.inbox = append(u.inbox, stanza("iq", "", "result").SetAttr("id", e.Attr("id")))
		return nil
	}
	kind := e.Attr("type")
	u.pass(e, e.Name.Local == "presence" && kind != "" && kind != "unavailable") // RFC 6121 §3: subscriptions are of the bare address
	return nil
}

// Inbox implements User.
func (u *fakeUser) Inbox() []*xmltree.Element {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return slices.Clone(u.inbox)
}
