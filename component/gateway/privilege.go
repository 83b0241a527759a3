package gateway

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"imgate/state"
	"imgate/xmpp"
)

// What the servers of users let the gateway do for them (XEP-0356). A server announces it after each handshake, for
// its own domain; it is forgotten with the link. The readers of the links write it, the loops of accounts read it.

// A grant is what one domain of users has announced on this link, and how it turned out.
type grant struct {
	xmpp.Privilege
	deaf   atomic.Bool // it does not give rosters although it said so
	broken atomic.Bool // it does not set them: ejabberd 23.01 announces that, and answers internal-server-error
	proven atomic.Bool // it has set one
}

// reads reports whether rosters can be read; so of nil, which grants nothing.
func (g *grant) reads() bool { return g != nil && g.GetRoster && !g.deaf.Load() }

// writes reports whether rosters can be changed.
func (g *grant) writes() bool { return g != nil && g.SetRoster && !g.broken.Load() }

// speaks reports whether messages can be sent in the name of users.
func (g *grant) speaks() bool { return g != nil && g.Speak }

// grants are by domain of users; the map behind the pointer is never changed.
type grants struct {
	list atomic.Pointer[map[string]*grant]
}

// of is what is granted for the users of a domain; nil: nothing.
func (g *grants) of(domain string) *grant {
	if list := g.list.Load(); list != nil {
		return (*list)[domain]
	}
	return nil
}

// forget is for a link that is gone.
func (g *grants) forget() { g.list.Store(nil) }

// learn takes an announcement, and reports whether it tells something new: ejabberd may make one for each service
// and link.
func (g *grants) learn(domain string, p xmpp.Privilege) bool {
	for {
		old := g.list.Load()
		list := map[string]*grant{}
		if old != nil {
			for d, known := range *old {
				list[d] = known
			}
		}
		if known := list[domain]; known != nil && known.Privilege == p {
			return false
		}
		list[strings.Clone(domain)] = &grant{Privilege: p}
		if g.list.CompareAndSwap(old, &list) {
			return true
		}
	}
}

// privileged takes an announcement of privileges; false: s is none. It counts only from a server whose users the
// service is for by name: never from a user, nor for other domains than the sender's own.
func (g *Gateway) privileged(svc *Service, s xmpp.Stanza) bool {
	m, ok := s.(xmpp.Message)
	if !ok || m.From.Local != "" || m.From.Resource != "" || m.To.Local != "" {
		return false
	}
	p, ok := xmpp.ParsePrivilege(m)
	if !ok {
		return false
	}
	domain := m.From.Domain
	if !slices.Contains(svc.Users, domain) {
		g.log.Debug("privileges for users whom this service does not name are not taken", "service", svc.Name, "from", domain)
		return true
	}
	if svc.grants.learn(domain, p) {
		g.log.Info("privileges", "service", svc.Name, "users", domain, "roster_get", p.GetRoster, "roster_set", p.SetRoster, "message", p.Speak)
		change := svc.links.Load()
		g.start(func() { g.tellGrant(svc, domain, change) })
	}
	return true
}

// A grantItem tells an account that more, or less, is granted now.
type grantItem struct{}

func (grantItem) isItem() {}

// tellGrant tells those who are signed on, at the pace of the probes. Who signs on later looks by itself.
func (g *Gateway) tellGrant(svc *Service, domain string, change uint64) {
	const slice = 50 * time.Millisecond
	tick := time.NewTicker(slice)
	defer tick.Stop()
	each := max(1, g.opt.ResyncPerSecond/int(time.Second/slice))
	n := 0
	for a := range g.accounts.all() {
		if a.svc != svc || a.user.Domain != domain {
			continue
		}
		if g.stopping.Load() || svc.links.Load() != change {
			return
		}
		if v := a.view.Load(); v == nil || v.State.State != state.Online {
			continue
		}
		a.post(grantItem{})
		if n++; n%each != 0 {
			continue
		}
		select {
		case <-tick.C:
		case <-g.ctx.Done():
			return
		}
	}
}

// privileges are what may be done for this user; nil: nothing.
func (a *account) privileges() *grant {
	if g := a.svc.grants.of(a.user.Domain); g != nil {
		return g
	}
	return a.permit
}
