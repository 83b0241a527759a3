package soap

import (
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Who a request comes from, as far as HTTP tells.

// fromProxy reports whether the other end of the connection is a proxy that is trusted.
func (d *Door) fromProxy(r *http.Request) bool { return d.trusted(peerOf(r)) }

func (d *Door) trusted(a netip.Addr) bool {
	for _, p := range d.opt.TrustedProxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// peerOf is the other end of the connection.
func peerOf(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// clientOf is the client's address: behind trusted proxies, the last one that they did not have themselves.
func (d *Door) clientOf(r *http.Request) netip.Addr {
	client := peerOf(r)
	if !d.trusted(client) {
		return client
	}
	hops := forwardedFor(r.Header)
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := parseHop(hops[i])
		if err != nil {
			break
		}
		client = a
		if !d.trusted(a) {
			break
		}
	}
	return client
}

// forwardedFor is whom the proxies saw, the nearest last: X-Forwarded-For, else Forwarded (RFC 7239).
func forwardedFor(h http.Header) []string {
	if list := h.Values("X-Forwarded-For"); len(list) > 0 {
		return strings.Split(strings.Join(list, ","), ",")
	}
	var hops []string
	for _, hop := range strings.Split(strings.Join(h.Values("Forwarded"), ","), ",") {
		for _, pair := range strings.Split(hop, ";") {
			if k, v, ok := strings.Cut(pair, "="); ok && strings.EqualFold(strings.TrimSpace(k), "for") {
				hops = append(hops, v)
			}
		}
	}
	return hops
}

// parseHop reads an address, with a port or not, quoted and bracketed as RFC 7239 has it.
func parseHop(s string) (netip.Addr, error) {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap(), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap(), err
}

// secure reports whether the client came by https.
func (d *Door) secure(r *http.Request) bool {
	return strings.HasPrefix(d.origin(r), "https://")
}

// origin is the address that the client knows us by, without a path: "https://im.example.org".
func (d *Door) origin(r *http.Request) string {
	if u, err := url.Parse(d.opt.PublicURL); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	scheme := "http"
	if r.TLS != nil || d.fromProxy(r) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// cookieOf is the token in the cookie, where the request can only come from a page of ours: browsers send cookies
// with whatever any page lets them ask for.
func (d *Door) cookieOf(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil || !d.sameOrigin(r) || isForm(r.Header.Get("Content-Type")) {
		return ""
	}
	return c.Value
}

// sameOrigin reports whether the browser says so. Neither header: no.
func (d *Door) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return r.Header.Get("Origin") == d.origin(r)
}

// isForm reports whether any page could have sent it, by a form and unasked (Fetch §2.2.2).
func isForm(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return true
	}
	switch kind {
	case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return true
	}
	return false
}

// crossSite reports whether another page may have sent it: such a one gets no cookie, since it could sign a visitor in
// as somebody else.
func crossSite(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "cross-site" || isForm(r.Header.Get("Content-Type"))
}
