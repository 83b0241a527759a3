package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/gateway"
	"imgate/component/gateway/album"
	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A house is a gateway of this process on a real XMPP server. The network behind it is the one in memory, which has
// every power; the program itself does not have it.
type house struct {
	t       *testing.T
	server  listening
	network *loopback.Server
	log     *lockedBuffer
	ups     atomic.Int32 // how often the link came up
}

// queen administers the gateway of every house.
const queen = "queen"

// newHouse starts a server with these users, and a gateway on it.
func newHouse(t *testing.T, c xmppd.Config, names ...string) *house {
	t.Helper()
	c.Components, c.Users = map[string]string{serviceDomain: secret}, map[string]string{queen: "capulet"}
	for _, name := range names {
		c.Users[name] = "capulet"
	}
	return newHouseAt(t, startServer(t, c))
}

// newHouseAt is a gateway on a server that has the users.
func newHouseAt(t *testing.T, server listening) *house {
	t.Helper()
	h := &house{t: t, server: server, network: loopback.NewServer(), log: &lockedBuffer{}}
	h.network.Echo("echobot")
	h.run()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the gateway said:\n%s", h.log)
		}
		if strings.Contains(h.log.String(), "panic") {
			t.Error("the gateway has panicked")
		}
	})
	return h
}

// A listening server is one whose ports are known.
type listening interface {
	C2S() string
	Component() string
}

// run runs the gateway until the test ends.
func (h *house) run() {
	h.t.Helper()
	fails := func(err error) {
		if err != nil {
			h.t.Fatal(err)
		}
	}
	key, err := registry.NewKey()
	fails(err)
	sealer, err := registry.ParseKeys(key)
	fails(err)
	dir := h.t.TempDir()
	reg, err := registry.Open(filepath.Join(dir, "imgate.db"), registry.Options{Sealer: sealer})
	fails(err)
	photos, err := album.Open(filepath.Join(dir, "avatars"))
	fails(err)
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	keeper := registry.NewKeeper(reg, log)
	var g *gateway.Gateway
	link, err := component.New(component.Config{
		Address: h.server.Component(), Domain: xmpp.JID{Domain: serviceDomain}, Secret: secret, Log: log,
		Server: xmpp.JID{Domain: "localhost"},
		Handle: func(r component.Received) { g.Receive(r.Stanza, nil) },
		Changed: func(s component.State) {
			if !s.Up {
				g.LinkDown(serviceDomain)
				return
			}
			h.ups.Add(1)
			g.LinkUp(serviceDomain)
		},
	})
	fails(err)
	schedule := state.Defaults(nil)
	schedule.First, schedule.Initial, schedule.Max = 10*time.Millisecond, time.Second, 3*time.Second
	g, err = gateway.New(gateway.Options{
		Services: []gateway.Service{{
			Name: "aim", Domain: serviceDomain, Network: loopback.New(h.network), Users: []string{"localhost"}, Link: carrier{link},
		}},
		Registry: reg, Keeper: keeper, Log: log, Schedule: schedule, Version: "test", Avatars: photos, Linger: time.Second,
		Admins: []xmpp.JID{{Local: queen, Domain: "localhost"}},
	})
	fails(err)
	var all [3]sync.WaitGroup // in the order in which they end
	var stops [3]context.CancelFunc
	for i, run := range [...]func(context.Context){
		g.Run, func(ctx context.Context) { _ = link.Run(ctx) }, keeper.Run,
	} {
		ctx, cancel := context.WithCancel(context.Background())
		stops[i] = cancel
		all[i].Go(func() { run(ctx) })
	}
	h.t.Cleanup(func() {
		for i := range all {
			stops[i]()
			all[i].Wait()
		}
		if err := reg.Close(); err != nil {
			h.t.Error(err)
		}
	})
	if !h.Until(func() bool { return h.ups.Load() > 0 }) {
		h.t.Fatal("the link does not come up")
	}
}

// A carrier is a link as the gateway knows it.
type carrier struct{ *component.Link }

func (c carrier) Send(ctx context.Context, s xmpp.Stanza) error {
	return asGateway(c.Link.Send(ctx, s))
}
func (c carrier) Offer(s xmpp.Stanza) error         { return asGateway(c.Link.Offer(s)) }
func (c carrier) Barrier(ctx context.Context) error { return asGateway(c.Link.Barrier(ctx)) }
func (c carrier) Reply(s xmpp.Stanza)               { c.Link.Reply(s) }

func asGateway(err error) error {
	switch {
	case errors.Is(err, component.ErrLinkDown):
		return gateway.ErrLinkDown
	case errors.Is(err, component.ErrLinkFull):
		return gateway.ErrLinkFull
	}
	return err
}

// Until waits for a condition.
func (*house) Until(condition func() bool) bool { return within(patience, condition) }

// A guest is a user of a house at the first of his clients. On the network the guest has the same name; a friend is on
// the list there, whom the test moves, and echobot.
type guest struct {
	being
	h      *house
	friend transports.LegacyID
}

// hosts lets a user come and register; features are what the client says that it can.
func (h *house) hosts(t *testing.T, name string, features ...string) *guest {
	t.Helper()
	g := &guest{h: h, friend: transports.LegacyID("friend." + name)}
	g.being = *h.sits(t, name, "laptop", features...)
	h.network.Account(g.friend, "x")
	h.network.SetShow(g.friend, transports.Online, "")
	h.network.Account(g.legacy(), "rabbit1", transports.Contact{ID: g.friend, Name: "Friend"}, transports.Contact{ID: "echobot"})
	g.register(name)
	return g
}

// sits is a client of a user.
func (h *house) sits(t *testing.T, name, resource string, features ...string) *being {
	t.Helper()
	var c *e2e.Plain
	if !h.Until(func() (in bool) { // jabberd2 sometimes has an internal-server-error for who comes
		var err error
		if c, err = e2e.LoginPlain(soon(t), name+"@localhost/"+resource, "capulet", h.server.C2S()); err != nil {
			t.Log(err)
		}
		return err == nil
	}) {
		t.Fatalf("%s can't log in", name)
	}
	c.Features = features
	u := &user{jid: name + "@localhost"}
	u.start(c)
	t.Cleanup(u.stop)
	b := &being{t: t, st: h, user: u, name: name}
	b.sends("<presence/>")
	return b
}

// legacy is the guest on the network.
func (g *guest) legacy() transports.LegacyID { return transports.LegacyID(g.name) }

// pal is the address of the guest's friend.
func (g *guest) pal() string { return string(g.friend) + "@" + serviceDomain }

// settled waits until the guest and the friend see one another.
func (g *guest) settled(t *testing.T) {
	t.Helper()
	g.t = t
	g.sees(`<presence & from="aim.localhost/imgate"`, `<presence & from="`+g.pal()+`/imgate"`, `<presence & from="echobot@aim.localhost/imgate"`)
}

// sees waits for stanzas, after those heard before, in whatever order.
func (b *being) sees(wanted ...string) {
	b.t.Helper()
	last := b.read
	for _, want := range wanted {
		i := b.find(want, patience)
		if i < 0 {
			b.hears(want) // says what was heard instead
		}
		last = max(last, i+1)
	}
	b.read = last
}

// find gives the place of a stanza after those heard before; -1 when it does not come in that time.
func (b *being) find(want string, wait time.Duration) (at int) {
	within(wait, func() bool {
		inbox := b.user.Inbox()
		for at = b.read; at < len(inbox); at++ {
			if hasAll(inbox[at], want) {
				return true
			}
		}
		at = -1
		return false
	})
	return at
}

// asks sends an iq and gives the answer.
func (b *being) asks(kind, to, payload string) *xmltree.Element {
	b.t.Helper()
	b.n++
	id := fmt.Sprint("ask", b.n)
	address := ""
	if to != "" {
		address = "to='" + to + "'"
	}
	b.sends(fmt.Sprintf("<iq type='%s' id='%s' %s>%s</iq>", kind, id, address, payload))
	i := b.find(`<iq & id="`+id+`"`, patience)
	if i < 0 {
		b.t.Fatalf("%s was not answered: %s", id, payload)
	}
	return b.user.Inbox()[i]
}

// wants is asks that fails where the answer lacks a part.
func (b *being) wants(kind, to, payload, want string) *xmltree.Element {
	b.t.Helper()
	e := b.asks(kind, to, payload)
	if !hasAll(e, want) {
		b.t.Errorf("%s of %s is answered %s, without %q", payload, to, e, want)
	}
	return e
}

// settles waits for a condition of the network.
func (b *being) settles(what string, condition func() bool) {
	b.t.Helper()
	if !within(patience, condition) {
		b.t.Errorf("it never came that %s", what)
	}
}
