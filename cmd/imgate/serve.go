package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"imgate/adapters/control"
	"imgate/component"
	"imgate/component/gateway"
	"imgate/component/gateway/album"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmpp"
)

// A carrier is a link as the gateway sees it: whichever link of the trunk carries the service now.
type carrier struct{ *branch }

// Send implements gateway.Link.
func (c carrier) Send(ctx context.Context, s xmpp.Stanza) error {
	return forGateway(c.link.Load().Send(ctx, s))
}

// Offer implements gateway.Link.
func (c carrier) Offer(s xmpp.Stanza) error { return forGateway(c.link.Load().Offer(s)) }

// Barrier implements gateway.Link.
func (c carrier) Barrier(ctx context.Context) error { return forGateway(c.link.Load().Barrier(ctx)) }

// Reply implements gateway.Link.
func (c carrier) Reply(s xmpp.Stanza) { c.link.Load().Reply(s) }

func forGateway(err error) error {
	switch {
	case errors.Is(err, component.ErrLinkDown):
		return gateway.ErrLinkDown
	case errors.Is(err, component.ErrLinkFull):
		return gateway.ErrLinkFull
	}
	return err
}

// A server is everything that `imgate run` runs.
type server struct {
	log      *slog.Logger
	registry *registry.Registry
	keeper   *registry.Keeper
	gateway  *gateway.Gateway
	trunks   []*trunk
	linkCtx  context.Context // ends when the links are to be closed
	close    context.CancelFunc
	board    linkBoard
	foreign  foreign
	webs     []*http.Client
	control  *control.Server                        // nil: there is none
	web      *webServer                             // likewise
	rpc      *rpcServer                             // likewise
	up       func(domain string, s component.State) // told of every change of a link; may be nil
	loaded   chan struct{}                          // closed when the gateway knows its registrations
	ready    func()                                 // called then; may be nil
}

// newServer opens the registry and wires everything; nothing runs yet.
func newServer(c *config, log *slog.Logger) (*server, error) {
	s := &server{log: log, loaded: make(chan struct{}), foreign: foreign{log: log}}
	s.linkCtx, s.close = context.WithCancel(context.Background())
	sealer, err := c.Seal.sealer()
	if err != nil {
		return nil, err
	}
	if err := prepareDir(c.DataDir); err != nil {
		return nil, err
	}
	s.registry, err = registry.Open(filepath.Join(c.DataDir, "imgate.db"),
		registry.Options{Sealer: sealer, AllowPlain: c.Seal.AllowPlain})
	if err != nil {
		return nil, advised(err)
	}
	s.keeper = registry.NewKeeper(s.registry, log)
	if err := s.wire(c); err != nil {
		return nil, errors.Join(err, s.registry.Close())
	}
	if err := s.openDoors(c); err != nil {
		return nil, errors.Join(err, s.registry.Close())
	}
	s.control, err = control.Listen(filepath.Join(c.DataDir, control.Socket), s.verbs(c), log)
	if err != nil {
		log.Error("administrators' commands will not reach this gateway", "err", err)
	}
	return s, nil
}

// openDoors opens what web clients and programs come by, where the file says so.
func (s *server) openDoors(c *config) error {
	if c.HTTP.Listen != "" {
		users, err := s.house(c)
		if err == nil {
			err = s.openWeb(c, users)
		}
		if err != nil {
			return err
		}
	}
	if c.XMLRPC.Listen == "" {
		return nil
	}
	err := s.openRPC(c)
	if err != nil && s.web != nil {
		return errors.Join(err, s.web.listener.Close())
	}
	return err
}

// sealer reads the key; nil where plain secrets are allowed and there is no key.
func (c sealConfig) sealer() (*registry.Sealer, error) {
	if c.Key.Empty() {
		return nil, nil
	}
	sealer, err := registry.ParseKeys(c.Key.Reveal())
	if err != nil {
		return nil, fmt.Errorf("seal.key: %w", err)
	}
	return sealer, nil
}

// prepareDir makes the data directory, which only we may read.
func prepareDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("data_dir: %s can be read by others (mode %04o); run: chmod 700 %s", dir, info.Mode().Perm(), dir)
	}
	return nil
}

func (s *server) wire(c *config) error {
	photos, err := album.Open(filepath.Join(c.DataDir, "avatars"))
	if err != nil {
		s.log.Error("contacts will be shown without pictures", "err", err)
	}
	var services []gateway.Service
	for _, sc := range c.Services {
		branch, err := s.branch(c, sc)
		if err != nil {
			return fmt.Errorf("service %s: %w", sc.Name, err)
		}
		routes, err := s.routes(sc)
		if err != nil {
			return fmt.Errorf("service %s: %w", sc.Name, err)
		}
		services = append(services, gateway.Service{
			Name: sc.Name, Domain: sc.Domain, Network: networkNamed(sc.Type), Users: sc.Users,
			Settings: sc.Network.all(), Routes: routes, Burst: sc.Network.Burst, PerMinute: sc.Network.PerMinute,
			Link: carrier{branch},
		})
	}
	s.gateway, err = gateway.Unloaded(gateway.Options{
		Services: services, Registry: s.registry, Keeper: s.keeper, Log: s.log,
		Schedule: c.Reconnect, Version: version(),
		// Zero is the default to the gateway, and at once in the file.
		Linger: max(1, c.XMPP.Linger), LinkGrace: max(1, c.XMPP.LinkGrace), StopTimeout: c.XMPP.StopTimeout,
		ResyncPerSecond: c.XMPP.ResyncPerSecond, Undo: c.Registry.Undo,
		FailedPerHour: c.Limits.RegistrationsPerHour, MessagesPerMinute: c.Limits.MessagesPerMinute,
		MessageBytes: c.Limits.MessageBytes, ChatPasswords: c.Limits.ChatPasswords, Admins: addresses(c.Admins), Avatars: photos,
		Files: gateway.Files{Upload: uploadService(c.Files.Upload), Most: int64(c.Files.MaxBytes)},
	})
	return err
}

// routes makes the dial policy once for each source address.
func (s *server) routes(sc serviceConfig) ([]gateway.Route, error) {
	sources := sc.Network.SourceAddresses
	if len(sources) == 0 {
		sources = []string{""}
	}
	var routes []gateway.Route
	for _, source := range sources {
		route, err := newRoute(sc.Network, source)
		if err != nil {
			return nil, err
		}
		if route.HTTP != nil {
			s.webs = append(s.webs, route.HTTP)
		}
		routes = append(routes, route)
	}
	if sc.Network.Web.Clear {
		s.log.Warn("an address of this service is http, without TLS: passwords can go in the clear", "service", sc.Name)
	}
	return routes, nil
}

// all is what the network finds in Env.Settings.
func (n networkConfig) all() transports.Settings {
	s := transports.Settings{"server": {Text: n.Server}, "charset": {Text: n.Charset}}
	for k, v := range n.Settings {
		s[k] = v
	}
	return s
}

// branch makes the link of a service, on the trunk of its server address.
func (s *server) branch(c *config, sc serviceConfig) (*branch, error) {
	domain, err := xmpp.ParseJID(sc.Domain)
	if err != nil {
		return nil, err
	}
	t, err := c.XMPP.TLS.client(hostOf(sc.Server))
	if err != nil {
		return nil, err
	}
	trunk := s.trunk(sc.Server)
	b := &branch{domain: domain}
	conf := component.Config{
		Address: sc.Server, Domain: domain, Secret: sc.Secret.Reveal(), TLS: t, Log: s.log.With("service", sc.Name),
		Handle: func(r component.Received) {
			if !s.gateway.Receive(r.Stanza, nil) {
				s.foreign.refuse(b.own, r.Stanza)
			}
		},
		Changed: func(st component.State) { trunk.report(s.linkCtx, b, st) },
	}
	if len(sc.Users) > 0 && sc.Users[0] != "*" {
		if j, err := xmpp.ParseJID(sc.Users[0]); err == nil {
			conf.Server = j
		}
	}
	if b.own, err = component.New(conf); err != nil {
		return nil, err
	}
	b.link.Store(b.own)
	trunk.branches = append(trunk.branches, b)
	return b, nil
}

// trunk gives the trunk of a server address, made if need be.
func (s *server) trunk(address string) *trunk {
	for _, t := range s.trunks {
		if t.address == address {
			return t
		}
	}
	t := &trunk{address: address, changed: s.linkChanged}
	s.trunks = append(s.trunks, t)
	return t
}

// linkChanged is called before the stanzas of the new state are read: while the registrations are being loaded a link
// may shake hands, and what its server sends then waits with the server.
func (s *server) linkChanged(domain string, st component.State) {
	s.board.note(domain, st)
	<-s.loaded
	if st.Up {
		s.gateway.LinkUp(domain)
	} else {
		s.gateway.LinkDown(domain)
	}
	if s.up != nil {
		s.up(domain, st)
	}
}

// run loads the registrations while the links come up, and serves until ctx ends: then the gateway signs everybody off,
// the links are flushed and closed, and what is to be stored is stored.
func (s *server) run(ctx context.Context) error {
	keepCtx, closeKeeper := context.WithCancel(context.Background())
	var links, keeper sync.WaitGroup
	keeper.Go(func() { s.keeper.Run(keepCtx) })
	keeper.Go(func() { tidy(keepCtx, allocated, giveBack) })
	keeper.Go(func() { thrift(keepCtx, s.gateway.SignOns, debug.SetGCPercent) })
	for _, t := range s.trunks {
		links.Go(func() { t.run(s.linkCtx) })
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := s.load()
	if failed != nil {
		stop() // and all that follows ends at once
	}
	if s.control != nil {
		keeper.Go(func() { s.control.Serve(ctx) })
	}
	if s.web != nil {
		keeper.Go(func() { s.web.run(ctx) })
	}
	if s.rpc != nil {
		keeper.Go(func() { s.rpc.run(ctx) })
	}
	began := time.Now()
	s.gateway.Run(ctx)
	s.log.Info("stopping", "signed_off_after", time.Since(began).Round(time.Millisecond))
	for _, w := range s.webs {
		w.CloseIdleConnections()
	}
	s.close()
	links.Wait()
	closeKeeper()
	keeper.Wait()
	return errors.Join(failed, s.registry.Close())
}

// unloaded is the error of a server that could not read its registrations, and so has not begun.
type unloaded struct{ error }

func (u unloaded) Unwrap() error { return u.error }

// advised says what to do about a registry that is damaged.
func advised(err error) error {
	if errors.Is(err, registry.ErrDamaged) {
		return fmt.Errorf("%w; move the file aside and run: imgate recover", err)
	}
	return err
}

// load reads the registrations, and lets the links go on then. The error is unloaded.
func (s *server) load() error {
	defer close(s.loaded)
	if err := s.gateway.Load(); err != nil {
		return unloaded{advised(err)}
	}
	if s.ready != nil {
		s.ready()
	}
	return nil
}

// addresses are the addresses of a list that was checked when it was read.
func addresses(list []string) []xmpp.JID {
	var out []xmpp.JID
	for _, s := range list {
		if j, err := xmpp.ParseJID(s); err == nil {
			out = append(out, j.Bare())
		}
	}
	return out
}

// uploadService is the address of the upload service; zero: it is to be found.
func uploadService(text string) xmpp.JID {
	j, err := xmpp.ParseJID(text)
	if text == "" || err != nil {
		return xmpp.JID{}
	}
	return j
}
