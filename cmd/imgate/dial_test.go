package main

import (
	"context"
	"errors"
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
		home: home, allow: allow,
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
		"login.example.net": "192.0.2.1", "bos.example.net": "192.0.2.2", "evil.example.com": "192.0.2.3",
		"trick.example.net": "127.0.0.1", "inside.example.net": "10.0.0.1", "meta.example.net": "169.254.169.254",
		"friend.example.com": "192.0.2.4", "a.co.uk": "192.0.2.5", "b.co.uk": "192.0.2.6", "lan.example.net": "10.0.0.9",
		"zero.example.net": "0.0.0.0", "mapped.example.net": "::ffff:127.0.0.1",
	}
	for _, c := range []struct{ home, to, want string }{
		{"login.example.net", "login.example.net:5190", "192.0.2.1:5190"},
		{"login.example.net", "bos.example.net:5191", "192.0.2.2:5191"},
		{"login.example.net", "friend.example.com:1", "192.0.2.4:1"},
		{"login.example.net", "evil.example.com:1", ""},
		{"login.example.net", "192.0.2.3:1", ""},
		{"login.example.net", "trick.example.net:22", ""},
		{"login.example.net", "mapped.example.net:22", ""},
		{"login.example.net", "inside.example.net:22", ""},
		{"login.example.net", "meta.example.net:80", ""},
		{"login.example.net", "zero.example.net:80", ""},
		{"login.example.net", "127.0.0.1:22", ""},
		{"a.co.uk", "b.co.uk:1", ""},
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
