package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/transports"
)

// A webWorld is a resolver with names that lie anywhere, and two servers to which every connection comes: one with
// TLS, whose certificate is for example.com and its hosts, and one without.
type webWorld struct {
	secure, plain *httptest.Server
	mu            sync.Mutex
	names         map[string][]string // addresses of a name; each look-up takes the first but the last away
	reached       []string            // addresses that were dialled
	asked         []*http.Request
}

func newWebWorld(t *testing.T) *webWorld {
	t.Helper()
	w := &webWorld{names: map[string][]string{
		"login.example.com": {"9.9.9.1"}, "web.example.com": {"9.9.9.2"}, "evil.example.org": {"9.9.9.3"},
		"friend.example.org": {"9.9.9.4"}, "inside.example.com": {"10.0.0.1"}, "rebinds.example.com": {"9.9.9.5", "127.0.0.1"},
	}}
	w.secure, w.plain = httptest.NewTLSServer(http.HandlerFunc(w.serve)), httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.secure.Close)
	t.Cleanup(w.plain.Close)
	return w
}

// serve redirects to the address after "to=", and else says hello.
func (w *webWorld) serve(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.asked = append(w.asked, r.Clone(context.WithoutCancel(r.Context())))
	w.mu.Unlock()
	switch to := r.URL.Query().Get("to"); {
	case to == "again":
		http.Redirect(out, r, r.URL.String(), http.StatusFound)
	case to != "":
		http.Redirect(out, r, to, http.StatusFound)
	case r.URL.Path == "/close":
		out.Header().Set("Connection", "close")
	case r.URL.Path == "/header":
		out.Header().Set("X", strings.Repeat("x", maxWebHeader))
	}
	_, _ = io.WriteString(out, "hello")
}

func (w *webWorld) client(t *testing.T, secure bool) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(w.secure.Certificate())
	d := &dialer{
		homes: []string{"login.example.com", "web.example.com"}, allow: []string{"friend.example.org"},
		resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			list := w.names[host]
			if len(list) == 0 {
				return nil, errors.New("no such host")
			}
			if len(list) > 1 {
				w.names[host] = list[1:]
			}
			return []netip.Addr{netip.MustParseAddr(list[0])}, nil
		},
		connect: func(ctx context.Context, _, address string) (net.Conn, error) {
			w.mu.Lock()
			w.reached = append(w.reached, address)
			w.mu.Unlock()
			to := w.plain.Listener.Addr().String()
			if strings.HasSuffix(address, ":443") {
				to = w.secure.Listener.Addr().String()
			}
			return (&net.Dialer{}).DialContext(ctx, "tcp", to)
		},
	}
	// The certificate of httptest is for example.com alone, so every name is checked against that.
	c := d.client(&tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}, secure)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *http.Client, url string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Passport1.4 secret")
	r.Header.Set("Cookie", "MSPAuth=secret")
	answer, err := c.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

func TestTheDialPolicyOverHTTP(t *testing.T) {
	for _, c := range []struct {
		url     string
		secure  bool
		reached string // addresses, in order
		says    string // empty: it works
	}{
		{"https://login.example.com/", true, "9.9.9.1:443", ""},
		{"https://LOGIN.example.com./", true, "9.9.9.1:443", ""},
		{"https://login.example.com/?to=https://web.example.com/", true, "9.9.9.1:443 9.9.9.2:443", ""},
		{"https://login.example.com/?to=https://friend.example.org/", true, "9.9.9.1:443 9.9.9.4:443", ""},
		{"https://login.example.com/?to=https://evil.example.org/", true, "9.9.9.1:443", "evil.example.org"},
		{"https://evil.example.org/", true, "", "evil.example.org"},
		{"https://9.9.9.1/", true, "", "9.9.9.1"},
		{"https://login.example.com/?to=http://web.example.com/", false, "9.9.9.1:443", "without TLS"},
		{"http://web.example.com/", true, "", "without TLS"},
		{"http://web.example.com/", false, "9.9.9.2:80", ""},
		{"http://web.example.com/?to=https://login.example.com/", false, "9.9.9.2:80 9.9.9.1:443", ""},
		{"https://login.example.com/?to=https://inside.example.com/", true, "9.9.9.1:443", "inside.example.com"},
		{"https://login.example.com/?to=https://127.0.0.1/", true, "9.9.9.1:443", "127.0.0.1"},
		{"https://login.example.com/?to=https://[::1]:8080/", true, "9.9.9.1:443", "::1"},
		{"https://login.example.com/?to=again", true, "9.9.9.1:443", "without end"},
		{"https://login.example.com/?to=ftp://web.example.com/", false, "9.9.9.1:443", "without TLS"},
		{"https://login.example.com/header", true, "9.9.9.1:443", "header"},
	} {
		w := newWebWorld(t)
		err := get(t, w.client(t, c.secure), c.url)
		if got := strings.Join(w.reached, " "); got != c.reached {
			t.Errorf("%s reached %q, want %q", c.url, got, c.reached)
		}
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.url, err, c.says)
		}
		var f *transports.Failure
		if err != nil && c.says != "header" && !errors.As(err, &f) {
			t.Errorf("%s: %v is no failure of the session", c.url, err)
		}
		if c.says == "without end" && len(w.asked) != 1+maxRedirects {
			t.Errorf("%d requests", len(w.asked))
		}
		for _, r := range w.asked {
			if r.Header.Get("Authorization") == "" || r.Header.Get("Cookie") == "" || r.Header.Get("Referer") != "" {
				t.Errorf("%s: to %s with %v", c.url, r.Host, r.Header)
			}
		}
	}
}

// A name that leads somewhere else the second time is looked at again, and the address that was looked at is dialled.
func TestRebindingIsSeen(t *testing.T) {
	w := newWebWorld(t)
	c := w.client(t, true)
	if err := get(t, c, "https://rebinds.example.com/close"); err != nil {
		t.Fatal(err)
	}
	err := get(t, c, "https://rebinds.example.com/")
	if err == nil || strings.Join(w.reached, " ") != "9.9.9.5:443" {
		t.Errorf("reached %v, %v", w.reached, err)
	}
}

// A user in a redirect's address is not the user of anybody here.
func TestARedirectBringsNoCredentials(t *testing.T) {
	w := newWebWorld(t)
	c := w.client(t, true)
	answer, err := c.Get("https://login.example.com/?to=https://mona:rabbit1@web.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if len(w.asked) != 2 || w.asked[1].Header.Get("Authorization") != "" {
		t.Errorf("%d requests, the last with %v", len(w.asked), w.asked[len(w.asked)-1].Header)
	}
}

// Connections are kept and used again, sessions share no cookies, and a proxy of the environment is not asked.
func TestOneClientForAService(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:9")
	w := newWebWorld(t)
	c := w.client(t, true)
	for range 3 {
		if err := get(t, c, "https://login.example.com/"); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.reached) != 1 || c.Jar != nil {
		t.Errorf("%d connections, jar %v", len(w.reached), c.Jar)
	}
}

// The headers must come; the body is the caller's.
func TestAServerThatSaysNothing(t *testing.T) {
	w := newWebWorld(t)
	c := w.client(t, true)
	c.Transport.(*webPolicy).transport.ResponseHeaderTimeout = time.Millisecond
	release := make(chan struct{})
	w.secure.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	if err := get(t, c, "https://login.example.com/"); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("%v", err)
	}
}

// Which hosts a network may go to, and whether it has HTTP, is said by its settings.
func TestSettingsThatAreHosts(t *testing.T) {
	settings := []transports.Setting{
		{Key: "nexus", Kind: transports.URLSetting}, {Key: "web", Kind: transports.URLSetting},
		{Key: "switchboard", Kind: transports.HostPortSetting}, {Key: "version", Kind: transports.NumberSetting},
	}
	for _, c := range []struct {
		nexus, web string
		want       web
		hosts      string
	}{
		{"https://nexus.example.net/rdr", "", web{Wanted: true, Secure: true}, "nexus.example.net sb.example.net"},
		{"https://nexus.example.net/rdr", "http://web.example.net:8080", web{Wanted: true, Plain: true, Clear: true}, "nexus.example.net web.example.net sb.example.net"},
		{"http://127.0.0.1:8463/rdr", "", web{Wanted: true, Plain: true}, "127.0.0.1 sb.example.net"},
		{"http://localhost:8463/rdr", "", web{Wanted: true, Plain: true}, "localhost sb.example.net"},
		{"", "", web{Wanted: true}, "sb.example.net"},
	} {
		n := networkConfig{Server: "login.example.net:1863", Settings: transports.Settings{
			"nexus": {Text: c.nexus}, "web": {Text: c.web}, "switchboard": {Text: "sb.example.net:1864"}}}
		n.places(settings)
		if n.Web != c.want || strings.Join(n.Hosts, " ") != c.hosts {
			t.Errorf("%+v: %+v %v", c, n.Web, n.Hosts)
		}
		route, err := newRoute(n, "127.0.0.1")
		if err != nil || route.HTTP == nil || route.Dial == nil {
			t.Errorf("%+v %v", route, err)
		}
	}
	n := networkConfig{Server: "login.example.net:5190", Settings: transports.Settings{}}
	n.places(nil)
	if route, err := newRoute(n, ""); err != nil || route.HTTP != nil {
		t.Errorf("%+v %v", route, err)
	}
	n.Web.Wanted, n.TLS.CA = true, "/nowhere"
	if _, err := newRoute(n, ""); err == nil || !strings.Contains(err.Error(), "tls_ca") {
		t.Errorf("%v", err)
	}
}
