package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"

	"imgate/transports"
)

// A fake resolver and a fake network: who was connected to.
type reached struct{ address string }

func testDialer(home string, allow []string, names map[string]string) (*dialer, *reached) {
	got := &reached{}
	return &dialer{
		homes: []string{home}, allow: allow,
		resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
			if a, ok := names[host]; ok {
				return []netip.Addr{netip.MustParseAddr(a)}, nil
			}
			return nil, errors.New("no such host")
		},
		connect: func(_ context.Context, _, address string) (net.Conn, error) {
			got.address = address
			here, there := net.Pipe()
			_ = there.Close()
			return here, nil
		},
	}, got
}

func TestTheDialPolicy(t *testing.T) {
	names := map[string]string{
		"login.example.net": "9.9.2.1", "bos.example.net": "9.9.2.2", "evil.example.com": "9.9.2.3",
		"trick.example.net": "127.0.0.1", "inside.example.net": "10.0.0.1", "meta.example.net": "169.254.169.254",
		"friend.example.com": "9.9.2.4", "a.co.uk": "9.9.2.5", "b.co.uk": "9.9.2.6", "lan.example.net": "10.0.0.9",
		"zero.example.net": "0.0.0.0", "mapped.example.net": "::ffff:127.0.0.1",
		"carrier.example.net": "100.64.0.1", "nat64.example.net": "64:ff9b::a00:1", "dns64.example.net": "64:ff9b::909:201",
		"six.example.net": "2002:7f00:1::1", "local6.example.net": "fd00::1", "this.example.net": "0.1.2.3", "e.example.net": "240.0.0.1",
		"ietf.example.net": "192.0.0.8", "bench.example.net": "198.18.0.1", "doc.example.net": "203.0.113.9", "doc6.example.net": "2001:db8::1",
		"labor.example.net": "198.51.100.7", "all.example.net": "255.255.255.255", "group.example.net": "224.0.0.1", "teredo.example.net": "2001::1",
	}
	for _, c := range []struct{ home, to, want string }{
		{"login.example.net", "login.example.net:5190", "9.9.2.1:5190"},
		{"login.example.net", "bos.example.net:5191", "9.9.2.2:5191"},
		{"login.example.net", "friend.example.com:1", "9.9.2.4:1"},
		{"login.example.net", "evil.example.com:1", ""},
		{"login.example.net", "9.9.2.3:1", ""},
		{"login.example.net", "trick.example.net:22", ""},
		{"login.example.net", "mapped.example.net:22", ""},
		{"login.example.net", "inside.example.net:22", ""},
		{"login.example.net", "meta.example.net:80", ""},
		{"login.example.net", "zero.example.net:80", ""},
		{"login.example.net", "127.0.0.1:22", ""},
		{"a.co.uk", "b.co.uk:1", ""},
		{"login.example.net", "BOS.example.net.:1", "9.9.2.2:1"},
		{"login.example.net", "carrier.example.net:1", ""},
		{"login.example.net", "nat64.example.net:1", ""},
		{"login.example.net", "dns64.example.net:1", "[64:ff9b::909:201]:1"},
		{"lan.example.net", "nat64.example.net:1", "[64:ff9b::a00:1]:1"},
		{"login.example.net", "six.example.net:1", ""},
		{"login.example.net", "local6.example.net:1", ""},
		{"login.example.net", "this.example.net:1", ""},
		{"this.example.net", "this.example.net:1", ""},
		{"login.example.net", "e.example.net:1", ""},
		{"login.example.net", "all.example.net:1", ""},
		{"login.example.net", "group.example.net:1", ""},
		{"login.example.net", "ietf.example.net:1", ""},
		{"login.example.net", "bench.example.net:1", ""},
		{"login.example.net", "doc.example.net:1", ""},
		{"login.example.net", "doc6.example.net:1", ""},
		{"login.example.net", "teredo.example.net:1", ""},
		{"labor.example.net", "doc.example.net:1", "203.0.113.9:1"},
		{"lan.example.net", "doc.example.net:1", ""},
		{"127.0.0.1", "127.0.0.1:5191", "127.0.0.1:5191"},
		{"127.0.0.1", "10.0.0.1:5191", ""},
		{"lan.example.net", "inside.example.net:1", "10.0.0.1:1"},
		{"lan.example.net", "trick.example.net:1", ""},
	} {
		d, got := testDialer(c.home, []string{"friend.example.com"}, names)
		conn, err := d.Dial(context.Background(), c.to)
		if conn != nil {
			_ = conn.Close()
		}
		if got.address != c.want || (err == nil) != (c.want != "") {
			t.Errorf("from %s to %s: reached %q, %v", c.home, c.to, got.address, err)
		}
		var f *transports.Failure
		if c.want == "" && (!errors.As(err, &f) || f.Kind != transports.Throttled || f.After != wrongHost) {
			t.Errorf("to %s: %v is no wait of an hour", c.to, err)
		}
	}
}

// A range in allow_hosts is one of bare addresses: it lets no name pass, and nothing near this machine.
func TestRangesOfAddresses(t *testing.T) {
	names := map[string]string{"login.example.net": "9.9.2.1", "evil.example.com": "9.9.2.3", "lan.example.net": "10.0.0.9"}
	for _, c := range []struct{ home, allow, to, want string }{
		{"login.example.net", "9.9.2.0/24", "9.9.2.3:5190", "9.9.2.3:5190"},
		{"login.example.net", "9.9.2.0/24", "9.9.3.3:5190", ""},
		{"login.example.net", "9.9.2.0/24", "[::ffff:9.9.2.3]:5190", "9.9.2.3:5190"},
		{"login.example.net", "9.9.2.0/24", "evil.example.com:5190", ""},
		{"login.example.net", "2620:fe::/48", "[2620:fe::fe]:1", "[2620:fe::fe]:1"},
		{"login.example.net", "0.0.0.0/0", "9.9.9.9:1", "9.9.9.9:1"},
		{"login.example.net", "0.0.0.0/0", "[2620:fe::fe]:1", ""},
		{"login.example.net", "0.0.0.0/0", "127.0.0.1:22", ""},
		{"login.example.net", "0.0.0.0/0", "[::ffff:127.0.0.1]:22", ""},
		{"login.example.net", "0.0.0.0/0", "10.0.0.1:22", ""},
		{"login.example.net", "0.0.0.0/0", "169.254.169.254:80", ""},
		{"login.example.net", "0.0.0.0/0", "255.255.255.255:1", ""},
		{"lan.example.net", "10.0.0.0/8", "10.0.0.1:5190", "10.0.0.1:5190"},
		{"lan.example.net", "0.0.0.0/0", "127.0.0.1:22", ""},
		{"login.example.net", "::/0", "[64:ff9b::a00:1]:1", ""},
	} {
		d, got := testDialer(c.home, nil, names)
		d.ranges = []netip.Prefix{netip.MustParsePrefix(c.allow)}
		conn, err := d.plain(t.Context(), c.to)
		if conn != nil {
			_ = conn.Close()
		}
		if got.address != c.want || (err == nil) != (c.want != "") {
			t.Errorf("from %s, %s, to %s: reached %q, %v", c.home, c.allow, c.to, got.address, err)
		}
	}
	if _, err := newDialer(networkConfig{Server: "login.example.net:1", AllowHosts: []string{"9.9.2.0/33"}}, ""); err == nil {
		t.Error("9.9.2.0/33 is a range")
	}
}

// Other users' machines are connected to by the same policy, and in the clear even where the network's servers have TLS.
func TestPeersByTheDialPolicy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			_, _ = conn.Write([]byte("OFT2"))
			_ = conn.Close()
		}
	}()
	for _, c := range []struct {
		server string
		allow  []string
		want   bool
	}{
		{"127.0.0.1:1", nil, true},
		{"127.0.0.2:1", nil, false},
		{"127.0.0.2:1", []string{"127.0.0.1"}, true},
		{"127.0.0.2:1", []string{l.Addr().String()}, true},
		{"127.0.0.2:1", []string{"127.0.0.1:1"}, false},
		{"127.0.0.2:1", []string{"127.0.0.0/24"}, true},
		{"9.9.2.1:1", []string{"127.0.0.1"}, false}, // nothing of this machine for a network elsewhere
	} {
		r, err := newRoute(networkConfig{Server: c.server, AllowHosts: c.allow, TLS: tlsConfig{Mode: "on"}}, "")
		if err != nil {
			t.Fatal(err)
		}
		conn, err := r.Peer(t.Context(), l.Addr().String())
		if (err == nil) != c.want {
			t.Errorf("%s, %q: %v", c.server, c.allow, err)
		}
		if err != nil {
			continue
		}
		if got, err := io.ReadAll(conn); string(got) != "OFT2" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		_ = conn.Close()
	}
}
