package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"imgate/adapters/soap"
	"imgate/component"
	"imgate/lab"
	"imgate/lab/xmppd"
	"imgate/state"
	"imgate/transports"
)

// trialCommand runs everything on this machine: the legacy servers of the lab, a real XMPP server and the
// gateway between them.
type trialCommand struct {
	Dir   string `type:"path" help:"Where files are kept; without it they are gone at the end."`
	Ports int    `placeholder:"BASE" help:"Put everything at BASE and the ports above it, instead of the usual ones."`
	Log   string `default:"warn" enum:"debug,info,warn,error" help:"How much the gateway says: debug, info, warn or error."`
}

// Help is the example of --help.
func (trialCommand) Help() string { return "Example: imgate trial --ports 15000" }

const (
	trialHost     = "localhost"
	trialPassword = "capulet"
	trialReady    = 30 * time.Second
	trialC2S      = 8 // above --ports, behind those of the lab
	trialXEP0114  = 9
	trialHTTP     = 10
	trialRPC      = 11
)

func trialUsers() []string { return []string{"juliet", "romeo"} }

// Run serves until Ctrl-C or SIGTERM.
func (t trialCommand) Run(out *output) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	log := newLog(out.err, logConfig{Level: t.Log}, &slog.LevelVar{})
	dir, cleanup, err := t.directory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	if err := t.portsFree(); err != nil {
		return err
	}
	legacy, err := lab.Start(ctx, lab.Options{Ports: t.Ports, Dir: dir, Log: log})
	if err != nil {
		return err
	}
	defer legacy.Close()
	secret := rand.Text()
	x, err := t.xmppServer(ctx, dir, secret)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Stop()) }()
	c, err := trialConfig(dir, x.Component(), secret, legacy)
	if err != nil {
		return err
	}
	c.HTTP.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(t.port(8280, trialHTTP)))
	c.XMLRPC.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(t.port(4560, trialRPC)))
	c.SOAP.C2S, c.SOAP.TLS.Mode, c.SOAP.DefaultDomain = x.C2S(), "off", trialHost
	return t.serve(ctx, out, c, log, x, legacy)
}

// directory is where everything lies, and what to do with it at the end.
func (t trialCommand) directory() (string, func() error, error) {
	if t.Dir != "" {
		return t.Dir, func() error { return nil }, os.MkdirAll(t.Dir, 0o700)
	}
	dir, err := os.MkdirTemp("", "imgate-trial-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// port is a port of the trial: the usual one, or its place above --ports.
func (t trialCommand) port(usual, place int) int {
	if t.Ports == 0 {
		return usual
	}
	return t.Ports + place
}

// portsFree says which port is taken before anything is started.
func (t trialCommand) portsFree() error {
	var taken []error
	places := lab.Options{Ports: t.Ports}.Places()
	for _, p := range []struct {
		what         string
		usual, place int
	}{
		{"XMPP clients", 5222, trialC2S}, {"XMPP components", 5347, trialXEP0114}, {"web clients", 8280, trialHTTP}, {"XML-RPC", 4560, trialRPC},
	} {
		places = append(places, lab.Place{What: p.what, Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(t.port(p.usual, p.place)))})
	}
	for _, p := range places {
		l, err := net.Listen("tcp", p.Address)
		if err != nil {
			taken = append(taken, fmt.Errorf("%s (%s) is taken by another program; stop it, or use --ports BASE", p.Address, p.What))
			continue
		}
		_ = l.Close()
	}
	return errors.Join(taken...)
}

func (t trialCommand) xmppServer(ctx context.Context, dir, secret string) (*xmppd.Server, error) {
	users := map[string]string{}
	for _, name := range trialUsers() {
		users[name] = trialPassword
	}
	components := map[string]string{}
	for _, n := range networks() {
		components[n.Info().Type+"."+trialHost] = secret
	}
	x, err := xmppd.Start(ctx, xmppd.Config{
		Dir: filepath.Join(dir, "xmpp"), Host: trialHost, Users: users, Components: components,
		C2S: t.port(5222, trialC2S), Component: t.port(5347, trialXEP0114),
	})
	if errors.Is(err, xmppd.ErrMissing) {
		return nil, fmt.Errorf("%w; run: make deps", err)
	}
	return x, err
}

// trialConfig is the configuration that the trial runs with.
func trialConfig(dir, server, secret string, legacy *lab.Lab) (*config, error) {
	c := defaults()
	c.DataDir = filepath.Join(dir, "data")
	c.XMPP.Server, c.XMPP.Secret, c.XMPP.Users = server, transports.NewSecret(secret), []string{trialHost}
	key, err := trialKey(filepath.Join(dir, "seal.key"))
	if err != nil {
		return nil, err
	}
	c.Seal.Key = key
	c.Reconnect = state.Defaults(nil)
	for _, n := range networks() {
		s := defaultService()
		s.Name, s.Type, s.Domain = n.Info().Type, n.Info().Type, n.Info().Type+"."+trialHost
		s.Server, s.Secret, s.Users = server, c.XMPP.Secret, c.XMPP.Users
		s.Network.Burst, s.Network.PerMinute = 100, 6000 // the lab takes everybody
		for _, set := range n.Info().Settings {
			s.Network.Settings[set.Key] = set.Default
		}
		s.Network.leadTo(legacy, s.Type)
		s.Network.places(n.Info().Settings)
		c.Services = append(c.Services, s)
	}
	return c, nil
}

// leadTo leads a network to its servers of the lab.
func (n *networkConfig) leadTo(legacy *lab.Lab, network string) {
	for key, value := range legacy.Client(network) {
		switch key {
		case "server":
			n.Server = value
		case "tls_ca":
			n.TLS.CA = value
		default:
			n.Settings[key] = transports.Value{Text: value}
		}
	}
}

func trialKey(path string) (transports.Secret, error) {
	if _, err := os.Stat(path); err != nil {
		if err := writeKey(path); err != nil {
			return transports.Secret{}, err
		}
	}
	return secretFile(path)
}

// serve runs the gateway, and prints how to use it once its links are up.
func (t trialCommand) serve(ctx context.Context, out *output, c *config, log *slog.Logger, x *xmppd.Server, legacy *lab.Lab) error {
	s, err := newServer(c, log)
	if err != nil {
		return err
	}
	ready := awaitLinks(s, c)
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	select {
	case <-ready:
		t.welcome(out, x, legacy, s.web.address(), s.rpc.listener.Addr().String())
	case err := <-done:
		return err
	case <-time.After(trialReady):
		out.printf("The gateway is not connected yet; it goes on trying. Its log says why.\n")
	}
	return <-done
}

// awaitLinks gives a channel that is closed when every link has been up. The links report from goroutines of
// their own, hence the mutex.
func awaitLinks(s *server, c *config) <-chan struct{} {
	ready := make(chan struct{})
	var mu sync.Mutex
	missing := map[string]bool{}
	for _, sc := range c.Services {
		missing[sc.Domain] = true
	}
	s.up = func(domain string, st component.State) {
		mu.Lock()
		defer mu.Unlock()
		if st.Up && missing[domain] {
			delete(missing, domain)
			if len(missing) == 0 {
				close(ready)
			}
		}
	}
	return ready
}

func (t trialCommand) welcome(out *output, x *xmppd.Server, legacy *lab.Lab, web, rpc string) {
	_, port, err := net.SplitHostPort(x.C2S())
	if err != nil {
		port = "5222"
	}
	out.printf(`imgate is ready.

  Log in with any XMPP client: juliet@%[1]s or romeo@%[1]s, password %[2]s,
  server 127.0.0.1, port %[3]s, without encryption (everything stays on this machine).

  In the client's service discovery of %[1]s you find aim.%[1]s. Register there with an
  account of the lab: alicewonder or bobwonder, password rabbit1. Say yes when AIM asks to see
  when you are there; then your contacts ask the same. Write to echobot@aim.%[1]s.
  ICQ is icq.%[1]s: 100001 or 100002, the same password, and 200001@icq.%[1]s echoes.
  Yahoo is yahoo.%[1]s: alicewonder or bobwonder, and echobot@yahoo.%[1]s echoes.
  MSN is msn.%[1]s: alice@lab.example or bob@lab.example; echobot\40lab.example@msn.%[1]s echoes.

  At a terminal, with profanity: /connect juliet@%[1]s server 127.0.0.1 port %[3]s tls disable
  then /cmd exec register aim.%[1]s, /field1 alicewonder, /field2 rabbit1, /form submit,
  /sub allow aim.%[1]s, /msg echobot@aim.%[1]s hello

  Web clients find the IM SOAP API at %[6]s%[7]s, its WSDL at %[6]s%[8]s; programs find
  mod_rostbeef's XML-RPC at http://%[9]s.

  Legacy servers: AIM and ICQ on %[4]s, Yahoo on %[10]s, MSN on %[11]s, control on http://%[5]s.
  Ctrl-C ends everything.
`, trialHost, trialPassword, port, legacy.Address(lab.OSCAR), legacy.Address(lab.Control), web, soap.SOAPPath, soap.WSDLPath, rpc,
		legacy.Address(lab.YMSG), legacy.Address(lab.MSNP))
}
