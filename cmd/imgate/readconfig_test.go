package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const good = `
data_dir = "/tmp/x"
admins = ["Admin@Example.org"]
[xmpp]
server = "[::1]:5347"
secret = "s3cret"
users = ["Example.org"]
linger = "2m"
[seal]
allow_plain = true
[[service]]
name = "aim"
type = "aim"
domain = "AIM.example.org"
[service.network]
server = "login.example.net:5190"
sign_ons = { burst = 2, per_minute = 5 }
allow_hosts = ["bos.example.com"]
`

func TestAConfigurationIsRead(t *testing.T) {
	c, err := parseConfig("x.toml", good, networks())
	if err != nil {
		t.Fatal(err)
	}
	s := c.Services[0]
	for _, ok := range []bool{
		c.XMPP.Server == "[::1]:5347", c.XMPP.Linger == 2*time.Minute, c.XMPP.Secret.Reveal() == "s3cret",
		c.Admins[0] == "admin@example.org", s.Domain == "aim.example.org", s.Users[0] == "example.org",
		s.Secret.Reveal() == "s3cret", s.Server == "[::1]:5347", s.Network.Burst == 2, s.Network.PerMinute == 5,
		s.Network.Charset == "windows-1252", c.XMPP.LinkGrace == time.Minute, c.Reconnect.Initial == 15*time.Second,
		len(c.unserved()) == 0,
	} {
		if !ok {
			t.Errorf("a value was not read: %+v", c)
		}
	}
}

// A service's own users are prepared as those of [xmpp] are: else nobody could register, and nobody be told why.
func TestUsersOfAServiceArePrepared(t *testing.T) {
	c, err := parseConfig("x.toml", strings.Replace(good, `name = "aim"`, "name = \"aim\"\nusers = [\"Example.ORG\"]", 1), networks())
	if err != nil || c.Services[0].Users[0] != "example.org" {
		t.Errorf("%v, %v", c, err)
	}
}

// Every mistake is told with its line, its key, what was expected and what was perhaps meant.
func TestMistakesAreNamed(t *testing.T) {
	replace := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the good file", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	for _, c := range []struct{ source, want string }{
		{replace(`linger`, `lingr`), `x.toml:8: xmpp.lingr: unknown key; did you mean "linger"?`},
		{replace(`data_dir`, `datadir`), `x.toml:2: datadir: unknown key; did you mean "data_dir"?`},
		{replace(`allow_hosts`, `color`), `x.toml:18: service[0].network.color: unknown key; known here are "tls", `},
		{replace(`"2m"`, `120`), `x.toml:8: xmpp.linger: expected a duration of at least 0s, such as "90s" or "10m"`},
		{replace(`"2m"`, `"-2m"`), `x.toml:8: xmpp.linger: expected a duration`},
		{replace(`"[::1]:5347"`, `"localhost"`), `x.toml:5: xmpp.server: expected "host:port"`},
		{replace(`"[::1]:5347"`, `"localhost:99999"`), `x.toml:5: xmpp.server: expected "host:port"`},
		{replace(`["Example.org"]`, `"example.org"`), `x.toml:7: xmpp.users: expected an array of strings`},
		{replace(`["Example.org"]`, `[1]`), `x.toml:7: xmpp.users: expected an array of strings`},
		{replace(`["Example.org"]`, `["a@b"]`), `x.toml:7: xmpp.users: expected a domain`},
		{replace(`users = ["Example.org"]`, ``), `service[0].users: missing, here and in [xmpp]`},
		{replace(`"s3cret"`, `"file:/nonexistent/secret"`), `x.toml:6: xmpp.secret: there is no file /nonexistent/secret`},
		{replace(`"s3cret"`, `"env:IMGATE_NO_SUCH"`), `x.toml:6: xmpp.secret: the environment has no IMGATE_NO_SUCH`},
		{replace(`allow_plain = true`, ``), `seal.key: missing; make one with: imgate key new FILE`},
		{replace(`allow_plain = true`, `allow_plain = "yes"`), `x.toml:10: seal.allow_plain: expected true or false`},
		{replace(`type = "aim"`, `type = "aol"`), `x.toml:13: service[0].type: expected one of "aim"`},
		{replace(`name = "aim"`, `name = "a b"`), `x.toml:12: service[0].name: expected a name without spaces`},
		{replace(`"AIM.example.org"`, `"x@y"`), `x.toml:14: service[0].domain: expected a domain`},
		{replace(`server = "login.example.net:5190"`, ``), `service[0].network.server: missing: no network has a default host`},
		{replace(`burst = 2`, `burst = 0`), `x.toml:17: service[0].network.sign_ons.burst: expected a whole number from 1 to 1000`},
		{replace(`"Admin@Example.org"`, `"nobody"`), `x.toml:3: admins: "nobody" is no user's address`},
		{good + "[reconnect]\nmax = \"1s\"\n", `reconnect.max: is less than reconnect.initial`},
		{good + "[reconnect]\njitter = 2\n", `reconnect.jitter: expected a number from 0 to 1`},
		{good + "[log]\nlevel = \"loud\"\n", `log.level: expected one of "debug", "info", "warn", "error"`},
		{good + "[files]\nupload = \"a@@b\"\n", `files.upload: "a@@b" is no address of an upload service`},
		{good + "[soap]\nc2s = 5222\n", `soap.c2s: expected "host:port"`},
		{good + "[http]\npublic_url = \"example.org\"\n", `http.public_url: expected an http or https address`},
		{good + good[strings.LastIndex(good, "[[service]]"):], `service[1].name: another service is called "aim"`},
		{replace("[[service]]", "[service]"), `expected [[service]], once for each network`},
		{replace(`["Example.org"]`, `["AIM.example.ORG"]`), `users: aim.example.org is the domain of the service "aim"`},
		{replace(`name = "aim"`, "name = \"aim\"\nusers = [\"a@b\"]"), `x.toml:13: service[0].users: expected a domain`},
		{good + "[[service]]\nname = \"two\"\ntype = \"aim\"\ndomain = \"two.example.org\"\nusers = [\"aim.example.org\"]\n",
			`x.toml:23: service[1].users: aim.example.org is the domain of the service "aim"`},
		{good + "[limits]\nregistrations_per_hour = 0\n", `x.toml:20: limits.registrations_per_hour: expected a whole number from 1 to 1000000`},
		{good + "[limits]\nmessages_per_minute = \"many\"\n", `x.toml:20: limits.messages_per_minute: expected a whole number`},
		{good + "[limits]\nmessage_bytes = 10\n", `x.toml:20: limits.message_bytes: expected a whole number from 1024 to 200000`},
		{good + "[limits]\nchat_password = true\n", `x.toml:20: limits.chat_password: unknown key; did you mean "chat_passwords"?`},
		{good + "[registry]\nundo = \"7 days\"\n", `x.toml:20: registry.undo: expected a duration of at least 0s`},
		{good + "[files]\nmax_bytes = -1\n", `x.toml:20: files.max_bytes: expected a whole number`},
		{good + "[http]\nlisten = \"8280\"\n", `x.toml:20: http.listen: expected "host:port"`},
		{good + "[http]\ntrusted_proxies = \"10.0.0.1\"\n", `x.toml:20: http.trusted_proxies: expected an array of strings`},
		{good + "[metrics]\nlisten = true\n", `x.toml:20: metrics.listen: expected "host:port"`},
		{good + "[soap]\ntls = \"yes\"\n", `x.toml:20: soap.tls: expected one of "off", "start", "on"`},
		{good + "[soap]\nother_login_state = \"booted\"\n", `x.toml:20: soap.other_login_state: expected one of "disabled", "booted_by_other_login"`},
		{good + "[soap]\nsessions = 0\n", `x.toml:20: soap.sessions: expected a whole number from 1 to 1000`},
		{good + "[soap]\nsession_idle = \"0s\"\n", `x.toml:20: soap.session_idle: expected a duration of at least 1s`},
		{good + "[xmlrpc]\npresence = \"map\"\n", `x.toml:20: xmlrpc.presence: expected one of "struct", "array"`},
		{good + "[xmlrpc]\ngroups = [\"each\"]\n", `x.toml:20: xmlrpc.groups: expected one of "each", "join"`},
		{good + "[xmlrpc]\nstrict = 1\n", `x.toml:20: xmlrpc.strict: expected true or false`},
		{good + "[xmlrpc]\npassword = 12\n", `x.toml:20: xmlrpc.password: expected a secret`},
		{good + "[reconnect]\nfactor = 0.5\n", `x.toml:20: reconnect.factor: expected a number from 1 to 100`},
		{good + "[reconnect]\ninitial = \"soon\"\n", `x.toml:20: reconnect.initial: expected a duration`},
		{good + "[reconect]\nmax = \"1h\"\n", `x.toml:19: reconect: unknown key; did you mean "reconnect"?`},
		{good + "[log]\nformat = \"xml\"\n", `x.toml:20: log.format: expected one of "text", "json"`},
		{good + "log = 3\n", `service[0].network.log: unknown key`},
		{replace(`linger = "2m"`, `tls = "start"`), `x.toml:8: xmpp.tls: a component's stream has no STARTTLS`},
		{replace(`linger = "2m"`, `tls = "maybe"`), `x.toml:8: xmpp.tls: expected one of "off", "start", "on"`},
		{replace(`linger = "2m"`, `stop_timeout = "10ms"`), `x.toml:8: xmpp.stop_timeout: expected a duration of at least 1s`},
		{replace(`linger = "2m"`, `resync_per_second = 0`), `x.toml:8: xmpp.resync_per_second: expected a whole number from 1 to 1000000`},
		{replace(`sign_ons = {`, `sign_on = {`), `x.toml:17: service[0].network.sign_on: unknown key; did you mean "sign_ons"?`},
		{replace(`per_minute = 5`, `per_minut = 5`), `service[0].network.sign_ons.per_minut: unknown key; did you mean "per_minute"?`},
		{replace(`["bos.example.com"]`, `[["bos"]]`), `x.toml:18: service[0].network.allow_hosts: expected an array of strings`},
		{replace(`["bos.example.com"]`, `["198.51.100.0/24", "2001:db8::/32", "198.51.100.0/33"]`), `service[0].network.allow_hosts: "198.51.100.0/33" is no range`},
		{replace(`sign_ons`, "source_addresses = [\"eth0\"]\nsign_ons"), `service[0].network.source_addresses: "eth0" is no IP address`},
		{replace(`domain = "AIM.example.org"`, `secret = "other"`), `service[0].domain: expected a domain`},
		{replace(`admins = ["Admin@Example.org"]`, `admins = "admin@example.org"`), `x.toml:3: admins: expected an array of strings`},
		{"data_dir = ", `x.toml:1: not TOML: `},
		{"[xmpp]\n[xmpp]\n", `x.toml:2: not TOML: `},
		{"", `service: there is no [[service]]`},
	} {
		_, err := parseConfig("x.toml", c.source, networks())
		var m *mistakes
		if !errors.As(err, &m) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %s\ngot  %v", c.want, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the message shows the secret: %v", err)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := parseConfig("x.toml", "datadir = 1\n[xmpp]\nlinger = 5\n[log]\nlevel = 7\n", networks())
	if n := strings.Count(err.Error(), "\n"); n < 3 {
		t.Errorf("only %d lines: %v", n+1, err)
	}
}

func TestSecretsComeFromFilesThatOthersCanNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("hush\n", 0o600)
	if s, err := readSecret("file:" + path); err != nil || s.Reveal() != "hush" {
		t.Errorf("%v", err)
	}
	write("hush\n", 0o644)
	if _, err := readSecret("file:" + path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
	write("\n", 0o600)
	if _, err := readSecret("file:" + path); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("empty: %v", err)
	}
	if _, err := readSecret("file:" + t.TempDir()); err == nil {
		t.Error("a folder is a secret")
	}
	t.Setenv("IMGATE_TEST_SECRET", "from the environment")
	if s, err := readSecret("env:IMGATE_TEST_SECRET"); err != nil || s.Reveal() != "from the environment" {
		t.Errorf("%v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(good)
	f.Add("[[service]]\n[[service]]\nname=1\n[service.network]\nsign_ons=3")
	f.Add("a.b.c = {d=[[1]]}\n[xmpp]\nsecret=\"x\"")
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "file:") || strings.Contains(source, "env:") {
			return // no files of this machine are read for a fuzzer
		}
		c, err := parseConfig("f.toml", source, networks())
		if (c == nil) == (err == nil) {
			t.Errorf("config %v, error %v", c, err)
		}
	})
}
