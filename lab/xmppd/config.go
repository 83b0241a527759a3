// Package xmppd starts and stops a real XMPP server, Prosody, for trials and tests: as a child process, on
// loopback only, with its data in one directory.
package xmppd

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Config is what a server is started with. Dir is required; a zero field means its default.
type Config struct {
	Dir        string            // its files, data included; made if it is not there
	Host       string            // the domain of the users; default "localhost"
	Users      map[string]string // password by name, which is a plain lower-case name
	Components map[string]string // secret by domain
	C2S        int               // port for clients, without TLS; default: a free one
	Component  int               // port for components (XEP-0114); default: a free one
	Extra      string            // further lines of Lua for the host's section
	Global     string            // further lines of Lua for all
	Log        io.Writer         // what the server says; default: nothing. The whole is in Dir/prosody.log
}

const configFile = "prosody.cfg.lua"

// write lays out the directory: configuration, accounts, an empty folder of certificates.
func (c *Config) write() error {
	for _, dir := range []string{c.accounts(), filepath.Join(c.Dir, "certs")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("xmppd: %w", err)
		}
	}
	for name, password := range c.Users {
		account := fmt.Sprintf("return {\n\t[\"password\"] = %s;\n};\n", lua(password))
		if err := os.WriteFile(filepath.Join(c.accounts(), encode(name)+".dat"), []byte(account), 0o600); err != nil {
			return fmt.Errorf("xmppd: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(c.Dir, configFile), []byte(c.lua()), 0o600); err != nil {
		return fmt.Errorf("xmppd: %w", err)
	}
	return nil
}

// accounts is where Prosody's internal storage keeps the accounts of the host.
func (c *Config) accounts() string { return filepath.Join(c.Dir, "data", encode(c.Host), "accounts") }

// lua is the configuration file.
func (c *Config) lua() string {
	var b strings.Builder
	fmt.Fprintf(&b, global, lua(filepath.Join(c.Dir, "prosody.pid")), lua(filepath.Join(c.Dir, "data")), lua(filepath.Join(c.Dir, "certs")),
		lua(filepath.Join(c.Dir, "prosody.log")), c.C2S, c.Component)
	fmt.Fprintf(&b, "%s\nVirtualHost %s\n%s\n", c.Global, lua(c.Host), c.Extra)
	for _, domain := range slices.Sorted(maps.Keys(c.Components)) {
		fmt.Fprintf(&b, "Component %s\n\tcomponent_secret = %s\n", lua(domain), lua(c.Components[domain]))
	}
	return b.String()
}

// global is the part of the configuration that is always the same: loopback, no TLS, no other servers.
const global = `run_as_root = true
pidfile = %s
data_path = %s
certificates = %s
log = { { levels = { min = "info" }, to = "file", filename = %s }, { levels = { min = "warn" }, to = "console" } }
interfaces = { "127.0.0.1" }
component_interfaces = { "127.0.0.1" }
c2s_ports = { %d }
component_ports = { %d }
s2s_ports = { }
c2s_direct_tls_ports = { }
legacy_ssl_ports = { }
modules_enabled = {
	"roster", "saslauth", "disco", "ping", "offline", "pep", "carbons", "version", "time", "private", "blocklist",
	"vcard4", "vcard_legacy", "bookmarks", "uptime"
}
modules_disabled = { "s2s", "tls" }
authentication = "internal_plain"
storage = "internal"
allow_registration = false
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
limits = { }
`

// lua quotes s as Lua does; decimal escapes are good for every byte.
func lua(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7F {
			fmt.Fprintf(&b, "\\%03d", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// encode is how Prosody names files: all but letters and digits as %xx.
func encode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}
