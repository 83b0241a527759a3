package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgate/transports"
)

const echoCall = `<?xml version="1.0"?><methodCall><methodName>echothis</methodName><params><param><value>hi</value></param></params></methodCall>`

func calls(t *testing.T, client *http.Client, url, password string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(echoCall))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/xml")
	if password != "" {
		r.SetBasicAuth("web", password)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestProgramsAreServedUntilTheEnd(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	_, s, stop := webServerOf(t, func(c *config) {
		c.XMLRPC.Listen, c.XMLRPC.CertFile, c.XMLRPC.KeyFile = "127.0.0.1:0", cert, key
		c.XMLRPC.User, c.XMLRPC.Password = "web", transports.NewSecret("s3cret")
	})
	address := s.rpc.listener.Addr().String()
	pool := x509.NewCertPool()
	b, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "example.com"}}}
	if status, body := calls(t, client, "https://"+address+"/RPC2", "s3cret"); status != 200 || !strings.Contains(body, "echoed: hi") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := calls(t, client, "https://"+address+"/", ""); status != 401 {
		t.Error(status)
	}
	if h := s.rpc.http; h.WriteTimeout == 0 || h.ReadHeaderTimeout == 0 || h.IdleTimeout == 0 || h.MaxHeaderBytes == 0 {
		t.Errorf("%+v", h)
	}
	stop()
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}

func TestWrongXMLRPCSettings(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	open := filepath.Join(dir, "open.pem")
	b, err := os.ReadFile(key)
	if err := errors.Join(err, os.WriteFile(open, b, 0o644)); err != nil {
		t.Fatal(err)
	}
	const locked = "user = \"web\"\npassword = \"s3cret\"\n"
	for source, want := range map[string]string{
		`listen = "127.0.0.1:4560"`:                                       "",
		`listen = "[::1]:4560"`:                                           "",
		`listen = "localhost:4560"`:                                       "",
		`listen = "0.0.0.0:4560"`:                                         "x.toml:20: xmlrpc.listen: 0.0.0.0:4560 is reached from other machines: set xmlrpc.user and xmlrpc.password",
		`listen = ":4560"`:                                                "xmlrpc.listen",
		`listen = "im.example.org:4560"`:                                  "is reached from other machines",
		"listen = \"0.0.0.0:4560\"\n" + locked:                            "",
		`user = "web"`:                                                    "xmlrpc.user and xmlrpc.password go together",
		`password = "s3cret"`:                                             "go together",
		`cert_file = "` + cert + `"`:                                      "xmlrpc.cert_file and xmlrpc.key_file go together",
		`cert_file = "` + cert + `"` + "\nkey_file = \"" + open + `"`:     "can be read by others",
		`cert_file = "` + cert + `"` + "\nkey_file = \"" + dir + `/none"`: "no such file",
		`cert_file = "` + cert + `"` + "\nkey_file = \"" + key + `"`:      "",
		`listen = "127.0.0.1:4560"` + "\ntls = \"on\"":                    `xmlrpc.tls: unknown key`,
	} {
		_, err := parseConfig("x.toml", good+"[xmlrpc]\n"+source+"\n", networks())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestTheXMLRPCPortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := parseConfig("x.toml", good, networks())
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir, c.HTTP.Listen, c.XMLRPC.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", l.Addr().String()
	if _, err := newServer(c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "xmlrpc.listen") {
		t.Error(err)
	}
}
