package main

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
)

// A field is one key of a table: its name, what is expected, and where its value goes. set gives an error that
// tells only what was expected; the reader adds where.
type field struct {
	name string
	set  func(v any) error // v is a value as the TOML decoder makes it
}

// An expected error says what a key wants.
type expected string

func (e expected) Error() string { return "expected " + string(e) }

func text(name string, to *string, choices ...string) field {
	want := "a string"
	if len(choices) > 0 {
		want = "one of " + quoteAll(choices)
	}
	return field{name, func(v any) error {
		s, ok := v.(string)
		if !ok || len(choices) > 0 && !slices.Contains(choices, s) {
			return expected(want)
		}
		*to = s
		return nil
	}}
}

func list(name string, to *[]string) field {
	return field{name, func(v any) error {
		items, ok := v.([]any)
		if !ok {
			return expected("an array of strings")
		}
		out := make([]string, 0, len(items))
		for _, item := range items {
			s, ok := item.(string)
			if !ok {
				return expected("an array of strings")
			}
			out = append(out, s)
		}
		*to = out
		return nil
	}}
}

func flag(name string, to *bool) field {
	return field{name, func(v any) error {
		b, ok := v.(bool)
		if !ok {
			return expected("true or false")
		}
		*to = b
		return nil
	}}
}

func number(name string, to *int, least, most int) field {
	return field{name, func(v any) error {
		n, ok := v.(int64)
		if !ok || n < int64(least) || n > int64(most) {
			return expected(fmt.Sprintf("a whole number from %d to %d", least, most))
		}
		*to = int(n)
		return nil
	}}
}

func fraction(name string, to *float64, least, most float64) field {
	return field{name, func(v any) error {
		var f float64
		switch n := v.(type) {
		case float64:
			f = n
		case int64:
			f = float64(n)
		default:
			f = math.NaN()
		}
		if !(f >= least && f <= most) {
			return expected(fmt.Sprintf("a number from %v to %v", least, most))
		}
		*to = f
		return nil
	}}
}

func duration(name string, to *time.Duration, least time.Duration) field {
	return field{name, func(v any) error {
		s, ok := v.(string)
		d, err := time.ParseDuration(s)
		if !ok || err != nil || d < least {
			return expected(fmt.Sprintf("a duration of at least %v, such as \"90s\" or \"10m\"", least))
		}
		*to = d
		return nil
	}}
}

// address is "host:port"; empty where the default is off.
func address(name string, to *string, optional bool) field {
	return field{name, func(v any) error {
		s, ok := v.(string)
		if ok && s == "" && optional {
			*to = ""
			return nil
		}
		if !ok || !isHostPort(s) {
			return expected("\"host:port\"")
		}
		*to = s
		return nil
	}}
}

func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	n, perr := strconv.Atoi(port)
	return err == nil && host != "" && perr == nil && n >= 0 && n < 65536
}

func secret(name string, to *transports.Secret) field {
	return field{name, func(v any) error {
		s, ok := v.(string)
		if !ok {
			return expected(`a secret: a string, "file:PATH" or "env:NAME"`)
		}
		got, err := readSecret(s)
		if err != nil {
			return err
		}
		*to = got
		return nil
	}}
}

// sealKey is a secret that also notes its file, which is written when the key is rotated.
func sealKey(c *sealConfig) field {
	key := secret("key", &c.Key)
	return field{key.name, func(v any) error {
		if s, ok := v.(string); ok {
			c.KeyFile, _ = strings.CutPrefix(s, "file:")
			if c.KeyFile == s {
				c.KeyFile = ""
			}
		}
		return key.set(v)
	}}
}

// group is a table within a table.
func group(name string, fields ...field) field {
	return field{name, func(v any) error {
		t, ok := v.(map[string]any)
		if !ok {
			return expected("a table")
		}
		return subtable{t, fields}
	}}
}

// A subtable is not an error but a detour: the reader goes into it.
type subtable struct {
	values map[string]any
	fields []field
}

func (subtable) Error() string { return "a table" }

func tlsFields(c *tlsConfig, modes ...string) []field {
	return []field{text("tls", &c.Mode, modes...), text("tls_ca", &c.CA), text("tls_name", &c.Name)}
}

// schema is every key of the file but [[service]].
func (c *config) schema() []field {
	r := &c.Reconnect
	return []field{
		text("data_dir", &c.DataDir),
		list("admins", &c.Admins),
		group("log", text("level", &c.Log.Level, "debug", "info", "warn", "error"), text("format", &c.Log.Format, "text", "json")),
		group("xmpp", append(tlsFields(&c.XMPP.TLS, "off", "start", "on"),
			address("server", &c.XMPP.Server, false), secret("secret", &c.XMPP.Secret), list("users", &c.XMPP.Users),
			duration("link_grace", &c.XMPP.LinkGrace, 0), duration("linger", &c.XMPP.Linger, 0),
			number("resync_per_second", &c.XMPP.ResyncPerSecond, 1, 1_000_000),
			duration("stop_timeout", &c.XMPP.StopTimeout, time.Second))...),
		group("seal", sealKey(&c.Seal), flag("allow_plain", &c.Seal.AllowPlain)),
		group("registry", duration("undo", &c.Registry.Undo, 0)),
		group("limits",
			number("registrations_per_hour", &c.Limits.RegistrationsPerHour, 1, 1_000_000),
			number("messages_per_minute", &c.Limits.MessagesPerMinute, 1, 1_000_000),
			number("message_bytes", &c.Limits.MessageBytes, 1024, 200_000),
			flag("chat_passwords", &c.Limits.ChatPasswords)),
		group("files", text("upload", &c.Files.Upload), number("max_bytes", &c.Files.MaxBytes, 0, 1<<40)),
		group("http", address("listen", &c.HTTP.Listen, true), webURL("public_url", &c.HTTP.PublicURL),
			text("cert_file", &c.HTTP.CertFile), text("key_file", &c.HTTP.KeyFile), list("trusted_proxies", &c.HTTP.TrustedProxies),
			number("connections_per_address", &c.HTTP.Connections, 1, 1_000_000)),
		group("metrics", address("listen", &c.Metrics.Listen, true)),
		group("soap", append(tlsFields(&c.SOAP.TLS, "off", "start", "on"),
			address("c2s", &c.SOAP.C2S, false),
			text("other_login_state", &c.SOAP.OtherLoginState, "disabled", "booted_by_other_login"),
			text("default_domain", &c.SOAP.DefaultDomain), text("conference", &c.SOAP.Conference),
			duration("session_idle", &c.SOAP.SessionIdle, time.Second), number("sessions", &c.SOAP.Sessions, 1, 1000))...),
		group("xmlrpc", address("listen", &c.XMLRPC.Listen, true), text("user", &c.XMLRPC.User), secret("password", &c.XMLRPC.Password),
			text("cert_file", &c.XMLRPC.CertFile), text("key_file", &c.XMLRPC.KeyFile),
			text("presence", &c.XMLRPC.Presence, "struct", "array"), text("groups", &c.XMLRPC.Groups, "each", "join"),
			flag("strict", &c.XMLRPC.Strict), flag("link_by_subscription", &c.XMLRPC.LinkBySubscription)),
		group("reconnect", duration("first", &r.First, 0), duration("initial", &r.Initial, time.Millisecond),
			fraction("factor", &r.Factor, 1, 100), duration("max", &r.Max, time.Millisecond),
			fraction("jitter", &r.Jitter, 0, 1), duration("stable", &r.Stable, 0)),
	}
}

// schema is every key of one [[service]], for a network with these settings.
func (s *serviceConfig) schema(types []string, settings []transports.Setting) []field {
	n := &s.Network
	network := append(tlsFields(&n.TLS, "off", "on"),
		address("server", &n.Server, false),
		group("sign_ons", number("burst", &n.Burst, 1, 1000), number("per_minute", &n.PerMinute, 1, 100_000)),
		list("source_addresses", &n.SourceAddresses), list("allow_hosts", &n.AllowHosts), text("charset", &n.Charset))
	for _, set := range settings {
		network = append(network, settingField(set, n.Settings))
	}
	return []field{
		text("name", &s.Name), text("type", &s.Type, types...), text("domain", &s.Domain),
		address("server", &s.Server, false), secret("secret", &s.Secret), list("users", &s.Users),
		group("network", network...),
	}
}

// settingField is a key that only one network understands.
func settingField(set transports.Setting, to transports.Settings) field {
	v := set.Default
	var f field
	switch set.Kind {
	case transports.ListSetting:
		f = list(set.Key, &v.List)
	case transports.NumberSetting:
		var n int
		f = number(set.Key, &n, math.MinInt32, math.MaxInt32)
		return field{set.Key, func(x any) error {
			err := f.set(x)
			if err == nil && set.Choices != nil && !slices.Contains(set.Choices, strconv.Itoa(n)) {
				err = expected("one of " + strings.Join(set.Choices, ", "))
			}
			v.Number = int64(n)
			to[set.Key] = v
			return err
		}}
	case transports.SwitchSetting:
		f = flag(set.Key, &v.On)
	case transports.DurationSetting:
		f = duration(set.Key, &v.Duration, 0)
	case transports.URLSetting:
		f = webURL(set.Key, &v.Text)
	case transports.HostPortSetting:
		f = address(set.Key, &v.Text, true)
	case transports.TextSetting:
		f = text(set.Key, &v.Text, set.Choices...)
	}
	return field{set.Key, func(x any) error { err := f.set(x); to[set.Key] = v; return err }}
}

func webURL(name string, to *string) field {
	return field{name, func(v any) error {
		s, ok := v.(string)
		u, err := url.Parse(s)
		if !ok || s != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return expected("an http or https address")
		}
		*to = s
		return nil
	}}
}

func quoteAll(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}
