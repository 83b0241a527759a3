package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"imgate/component/gateway"
	"imgate/transports"
)

// Bounds of a request over HTTP. The caller's context bounds the whole, its body too.
const (
	maxRedirects   = 3
	maxWebHeader   = 64 << 10
	webHandshake   = 10 * time.Second
	webHeaderWait  = 30 * time.Second
	webIdle        = time.Minute
	maxWebConns    = 64 // to one host
	maxWebConnIdle = 8
)

// newRoute makes the way to a network from one source address.
func newRoute(n networkConfig, source string) (gateway.Route, error) {
	d, err := newDialer(n, source)
	if err != nil {
		return gateway.Route{}, err
	}
	r := gateway.Route{Dial: d.Dial, Peer: d.plain}
	if n.Web.Wanted {
		roots, err := n.TLS.roots()
		if err != nil {
			return gateway.Route{}, err
		}
		r.HTTP = d.client(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, n.Web.Secure)
	}
	return r, nil
}

// client makes an HTTP client under the policy; secure: never without TLS. It keeps no cookies and asks no proxy.
func (d *dialer) client(t *tls.Config, secure bool) *http.Client {
	p := &webPolicy{dialer: d, secure: secure, transport: &http.Transport{
		DialContext:            func(ctx context.Context, _, address string) (net.Conn, error) { return d.plain(ctx, address) },
		TLSClientConfig:        t,
		TLSHandshakeTimeout:    webHandshake,
		ResponseHeaderTimeout:  webHeaderWait,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        webIdle,
		MaxIdleConnsPerHost:    maxWebConnIdle,
		MaxConnsPerHost:        maxWebConns,
		MaxResponseHeaderBytes: maxWebHeader,
		DisableCompression:     true, // a limit on the body is then one on what it becomes
	}}
	return &http.Client{Transport: p, CheckRedirect: p.redirect}
}

// A webPolicy lets requests go where the dial policy does. It looks at every one, since a connection that is there
// already is not dialled again.
type webPolicy struct {
	dialer    *dialer
	secure    bool
	transport *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (p *webPolicy) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := p.allows(r); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // a RoundTripper has to
		}
		return nil, err
	}
	return p.transport.RoundTrip(r)
}

// CloseIdleConnections is for http.Client's method of that name.
func (p *webPolicy) CloseIdleConnections() { p.transport.CloseIdleConnections() }

func (p *webPolicy) allows(r *http.Request) error {
	port := r.URL.Port()
	switch {
	case r.URL.Scheme == "https" && port == "":
		port = "443"
	case r.URL.Scheme == "http" && port == "":
		port = "80"
	}
	host := plainHost(r.URL.Hostname())
	switch {
	case !p.dialer.knows(host, port):
		return refusedHost(host)
	case r.URL.Scheme == "http" && p.secure:
		return insecure()
	}
	return nil
}

func insecure() error {
	return &transports.Failure{
		Kind: transports.Throttled, After: wrongHost,
		Text: "the network wants to go on without TLS, which the operator has not configured",
	}
}

// redirect is http.Client's CheckRedirect. The client takes credentials off whenever the host changes; to a host that
// is allowed they are what the next server asks for (passport logins are passed on so), to any other there is no request.
func (p *webPolicy) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return &transports.Failure{Kind: transports.Transient, Text: "the network redirects without end"}
	}
	if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return insecure()
	}
	if err := p.allows(r); err != nil {
		return err
	}
	r.Header.Del("Referer") // the URL before may hold a ticket
	r.URL.User = nil
	for _, name := range []string{"Authorization", "Cookie"} {
		if v, ok := via[0].Header[name]; ok {
			r.Header[name] = v
		}
	}
	return nil
}
