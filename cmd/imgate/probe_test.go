package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgate/lab"
)

// A probe of a service that has switched on what nobody has seen work says so, before anything else.
func TestProbeSaysWhatIsUnproven(t *testing.T) {
	l, err := lab.Start(context.Background(), lab.Options{Ports: lab.AnyPorts})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config, dir := household(t, l.Address(lab.OSCAR))
	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("rabbit1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		settings string
		code     int
		says     []string
		not      string
	}{
		{"", 0, []string{"signed on as alicewonder"}, "unproven"},
		{"version = 9", 0, []string{"signed on as alicewonder"}, "unproven"},
		{"version = 12\npictures = true", 0, []string{"unproven: version 12", "unproven: without login_url", "unproven: pictures", "signed on as alicewonder"}, "x"},
		{"version = 16\nlogin_url = 'http://127.0.0.1:9/config'", 0, []string{"unproven: version 16", "signed on as alicewonder"}, "without login_url"},
		{"version = 17", 2, []string{"one of 9, 10, 11"}, "signed on"},
	} {
		service := fmt.Sprintf("\n[[service]]\nname = 'yahoo'\ntype = 'yahoo'\ndomain = 'yahoo.localhost'\n[service.network]\nserver = %q\n%s\n", l.Address(lab.YMSG), c.settings)
		if err := os.WriteFile(config, append(before, service...), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := command("probe", "--config", config, "yahoo", "--name", "AliceWonder", "--password-file", password)
		text := out + errs
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%q: %q is missing in\n%s", c.settings, want, text)
			}
		}
		if code != c.code || strings.Contains(text, c.not) && c.not != "x" || strings.Contains(text, "rabbit1") {
			t.Errorf("%q: exit %d\n%s", c.settings, code, text)
		}
	}
}

// AIM over TLS, from the login server on: what it names is on the port of TLS again, and a server that the CA does not vouch for gets no
// password.
func TestProbeByTLS(t *testing.T) {
	dir := t.TempDir()
	l, err := lab.Start(context.Background(), lab.Options{Ports: lab.AnyPorts, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config, home := household(t, l.Address(lab.OSCAR))
	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(home, "password")
	if err := os.WriteFile(password, []byte("rabbit1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		server, more string
		code         int
		says         string
	}{
		{lab.OSCARTLS, "tls_ca = '" + filepath.Join(dir, lab.CAFile) + "'", 0, "signed on as alicewonder"},
		{lab.OSCARTLS, "tls_ca = '" + filepath.Join(dir, lab.CAFile) + "'\nlogin = 'flap'", 0, "signed on as alicewonder"},
		{lab.OSCARTLS, "", 1, "certificate"},
		{lab.OSCAR, "tls_ca = '" + filepath.Join(dir, lab.CAFile) + "'", 1, "tls"},
	} {
		service := fmt.Sprintf("\n[[service]]\nname = 'safe'\ntype = 'aim'\ndomain = 'safe.localhost'\n[service.network]\nserver = %q\ntls = 'on'\n%s\n", l.Address(c.server), c.more)
		if err := os.WriteFile(config, append(before, service...), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := command("probe", "--config", config, "safe", "--name", "AliceWonder", "--password-file", password)
		if text := out + errs; code != c.code || !strings.Contains(text, c.says) || strings.Contains(text, "rabbit1") {
			t.Errorf("%s, %q: exit %d\n%s", c.server, c.more, code, text)
		}
	}
}
