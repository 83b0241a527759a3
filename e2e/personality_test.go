package e2e_test

import (
	"crypto/sha1"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/lab/xmppd"
	"imgate/xmltree"
	"imgate/xmpp"
)

// TestPersonalitiesAreTrue has the same talks with each real server and with its personality in componenttest,
// on which the tests of the link stand: what is answered must be the same.
func TestPersonalitiesAreTrue(t *testing.T) {
	personalities := map[xmppd.Kind]componenttest.Personality{
		xmppd.Prosody: componenttest.Prosody(), xmppd.Ejabberd: componenttest.Ejabberd(), xmppd.Jabberd2: componenttest.Jabberd2(),
	}
	everyServer(t, func(t *testing.T, kind xmppd.Kind) {
		domains := map[string]string{aim.Domain: "secret", icq.Domain: "secret"}
		server := startServer(t, xmppd.Config{Kind: kind, Components: domains})
		stub := startStub(t, personalities[kind], domains)
		for _, c := range []struct{ name, domain, secret, says string }{
			{"wrong secret", aim.Domain, "wrong", ""},
			{"unknown domain", "msn.localhost", "secret", ""},
			{"own domain", home.Domain, "secret", ""},
			{"known domain", aim.Domain, "secret", ""},
			{"ping to the server", aim.Domain, "secret", "<iq type='get' id='1' from='aim.localhost' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"},
			{"any local part", aim.Domain, "secret", "<iq type='get' id='1' from='a.b@aim.localhost/c' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"},
			{"from elsewhere", aim.Domain, "secret", "<message id='1' from='bob@msn.localhost' to='nobody@localhost'/>"},
			{"from a sibling", aim.Domain, "secret", "<iq type='get' id='1' from='icq.localhost' to='icq.localhost'><ping xmlns='urn:xmpp:ping'/></iq>"},
		} {
			// The server may not have noticed yet that the talk before has ended: then the domain is taken, or, with ejabberd,
			// which lets several share a domain, answers go to the one that is gone.
			var real, ours []string
			if !within(patience, func() bool {
				real, ours = talk(t, server.Component(), c.domain, c.secret, c.says), talk(t, stub, c.domain, c.secret, c.says)
				return slices.Equal(real, ours)
			}) {
				t.Errorf("%s: %s says %q, its personality %q", c.name, kind, real, ours)
			}
			t.Logf("%s: %q", c.name, real)
		}
	})
}

func startStub(t *testing.T, p componenttest.Personality, domains map[string]string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stub := componenttest.NewServer(p, domains, home.Domain)
	served := make(chan error, 1)
	go func() { served <- stub.Serve(listener) }()
	t.Cleanup(func() {
		listener.Close()
		<-served
		stub.Close()
	})
	return listener.Addr().String()
}

// talk shakes hands, says something and tells what came back, up to the answer to a ping behind it. A ping to
// ourselves would not do: jabberd2 turns it round in its router, before the session manager has answered.
func talk(t *testing.T, address, domain, secret, says string) (heard []string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience / 6)); err != nil {
		t.Fatal(err)
	}
	reader := xmltree.NewReader(conn, xmltree.Limits{})
	fmt.Fprintf(conn, "<stream:stream xmlns='%s' xmlns:stream='%s' to='%s'>", xmpp.ComponentSpace, xmpp.StreamSpace, domain)
	header, err := reader.Open()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "<handshake>%x</handshake>", sha1.Sum([]byte(header.Attr("id")+secret)))
	for {
		e, err := reader.Next()
		switch {
		case err != nil:
			return append(heard, "closed")
		case e.Attr("id") == "fence":
			return heard
		case e.Attr("from") == "sm":
			continue
		case e.Name.Local == "handshake" && says == "":
			return append(heard, "handshake")
		case e.Name.Local == "handshake":
			_, _ = io.WriteString(conn, says+"<iq type='get' id='fence' from='"+domain+"' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>") // it may close before
		}
		heard = append(heard, describe(e))
	}
}

// describe is what must be the same: kind, type and addresses of a stanza, the condition of an error.
func describe(e *xmltree.Element) string {
	line := e.Name.Local
	for _, name := range []string{"type", "from", "to"} {
		if v := e.Attr(name); v != "" {
			line += " " + name + "=" + v
		}
	}
	if e.Is(xmpp.StreamSpace, "error") {
		return line + " " + e.First().Name.Local
	}
	if stanza, err := xmpp.Parse(e); err == nil && xmpp.ErrorOf(stanza) != nil {
		line += " " + string(xmpp.ErrorOf(stanza).Condition)
	}
	return line
}

// TestWhoIsReplacedStandsDown is Prosody with kick_old.
func TestWhoIsReplacedStandsDown(t *testing.T) {
	server := startServer(t, xmppd.Config{Components: map[string]string{aim.Domain: "secret"}, Global: `component_conflict_resolve = "kick_old"`})
	config := component.Config{Address: server.Component(), Domain: aim, Secret: "secret"}
	_, _, first := runLink(t, config)
	if s := <-first; !s.Up {
		t.Fatal(s.Err)
	}
	_, _, second := runLink(t, config)
	if s := <-second; !s.Up {
		t.Errorf("the second: %v", s.Err)
	}
	if s := <-first; s.Up || time.Until(s.Next) < 50*time.Second {
		t.Errorf("the first: %+v", s)
	}
}
