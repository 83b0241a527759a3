package e2e_test

import (
	"fmt"
	"slices"
	"testing"

	"imgate/lab/xmppd"
	"imgate/scene"
)

// A showing is a scene as it is played at a site.
type showing struct {
	*scene.Scene
	where site
}

// fittings are what a scene needs of a server.
type fittings struct {
	site
	service string
	uploads bool
	vacant  string // a domain of components at which none is; empty: there is no such domain
}

func (s showing) needs() fittings {
	return fittings{site: s.where, service: s.Service, uploads: s.Terms.Need("uploads")}
}

// Grounds are the XMPP servers of a site on which its scenes are played, one after the other: to start and to stop a server
// takes longer than most scenes do. Each scene has accounts, a gateway and a network of its own there. One that restarts the
// server has a server of its own, and one that fails is the last on its server.
type grounds struct {
	t    *testing.T // of the site: the servers end with it
	all  []showing  // those of one service follow each other
	open map[fittings]ground
}

// A ground is a place on a server.
type ground struct {
	server *xmppd.Server
	log    *lockedBuffer // what the server says
	ending string        // of the names of the users there
}

// people are the users of scenes.
var people = [...]string{"juliet", "romeo", "mercutio"}

// of is the place of the nth showing.
func (g *grounds) of(t *testing.T, n int) ground {
	t.Helper()
	s := g.all[n]
	if slices.ContainsFunc(s.Steps, func(x scene.Step) bool { return slices.Equal(x.Words, []string{"xmpp", "restarts"}) }) {
		return newGround(t, t, s.needs(), "")
	}
	for needs, on := range g.open {
		if needs.service != s.Service { // nobody comes back to it
			delete(g.open, needs)
			if err := on.server.Stop(); err != nil {
				t.Error(err)
			}
		}
	}
	on, ok := g.open[s.needs()]
	if !ok {
		var endings []string
		for i, other := range g.all {
			if other.needs() == s.needs() {
				endings = append(endings, fmt.Sprint(i))
			}
		}
		on = newGround(t, g.t, s.needs(), endings...)
		g.open[s.needs()] = on
	}
	t.Cleanup(func() {
		if t.Failed() {
			delete(g.open, s.needs())
		}
	})
	on.ending = fmt.Sprint(n)
	return on
}

// newGround starts a server that has the service and all people with each of the endings, and ends when the test until does.
func newGround(t, until *testing.T, needs fittings, endings ...string) ground {
	t.Helper()
	log, users := &lockedBuffer{}, map[string]string{}
	for _, name := range people {
		for _, ending := range endings {
			users[name+ending] = "capulet"
		}
	}
	components := map[string]string{needs.service + ".localhost": secret}
	if needs.vacant != "" {
		components[needs.vacant] = secret
	}
	return ground{log: log, server: startServerUntil(t, until, xmppd.Config{
		Kind: needs.kind, Privileges: needs.privileges, Upload: needs.uploads, Log: log, Users: users, Components: components,
	})}
}
