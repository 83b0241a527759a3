package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"imgate/transports"
)

const (
	dialTimeout = 20 * time.Second
	// wrongHost is how long a registration waits after a server has sent it where the operator lets nobody go.
	wrongHost = time.Hour
)

// A dialer is the dial policy of one service: the one place where a connection to a legacy network is made.
// Hosts that a server hands out are allowed when configured, in the registrable domain of a configured host,
// or in allow_hosts, which has ranges of bare addresses too; addresses that are not public only when a configured host has one of the
// same range.
type dialer struct {
	homes   []string // the configured hosts, the server's first
	allow   []string
	ranges  []netip.Prefix // of allow_hosts, for addresses that come without a name
	tls     *tls.Config    // nil: none
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	connect func(ctx context.Context, network, address string) (net.Conn, error)
}

// newDialer makes the policy for connections from source, an address of this machine; empty: whichever fits.
func newDialer(n networkConfig, source string) (*dialer, error) {
	home, _, err := net.SplitHostPort(n.Server)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", n.Server, err)
	}
	d := &dialer{
		homes: []string{plainHost(home)},
		resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
	}
	for _, host := range n.Hosts {
		d.homes = append(d.homes, plainHost(host))
	}
	for _, host := range n.AllowHosts {
		if !strings.Contains(host, "/") {
			d.allow = append(d.allow, plainHost(host))
			continue
		}
		p, err := netip.ParsePrefix(host)
		if err != nil {
			return nil, fmt.Errorf("allow_hosts %q: %w", host, err)
		}
		d.ranges = append(d.ranges, p)
	}
	from := &net.Dialer{KeepAlive: time.Minute}
	if source != "" {
		a, err := netip.ParseAddr(source)
		if err != nil {
			return nil, fmt.Errorf("source address %q: %w", source, err)
		}
		from.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0))
	}
	d.connect = from.DialContext
	d.tls, err = n.TLS.client(home)
	return d, err
}

// client makes the TLS settings for a server; nil where TLS is off.
func (c tlsConfig) client(host string) (*tls.Config, error) {
	if c.Mode == "off" || c.Mode == "" {
		return nil, nil
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	t := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: roots}
	if c.Name != "" {
		t.ServerName = c.Name
	}
	return t, nil
}

// roots are the authorities of tls_ca; nil, those of this machine, where there is none.
func (c tlsConfig) roots() (*x509.CertPool, error) {
	if c.CA == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("tls_ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls_ca: %s holds no certificate in PEM", c.CA)
	}
	return roots, nil
}

// Dial is transports.Env.Dial.
func (d *dialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	return d.dial(ctx, address, d.tls)
}

// plain is Dial without TLS.
func (d *dialer) plain(ctx context.Context, address string) (net.Conn, error) {
	return d.dial(ctx, address, nil)
}

func (d *dialer) dial(ctx context.Context, address string, t *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	host = plainHost(host)
	if !d.knows(host, port) {
		return nil, refusedHost(host)
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if addrs, err = d.reachable(ctx, host, addrs); err != nil {
		return nil, err
	}
	return d.first(ctx, addrs, port, t)
}

// plainHost is the one spelling of a host's name.
func plainHost(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

func refusedHost(host string) error {
	return &transports.Failure{
		Kind: transports.Throttled, After: wrongHost,
		Text: fmt.Sprintf("the network sent us to %s, which the operator does not allow (allow_hosts)", host),
	}
}

// knows reports whether a host may be connected to, as far as its name tells.
func (d *dialer) knows(host, port string) bool {
	if slices.Contains(d.homes, host) || slices.Contains(d.allow, host) || slices.Contains(d.allow, net.JoinHostPort(host, port)) {
		return true
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return slices.ContainsFunc(d.ranges, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	}
	a, err := publicsuffix.EffectiveTLDPlusOne(host)
	return err == nil && slices.ContainsFunc(d.homes, func(home string) bool {
		b, err := publicsuffix.EffectiveTLDPlusOne(home)
		return err == nil && a == b
	})
}

func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

// reachable leaves out addresses of ranges in which no configured host lies.
func (d *dialer) reachable(ctx context.Context, host string, addrs []netip.Addr) ([]netip.Addr, error) {
	ours := slices.Contains(d.homes, host)
	var near []reach // of the configured hosts, once it matters
	var good []netip.Addr
	for _, a := range addrs {
		r := reachOf(a)
		if r == public || ours && r != special {
			good = append(good, a)
			continue
		}
		if near == nil {
			var err error
			if near, err = d.near(ctx); err != nil {
				return nil, err
			}
		}
		if r != special && slices.Contains(near, r) {
			good = append(good, a)
		}
	}
	if len(good) == 0 {
		return nil, refusedHost(host)
	}
	return good, nil
}

// near tells where the configured hosts lie. One that has no address now is nowhere; the error is that of the last, where
// none has any.
func (d *dialer) near(ctx context.Context) (list []reach, failed error) {
	for _, home := range d.homes {
		addrs, err := d.lookup(ctx, home)
		if err != nil {
			failed = err
		}
		for _, a := range addrs {
			list = append(list, reachOf(a))
		}
	}
	if len(list) == 0 {
		return nil, failed
	}
	return list, nil
}

// first connects to the addresses that were looked at, in order, and to no name again.
func (d *dialer) first(ctx context.Context, addrs []netip.Addr, port string, secured *tls.Config) (net.Conn, error) {
	var failed error
	for _, a := range addrs {
		conn, err := d.connect(ctx, "tcp", net.JoinHostPort(a.String(), port))
		if err != nil {
			failed = err
			continue
		}
		if secured == nil {
			return conn, nil
		}
		t := tls.Client(conn, secured)
		if err := t.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("TLS with %s: %w", a, err)
		}
		return t, nil
	}
	return nil, failed
}
