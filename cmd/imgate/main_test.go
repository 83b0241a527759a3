package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgate/registry"
	"imgate/transports"
)

// command runs one command line.
func command(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = execute(args, &output{&o, &e})
	return code, o.String(), e.String()
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("lingr = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "seal.key")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"version"}, 0, "msn(MSNP12 MSNP11 MSNP10 MSNP9 MSNP8)"},
		{[]string{"--help"}, 0, "Commands:"},
		{[]string{"check", "--help"}, 0, "Example: imgate check"},
		{[]string{"run", "--help"}, 0, "Example: imgate run"},
		{[]string{"trial", "--help"}, 0, "Example: imgate trial"},
		{[]string{"lab", "--help"}, 0, "Example: imgate lab"},
		{[]string{"nonsense"}, 2, "imgate --help"},
		{[]string{"check"}, 2, "--config"},
		{[]string{"check", "--config", bad}, 2, "bad.toml"},
		{[]string{"run", "--config", bad}, 2, "bad.toml"},
		{[]string{"check", "--config", filepath.Join(dir, "none.toml")}, 2, "no such file"},
		{[]string{"key", "new", key}, 0, "keep a copy"},
		{[]string{"key", "new", key}, 2, "never overwritten"},
		{[]string{"lab", "--listen", "0.0.0.0"}, 1, "loopback"},
	} {
		code, out, errs := command(c.args...)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("imgate %v: exit %d, want %d; it says\n%s%s", c.args, code, c.code, out, errs)
		}
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", info.Mode(), err)
	}
}

func TestCheckFindsNoMistakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "good.toml")
	if err := os.WriteFile(path, []byte(good+"[metrics]\nlisten = \"127.0.0.1:1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command("check", "--config", path)
	if code != 0 || !strings.Contains(out, "no mistakes, 1 service(s)") || !strings.Contains(out, "metrics.listen: this version does not serve it yet") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// What keeps the gateway from starting is told in one line, and nothing is changed.
func TestRunRefusesToStart(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	key := filepath.Join(dir, "seal.key")
	if err := writeKey(key); err != nil {
		t.Fatal(err)
	}
	config := func(change func(string) string) string {
		text := strings.Replace(good, `/tmp/x`, data, 1)
		text = strings.Replace(text, "allow_plain = true", `key = "file:`+key+`"`, 1)
		path := filepath.Join(dir, "c.toml")
		if err := os.WriteFile(path, []byte(change(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	same := func(s string) string { return s }
	refuses := func(path, says string) {
		t.Helper()
		code, _, errs := command("run", "--config", path)
		if code != 2 || !strings.Contains(errs, says) {
			t.Errorf("exit %d, want 2 and %q: %s", code, says, errs)
		}
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	sealer, err := sealConfig{Key: mustSecret(t, key)}.sealer()
	if err != nil {
		t.Fatal(err)
	}
	held, err := registry.Open(filepath.Join(data, "imgate.db"), registry.Options{Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	refuses(config(same), "in use by another process")
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(data, "imgate.db"), 0o644); err != nil {
		t.Fatal(err)
	}
	refuses(config(same), "chmod 600")
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	refuses(config(same), "chmod 700")
	if err := os.WriteFile(key, []byte("no key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(config(same), "not a sealing key")
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	refuses(config(same), "can be read by others")
}

func mustSecret(t *testing.T, path string) transports.Secret {
	t.Helper()
	s, err := secretFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
