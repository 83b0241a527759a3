package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// The lines of each server, in the language of its configuration. They may be pasted as they are, once the secrets
// are put in; lab/xmppd does so in a test.

func prosodyHints(s *hintSheet) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "-- prosody.cfg.lua, for %s. The module \"privilege\" is in the package prosody-modules.\n", oneLine(s.file))
	addresses, _ := s.servers()
	for _, address := range addresses {
		ip, port := listen(address)
		fmt.Fprintf(&b, "-- Components listen on 127.0.0.1:5347, unless the global section has component_interfaces = { %s } and component_ports = { %s }.\n", quoteLua(ip), port)
	}
	b.WriteString(s.everybody("--"))
	hosts, services := s.hosts()
	for _, host := range hosts {
		fmt.Fprintf(&b, "\n-- In the section of VirtualHost %s; where it has such lines already, put these names into them:\n", quoteLua(host))
		b.WriteString("modules_enabled = { \"privilege\" }\nprivileged_entities = {\n")
		for _, domain := range services[host] {
			fmt.Fprintf(&b, "\t[%s] = { roster = \"both\"; message = \"outgoing\" };\n", quoteLua(domain))
		}
		b.WriteString("}\n")
	}
	b.WriteString("\n-- At the end of the file:\n")
	for _, sc := range s.services {
		fmt.Fprintf(&b, "Component %s\n\tcomponent_secret = %s\n\tmodules_enabled = { \"privilege\" }\n", quoteLua(sc.Domain), quoteLua(sc.secret))
	}
	return b.String(), nil
}

func ejabberdHints(s *hintSheet) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# ejabberd.yml, for %s. Put the lines under the keys that are there already.\n%s\nlisten:\n", oneLine(s.file), s.everybody("#"))
	addresses, services := s.servers()
	for _, address := range addresses {
		ip, port := listen(address)
		fmt.Fprintf(&b, "  - port: %s\n", port)
		if ip != "" {
			fmt.Fprintf(&b, "    ip: %s\n", quoteYAML(ip))
		}
		b.WriteString("    module: ejabberd_service\n")
		if s.tls {
			b.WriteString("    tls: true\n    certfile: \"PUT HERE a file with certificate and key\"\n")
		}
		b.WriteString("    hosts:\n")
		for _, sc := range services[address] {
			fmt.Fprintf(&b, "      %s:\n        password: %s\n", quoteYAML(sc.Domain), quoteYAML(sc.secret))
		}
	}
	b.WriteString("\nacl:\n  imgate:\n    server:\n")
	for _, sc := range s.services {
		fmt.Fprintf(&b, "      - %s\n", quoteYAML(sc.Domain))
	}
	b.WriteString("\naccess_rules:\n  imgate:\n    allow: imgate\n\nmodules:\n" +
		"  # ejabberd 23.01 reads rosters for components and fails to set them: imgate finds that out, and asks users instead.\n" +
		"  mod_privilege:\n    roster:\n      both: imgate\n    message:\n      outgoing: imgate\n")
	return b.String(), nil
}

func jabberd2Hints(s *hintSheet) (string, error) {
	secrets := map[string]bool{}
	for _, sc := range s.services {
		secrets[sc.Secret.Reveal()] = true
	}
	if len(secrets) > 1 {
		return "", errors.New("jabberd2 has one secret for all components, and the services have different ones")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- router.xml, for %s: in <local>, where <ip> should be 127.0.0.1", commentXML(s.file))
	addresses, _ := s.servers()
	for _, address := range addresses {
		_, port := listen(address)
		fmt.Fprintf(&b, " and <port> %s", port)
	}
	b.WriteString(".\n     It is one secret for all components, and whoever knows it may take any name. There are no privileges. -->\n")
	fmt.Fprintf(&b, "<secret>%s</secret>\n", escapeXML(s.services[0].secret))
	return b.String(), nil
}

// quoteLua quotes s as Lua does; decimal escapes are good for every byte.
func quoteLua(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == 0x7F {
			fmt.Fprintf(&b, "\\%03d", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteYAML quotes s; what is a string of JSON is one of YAML.
func quoteYAML(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string never fails
	return strings.TrimSpace(b.String())
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder never fails
	return b.String()
}

// oneLine and commentXML keep the name of a file within a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func commentXML(s string) string { return strings.ReplaceAll(escapeXML(oneLine(s)), "--", "- -") }
