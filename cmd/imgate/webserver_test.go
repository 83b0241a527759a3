package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/adapters"
	"imgate/adapters/soap"
	"imgate/transports"
	"imgate/xmpp"
)

// A doorkeeper takes juliet.
type doorkeeper struct{}

func (doorkeeper) Prove(_ context.Context, user xmpp.JID, password transports.Secret) error {
	if user.Local == "juliet" && password.Reveal() == "capulet" {
		return nil
	}
	return adapters.ErrWrongPassword
}

func (doorkeeper) Attach(xmpp.JID, transports.Secret) {}
func (doorkeeper) Detach(xmpp.JID)                    {}
func (doorkeeper) Close(context.Context)              {}

const julietSignsIn = `{"Header":{"context":{"_jsns":"urn:zimbra","session":{}}},"Body":{"AuthRequest":{"_jsns":"urn:zimbraAccount","account":{"by":"name","_content":"juliet@example.org"},"password":"capulet"}}}`

// webServerOf runs a server whose web users the doorkeeper proves, and gives its address and how to stop it.
func webServerOf(t *testing.T, change func(*config)) (base string, s *server, stop func()) {
	t.Helper()
	c, err := parseConfig("x.toml", good, networks())
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir = filepath.Join(t.TempDir(), "data")
	c.XMPP.StopTimeout, c.HTTP.Listen = time.Second, ""
	c.Services[0].Server = "127.0.0.1:1"
	if change != nil {
		change(c)
	}
	if s, err = newServer(c, slog.New(slog.NewTextHandler(t.Output(), nil))); err != nil {
		t.Fatal(err)
	}
	c.HTTP.Listen = "127.0.0.1:0"
	if err := s.openWeb(c, doorkeeper{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return s.web.address(), s, stop
}

func post(t *testing.T, client *http.Client, url, body string) (int, string) {
	t.Helper()
	r, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestWebClientsAreServedAndReleasedAtTheEnd(t *testing.T) {
	base, s, stop := webServerOf(t, nil)
	status, body := post(t, http.DefaultClient, base+"/service/soap", julietSignsIn)
	_, token, _ := strings.Cut(body, `"authToken":[{"_content":"`)
	token, _, ok := strings.Cut(token, `"`)
	_, session, _ := strings.Cut(body, `"session":{"_content":"`)
	session, _, _ = strings.Cut(session, `"`)
	if status != 200 || !ok || session == "" {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := post(t, http.DefaultClient, base+"/service/soap/AuthRequest", strings.Replace(julietSignsIn, "capulet", "x", 1)); status != 500 || !strings.Contains(body, "account.AUTH_FAILED") {
		t.Errorf("%d %s", status, body)
	}
	r, err := http.Get(base + soap.WSDLPath)
	if err != nil {
		t.Fatal(err)
	}
	wsdl, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil || !strings.Contains(string(wsdl), `location="`+base+`/service/soap"`) {
		t.Errorf("%v %s", err, wsdl)
	}
	if r, err := http.Get(base + "/"); err != nil || r.StatusCode != 404 {
		t.Errorf("%v %v", r, err)
	}
	// A NoOp waits longer than a body and a header may take, and is answered when the gateway stops.
	wait := `{"Header":{"context":{"_jsns":"urn:zimbra","authToken":"` + token + `","session":{"id":"` + session + `"}}},"Body":{"NoOpRequest":{"_jsns":"urn:zimbraMail","wait":1}}}`
	answered := make(chan string, 1)
	began := time.Now()
	go func() {
		defer close(answered) // post may end the goroutine
		_, body := post(t, http.DefaultClient, base+"/service/soap", wait)
		answered <- body
	}()
	select {
	case body := <-answered:
		t.Fatalf("after %v: %s", time.Since(began), body)
	case <-time.After(500 * time.Millisecond): // not a wait for something, but for nothing
	}
	go stop()
	if body := <-answered; !strings.Contains(body, "NoOpResponse") || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %s", time.Since(began), body)
	}
	stop()
	if conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://")); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
	if h := s.web.http; h.WriteTimeout <= 20*time.Minute || h.ReadHeaderTimeout > 30*time.Second || h.ReadTimeout != 0 || h.IdleTimeout == 0 || h.MaxHeaderBytes == 0 {
		t.Errorf("%+v", h)
	}
}

func TestWebClientsByTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	base, _, _ := webServerOf(t, func(c *config) { c.HTTP.CertFile, c.HTTP.KeyFile = cert, key })
	pool := x509.NewCertPool()
	b, err := os.ReadFile(cert)
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatal(err)
	}
	client := func(most uint16) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "example.com", MaxVersion: most}}}
	}
	r, err := client(tls.VersionTLS12).Post(base+"/service/soap", "application/json", strings.NewReader(julietSignsIn))
	if err != nil || r.StatusCode != 200 || !strings.Contains(r.Header.Get("Set-Cookie"), "Secure") {
		t.Fatalf("%v %v", r, err)
	}
	r.Body.Close()
	if _, err := client(tls.VersionTLS11).Get(base + soap.WSDLPath); err == nil {
		t.Error("TLS 1.1 was taken")
	}
}

// certificate writes the one that httptest shows, which is for example.com and 127.0.0.1.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	shown := httptest.NewUnstartedServer(nil)
	shown.StartTLS()
	defer shown.Close()
	pair := shown.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestWrongWebSettings(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	open := filepath.Join(dir, "open.pem")
	b, err := os.ReadFile(key)
	if err := errors.Join(err, os.WriteFile(open, b, 0o644)); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`cert_file = "` + cert + `"`:                                      "go together",
		`cert_file = "` + cert + `"` + "\nkey_file = \"" + open + `"`:     "can be read by others",
		`cert_file = "` + key + `"` + "\nkey_file = \"" + key + `"`:       "http.cert_file",
		`cert_file = "` + cert + `"` + "\nkey_file = \"" + dir + `/none"`: "no such file",
		`trusted_proxies = ["localhost"]`:                                 `"localhost" is neither an address nor a network`,
		`trusted_proxies = ["10.0.0.0/33"]`:                               "neither an address",
		`trusted_proxies = ["::1", "10.0.0.0/8"]`:                         "",
		"[soap]\ndefault_domain = \"a@b\"":                                "soap.default_domain: expected a domain",
	} {
		_, err := parseConfig("x.toml", good+"[http]\n"+source+"\n", networks())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
	if _, err := (httpConfig{CertFile: cert, KeyFile: key}).tls(); err != nil {
		t.Error(err)
	}
}
