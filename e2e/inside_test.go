package e2e_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"imgate/component"
	"imgate/component/gateway"
	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/xmpp"
)

// An inside is a real XMPP server and a gateway in this process, with the loopback network behind it: that has every
// power, and what another client of the account would do can be done to it.
type inside struct {
	*stage
	network *loopback.Server
	gateway *gateway.Gateway
}

// A cable is a link as the gateway sees it.
type cable struct{ *component.Link }

func (c cable) Send(ctx context.Context, s xmpp.Stanza) error { return cut(c.Link.Send(ctx, s)) }
func (c cable) Offer(s xmpp.Stanza) error                     { return cut(c.Link.Offer(s)) }
func (c cable) Barrier(ctx context.Context) error             { return cut(c.Link.Barrier(ctx)) }
func (c cable) Reply(s xmpp.Stanza)                           { c.Link.Reply(s) }

func cut(err error) error {
	switch {
	case errors.Is(err, component.ErrLinkDown):
		return gateway.ErrLinkDown
	case errors.Is(err, component.ErrLinkFull):
		return gateway.ErrLinkFull
	}
	return err
}

func newInside(t *testing.T, kind xmppd.Kind, privileges bool) *inside {
	t.Helper()
	in := &inside{
		stage:   &stage{t: t, dir: t.TempDir(), users: map[string]*user{}, log: &lockedBuffer{}},
		network: loopback.NewServer(),
	}
	in.login = func(ctx context.Context, jid, password, address string) (client, error) {
		return e2e.LoginPlain(ctx, jid, password, address)
	}
	in.server = startServer(t, xmppd.Config{
		Kind: kind, Users: map[string]string{"juliet": "capulet", "romeo": "capulet"}, Components: map[string]string{serviceDomain: secret}, Privileges: privileges,
	})
	in.runGateway()
	t.Cleanup(func() {
		for _, u := range in.users {
			u.stop()
		}
		if t.Failed() {
			t.Logf("the gateway said:\n%s", in.log)
		}
	})
	return in
}

func (in *inside) runGateway() {
	in.t.Helper()
	log := slog.New(slog.NewTextHandler(in.log, nil))
	reg, err := registry.Open(filepath.Join(in.dir, "imgate.db"), registry.Options{AllowPlain: true})
	if err != nil {
		in.t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, log)
	link, err := component.New(component.Config{
		Address: in.server.Component(), Domain: aim, Secret: secret, Server: home, Log: log,
		Handle: func(r component.Received) { in.gateway.Receive(r.Stanza, nil) },
		Changed: func(s component.State) {
			if s.Up {
				in.gateway.LinkUp(aim.Domain)
			} else {
				in.gateway.LinkDown(aim.Domain)
			}
		},
	})
	if err != nil {
		in.t.Fatal(err)
	}
	in.gateway, err = gateway.New(gateway.Options{
		Services: []gateway.Service{{Name: "aim", Domain: aim.Domain, Network: loopback.New(in.network), Users: []string{home.Domain}, Link: cable{link}}},
		Registry: reg, Keeper: keeper, Log: log, Schedule: state.Defaults(nil), Version: "test",
	})
	if err != nil {
		in.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	linkCtx, cutLink := context.WithCancel(context.Background())
	keepCtx, stopKeeper := context.WithCancel(context.Background())
	var running, links, keeping sync.WaitGroup
	keeping.Go(func() { keeper.Run(keepCtx) })
	links.Go(func() { _ = link.Run(linkCtx) })
	running.Go(func() { in.gateway.Run(ctx) })
	in.t.Cleanup(func() {
		stop()
		running.Wait()
		cutLink()
		links.Wait()
		stopKeeper()
		keeping.Wait()
		if err := reg.Close(); err != nil {
			in.t.Error(err)
		}
	})
}

// listed is how the network has a contact of juliet's; false: not at all.
func (in *inside) listed(id transports.LegacyID) (transports.Contact, bool) {
	for _, c := range in.network.Contacts("alicewonder") {
		if c.ID == id {
			return c, true
		}
	}
	return transports.Contact{}, false
}

// elsewhere changes the network's list as another client of the account does.
func (in *inside) elsewhere(list ...transports.Contact) {
	in.network.Account("alicewonder", "rabbit1", list...)
	in.network.Tell("alicewonder", transports.ContactList{Contacts: list})
}
