package component_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"testing"

	"imgate/component"
	"imgate/component/componenttest"
)

func TestLinkOverTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate, which is for example.com and 127.0.0.1
	defer web.Close()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := tls.NewListener(raw, &tls.Config{Certificates: web.TLS.Certificates})
	server := componenttest.NewServer(componenttest.Prosody(), map[string]string{aim.Domain: "secret"})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	states := make(chan component.State, 10)
	got := make(chan component.Received, 1000)
	link, err := component.New(component.Config{
		Address: raw.Addr().String(), Domain: aim, Secret: "secret", Server: host,
		TLS:    &tls.Config{RootCAs: roots, ServerName: "example.com"},
		Handle: func(r component.Received) { got <- r }, Changed: func(s component.State) { states <- s },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- link.Run(ctx) }()
	if s := <-states; !s.Up {
		t.Fatal(s.Err)
	}
	peer, err := server.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exchange(t, link, peer, got, 500)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	listener.Close()
	<-served
	server.Close()
}
