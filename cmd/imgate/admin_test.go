package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgate/lab"
	"imgate/lab/world"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
)

// household is a configuration with a key file and one registration, whose nickname is a stranger's.
func household(t *testing.T, network string) (config, dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "seal.key")
	if err := writeKey(key); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(good, `/tmp/x`, dir, 1)
	text = strings.Replace(text, "allow_plain = true", `key = "file:`+key+`"`, 1)
	text = strings.Replace(text, "[::1]:5347", "127.0.0.1:1", 1)
	text = strings.Replace(text, "login.example.net:5190", network, 1)
	text += "[http]\nlisten = \"\"\n"
	config = filepath.Join(dir, "c.toml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sealer, err := sealConfig{Key: mustSecret(t, key)}.sealer()
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.Open(filepath.Join(dir, "imgate.db"), registry.Options{Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	k := registry.NewKeeper(r, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	k.Submit(nil, registry.Put{
		Registration: registry.Registration{
			Key: registry.Key{User: "juliet@example.org", Service: "aim"}, Name: "mona", Typed: "Mo\x1b[31mna",
			Password: transports.NewSecret("rabbit1"),
		},
		State: state.Snapshot{State: state.BadAuth, Text: "wrong \u202epassword"},
	})
	cancel()
	k.Run(ctx)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return config, dir
}

// expect runs command lines and looks for what they say.
type expectation struct {
	args string
	code int
	says string
}

func expect(t *testing.T, config string, list ...expectation) {
	t.Helper()
	for _, e := range list {
		args := strings.Fields(strings.Replace(e.args, "@", "--config "+config, 1))
		code, out, errs := command(args...)
		if code != e.code || !strings.Contains(out+errs, e.says) {
			t.Errorf("imgate %s: exit %d, want %d and %q:\n%s%s", e.args, code, e.code, e.says, out, errs)
		}
		if strings.Contains(out+errs, "rabbit1") || strings.ContainsAny(out+errs, "\x1b\u202e") && !strings.Contains(e.args, "--json") {
			t.Errorf("imgate %s says what it should not:\n%q", e.args, out+errs)
		}
	}
}

func TestAdministrationOfAGatewayThatIsDown(t *testing.T) {
	config, dir := household(t, "127.0.0.1:1")
	saved := filepath.Join(dir, "saved.db")
	expect(t, config,
		expectation{"registrations list @", 0, "bad_auth"},
		expectation{"registrations list @ --json", 0, `{"user":"juliet@example.org","service":"aim","name":"mona"`},
		expectation{"registrations show @ Juliet@Example.org aim", 0, "typed as"},
		expectation{"registrations explain @ juliet@example.org aim", 0, "WHEN"},
		expectation{"registrations explain @ --json juliet@example.org aim", 0, `"history":[{"at":`},
		expectation{"registrations show @ romeo@example.org aim", 1, "registrations list has them all"},
		expectation{"registrations show @ example.org aim", 2, "like juliet@example.org"},
		expectation{"registrations disable @ juliet@example.org aim", 1, "imgate run --config"},
		expectation{"key rotate @", 0, "1 registration(s) were sealed anew"},
		expectation{"backup @ " + saved, 0, "bytes"},
		expectation{"backup @ " + saved, 1, "choose another name"},
		expectation{"recover @ " + saved, 1, "move it aside"},
	)
	if err := os.Rename(filepath.Join(dir, "imgate.db"), filepath.Join(dir, "aside.db")); err != nil {
		t.Fatal(err)
	}
	expect(t, config,
		expectation{"registrations list @", 1, "has the gateway ever run"},
		expectation{"recover @ " + config, 1, "recover"},
		expectation{"recover @ " + saved, 0, "holds 1 registration(s) again"},
		expectation{"registrations list @", 0, "bad_auth"},
	)
}

func TestAdministrationOfARunningGateway(t *testing.T) {
	config, dir := household(t, "127.0.0.1:1")
	c, err := readConfig(config, networks())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(c, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	saved := filepath.Join(dir, "saved.db")
	expect(t, config,
		expectation{"registrations list @", 0, "bad_auth"},
		expectation{"registrations disable @ --text closed juliet@example.org aim", 0, "disabled (admin)"},
		expectation{"registrations explain @ juliet@example.org aim", 0, "closed"},
		expectation{"registrations reconnect @ juliet@example.org aim", 1, "administrator has disabled"},
		expectation{"registrations enable @ --json juliet@example.org aim", 0, `"state":"intentionally_offline"`},
		expectation{"registrations remove @ juliet@example.org aim", 0, "was removed"},
		expectation{"registrations list @", 0, "removed"},
		expectation{"registrations reconnect @ juliet@example.org aim", 1, "no such registration"},
		expectation{"registrations restore @ juliet@example.org aim", 0, "Restored"},
		expectation{"registrations restore @ juliet@example.org aim", 1, "was not removed"},
		expectation{"registrations enable @ juliet@example.org icq", 1, "no such service"},
		expectation{"key rotate @ --json", 0, `"resealed":1`},
		expectation{"backup @ " + saved, 0, "bytes"},
	)
	expect(t, config, expectation{"check @ --connect", 1, "a second connection could take its stanzas; its link is down"})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	expect(t, config, expectation{"registrations list @", 0, "juliet@example.org"})
	if info, err := os.Stat(saved); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v %v", info, err)
	}
}

func TestProbe(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.Options{Ports: lab.AnyPorts})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config, dir := household(t, l.Address(lab.OSCAR))
	right, wrong := filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	for path, text := range map[string]string{right: world.Password, wrong: "not it"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	probe := func(name, file string) string {
		return fmt.Sprintf("probe @ aim --name %s --password-file %s", name, file)
	}
	for _, e := range []expectation{
		{"probe @ aim", 0, "connected to"},
		{"probe @ icq", 2, "it has aim"},
		{"probe @ aim --name alicewonder", 2, "go together"},
		{probe("alicewonder", filepath.Join(dir, "none")), 2, "there is no file"},
		{probe("alicewonder", wrong), 1, "failed after"},
		{probe("alicewonder", right), 0, "signed on as"},
	} {
		args := strings.Fields(strings.Replace(e.args, "@", "--config "+config, 1))
		code, out, errs := command(args...)
		if code != e.code || !strings.Contains(out+errs, e.says) || strings.Contains(out+errs, "not it") {
			t.Errorf("imgate %s: exit %d, want %d and %q:\n%s%s", e.args, code, e.code, e.says, out, errs)
		}
		t.Logf("imgate %s\n%s%s", e.args, out, errs)
	}
	l.Close()
	expect(t, config, expectation{"probe @ aim", 1, "connect to"})
}

func TestEveryAdministratorsCommandHasAnExample(t *testing.T) {
	for _, c := range []string{
		"registrations list", "registrations show", "registrations explain", "registrations reconnect", "registrations disable",
		"registrations enable", "registrations remove", "registrations restore", "key rotate", "backup", "recover", "probe",
	} {
		if code, out, _ := command(append(strings.Fields(c), "--help")...); code != 0 || !strings.Contains(out, "Example: imgate "+c) {
			t.Errorf("%s --help: exit %d\n%s", c, code, out)
		}
	}
}
