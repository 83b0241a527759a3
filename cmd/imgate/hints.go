package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// hintsCommand prints what an XMPP server needs for the services of a configuration.
type hintsCommand struct {
	Server string `arg:"" enum:"prosody,ejabberd,jabberd2,openfire" help:"The XMPP server: prosody, ejabberd, jabberd2 or openfire."`
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`
}

// Help is the example of --help.
func (hintsCommand) Help() string {
	return "Example: imgate hints prosody --config /etc/imgate/imgate.toml\n\n" +
		"No secret is printed: where one belongs it is said where it is."
}

// Run prints the lines.
func (h hintsCommand) Run(out *output) error {
	c, err := readConfig(h.Config, networks())
	if err != nil {
		return usage(err)
	}
	places, err := secretPlaces(h.Config)
	if err != nil {
		return usage(err)
	}
	s := &hintSheet{file: h.Config}
	for i, sc := range c.Services {
		p := places[i]
		s.services = append(s.services, hinted{sc, "PUT HERE " + p})
	}
	s.tls = c.XMPP.TLS.Mode == "on"
	text, err := map[string]func(*hintSheet) (string, error){
		"prosody": prosodyHints, "ejabberd": ejabberdHints, "jabberd2": jabberd2Hints, "openfire": openfireHints,
	}[h.Server](s)
	if err != nil {
		return err
	}
	out.printf("%s", text)
	return nil
}

// secretPlaces tells for each service where its secret is, and never what it is.
func secretPlaces(path string) ([]string, error) {
	var raw struct {
		XMPP    struct{ Secret string }
		Service []struct{ Name, Secret string }
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := toml.Decode(string(text), &raw); err != nil {
		return nil, err
	}
	var list []string
	for _, s := range raw.Service {
		secret, key := s.Secret, "secret of the service "+s.Name
		if secret == "" {
			secret, key = raw.XMPP.Secret, "xmpp.secret"
		}
		switch {
		case strings.HasPrefix(secret, "file:"):
			list = append(list, "the content of "+strings.TrimPrefix(secret, "file:"))
		case strings.HasPrefix(secret, "env:"):
			list = append(list, "what imgate has in its environment as "+strings.TrimPrefix(secret, "env:"))
		default:
			list = append(list, "the "+key+" in "+path)
		}
	}
	return list, nil
}

// A hintSheet is what the hints are made of.
type hintSheet struct {
	file     string
	services []hinted
	tls      bool // of the component listener
}

// A hinted service has words in the place of its secret.
type hinted struct {
	serviceConfig
	secret string
}

// hosts are the domains of users with the services that are for them; "*" is shown as a domain to be replaced.
func (s *hintSheet) hosts() (names []string, of map[string][]string) {
	of = map[string][]string{}
	for _, sc := range s.services {
		for _, user := range sc.Users {
			if user == "*" {
				user = "PUT HERE the domain of your users"
			}
			if of[user] == nil {
				names = append(names, user)
			}
			of[user] = append(of[user], sc.Domain)
		}
	}
	return names, of
}

// everybody says what "*" costs.
func (s *hintSheet) everybody(comment string) string {
	for _, sc := range s.services {
		if slices.Contains(sc.Users, "*") {
			return comment + " users = [\"*\"]: privileges are taken only from domains that users names.\n"
		}
	}
	return ""
}

// servers are the addresses of component listeners, with the services behind each.
func (s *hintSheet) servers() (addresses []string, of map[string][]hinted) {
	of = map[string][]hinted{}
	for _, sc := range s.services {
		if of[sc.Server] == nil {
			addresses = append(addresses, sc.Server)
		}
		of[sc.Server] = append(of[sc.Server], sc)
	}
	return addresses, of
}

// listen takes an address apart; ip is empty where the host is a name.
func listen(address string) (ip, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", address
	}
	if a, err := netip.ParseAddr(host); err == nil {
		ip = a.String()
	}
	return ip, port
}

func openfireHints(s *hintSheet) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "Openfire, for %s. Unproven: no test plays it; 4.2.4 was tried once (docs/servers.md).\n\n", s.file)
	b.WriteString("In the administration console, Server > Server Settings > External Components:\n\n")
	addresses, _ := s.servers()
	for _, address := range addresses {
		_, port := listen(address)
		fmt.Fprintf(&b, "  - Service enabled, plain-text port %s.\n", port)
	}
	b.WriteString("  - Allowed to connect: the whitelist, with these:\n\n")
	for _, sc := range s.services {
		// Openfire adds its own domain to the name of a subdomain.
		name, rest, _ := strings.Cut(sc.Domain, ".")
		fmt.Fprintf(&b, "      subdomain %s (of %s), shared secret: %s\n", name, rest, strings.TrimPrefix(sc.secret, "PUT HERE "))
	}
	b.WriteString("\nOpenfire has no privileges for components (XEP-0356): users are asked for each contact, or get them in one\n" +
		"batch where their client knows XEP-0144.\n")
	return b.String(), nil
}
