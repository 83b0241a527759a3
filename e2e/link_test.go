package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"imgate/component"
	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/xmltree"
	"imgate/xmpp"
)

var (
	aim    = xmpp.JID{Domain: "aim.localhost"}
	icq    = xmpp.JID{Domain: "icq.localhost"}
	home   = xmpp.JID{Domain: "localhost"}
	juliet = xmpp.JID{Local: "juliet", Domain: "localhost", Resource: "balcony"}
)

// runLink runs a link until the test ends, and gives what it tells.
func runLink(t *testing.T, c component.Config) (*component.Link, <-chan component.Received, <-chan component.State) {
	t.Helper()
	got, states := make(chan component.Received, 100), make(chan component.State, 100)
	c.Handle = func(r component.Received) { got <- r }
	c.Changed = func(s component.State) { states <- s }
	link, err := component.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- link.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return link, got, states
}

// everyServer runs a test with each kind of server, beside other tests: most of it is waiting.
func everyServer(t *testing.T, test func(*testing.T, xmppd.Kind)) {
	t.Parallel()
	for _, kind := range xmppd.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// heard is what the link hands over next, but for the questions of jabberd2's session manager.
func heard(t *testing.T, got <-chan component.Received) component.Received {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case r := <-got:
			if r.Stanza.Head().From.Domain != "sm" {
				return r
			}
		case <-late:
			t.Fatal("we hear no stanza")
		}
	}
}

func TestLinkToARealServer(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		server := startServer(t, xmppd.Config{Kind: kind, Users: map[string]string{"juliet": "capulet"},
			Components: map[string]string{aim.Domain: "secret", icq.Domain: "secret"}})
		link, got, states := runLink(t, component.Config{Address: server.Component(), Domain: aim, Secret: "secret", Server: home})
		if s := <-states; !s.Up {
			t.Fatal(s.Err)
		}
		client := logIn(t, server)
		carries(t, link, got, client)
		isBounced(t, link, got)
		refusesGiants(t, link, got, client, kind)
		if here, err := link.Serves(soon(t), icq); here != (kind == xmppd.Ejabberd) || err != nil {
			t.Errorf("a sibling's domain: %v, %v", here, err)
		}
		if here, err := link.Serves(soon(t), aim); !here || err != nil {
			t.Errorf("our own domain: %v, %v", here, err)
		}
		comesBack(t, server, link, states)
	})
}

func logIn(t *testing.T, server *xmppd.Server) *e2e.Plain {
	t.Helper()
	client, err := e2e.LoginPlain(soon(t), juliet.String(), "capulet", server.C2S())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // the server may be gone
	if err := client.Send(soon(t), "<presence/>"); err != nil {
		t.Fatal(err)
	}
	return client
}

// message waits for the client's next message.
func message(t *testing.T, client *e2e.Plain) *xmltree.Element {
	t.Helper()
	ctx := soon(t)
	for {
		e, err := client.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if e.Name.Local == "message" {
			return e
		}
	}
}

// carries sends both ways; what no XML may hold arrives as something that it may, and hurts nobody.
func carries(t *testing.T, link *component.Link, got <-chan component.Received, client *e2e.Plain) {
	t.Helper()
	if err := client.Send(soon(t), "<message to='aim.localhost'><body>hi &lt;&amp;&gt;</body></message>"); err != nil {
		t.Fatal(err)
	}
	m := heard(t, got).Stanza.(xmpp.Message)
	if body, _ := m.Body(); body != "hi <&>" || m.From != juliet {
		t.Errorf("we hear %+v", m)
	}
	for body, want := range map[string]string{
		"\x00\x1b<&>\uFFFE\xff": "\uFFFD\uFFFD<&>\uFFFD\uFFFD", "]]> \u0085 \u2028 \x7f '\"": "]]> \u0085 \u2028 \x7f '\"",
	} {
		say(t, link, body)
		if got := message(t, client).ChildText(xmpp.ClientSpace, "body"); got != want {
			t.Errorf("%q arrives as %q", body, got)
		}
	}
	if err := link.Barrier(soon(t)); err != nil {
		t.Fatal(err)
	}
}

func say(t *testing.T, link *component.Link, body string) {
	t.Helper()
	m := xmpp.Message{Header: xmpp.Header{ID: "1", From: aim, To: juliet}, Payload: []*xmltree.Element{xmpp.Leaf("body", body)}}
	if err := link.Send(soon(t), m); err != nil {
		t.Fatal(err)
	}
}

// isBounced sends to nobody: a user who is not there, a domain that is not there.
func isBounced(t *testing.T, link *component.Link, got <-chan component.Received) {
	t.Helper()
	for _, to := range []xmpp.JID{{Local: "nobody", Domain: "localhost"}, {Local: "bob", Domain: "nowhere.localhost"}} {
		m := xmpp.Message{Header: xmpp.Header{ID: "b1", From: aim, To: to}, Payload: []*xmltree.Element{xmpp.Leaf("body", "x")}}
		if err := link.Send(soon(t), m); err != nil {
			t.Fatal(err)
		}
		r := heard(t, got)
		back, ok := r.Stanza.(xmpp.Message)
		if !ok || back.ID != "b1" || back.From.Bare() != to || back.To != aim || xmpp.ErrorOf(back) == nil {
			t.Errorf("to %s comes back %+v", to, r.Stanza)
			continue
		}
		t.Logf("to %s: %s", to, xmpp.ErrorOf(back))
	}
}

// refusesGiants exchanges the biggest that we send, and more than we take.
func refusesGiants(t *testing.T, link *component.Link, got <-chan component.Received, client *e2e.Plain, kind xmppd.Kind) {
	t.Helper()
	const most = 255 << 10
	say(t, link, strings.Repeat("x", most))
	if body := message(t, client).ChildText(xmpp.ClientSpace, "body"); len(body) != most {
		t.Errorf("%d of %d bytes arrive", len(body), most)
	}
	giant := strings.Repeat("y", 300<<10)
	if err := client.Send(soon(t), "<message to='aim.localhost' id='giant'><body>"+giant+"</body></message><message to='aim.localhost'><body>small</body></message>"); err != nil {
		t.Fatal(err)
	}
	if body, _ := heard(t, got).Stanza.(xmpp.Message).Body(); body != "small" {
		t.Errorf("%s: we hear %d bytes", kind, len(body))
	}
	if e := message(t, client); e.Attr("id") != "giant" || e.Attr("type") != "error" || !strings.Contains(e.String(), "policy-violation") {
		t.Errorf("the giant is answered by %.300s", e)
	}
}

// comesBack restarts the server.
func comesBack(t *testing.T, server *xmppd.Server, link *component.Link, states <-chan component.State) {
	t.Helper()
	if err := server.Restart(soon(t)); err != nil {
		t.Fatal(err)
	}
	if s := <-states; s.Up || s.Next.IsZero() {
		t.Errorf("while the server is away: %+v", s)
	}
	for s := range states {
		if s.Up {
			break
		}
	}
	if err := link.Barrier(soon(t)); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

// TestLinkToARealServerOverTLS is ejabberd, the only one whose port for components has TLS.
func TestLinkToARealServerOverTLS(t *testing.T) {
	server := startServer(t, xmppd.Config{Kind: xmppd.Ejabberd, Components: map[string]string{aim.Domain: "secret"}, ComponentTLS: true})
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	link, _, states := runLink(t, component.Config{
		Address: server.Component(), Domain: aim, Secret: "secret", Server: home, TLS: &tls.Config{RootCAs: roots, ServerName: server.Host()},
	})
	if s := <-states; !s.Up {
		t.Fatal(s.Err)
	}
	if err := link.Barrier(soon(t)); err != nil {
		t.Error(err)
	}
	_, _, states = runLink(t, component.Config{
		Address: server.Component(), Domain: aim, Secret: "secret", TLS: &tls.Config{ServerName: server.Host()},
	})
	if s := <-states; s.Up || !strings.Contains(s.Err.Error(), "certificate") {
		t.Errorf("with a certificate that nobody vouches for: %+v", s)
	}
}

// TestServersListTheGateway in their service discovery: jabberd2 since it was told what the component is.
func TestServersListTheGateway(t *testing.T) {
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		st := newStage(t, kind)
		juliet := person(t, st, "juliet")
		juliet.sends(`<iq to='localhost' type='get' id='items'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`)
		juliet.hears(`id="items" & type="result" & jid="aim.localhost"`)
	})
}

// TestARealServerSaysWhatIsWrong has the first lines of the table of docs/servers.md.
func TestARealServerSaysWhatIsWrong(t *testing.T) {
	const up = component.Reason(255) // the connection is accepted
	wrong := map[xmppd.Kind]map[string]component.Reason{
		xmppd.Prosody:  {"secret": component.NotAuthorized, "domain": component.HostUnknown, "own": component.HostUnknown, "second": component.Conflict},
		xmppd.Ejabberd: {"secret": component.NotAuthorized, "domain": component.NotAuthorized, "own": component.Conflict, "second": up},
		xmppd.Jabberd2: {"secret": component.NotAuthorized, "domain": up, "own": up, "second": up},
	}
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		server := startServer(t, xmppd.Config{Kind: kind, Components: map[string]string{aim.Domain: "secret"}})
		good := component.Config{Address: server.Component(), Domain: aim, Secret: "secret"}
		_, _, states := runLink(t, good)
		if s := <-states; !s.Up {
			t.Fatal(s.Err)
		}
		for what, want := range wrong[kind] {
			bad := good
			switch what {
			case "secret":
				bad.Secret = "wrong"
			case "domain":
				bad.Domain = xmpp.JID{Domain: "msn.localhost"}
			case "own":
				bad.Domain = home
			}
			_, _, states := runLink(t, bad)
			var e *component.LinkError
			switch s := <-states; {
			case want == up && !s.Up:
				t.Errorf("%s: refused: %v", what, s.Err)
			case want != up && (!errors.As(s.Err, &e) || e.Reason != want):
				t.Errorf("%s: want %s, got %+v", what, want, s)
			case want != up:
				t.Logf("%s: %s", what, e)
			}
		}
	})
}
