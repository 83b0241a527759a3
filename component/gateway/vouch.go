package gateway

import (
	"context"

	"imgate/registry"
	"imgate/transports"
	"imgate/xmpp"
)

// What a door asks that answers subscription requests in a user's place.

// Registered gives the domains of the services at which user, a bare address, is registered.
func (g *Gateway) Registered(user xmpp.JID) []xmpp.JID {
	var list []xmpp.JID
	for i := range g.opt.Services {
		svc := &g.opt.Services[i]
		if g.desk.account(svc, user) != nil {
			list = append(list, svc.jid())
		}
	}
	return list
}

// Vouches reports whether a subscription request from a bare address to user says nothing new: it comes from a
// service at which the user is registered, or from a contact that is on the legacy list and does not itself ask
// to be authorized. It returns soon, or with false when ctx ends.
func (g *Gateway) Vouches(ctx context.Context, user, from xmpp.JID) bool {
	svc := g.domains[from.Domain]
	if svc == nil {
		return false
	}
	a := g.accounts.get(registry.Key{User: user.Bare().String(), Service: svc.Name})
	switch {
	case a == nil || a.leaving.Load() || g.stopping.Load():
		return false
	case from.Local == "":
		return true
	}
	id, err := svc.legacyID(from)
	if err != nil {
		return false
	}
	answer := make(chan bool, 1)
	a.post(vouchItem{id, answer})
	select {
	case yes := <-answer:
		return yes
	case <-ctx.Done():
		return false
	}
}

// vouchItem asks whether a contact is on the legacy list. The answer never waits.
type vouchItem struct {
	id     transports.LegacyID
	answer chan<- bool
}

func (vouchItem) isItem() {}

func (a *account) onVouch(it vouchItem) {
	c := a.contacts[it.id]
	it.answer <- c != nil && c.listed && !c.Gone && !a.out.authAsked[it.id] && !a.over
}
