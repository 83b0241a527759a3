package main

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The dialer speaks TLS where the service says so, and only with a server that the CA vouches for.
func TestDialWithTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	address := server.Listener.Addr().String()
	for _, c := range []struct {
		tls  tlsConfig
		fail string
	}{
		{tlsConfig{Mode: "on", CA: ca}, ""},
		{tlsConfig{Mode: "on", CA: ca, Name: "example.com"}, ""},
		{tlsConfig{Mode: "on", CA: ca, Name: "example.net"}, "example.net"},
		{tlsConfig{Mode: "on"}, "certificate"},
		{tlsConfig{Mode: "on", CA: filepath.Join(t.TempDir(), "none")}, "tls_ca"},
		{tlsConfig{Mode: "on", CA: os.Args[0]}, "no certificate in PEM"},
	} {
		d, err := newDialer(networkConfig{Server: address, TLS: c.tls}, "")
		if err == nil {
			conn, dialled := d.Dial(context.Background(), address)
			if err = dialled; err == nil {
				_ = conn.Close()
			}
		}
		if (err == nil) != (c.fail == "") || err != nil && !strings.Contains(err.Error(), c.fail) {
			t.Errorf("%+v: %v", c.tls, err)
		}
	}
}
