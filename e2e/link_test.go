package e2e_test

import (
	"context"
	"errors"
	"testing"

	"imgate/component"
	"imgate/e2e"
	"imgate/lab/xmppd"
	"imgate/xmltree"
	"imgate/xmpp"
)

var (
	aim    = xmpp.JID{Domain: "aim.localhost"}
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

func TestLinkToARealServer(t *testing.T) {
	server := startServer(t, xmppd.Config{Users: map[string]string{"juliet": "capulet"}, Components: map[string]string{aim.Domain: "secret"}})
	link, got, states := runLink(t, component.Config{Address: server.Component(), Domain: aim, Secret: "secret", Server: xmpp.JID{Domain: "localhost"}})
	if s := <-states; !s.Up {
		t.Fatal(s.Err)
	}
	client, err := startDriver(t).Login(soon(t), juliet.String(), "capulet", server.C2S())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Say(soon(t), aim.Domain, "hi <&>"); err != nil {
		t.Fatal(err)
	}
	m := (<-got).Stanza.(xmpp.Message)
	if body, _ := m.Body(); body != "hi <&>" || m.From != juliet {
		t.Errorf("we hear %+v", m)
	}
	answer := xmpp.Message{Header: xmpp.Header{ID: "1", From: aim, To: m.From}, Payload: []*xmltree.Element{xmpp.Leaf("body", "\x00\x1b<&>\uFFFE\xff")}}
	if err := link.Send(soon(t), answer); err != nil {
		t.Fatal(err)
	}
	if err := link.Barrier(soon(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Hear(soon(t), e2e.Message(aim.Domain, "\uFFFD\uFFFD<&>\uFFFD\uFFFD")); err != nil {
		t.Error(err)
	}
	if here, err := link.Serves(soon(t), xmpp.JID{Domain: "icq.localhost"}); here || err != nil {
		t.Errorf("another domain: %v, %v", here, err)
	}
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

func TestARealServerSaysWhatIsWrong(t *testing.T) {
	server := startServer(t, xmppd.Config{Components: map[string]string{aim.Domain: "secret"}})
	good := component.Config{Address: server.Component(), Domain: aim, Secret: "secret"}
	_, _, states := runLink(t, good)
	if s := <-states; !s.Up {
		t.Fatal(s.Err)
	}
	for want, spoil := range map[component.Reason]func(*component.Config){
		component.NotAuthorized: func(c *component.Config) { c.Secret = "wrong" },
		component.HostUnknown:   func(c *component.Config) { c.Domain = xmpp.JID{Domain: "icq.localhost"} },
		component.Conflict:      func(*component.Config) {},
		component.DialFailed:    func(c *component.Config) { c.Address = "127.0.0.1:1" },
	} {
		bad := good
		spoil(&bad)
		_, _, states := runLink(t, bad)
		var e *component.LinkError
		if s := <-states; !errors.As(s.Err, &e) || e.Reason != want {
			t.Errorf("want %s, got %+v", want, s)
		}
	}
}
