package client_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/xdg-go/scram"

	"imgate/xmltree"
	"imgate/xmpp"
)

const (
	password = "capulet-and-montague"
	saslNS   = "urn:ietf:params:xml:ns:xmpp-sasl"
	tlsNS    = "urn:ietf:params:xml:ns:xmpp-tls"
	bindNS   = "urn:ietf:params:xml:ns:xmpp-bind"
)

// A server is an XMPP server as far as one client sees it. What it does not do by itself, a test does by push.
type server struct {
	t          *testing.T
	mechanisms []string
	bindings   []string // as XEP-0440 lists them; the server checks the first
	starttls   bool
	tls        *tls.Config
	fail       string // condition with which every proof is refused
	oldBinding string // condition with which every bound mechanism is refused at its first word, as ejabberd 23.01 does
	hangsUp    bool   // and then the stream ends
	roster     string // items

	losesRosters atomic.Int32 // so many requests for the roster are not answered

	again atomic.Int32 // mechanisms that were tried after a refusal of the binding

	mu    sync.Mutex
	conns []net.Conn
	used  string // mechanism of the last client
	wrote []byte // all that clients wrote, as it came over the wire
	got   chan *xmltree.Element
	next  chan *peer // sessions, as they are bound
}

func newServer(t *testing.T, mechanisms ...string) *server {
	return &server{t: t, mechanisms: mechanisms, got: make(chan *xmltree.Element, 1000), next: make(chan *peer, 100)}
}

// certificate is one for example.com.
func (s *server) certificate() *server {
	web := httptest.NewTLSServer(nil)
	s.t.Cleanup(web.Close)
	s.tls = &tls.Config{Certificates: web.TLS.Certificates}
	return s
}

// dial is client.Config.Dial.
func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	s.mu.Lock()
	s.conns = append(s.conns, ours)
	s.mu.Unlock()
	go s.serve(&listening{Conn: ours, s: s})
	return theirs, nil
}

// listening notes what comes over the wire.
type listening struct {
	net.Conn
	s *server
}

func (l *listening) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.s.mu.Lock()
	l.s.wrote = append(l.s.wrote, p[:n]...)
	l.s.mu.Unlock()
	return n, err
}

// seen is what came over the wire.
func (s *server) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.wrote)
}

// refuse makes the server refuse every proof with this condition; empty: no more.
func (s *server) refuse(condition string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = condition
}

// refusal is the condition with which every proof is refused.
func (s *server) refusal() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fail
}

// cut drops every connection.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
	s.conns = nil
}

// A peer is a bound client.
type peer struct {
	conn net.Conn
	in   *xmltree.Reader
}

func (p *peer) write(raw string) { _, _ = p.conn.Write([]byte(raw)) }

func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	p := &peer{conn: conn}
	if !p.open(s.features(s.starttls && s.tls != nil)) {
		return
	}
	e, err := p.in.Next()
	if err != nil {
		return
	}
	var state *tls.ConnectionState
	if e.Is(tlsNS, "starttls") {
		p.write("<proceed xmlns='" + tlsNS + "'/>")
		t := tls.Server(conn, s.tls)
		if t.Handshake() != nil {
			return
		}
		cs := t.ConnectionState()
		state, p.conn = &cs, t
		if !p.open(s.features(false)) {
			return
		}
		if e, err = p.in.Next(); err != nil {
			return
		}
	}
	if !s.signsIn(p, e, state) || !p.open("<bind xmlns='"+bindNS+"'/>") {
		return
	}
	if e, err = p.in.Next(); err != nil {
		return
	}
	p.write("<iq type='result' id='" + e.Attr("id") + "'><bind xmlns='" + bindNS + "'><jid>juliet@example.com/" +
		e.Child(bindNS, "bind").ChildText(bindNS, "resource") + "</jid></bind></iq>")
	s.next <- p
	for {
		e, err := p.in.Next()
		if err != nil {
			p.write("</stream:stream>")
			return
		}
		if e.First().Is(xmpp.RosterSpace, "query") && e.Attr("type") == "get" {
			if s.losesRosters.Add(-1) >= 0 {
				continue
			}
			p.write("<iq type='result' id='" + e.Attr("id") + "'><query xmlns='jabber:iq:roster'>" + s.roster + "</query></iq>")
			continue
		}
		s.got <- e
	}
}

func (p *peer) open(features string) bool {
	p.in = xmltree.NewReader(p.conn, xmltree.Limits{})
	if _, err := p.in.Open(); err != nil {
		return false
	}
	p.write("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='x' version='1.0'>" +
		"<stream:features>" + features + "</stream:features>")
	return true
}

func (s *server) features(starttls bool) string {
	if starttls {
		return "<starttls xmlns='" + tlsNS + "'><required/></starttls>"
	}
	var b strings.Builder
	b.WriteString("<mechanisms xmlns='" + saslNS + "'>")
	for _, m := range s.mechanisms {
		b.WriteString("<mechanism>" + m + "</mechanism>")
	}
	b.WriteString("</mechanisms>")
	if len(s.bindings) > 0 {
		b.WriteString("<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>")
		for _, m := range s.bindings {
			b.WriteString("<channel-binding type='" + m + "'/>")
		}
		b.WriteString("</sasl-channel-binding>")
	}
	return b.String()
}

// signsIn lets a client try again after a refusal at its first word.
func (s *server) signsIn(p *peer, e *xmltree.Element, state *tls.ConnectionState) bool {
	for s.oldBinding != "" && strings.HasSuffix(e.Attr("mechanism"), "-PLUS") {
		p.write("<failure xmlns='" + saslNS + "'><" + s.oldBinding + "/></failure>")
		if s.hangsUp {
			return false
		}
		var err error
		if e, err = p.in.Next(); err != nil {
			return false
		}
		s.again.Add(1)
	}
	return s.authenticate(p, e, state)
}

func (s *server) authenticate(p *peer, e *xmltree.Element, state *tls.ConnectionState) bool {
	s.mu.Lock()
	s.used = e.Attr("mechanism")
	used := s.used
	s.mu.Unlock()
	fail := func(condition string) bool {
		p.write("<failure xmlns='" + saslNS + "'><" + condition + "/><text>No.</text></failure>")
		return false
	}
	if !slices.Contains(s.mechanisms, used) {
		return fail("invalid-mechanism")
	}
	first, _ := base64.StdEncoding.DecodeString(e.Text())
	if used == "PLAIN" {
		if string(first) != "\x00juliet\x00"+password {
			return fail("not-authorized")
		}
		if c := s.refusal(); c != "" {
			return fail(c)
		}
		p.write("<success xmlns='" + saslNS + "'/>")
		return true
	}
	talk := s.scram(used, state)
	challenge, err := talk.Step(string(first))
	if err != nil {
		return fail("not-authorized")
	}
	p.write("<challenge xmlns='" + saslNS + "'>" + base64.StdEncoding.EncodeToString([]byte(challenge)) + "</challenge>")
	if e, err = p.in.Next(); err != nil {
		return false
	}
	last, _ := base64.StdEncoding.DecodeString(e.Text())
	proof, err := talk.Step(string(last))
	if err != nil || !talk.Valid() {
		return fail("not-authorized")
	}
	if c := s.refusal(); c != "" {
		return fail(c)
	}
	p.write("<success xmlns='" + saslNS + "'>" + base64.StdEncoding.EncodeToString([]byte(proof)) + "</success>")
	return true
}

func (s *server) scram(name string, state *tls.ConnectionState) *scram.ServerConversation {
	hash := scram.SHA1
	switch {
	case strings.Contains(name, "256"):
		hash = scram.SHA256
	case strings.Contains(name, "512"):
		hash = scram.SHA512
	}
	c, err := hash.NewClient("juliet", password, "")
	if err != nil {
		s.t.Error(err)
	}
	stored, err := c.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt", Iters: 4096})
	if err != nil {
		s.t.Error(err)
	}
	srv, err := hash.NewServer(func(name string) (scram.StoredCredentials, error) {
		if name != "juliet" {
			return scram.StoredCredentials{}, context.Canceled
		}
		return stored, nil
	})
	if err != nil {
		s.t.Error(err)
	}
	if !strings.HasSuffix(name, "-PLUS") {
		return srv.NewConversation()
	}
	var binding scram.ChannelBinding
	switch kind := append(slices.Clone(s.bindings), "tls-exporter")[0]; {
	case kind == "tls-server-end-point":
		leaf := *state
		cert, err := x509Leaf(s.tls)
		if err != nil {
			s.t.Error(err)
		}
		leaf.PeerCertificates = cert
		binding, err = scram.NewTLSServerEndpointBinding(&leaf)
		if err != nil {
			s.t.Error(err)
		}
	case len(state.TLSUnique) > 0:
		binding = scram.NewTLSUniqueBinding(state.TLSUnique)
	default:
		binding, err = scram.NewTLSExporterBinding(state)
		if err != nil {
			s.t.Error(err)
		}
	}
	return srv.NewConversationWithChannelBindingRequired(binding)
}
