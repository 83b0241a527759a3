package soap

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/adapters"
	"imgate/adapters/soap/wire"
	"imgate/component/gateway"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/xmpp"
)

// A world is a door before a real gateway, behind which is a loopback network, under fake time.
type world struct {
	t        *testing.T
	door     *Door
	g        *gateway.Gateway
	server   *loopback.Server
	prover   *prover
	presence *presence
	log      *strings.Builder
	logged   sync.Mutex
	close    func() // of the door alone
}

// A prover knows alice and bob.
type prover struct {
	mu    sync.Mutex
	err   error
	asked int
}

func (p *prover) Prove(_ context.Context, user xmpp.JID, password transports.Secret) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	switch {
	case p.err != nil:
		return p.err
	case user.Domain == "example.org" && (user.Local == "alice" || user.Local == "bob") && password.Reveal() == " s3cret&":
		return nil
	case user.Local == "old":
		return adapters.ErrInactive
	}
	return fmt.Errorf("c2s: %w", adapters.ErrWrongPassword)
}

// A presence notes who is attached, and never twice.
type presence struct {
	t  *testing.T
	mu sync.Mutex
	in map[xmpp.JID]bool
	n  int
}

func (p *presence) Attach(user xmpp.JID, password transports.Secret) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.in[user] || password.Empty() {
		p.t.Errorf("%s attached twice, or without a password", user)
	}
	p.in[user] = true
	p.n++
}

func (p *presence) Detach(user xmpp.JID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.in[user] {
		p.t.Errorf("%s detached without being there", user)
	}
	delete(p.in, user)
}

func (p *presence) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.in)
}

// A link takes everything.
type link struct{}

func (link) Send(context.Context, xmpp.Stanza) error { return nil }
func (link) Offer(xmpp.Stanza) error                 { return nil }
func (link) Barrier(context.Context) error           { return nil }
func (link) Reply(xmpp.Stanza)                       {}

// Write implements io.Writer: the log.
func (w *world) Write(b []byte) (int, error) {
	w.logged.Lock()
	defer w.logged.Unlock()
	return w.log.Write(b)
}

func (w *world) logText() string {
	w.logged.Lock()
	defer w.logged.Unlock()
	return w.log.String()
}

const aimDomain = "aim.example.org"

// newWorld makes one; what it gives is to be called at the end.
func newWorld(t testing.TB, path string, change func(*Options)) (*world, func()) {
	key, err := registry.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := registry.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{server: loopback.NewServer(), prover: &prover{}, log: &strings.Builder{}}
	if tt, ok := t.(*testing.T); ok {
		w.t = tt
	}
	w.presence = &presence{t: w.t, in: map[xmpp.JID]bool{}}
	w.server.Account("aliceliddell", "pw")
	log := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	reg, err := registry.Open(path, registry.Options{Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	keeper := registry.NewKeeper(reg, log)
	network := loopback.New(w.server)
	users := []string{"example.org"}
	w.g, err = gateway.New(gateway.Options{
		Services: []gateway.Service{
			{Name: "aim", Domain: aimDomain, Network: network, Users: users, Link: link{}},
			{Name: "msn-a", Domain: "msna.example.org", Network: network, Users: users, Link: link{}},
			{Name: "msn-b", Domain: "msnb.example.org", Network: network, Users: users, Link: link{}},
			{Name: "closed", Domain: "closed.example.org", Network: network, Users: []string{"other.org"}, Link: link{}},
		},
		Registry: reg, Keeper: keeper, Log: log, Schedule: state.Defaults(func() float64 { return 0.5 }), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Gateway: w.g, Prover: w.prover, Presence: w.presence, Log: log, Version: "1.0", DefaultDomain: "example.org",
		Services: []Service{
			{"aim", "aim", aimDomain}, {"msn-a", "msn", "msna.example.org"}, {"msn-b", "msn", "msnb.example.org"},
			{"closed", "yahoo", "closed.example.org"},
		},
	}
	if change != nil {
		change(&o)
	}
	w.door = New(o)
	var running, kept, doors sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	keepCtx, closeKeeper := context.WithCancel(context.Background())
	doorCtx, closeDoor := context.WithCancel(ctx)
	w.close = func() { closeDoor(); doors.Wait() }
	kept.Go(func() { keeper.Run(keepCtx) })
	running.Go(func() { w.g.Run(ctx) })
	doors.Go(func() { w.door.Run(doorCtx) })
	w.g.LinkUp(aimDomain)
	return w, func() {
		closeDoor()
		cancel()
		doors.Wait()
		running.Wait()
		closeKeeper()
		kept.Wait()
		if err := reg.Close(); err != nil {
			t.Error(err)
		}
	}
}

// play runs a story in a bubble of fake time.
func play(t *testing.T, change func(*Options), story func(w *world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "imgate.db")
	synctest.Test(t, func(t *testing.T) {
		w, end := newWorld(t, path, change)
		defer end()
		synctest.Wait()
		story(w)
		for _, secret := range []string{"s3cret", `"pw"`, "wrong-pw"} {
			if strings.Contains(w.logText(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, w.logText())
			}
		}
	})
}

// A reply is an answer as a client sees it.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	wire.Envelope
}

// send posts a body as it is.
func (w *world) send(ctx context.Context, body string, change func(*http.Request)) *reply {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://im.example.org/service/soap/Whatever", strings.NewReader(body)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	r.RemoteAddr = "192.0.2.7:4000"
	if change != nil {
		change(r)
	}
	rec := httptest.NewRecorder()
	w.door.ServeHTTP(rec, r)
	out := &reply{t: w.t, status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	if rec.Body.Len() > 0 && rec.Code != http.StatusMethodNotAllowed && rec.Code != http.StatusNotFound {
		var err error
		if out.Envelope, err = wire.Read(rec.Body.Bytes()); err != nil {
			w.t.Fatalf("the answer can't be read: %v\n%s", err, out.raw)
		}
	}
	return out
}

// Envelopes of each form around a context and a body that are written in XML.
func soap12(header, body string) string {
	return `<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header><context xmlns="urn:zimbra">` + header +
		`</context></soap:Header><soap:Body>` + body + `</soap:Body></soap:Envelope>`
}

func soap11(header, body string) string {
	return strings.ReplaceAll(soap12(header, body), wire.SOAP12Space, wire.SOAP11Space)
}

// code is that of a fault, in any form; empty where there is none.
func (r *reply) code() string {
	if r.Body == nil || r.Body.Local != "Fault" {
		return ""
	}
	detail := r.Body.Child("Detail")
	if r.Form == wire.SOAP11 {
		detail = r.Body.Child("detail")
	}
	return detail.Child("Error").Get("Code")
}

func (r *reply) fails(code string) {
	r.t.Helper()
	if r.code() != code || r.status != http.StatusInternalServerError {
		r.t.Errorf("%d, want %s:\n%s", r.status, code, r.raw)
	}
}

func (r *reply) ok() *reply {
	r.t.Helper()
	if r.status != http.StatusOK || r.code() != "" {
		r.t.Fatalf("%d:\n%s", r.status, r.raw)
	}
	return r
}

// events are the notifications, block by block: "#1:gwStatus aim online|… #2:…".
func (r *reply) events() string {
	var blocks []string
	for c := range r.Context.Elements() {
		if c.Local != "notify" {
			continue
		}
		var words []string
		for n := range c.Child("im").Elements() {
			word := n.Get("type") + " " + n.Get("service") + " " + n.Get("state") + n.Get("username")
			if wait, ok := n.Lookup("timeUntilNextConnect"); ok {
				word += "+" + wait
			}
			words = append(words, word)
		}
		blocks = append(blocks, "#"+c.Get("seq")+":"+strings.Join(words, "|"))
	}
	return strings.Join(blocks, " ")
}

func (r *reply) refreshed() bool { return r.Context.Child("refresh") != nil }

// A client is one that keeps token, session and count.
type client struct {
	w       *world
	token   string
	session string // "": none is asked for; "new": one is to be made
	seq     string
	counts  bool // it keeps the sequence itself
	heard   []string
}

const auth = `<AuthRequest xmlns="urn:zimbraAccount"><account by="name">alice@example.org</account><password> s3cret&amp;</password></AuthRequest>`

func (w *world) client(session string) *client {
	w.t.Helper()
	r := w.send(context.Background(), soap12("", auth), nil).ok()
	return &client{w: w, token: r.Body.Get("authToken"), session: session}
}

func (c *client) header() string {
	h := "<authToken>" + c.token + "</authToken>"
	switch c.session {
	case "":
	case "new":
		h += "<session/>"
	default:
		h += `<session id="` + c.session + `"/>`
	}
	if c.seq != "" {
		h += `<notify seq="` + c.seq + `"/>`
	}
	return h
}

// asks sends a document and takes over the session of the answer.
func (c *client) asks(body string) *reply { return c.asksUntil(context.Background(), body) }

func (c *client) asksUntil(ctx context.Context, body string) *reply {
	c.w.t.Helper()
	r := c.w.send(ctx, soap12(c.header(), body), nil)
	if id := r.Context.Child("session").Get("id"); id != "" {
		c.session = id
	}
	if c.counts {
		c.listen(r)
	}
	return r
}

// listen takes what it has not heard before, and acknowledges it from then on.
func (c *client) listen(r *reply) {
	for block := range strings.SplitSeq(r.events(), " #") {
		seq, words, ok := strings.Cut(strings.TrimPrefix(block, "#"), ":")
		if n, _ := strconv.Atoi(seq); ok && n > c.last() {
			c.seq = seq
			c.heard = append(c.heard, words)
		}
	}
}

func (c *client) last() int {
	n, _ := strconv.Atoi(c.seq)
	return n
}

// news is what it has heard since it was asked, and what there is now.
func (c *client) news() string {
	synctest.Wait()
	c.asks(noOp)
	all := strings.Join(c.heard, "|")
	c.heard = nil
	return all
}

const (
	list  = `<IMGatewayListRequest xmlns="urn:zimbraIM"/>`
	noOp  = `<NoOpRequest xmlns="urn:zimbraMail"/>`
	waits = `<NoOpRequest xmlns="urn:zimbraMail" wait="1"/>`
)

func register(op, service, rest string) string {
	return `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" op="` + op + `" service="` + service + `" ` + rest + `/>`
}

// A waiting is a request that has not been answered.
type waiting struct {
	done   chan struct{}
	reply  *reply
	began  time.Time
	took   time.Duration
	cancel context.CancelFunc
}

// waits sends a document and lets it wait.
func (c *client) waits(body string) *waiting {
	ctx, cancel := context.WithCancel(context.Background())
	w := &waiting{done: make(chan struct{}), began: time.Now(), cancel: cancel}
	own := *c
	go func() {
		defer close(w.done)
		w.reply = own.asksUntil(ctx, body)
		w.took = time.Since(w.began)
	}()
	synctest.Wait()
	return w
}

func (w *waiting) answered() bool {
	synctest.Wait()
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// is makes alice's client say where she is.
func (w *world) is(kind string) {
	w.t.Helper()
	p := xmpp.Presence{Header: xmpp.Header{From: xmpp.JID{Local: "alice", Domain: "example.org", Resource: "r"}, To: xmpp.JID{Domain: aimDomain}}}
	p.Type = xmpp.PresenceType(kind)
	w.g.Receive(p, nil)
	synctest.Wait()
}

// sessions counts those of alice.
func (w *world) sessions() int {
	w.door.people.mu.Lock()
	defer w.door.people.mu.Unlock()
	p := w.door.people.byUser[alice]
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sessions)
}
