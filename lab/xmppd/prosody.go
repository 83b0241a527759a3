package xmppd

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	prosodyFile  = "prosody.cfg.lua"
	modPrivilege = "/usr/lib/prosody/modules/mod_privilege/mod_privilege.lua"
)

// prosody is one process, whose accounts are files.
func prosody() ways {
	return ways{name: "prosody", lay: layProsody, processes: func(c *Config) ([]process, error) {
		program, err := exec.LookPath("prosody")
		if err != nil {
			return nil, missing("prosody")
		}
		if _, err := os.Stat(modPrivilege); err != nil && c.Privileges {
			return nil, missing("prosody-modules")
		}
		ports := []int{c.C2S}
		if len(c.Components) > 0 || c.Pasted != "" { // else it does not listen for any
			ports = append(ports, c.Component)
		}
		return []process{{args: []string{program, "--config", c.path(prosodyFile), "-F"}, ports: ports}}, nil
	}}
}

func layProsody(c *Config) error {
	if c.ComponentTLS {
		return errors.New("prosody has no TLS for components")
	}
	accounts := filepath.Join("data", encode(c.Host), "accounts")
	if err := c.folders(accounts, "certs"); err != nil {
		return err
	}
	for name, password := range c.Users {
		account := fmt.Sprintf("return {\n\t[\"password\"] = %s;\n};\n", lua(password))
		if err := c.file(filepath.Join(accounts, encode(name)+".dat"), account); err != nil {
			return err
		}
	}
	return c.file(prosodyFile, c.lua())
}

// lua is the configuration file.
func (c *Config) lua() string {
	var b strings.Builder
	fmt.Fprintf(&b, prosodyGlobal, lua(c.path("prosody.pid")), lua(c.path("data")), lua(c.path("certs")), lua(c.path("prosody.log")),
		lua(c.ip()), c.C2S, c.Component, maxStanza)
	if c.TLS {
		fmt.Fprintf(&b, "ssl = { certificate = %s, key = %s }\n", lua(c.path(certificateFile)), lua(c.path(keyFile)))
	} else {
		b.WriteString("modules_disabled = { \"s2s\", \"tls\" }\n")
	}
	if c.Upload {
		fmt.Fprintf(&b, "http_ports = { %d }\nhttp_interfaces = { \"127.0.0.1\" }\nhttps_ports = { }\n", c.HTTP)
	}
	fmt.Fprintf(&b, "%s\nVirtualHost %s\n%s%s\n", c.Global, lua(c.Host), c.luaPrivileges(), c.Extra+c.Pasted)
	for _, domain := range slices.Sorted(maps.Keys(c.Components)) {
		fmt.Fprintf(&b, "Component %s\n\tcomponent_secret = %s\n", lua(domain), lua(c.Components[domain]))
		if c.Privileges {
			b.WriteString("\tmodules_enabled = { \"privilege\" }\n")
		}
	}
	if c.Rooms {
		fmt.Fprintf(&b, "Component %s \"muc\"\n", lua(c.rooms()))
	}
	if c.Upload {
		fmt.Fprintf(&b, "Component %s \"http_file_share\"\n\thttp_host = \"127.0.0.1\"\n\thttp_external_url = \"http://%s/\"\n", lua(c.upload()), address(c.HTTP))
	}
	return b.String()
}

// luaPrivileges are the lines of the host's section that let the components act for users.
func (c *Config) luaPrivileges() string {
	if !c.Privileges {
		return ""
	}
	var b strings.Builder
	b.WriteString("modules_enabled = { \"privilege\" }\nprivileged_entities = {\n")
	for _, domain := range slices.Sorted(maps.Keys(c.Components)) {
		fmt.Fprintf(&b, "\t[%s] = { roster = \"both\"; message = \"outgoing\";"+
			" iq = { [\"http://jabber.org/protocol/pubsub\"] = \"both\"; [\"vcard-temp\"] = \"get\" } };\n", lua(domain))
	}
	b.WriteString("}\n")
	return b.String()
}

// prosodyGlobal is the part of the configuration that is always the same: loopback, no other servers.
const prosodyGlobal = `run_as_root = true
pidfile = %s
data_path = %s
certificates = %s
log = { { levels = { min = "info" }, to = "file", filename = %s }, { levels = { min = "warn" }, to = "console" } }
interfaces = { %[5]s }
component_interfaces = { %[5]s }
c2s_ports = { %[6]d }
component_ports = { %[7]d }
c2s_stanza_size_limit = %[8]d
s2s_ports = { }
c2s_direct_tls_ports = { }
legacy_ssl_ports = { }
modules_enabled = {
	"roster", "saslauth", "disco", "ping", "offline", "pep", "carbons", "version", "time", "private", "blocklist",
	"vcard4", "vcard_legacy", "bookmarks", "uptime", "tls"
}
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
