package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hints runs the command on a configuration with two services, the second with a secret of its own.
func hints(t *testing.T, server, first, second, users string) (code int, out string) {
	t.Helper()
	dir := t.TempDir()
	secretFile := filepath.Join(dir, "component.secret")
	if err := os.WriteFile(secretFile, []byte("in-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("IMGATE_TEST_SECRET", "in-the-environment")
	text := strings.NewReplacer(`"s3cret"`, `"`+strings.ReplaceAll(first, "FILE", secretFile)+`"`, `["Example.org"]`, users).Replace(good)
	_, service, _ := strings.Cut(good, "[[service]]")
	again := strings.NewReplacer(`"aim"`+"\ntype", `"second"`+"\ntype", "AIM.example.org", "second.example.org").Replace("[[service]]" + service)
	if second != "" {
		again = strings.Replace(again, "domain =", `secret = "`+strings.ReplaceAll(second, "FILE", secretFile)+"\"\ndomain =", 1)
	}
	path := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(path, []byte(text+again), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command("hints", server, "--config", path)
	return code, strings.NewReplacer(path, "CONFIG", secretFile, "FILE").Replace(out + errs)
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		server string
		says   []string
	}{
		{"prosody", []string{
			`VirtualHost "example.org"`, "modules_enabled = { \"privilege\" }\nprivileged_entities = {\n\t[\"aim.example.org\"] = { roster = \"both\"; message = \"outgoing\" };\n\t[\"second.example.org\"]",
			"Component \"aim.example.org\"\n\tcomponent_secret = \"PUT HERE the content of FILE\"\n\tmodules_enabled = { \"privilege\" }",
			"component_secret = \"PUT HERE what imgate has in its environment as IMGATE_TEST_SECRET\"", `component_interfaces = { "::1" }`,
		}},
		{"ejabberd", []string{
			"listen:\n  - port: 5347\n    ip: \"::1\"\n    module: ejabberd_service\n    hosts:\n      \"aim.example.org\":\n        password: \"PUT HERE the content of FILE\"\n      \"second.example.org\":",
			"mod_privilege:\n    roster:\n      both: imgate\n    message:\n      outgoing: imgate\n", "    server:\n      - \"aim.example.org\"\n      - \"second.example.org\"",
		}},
		{"openfire", []string{"Unproven", "subdomain aim (of example.org), shared secret: the content of FILE"}},
	} {
		code, out := hints(t, c.server, "file:FILE", "env:IMGATE_TEST_SECRET", `["Example.org"]`)
		for _, want := range c.says {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d, %q is not in\n%s", c.server, code, want, out)
			}
		}
	}
}

// Jabberd2 has one secret; hints for different ones would not work.
func TestHintsForOneSecret(t *testing.T) {
	if code, out := hints(t, "jabberd2", "file:FILE", "env:IMGATE_TEST_SECRET", `["Example.org"]`); code != 1 || !strings.Contains(out, "one secret for all") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := hints(t, "jabberd2", "file:FILE", "", `["Example.org"]`); code != 0 || !strings.Contains(out, "\n<secret>PUT HERE the content of FILE</secret>\n") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestHintsTellNoSecret(t *testing.T) {
	for _, server := range []string{"prosody", "ejabberd", "openfire"} {
		for _, secret := range []string{"file:FILE", "env:IMGATE_TEST_SECRET", "literally-so"} {
			_, out := hints(t, server, secret, "another-literal", `["*"]`)
			for _, hidden := range []string{"in-a-file", "in-the-environment", "literally-so", "another-literal"} {
				if strings.Contains(out, hidden) {
					t.Errorf("%s tells the secret %s:\n%s", server, hidden, out)
				}
			}
			if !strings.Contains(out, "the secret of the service second in CONFIG") {
				t.Errorf("%s does not tell where the secret is:\n%s", server, out)
			}
			if server != "openfire" && !strings.Contains(out, "privileges are taken only from domains that users names") {
				t.Errorf("%s does not warn of *:\n%s", server, out)
			}
		}
	}
}

func TestHintsAreQuoted(t *testing.T) {
	nasty := "a\"b\\c\n<d>&-->"
	if got := quoteLua(nasty); got != `"a\034b\092c\010<d>&-->"` {
		t.Error(got)
	}
	if got := quoteYAML(nasty); got != `"a\"b\\c\n<d>&-->"` {
		t.Error(got)
	}
	if got := commentXML(nasty); strings.Contains(got, "--") || strings.Contains(got, "\n") {
		t.Error(got)
	}
	if code, _, errs := command("hints", "openldap", "--config", "x"); code != 2 || !strings.Contains(errs, "prosody") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
