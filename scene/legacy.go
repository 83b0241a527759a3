package scene

import (
	"fmt"
	"strings"
	"time"

	"imgate/lab/world"
)

// legacyVerbs are the steps of the network.
func legacyVerbs() []verb {
	return []verb{
		{"* does * to *", (*player).does},
		{"* says * from * to *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error { return n.Say(a[2], a[3], a[1]) })
		}},
		{"* shows * as * *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error { return n.Present(a[1], a[2], a[3]) })
		}},
		{"* has * signed on", func(p *player, a []string) error { return p.signedOn(a[0], a[1], true) }},
		{"* has * signed off", func(p *player, a []string) error { return p.signedOn(a[0], a[1], false) }},
		{"* restarts within *", (*player).networkRestarts},
	}
}

func (p *player) network(service string, f func(world.Network) error) error {
	n := p.stage.Network(service)
	if n == nil {
		return fmt.Errorf("there is no network %q", service)
	}
	return f(n)
}

func (p *player) does(a []string) error {
	return p.network(a[0], func(n world.Network) error { return n.Fault(a[2], world.Fault(a[1]), 1) })
}

func (p *player) signedOn(service, name string, want bool) error {
	return p.network(service, func(n world.Network) error {
		is := func() bool {
			for _, acct := range n.Accounts() {
				if strings.EqualFold(acct.Name, name) {
					return acct.SignedOn == want
				}
			}
			return false
		}
		if !p.stage.Until(is) {
			return fmt.Errorf("it is not so")
		}
		return nil
	})
}

func (p *player) networkRestarts(a []string) error {
	down, err := time.ParseDuration(a[1])
	if err != nil {
		return err
	}
	return p.network(a[0], func(n world.Network) error { return n.Restart(down) })
}
