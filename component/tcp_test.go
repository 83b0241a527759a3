package component_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/xmpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLinkOverTCPKeepsOrder(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	keepsOrder(t, listener)
}

func TestLinkOverIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("this machine has no IPv6")
	}
	if err != nil {
		t.Fatal(err)
	}
	keepsOrder(t, listener)
}

func keepsOrder(t *testing.T, listener net.Listener) {
	t.Helper()
	server := componenttest.NewServer(componenttest.Prosody(), map[string]string{aim.Domain: "secret"})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	up := make(chan component.State, 10)
	got := make(chan component.Received, 10_000)
	link, err := component.New(component.Config{
		Address: listener.Addr().String(), Domain: aim, Secret: "secret", Server: host,
		Handle: func(r component.Received) { got <- r }, Changed: func(s component.State) { up <- s },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- link.Run(ctx) }()
	<-up
	peer, err := server.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, link, peer, got, 5000)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	listener.Close()
	<-served
	server.Close()
}

// exchange sends n numbered messages each way and checks their order.
func exchange(t *testing.T, link *component.Link, peer *componenttest.Peer, got <-chan component.Received, n int) {
	t.Helper()
	for i := range n {
		if err := link.Send(t.Context(), chat(aim, alice, number(i))); err != nil {
			t.Fatal(err)
		}
		peer.SendStanza(chat(alice, aim, number(i)))
	}
	if err := link.Barrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		there, err := peer.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		here := (<-got).Stanza
		for _, s := range []xmpp.Stanza{there, here} {
			if body, _ := s.(xmpp.Message).Body(); body != number(i) {
				t.Fatalf("message %d is %q", i, body)
			}
		}
	}
}

func number(i int) string { return strconv.Itoa(i) }
