package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"imgate/adapters/client"
	"imgate/adapters/soap"
	"imgate/transports"
	"imgate/xmpp"
)

// webUsers prove web users' passwords and keep them present.
type webUsers interface {
	soap.Prover
	soap.Presence
	Close(ctx context.Context)
}

// house keeps web users at soap.c2s.
func (s *server) house(c *config) (webUsers, error) {
	way, err := c.SOAP.client()
	if err != nil {
		return nil, err
	}
	way.Log = s.log
	way.Gateways, way.Ours = s.gateway.Registered, s.gateway.Vouches
	way.Refused = func(user xmpp.JID, password transports.Secret) { s.web.door.Forget(user, password) }
	way.Heard = func(e client.Event) { s.web.heard(e) }
	return client.New(way), nil
}

// client is the way to the users' server.
func (c soapConfig) client() (client.Config, error) {
	t, err := c.TLS.client("") // the name to expect is the user's domain, unless the file says another
	if err != nil {
		return client.Config{}, fmt.Errorf("soap.%w", err)
	}
	way := client.Config{Address: c.C2S, TLS: t, Plain: isLoopback(hostOf(c.C2S))}
	switch c.TLS.Mode {
	case "off":
		way.Security = client.NoTLS
	case "on":
		way.Security = client.DirectTLS
	}
	return way, nil
}

// heard passes on what the door is to know of a web user's XMPP session.
func (w *webServer) heard(e client.Event) {
	if on, ok := e.(client.Online); ok && on.Again {
		w.door.Again(on.User)
	}
}

// isLoopback reports whether what is sent to host stays on this machine.
func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// webDomains are the domains whose users may come in by the web, as far as the file names them.
func (c *config) webDomains() []string {
	var all []string
	for _, s := range c.Services {
		all = append(all, s.Users...)
	}
	all = append(all, c.SOAP.DefaultDomain)
	all = slices.DeleteFunc(all, func(d string) bool { return d == "" || strings.Contains(d, "*") })
	slices.Sort(all)
	return slices.Compact(all)
}

// tryWeb tries soap.c2s for every domain of users, without anybody's password, and gives how many tries failed.
func (k checkCommand) tryWeb(out *output, c *config) (failed int) {
	if c.HTTP.Listen == "" {
		return 0
	}
	what := "web clients: users' server at " + c.SOAP.C2S
	domains := c.webDomains()
	if len(domains) == 0 {
		out.printf("%s: not tried: neither xmpp.users nor soap.default_domain names a domain\n", what)
	}
	for _, domain := range domains {
		var offer client.Offer
		failed += k.try(out, what+" for "+domain, func(ctx context.Context) error {
			way, err := c.SOAP.client()
			if err == nil {
				offer, err = way.Offers(ctx, domain)
			}
			return err
		})
		if len(offer.Mechanisms) > 0 {
			out.printf("  TLS: %s; signing in: %s%s\n", offer.TLS, strings.Join(offer.Mechanisms, ", "), tried(offer))
		}
	}
	return failed
}

// tried is which of them comes first.
func tried(o client.Offer) string {
	switch {
	case o.First == "":
		return "; none of them is safe here"
	case o.Binding != "" && len(o.Bindings) == 0:
		return "; first " + o.First + ", bound by " + o.Binding + " unless the server refuses that, which it does not list"
	case o.Binding != "":
		return "; first " + o.First + ", bound by " + o.Binding
	}
	return "; first " + o.First
}
