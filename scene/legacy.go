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
		{"* has a new account *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error {
				_, _, err := n.Add(a[1], world.Password, 1)
				return err
			})
		}},
		{"* warns * by *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error { return able(n, func(w warner) error { return w.Warn(a[2], a[1]) }) })
		}},
		{"* offers the file * from * to *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error {
				return able(n, func(o offerer) error { return o.Offer(a[2], a[3], a[1]) })
			})
		}},
		{"* offers the file * of * from * to *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error {
				return able(n, func(g giver) error { return g.Give(a[3], a[4], a[1], []byte(a[2])) })
			})
		}},
		{"* says * in * from * to *", func(p *player, a []string) error {
			return p.network(a[0], func(n world.Network) error {
				return able(n, func(s speaker) error { return s.SayIn(a[2], a[3], a[4], a[1]) })
			})
		}},
	}
}

// What not every network of the lab can do.
type (
	warner  interface{ Warn(by, whom string) error }
	offerer interface {
		Offer(from, to, name string) error
	}
	giver interface {
		Give(from, to, name string, data []byte) error
	}
	speaker interface {
		SayIn(charset, from, to, text string) error
	}
)

// able does something with a network that can.
func able[T any](n world.Network, do func(T) error) error {
	can, ok := n.(T)
	if !ok {
		return fmt.Errorf("the lab's network can't do that")
	}
	return do(can)
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
