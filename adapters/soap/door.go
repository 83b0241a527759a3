// Package soap is the door of the IM SOAP API: web clients that speak SOAP 1.1, SOAP 1.2 or its JSON form prove who
// they are with their XMPP account, see and change their registrations, and hear of them in notifications. docs/soap.md
// has every operation.
package soap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"imgate/adapters/soap/wire"
	"imgate/state"
	"imgate/xmpp"
)

// Options of a Door. Zero durations and numbers mean the defaults of the configuration.
type Options struct {
	Gateway  Gateway
	Services []Service
	Prover   Prover
	Presence Presence // nil: users have no XMPP session of their own
	Log      *slog.Logger
	Version  string

	OtherLogin     state.State // how disabled by another location is spelled; default state.Disabled
	DefaultDomain  string      // of accounts without one; empty: they are refused
	SessionIdle    time.Duration
	Sessions       int           // per user
	TokenLife      time.Duration // default 2 days
	PublicURL      string        // as clients see the address above /service; empty: as they ask for it
	TrustedProxies []netip.Prefix
}

// A Door answers at the addresses below /service. Make one with New; Run it while it serves.
type Door struct {
	opt      Options
	minter   *minter
	people   people
	throttle *throttle
	proving  chan struct{} // room for proofs at a time
	changes  atomic.Int64  // the <change> token
	stopping chan struct{} // closed when nobody is to wait any more
}

// maxProofs is how many passwords are proven at a time.
const maxProofs = 64

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// New makes a door.
func New(o Options) *Door {
	o.OtherLogin = orDefault(o.OtherLogin, state.Disabled)
	o.SessionIdle = orDefault(o.SessionIdle, 10*time.Minute)
	o.Sessions = orDefault(o.Sessions, 5)
	o.TokenLife = orDefault(o.TokenLife, 48*time.Hour)
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	return &Door{
		opt: o, minter: newMinter(), throttle: newThrottle(), stopping: make(chan struct{}),
		people:  people{byUser: map[xmpp.JID]*person{}, byToken: map[string]*person{}},
		proving: make(chan struct{}, maxProofs),
	}
}

// Run forgets what has expired, until ctx ends: then whoever waits is answered at once, and everybody is out. It is to
// be run once.
func (d *Door) Run(ctx context.Context) {
	tick := time.NewTicker(min(time.Minute, max(time.Second, d.opt.SessionIdle/4)))
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			d.sweep(now)
		case <-ctx.Done():
			close(d.stopping)
			d.everybodyOut()
			return
		}
	}
}

func (d *Door) stopped() bool {
	select {
	case <-d.stopping:
		return true
	default:
		return false
	}
}

func (d *Door) everybodyOut() {
	d.people.mu.Lock()
	defer d.people.mu.Unlock()
	for user, p := range d.people.byUser {
		p.mu.Lock()
		for _, s := range p.sessions {
			p.end(s)
		}
		d.drop(p)
		p.mu.Unlock()
		delete(d.people.byUser, user)
	}
}

// A request is one document of a client, and who asks.
type request struct {
	http    *http.Request
	client  netip.Addr
	form    wire.Form // of the answer
	header  header
	body    *wire.Element
	person  *person // nil: nobody has proven who they are
	token   string  // its id
	expires time.Time
	session *session // nil: none
	made    bool     // the session is new
	batch   bool     // it is one of several
	cookie  *http.Cookie
}

func (r *request) user() string {
	if r.person == nil {
		return ""
	}
	return r.person.jid.String()
}

// errGone ends a request whose client is gone: nothing is written, and nothing counts as told.
var errGone = errors.New("the client is gone")

// answer gives what is to be written; errGone for nothing.
func (d *Door) answer(hr *http.Request, body []byte, tooLong bool) (wire.Envelope, *http.Cookie, error) {
	r := &request{http: hr, client: d.clientOf(hr)}
	e, err := wire.Read(body)
	r.form = e.Form
	if tooLong {
		r.form = wire.SOAP12
		err = refuse(invalidRequest, "the request is longer than %d bytes", wire.MaxBody)
	}
	var out *wire.Element
	if err == nil {
		out, err = d.enter(r, e)
	}
	switch {
	case errors.Is(err, errGone):
		return wire.Envelope{}, nil, err
	case errors.Is(err, wire.ErrParse):
		err = &refusal{parseFailure, "the request can't be read: " + err.Error(), nil}
	case errors.Is(err, wire.ErrEnvelope):
		err = &refusal{invalidRequest, err.Error(), nil}
	}
	if err != nil {
		out = d.fault(r, local(r.body), err)
		echo(r.body, out)
	}
	return wire.Envelope{Form: r.form, Context: d.context(r), Body: out}, r.cookie, nil
}

// enter finds out who asks and for which session, and runs the document.
func (d *Door) enter(r *request, e wire.Envelope) (*wire.Element, error) {
	r.body = e.Body
	h, err := readHeader(e.Context, e.Form)
	r.header, r.form = h, h.form
	if err != nil {
		return nil, err
	}
	if d.stopped() {
		return nil, refuse(unavailable, "the gateway is stopping")
	}
	if err := d.identify(r); err != nil {
		return nil, err
	}
	d.opt.Log.Debug("request", "document", r.body.Local, "user", r.user(), "client", r.client.String(), "agent", h.agent)
	return d.run(r)
}

// identify takes token and session of the header.
func (d *Door) identify(r *request) error {
	token := r.header.token
	if token == "" {
		token = d.cookieOf(r.http)
	}
	if token == "" {
		return nil
	}
	now := time.Now()
	p, id, err := d.proven(token, now)
	switch {
	case errors.Is(err, errExpired) && !r.header.voidOnExpired:
		return refuse(authExpired, "the token has expired; authenticate again")
	case err != nil:
		return nil // counts as none
	}
	if err := r.header.own(p.jid); err != nil {
		return err
	}
	d.join(r, p, id, now)
	return nil
}

// proven is whose token it is.
func (d *Door) proven(token string, now time.Time) (*person, string, error) {
	id, err := d.minter.read(token, now)
	if err != nil {
		return nil, "", err
	}
	p := d.holder(id)
	if p == nil {
		return nil, "", errExpired
	}
	return p, id, nil
}

// join makes p the one who asks, in the session that the header names.
func (d *Door) join(r *request, p *person, id string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.person, r.token, r.expires = p, id, p.tokens[id]
	if _, still := p.tokens[id]; !still || !r.header.session {
		return
	}
	r.session, r.made = p.session(r.header.sessionID, now)
	if !r.made {
		r.session.queue.acknowledge(r.header.seq)
	}
}

// run runs one document. A panic there is a fault of this request only.
func (d *Door) run(r *request) (out *wire.Element, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.opt.Log.Error("panic at the SOAP door", "document", local(r.body), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			out, err = nil, refuse(failure, "an error in the gateway; its log has it")
		}
	}()
	doc, known := documents()[name{r.body.Space, r.body.Local}]
	switch {
	case !known || r.batch && doc.alone:
		return nil, refuse(unknownDocument, "unknown document: %s", local(r.body))
	case r.person == nil && !doc.open:
		return nil, refuse(authRequired, "no valid token; authenticate first")
	}
	if r.body.Space == imSpace && r.session != nil {
		r.person.mu.Lock()
		r.person.attach(r.session)
		r.person.mu.Unlock()
	}
	out, err = doc.run(d, r)
	if err == nil {
		echo(r.body, out)
	}
	return out, err
}

// echo copies the requestId of a request to its answer.
func echo(asked, answer *wire.Element) {
	if id, ok := asked.Lookup("requestId"); ok {
		answer.Set("requestId", id)
	}
}

// local names a document for logs and faults, bounded.
func local(e *wire.Element) string {
	if e == nil {
		return ""
	}
	return e.Local[:min(len(e.Local), 100)]
}
