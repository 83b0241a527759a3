package client

import (
	"context"
	"fmt"
	"slices"

	"imgate/adapters"
)

// An Offer is what the server says to clients before anybody has signed in.
type Offer struct {
	TLS        string   // "TLS 1.3", or "none"
	Mechanisms []string // of SASL, as the server orders them
	Bindings   []string // of channels, as it lists them (XEP-0440); empty: it lists none
	First      string   // the mechanism that is tried first
	Binding    string   // and the binding with which; empty: none
}

// Offers asks the server for users of domain, and goes again. It takes 20 s at most. Errors wrap
// adapters.ErrUnreachable, also where nothing that it offers may be used.
func (c *Config) Offers(ctx context.Context, domain string) (Offer, error) {
	ctx, cancel := context.WithTimeout(ctx, signOnTime)
	defer cancel()
	s, features, err := c.dial(ctx, domain)
	if err != nil {
		return Offer{}, err
	}
	_ = s.writeRaw([]byte("</stream:stream>"))
	_ = s.conn.Close()
	o := Offer{TLS: s.tlsVersion(), Mechanisms: offer(features), Bindings: listedBindings(features)}
	bound := s.bindings(features)
	for _, m := range mechanisms() {
		if !s.safe(m, bound, c.Plain) || !slices.Contains(o.Mechanisms, m.name) {
			continue
		}
		if o.First = m.name; m.bound {
			o.Binding = string(bound.chosen.Type)
		}
		return o, nil
	}
	return o, fmt.Errorf("%w: it offers no way of signing in that is safe here", adapters.ErrUnreachable)
}
