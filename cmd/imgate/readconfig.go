package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"imgate/transports"
	"imgate/xmpp"
)

// A mistake is one thing wrong with the configuration.
type mistake struct {
	Line int    // 0: the file as a whole
	Key  string // dotted; may be empty
	Text string
}

func (m mistake) String() string {
	if m.Key == "" {
		return m.Text
	}
	return m.Key + ": " + m.Text
}

// mistakes are everything wrong with one file. It is an error.
type mistakes struct {
	File string
	List []mistake
}

func (m *mistakes) Error() string {
	lines := make([]string, len(m.List))
	for i, one := range m.List {
		where := m.File
		if one.Line > 0 {
			where = fmt.Sprintf("%s:%d", m.File, one.Line)
		}
		lines[i] = where + ": " + one.String()
	}
	return strings.Join(lines, "\n")
}

// readConfig reads and checks the file; the error is a *mistakes with all that is wrong.
func readConfig(path string, networks []transports.Network) (*config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &mistakes{path, []mistake{{Text: fmt.Sprintf("can't be read: %v", underlying(err))}}}
	}
	return parseConfig(path, string(b), networks)
}

func parseConfig(path, source string, networks []transports.Network) (*config, error) {
	var tree map[string]any
	if _, err := toml.Decode(source, &tree); err != nil {
		m := mistake{Text: err.Error()}
		var p toml.ParseError
		if errors.As(err, &p) {
			m.Line, m.Text = p.Position.Line, "not TOML: "+p.Message
		}
		return nil, &mistakes{path, []mistake{m}}
	}
	r := &configReader{lines: locate(source)}
	c := defaults()
	services := tree["service"]
	delete(tree, "service")
	r.table("", tree, append(c.schema(), field{name: "service"}))
	r.services(c, services, networks)
	r.whole(c)
	if len(r.found) > 0 {
		slices.SortStableFunc(r.found, func(a, b mistake) int { return a.Line - b.Line })
		return nil, &mistakes{path, r.found}
	}
	return c, nil
}

// A configReader gathers mistakes.
type configReader struct {
	lines lines
	found []mistake
}

func (r *configReader) wrong(key, format string, args ...any) {
	r.found = append(r.found, mistake{r.lines.of(key), key, fmt.Sprintf(format, args...)})
}

func dotted(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// table takes the values of one table by its fields.
func (r *configReader) table(prefix string, values map[string]any, fields []field) {
	names := make([]string, 0, len(fields))
	known := map[string]field{}
	for _, f := range fields {
		names = append(names, f.name)
		known[f.name] = f
	}
	for _, name := range sortedKeys(values) {
		key := dotted(prefix, name)
		f, ok := known[name]
		if !ok {
			r.unknown(key, name, names)
			continue
		}
		err := f.set(values[name])
		var sub subtable
		switch {
		case err == nil:
		case errors.As(err, &sub):
			r.table(key, sub.values, sub.fields)
		default:
			r.wrong(key, "%v", err)
		}
	}
}

func (r *configReader) unknown(key, name string, names []string) {
	if near := nearest(name, names); near != "" {
		r.wrong(key, "unknown key; did you mean %q?", near)
		return
	}
	r.wrong(key, "unknown key; known here are %s", quoteAll(names))
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (r *configReader) services(c *config, v any, networks []transports.Network) {
	if v == nil {
		return
	}
	tables, ok := v.([]map[string]any)
	if !ok {
		r.wrong("service", "expected [[service]], once for each network")
		return
	}
	var types []string
	byType := map[string]transports.Info{}
	for _, n := range networks {
		types = append(types, n.Info().Type)
		byType[n.Info().Type] = n.Info()
	}
	for i, t := range tables {
		s := defaultService()
		kind, _ := t["type"].(string)
		settings := byType[kind].Settings
		for _, set := range settings {
			s.Network.Settings[set.Key] = set.Default
		}
		r.table(fmt.Sprintf("service[%d]", i), t, s.schema(types, settings))
		s.Network.places(settings)
		r.service(i, &s, c)
		c.Services = append(c.Services, s)
	}
}

// service checks what concerns a service as a whole, and fills in what it takes from [xmpp].
func (r *configReader) service(i int, s *serviceConfig, c *config) {
	key := func(name string) string { return fmt.Sprintf("service[%d].%s", i, name) }
	if s.Server == "" {
		s.Server = c.XMPP.Server
	}
	if s.Secret.Empty() {
		s.Secret = c.XMPP.Secret
	}
	if s.Name == "" || strings.ContainsAny(s.Name, "\x00 \t\n/") {
		r.wrong(key("name"), "expected a name without spaces: what logs, SOAP and commands call the service")
	}
	if s.Type == "" {
		r.wrong(key("type"), "missing")
	}
	r.domain(key("domain"), &s.Domain)
	for _, other := range c.Services {
		if other.Name == s.Name && s.Name != "" {
			r.wrong(key("name"), "another service is called %q", s.Name)
		}
		if other.Domain == s.Domain && s.Domain != "" {
			r.wrong(key("domain"), "another service has %s", s.Domain)
		}
	}
	if s.Network.Server == "" {
		r.wrong(key("network.server"), "missing: no network has a default host")
	}
	for _, a := range s.Network.SourceAddresses {
		if _, err := netip.ParseAddr(a); err != nil {
			r.wrong(key("network.source_addresses"), "%q is no IP address", a)
		}
	}
	for _, h := range s.Network.AllowHosts {
		if _, err := netip.ParsePrefix(h); err != nil && strings.Contains(h, "/") {
			r.wrong(key("network.allow_hosts"), "%q is no range of addresses, such as \"198.51.100.0/24\"", h)
		}
	}
	if s.Secret.Empty() {
		r.wrong(key("secret"), "missing, here and in [xmpp]")
	}
}

// domain prepares a domain in place.
func (r *configReader) domain(key string, domain *string) {
	j, err := xmpp.ParseJID(*domain)
	if err != nil || j.Local != "" || j.Resource != "" {
		r.wrong(key, "expected a domain")
		return
	}
	*domain = j.Domain
}

// users prepares the domains whose users may register. A service takes nobody of its own domain or of another
// service's: they are contacts.
func (r *configReader) users(c *config) {
	r.domains("xmpp.users", c.XMPP.Users)
	for i := range c.Services {
		s := &c.Services[i]
		key := fmt.Sprintf("service[%d].users", i)
		if s.Users == nil {
			s.Users = c.XMPP.Users
		} else {
			r.domains(key, s.Users)
		}
		if len(s.Users) == 0 {
			r.wrong(key, `missing, here and in [xmpp]: the domains whose users may register, or ["*"]`)
		}
		for _, other := range c.Services {
			if slices.Contains(s.Users, other.Domain) {
				r.wrong(key, "%s is the domain of the service %q", other.Domain, other.Name)
			}
		}
	}
}

func (r *configReader) domains(key string, list []string) {
	for i := range list {
		if list[i] != "*" {
			r.domain(key, &list[i])
		}
	}
}

// whole checks what concerns several tables.
func (r *configReader) whole(c *config) {
	if len(c.Services) == 0 {
		r.wrong("service", "there is no [[service]]")
	}
	r.users(c)
	if c.Seal.Key.Empty() && !c.Seal.AllowPlain {
		r.wrong("seal.key", "missing; make one with: imgate key new FILE")
	}
	for i, admin := range c.Admins {
		j, err := xmpp.ParseJID(admin)
		if err != nil || j.Local == "" || j.Resource != "" {
			r.wrong("admins", "%q is no user's address", admin)
			continue
		}
		c.Admins[i] = j.String()
	}
	if j, err := xmpp.ParseJID(c.Files.Upload); c.Files.Upload != "" && (err != nil || j.Resource != "") {
		r.wrong("files.upload", "%q is no address of an upload service", c.Files.Upload)
	}
	if c.XMPP.TLS.Mode == "start" {
		r.wrong("xmpp.tls", `a component's stream has no STARTTLS (XEP-0114); use "on" where the listener begins with TLS, else "off"`)
	}
	if _, err := c.HTTP.tls(); err != nil {
		r.wrong("http.cert_file", "%v", err)
	}
	if _, err := c.HTTP.proxies(); err != nil {
		r.wrong("http.trusted_proxies", "%v", err)
	}
	r.checkRPC(c)
	if c.SOAP.DefaultDomain != "" {
		r.domain("soap.default_domain", &c.SOAP.DefaultDomain)
	}
	if c.Reconnect.Max < c.Reconnect.Initial {
		r.wrong("reconnect.max", "is less than reconnect.initial")
	}
}
