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
// Hosts that a server hands out are allowed when configured, in the registrable domain of the configured host,
// or in allow_hosts; addresses that are not public only when the configured host has one of the same range.
type dialer struct {
	home    string // host of the configured server
	allow   []string
	tls     *tls.Config // nil: none
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
		home: home, allow: n.AllowHosts,
		resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
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
	t := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.Name != "" {
		t.ServerName = c.Name
	}
	if c.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("tls_ca: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls_ca: %s holds no certificate in PEM", c.CA)
	}
	return t, nil
}

// Dial is transports.Env.Dial.
func (d *dialer) Dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	if !d.knows(host, address) {
		return nil, refusedHost(host)
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if addrs, err = d.reachable(ctx, host, addrs); err != nil {
		return nil, err
	}
	return d.first(ctx, addrs, port)
}

func refusedHost(host string) error {
	return &transports.Failure{
		Kind: transports.Throttled, After: wrongHost,
		Text: fmt.Sprintf("the network sent us to %s, which the operator does not allow (allow_hosts)", host),
	}
}

func (d *dialer) knows(host, address string) bool {
	if host == d.home || slices.Contains(d.allow, host) || slices.Contains(d.allow, address) {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	a, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return false
	}
	b, err := publicsuffix.EffectiveTLDPlusOne(d.home)
	return err == nil && a == b
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

// A reach is a range of addresses that a stranger may not send us to.
type reach uint8

const (
	public reach = iota
	loopback
	private
	linkLocal
	special
)

func reachOf(a netip.Addr) reach {
	switch {
	case a.IsLoopback():
		return loopback
	case a.IsPrivate():
		return private
	case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast():
		return linkLocal
	case a.IsUnspecified(), a.IsMulticast(), !a.IsValid():
		return special
	}
	return public
}

// reachable leaves out addresses of ranges in which the configured host does not lie.
func (d *dialer) reachable(ctx context.Context, host string, addrs []netip.Addr) ([]netip.Addr, error) {
	var good []netip.Addr
	var home []netip.Addr
	for _, a := range addrs {
		r := reachOf(a)
		if r == public || host == d.home && r != special {
			good = append(good, a)
			continue
		}
		if home == nil {
			var err error
			if home, err = d.lookup(ctx, d.home); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(home, func(h netip.Addr) bool { return reachOf(h) == r }) && r != special {
			good = append(good, a)
		}
	}
	if len(good) == 0 {
		return nil, refusedHost(host)
	}
	return good, nil
}

// first connects to the addresses that were looked at, in order, and to no name again.
func (d *dialer) first(ctx context.Context, addrs []netip.Addr, port string) (net.Conn, error) {
	var failed error
	for _, a := range addrs {
		conn, err := d.connect(ctx, "tcp", net.JoinHostPort(a.String(), port))
		if err != nil {
			failed = err
			continue
		}
		if d.tls == nil {
			return conn, nil
		}
		t := tls.Client(conn, d.tls)
		if err := t.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("TLS with %s: %w", a, err)
		}
		return t, nil
	}
	return nil, failed
}
