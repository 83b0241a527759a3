package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"imgate/e2e"
	"imgate/lab"
	"imgate/lab/world"
	"imgate/lab/xmppd"
	"imgate/scene"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A client is a user's XMPP client, whoever wrote it.
type client interface {
	Send(ctx context.Context, xml string) error
	// Next waits for the next stanza that was received.
	Next(ctx context.Context) (*xmltree.Element, error)
	Close() error
}

// A stage is the real thing: an XMPP server, the imgate binary, the lab's server over TCP.
type stage struct {
	t      *testing.T
	login  func(ctx context.Context, jid, password, address string) (client, error)
	server *xmppd.Server
	ending string // of the users' names on the server, which is there for others, too
	lab    *lab.Lab
	plays  string // the service that there is
	terms  scene.Terms
	dir    string
	binary string
	gw     *exec.Cmd
	log    *lockedBuffer
	users  map[string]*user
}

const (
	serviceDomain = "aim.localhost"
	secret        = "component-secret"
)

// newStage makes a stage on a server of its own, with AIM.
func newStage(t *testing.T, kind xmppd.Kind) *stage {
	t.Helper()
	return newStageFor(t, newGround(t, t, fittings{site: site{kind: kind}, service: "aim"}, ""), "aim", scene.Terms{})
}

// newStageFor makes a stage on a server that may have others.
func newStageFor(t *testing.T, on ground, service string, terms scene.Terms) *stage {
	t.Helper()
	s := &stage{
		t: t, server: on.server, ending: on.ending, plays: service, terms: terms, dir: t.TempDir(), binary: binary(t),
		users: map[string]*user{}, log: &lockedBuffer{},
	}
	s.login = func(ctx context.Context, jid, password, address string) (client, error) {
		return e2e.LoginPlain(ctx, jid, password, address)
	}
	var err error
	if s.lab, err = lab.Start(context.Background(), lab.Options{Ports: lab.AnyPorts, Dir: s.dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.lab.Close)
	key := filepath.Join(s.dir, "seal.key")
	if out, err := exec.Command(s.binary, "key", "new", key).CombinedOutput(); err != nil {
		t.Fatalf("key new: %v: %s", err, out)
	}
	if err := os.WriteFile(s.config(), []byte(written(setup{
		dir: s.dir, server: s.server.Component(), secret: secret, key: key, c2s: s.server.C2S(), service: s.plays, lab: s.lab, with: terms.With,
	})), 0o600); err != nil {
		t.Fatal(err)
	}
	before := len(on.log.String())
	s.startGateway()
	t.Cleanup(func() {
		for _, u := range s.users {
			u.stop()
		}
		if err := s.endGateway(false); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the gateway said:\n%s\nand the XMPP server:\n%s", s.log, on.log.String()[before:])
		}
		if strings.Contains(s.log.String(), world.Password) {
			t.Error("the gateway's log has a password in it")
		}
	})
	return s
}

func (s *stage) config() string { return filepath.Join(s.dir, "imgate.toml") }

func (s *stage) startGateway() {
	s.t.Helper()
	s.gw = exec.Command(s.binary, "run", "--config", s.config())
	s.gw.Stdout, s.gw.Stderr = s.log, s.log
	before := strings.Count(s.log.String(), "link up")
	if err := s.gw.Start(); err != nil {
		s.t.Fatal(err)
	}
	if !s.Until(func() bool { return strings.Count(s.log.String(), "link up") > before }) {
		s.t.Fatalf("the gateway does not come up:\n%s", s.log)
	}
}

// endGateway stops the binary and waits for it; hard kills it.
func (s *stage) endGateway(hard bool) error {
	if s.gw == nil {
		return nil
	}
	gw := s.gw
	s.gw = nil
	if hard {
		if err := gw.Process.Kill(); err != nil {
			return err
		}
		_ = gw.Wait() // it was killed: it says so
		return nil
	}
	if err := gw.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return gw.Wait()
}

// User implements scene.Stage.
func (s *stage) User(name string) (scene.User, error) {
	if u := s.users[name]; u != nil {
		return u, nil
	}
	u := &user{jid: name + s.ending + "@localhost"}
	if err := s.connect(u); err != nil {
		return nil, err
	}
	s.users[name] = u
	return u, u.Send(xmltree.New(xmpp.ClientSpace, "presence"))
}

func (s *stage) connect(u *user) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var c client
	var err error
	if !s.Until(func() bool { // jabberd2 sometimes has an internal-server-error for who comes
		c, err = s.login(ctx, u.jid+"/scene", "capulet", s.server.C2S())
		return err == nil
	}) {
		return err
	}
	if p, ok := c.(*e2e.Plain); ok && s.terms.Need("tunes") {
		p.Features = []string{xmpp.TuneSpace + "+notify"}
	}
	u.start(c)
	return nil
}

// Uploads implements scene.Stage.
func (s *stage) Uploads() string {
	if !s.terms.Need("uploads") {
		return ""
	}
	return "upload.localhost"
}

// Web implements scene.Stage.
func (*stage) Web() *http.Client { return &http.Client{Timeout: patience} }

// Domain implements scene.Stage.
func (s *stage) Domain(service string) string {
	if service == s.plays {
		return service + ".localhost"
	}
	return ""
}

// Network implements scene.Stage.
func (s *stage) Network(service string) world.Network {
	switch service {
	case "aim":
		return s.lab.OSCAR().AIM()
	case "icq":
		return s.lab.OSCAR().ICQ()
	case "msn":
		return s.lab.MSNP().MSN()
	case "yahoo":
		return s.lab.YMSG().Yahoo()
	}
	return nil
}

// Restart implements scene.Stage. When the XMPP server restarts, the users log in again.
func (s *stage) Restart(what string, hard bool) error {
	if what == "gateway" {
		if err := s.endGateway(hard); err != nil {
			return err
		}
		s.startGateway()
		return nil
	}
	before := strings.Count(s.log.String(), "link up")
	if err := s.server.Restart(context.Background()); err != nil { // which has a limit of its own
		return err
	}
	for _, u := range s.users {
		u.stop()
		if err := s.connect(u); err != nil {
			return err
		}
	}
	if !s.Until(func() bool { return strings.Count(s.log.String(), "link up") > before }) {
		return fmt.Errorf("the link did not come back")
	}
	return nil
}

// Pass implements scene.Stage: real time passes by itself.
func (s *stage) Pass(time.Duration) {}

// Until implements scene.Stage.
func (s *stage) Until(condition func() bool) bool { return within(patience, condition) }

// within waits until the condition holds; false: it does not, so long after.
func within(d time.Duration, condition func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(d); time.Now().Before(deadline); <-tick.C {
		if condition() {
			return true
		}
	}
	return condition()
}

// A user keeps what its client receives, and says yes to subscriptions, as people do.
type user struct {
	jid     string
	client  client
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	inbox   []*xmltree.Element
	refuses bool
}

// Refuse implements scene.User.
func (u *user) Refuse(on bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refuses = on
}

func (u *user) start(c client) {
	ctx, cancel := context.WithCancel(context.Background())
	u.client, u.cancel = c, cancel
	u.running.Go(func() {
		for {
			e, err := c.Next(ctx)
			if err != nil {
				return
			}
			u.mu.Lock()
			u.inbox = append(u.inbox, e)
			answers := []string{"subscribed", "subscribe"}
			if u.refuses {
				answers = []string{"unsubscribed"}
			}
			u.mu.Unlock()
			if e.Name.Local == "presence" && e.Attr("type") == "subscribe" {
				for _, kind := range answers {
					_ = c.Send(ctx, fmt.Sprintf("<presence to='%s' type='%s'/>", e.Attr("from"), kind))
				}
			}
		}
	})
}

func (u *user) stop() {
	u.cancel()
	_ = u.client.Close() // after a restart of the server there is nothing to close
	u.running.Wait()
}

// drop cuts the connection without a word.
func (u *user) drop() { _ = u.client.(*e2e.Plain).Abort() }

// Send implements scene.User.
func (u *user) Send(e *xmltree.Element) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return u.client.Send(ctx, string(e.Append(nil, xmpp.ClientSpace)))
}

// Inbox implements scene.User.
func (u *user) Inbox() []*xmltree.Element {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.inbox)
}

// A lockedBuffer is what a process says, for a reader meanwhile.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// slix is a client that nobody here wrote.
type slix struct{ *e2e.Client }

// Next implements client.
func (s slix) Next(ctx context.Context) (*xmltree.Element, error) {
	return s.Hear(ctx, func(*xmltree.Element) bool { return true })
}

// Close implements client.
func (s slix) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return s.Logout(ctx)
}
