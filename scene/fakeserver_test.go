package scene

import (
	"context"
	"maps"
	"slices"
	"sync"

	"imgate/component/gateway"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A fakeServer is an XMPP server of a few lines: it carries stanzas, keeps who sees whose presence, and answers
// probes (RFC 6121 §3, §4).
type fakeServer struct {
	domain string // of the gateway
	terms  Terms

	mu    sync.Mutex
	gw    *gateway.Gateway // nil: the link is down
	users map[string]*fakeUser
	files map[string][]byte // by the path of their address
}

type fakeUser struct {
	server  *fakeServer
	name    string
	refuses bool // requests for subscriptions
	roster  []xmpp.RosterItem
	shows   map[string]bool  // contacts that may see the presence
	now     *xmltree.Element // the presence; nil: unavailable
	card    *xmltree.Element // the vCard; nil: none
	inbox   []*xmltree.Element
}

func (s *fakeServer) user(name string) *fakeUser {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		u = &fakeUser{server: s, name: name, shows: map[string]bool{}, now: stanza("presence", "", "")}
		s.users[name] = u
	}
	return u
}

func (s *fakeServer) up(g *gateway.Gateway) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gw = g
}

func (s *fakeServer) down(g *gateway.Gateway) {
	s.up(nil)
	g.LinkDown(s.domain)
}

// Send implements gateway.Link: a stanza of the gateway for a user.
func (s *fakeServer) Send(_ context.Context, st xmpp.Stanza) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gw == nil {
		return gateway.ErrLinkDown
	}
	raw, err := xmpp.Append(nil, st)
	if err != nil {
		return err
	}
	e, err := xmltree.Parse("<r xmlns='jabber:client'>"+string(raw)+"</r>", xmltree.Limits{})
	if err != nil {
		return err
	}
	if s.serves(st) {
		return nil
	}
	if u := s.users[st.Head().To.Local]; u != nil {
		u.deliver(e.First(), st.Head().From.Bare().String())
	}
	return nil
}

// Offer implements gateway.Link.
func (s *fakeServer) Offer(st xmpp.Stanza) error { return s.Send(context.Background(), st) }

// Barrier implements gateway.Link: what was sent is there.
func (s *fakeServer) Barrier(context.Context) error { return nil }

// Reply implements gateway.Link.
func (s *fakeServer) Reply(st xmpp.Stanza) { _ = s.Send(context.Background(), st) }

// deliver is what server and client do with a stanza. mu is held.
func (u *fakeUser) deliver(e *xmltree.Element, from string) {
	kind := e.Attr("type")
	if e.Name.Local == "presence" {
		switch {
		case kind == "probe":
			u.show(from)
			return
		case kind == "subscribe" && u.refuses:
			u.pass(stanza("presence", from, "unsubscribed"), true)
		case kind == "subscribe":
			u.shows[from] = true
			u.pass(stanza("presence", from, "subscribed"), true)
			u.show(from)
			u.pass(stanza("presence", from, "subscribe"), true)
		case kind == "unsubscribe":
			delete(u.shows, from)
		}
	}
	if e.Name.Local == "iq" && kind != "result" && kind != "error" {
		u.answer(e, from)
		return
	}
	u.inbox = append(u.inbox, e)
}

// show tells one contact where the user is, if it may know. mu is held.
func (u *fakeUser) show(to string) {
	switch {
	case !u.shows[to]:
	case u.now == nil:
		u.pass(stanza("presence", to, "unavailable"), true)
	default:
		u.pass(u.now.Clone().SetAttr("to", to), false)
	}
}

// pass gives the gateway a stanza from the user, by the bare or the full address. mu is held.
func (u *fakeUser) pass(e *xmltree.Element, bare bool) {
	g := u.server.gw
	if g == nil {
		return
	}
	from := u.name + "@example.org"
	if !bare {
		from += "/scene"
	}
	st, err := xmpp.Parse(e.Clone().SetAttr("from", from))
	g.Receive(st, err)
}

// Send implements User.
func (u *fakeUser) Send(e *xmltree.Element) error {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if e.Name.Local == "presence" && e.Attr("to") == "" {
		u.now = e
		if e.Attr("type") == "unavailable" {
			u.now = nil
		}
		for _, to := range slices.Sorted(maps.Keys(u.shows)) {
			u.pass(e.Clone().SetAttr("to", to), false)
		}
		return nil
	}
	if e.Name.Local == "iq" && (e.Attr("to") == "" || e.Attr("to") == uploadDomain) {
		u.asks(e)
		return nil
	}
	kind := e.Attr("type")
	u.pass(e, e.Name.Local == "presence" && kind != "" && kind != "unavailable") // RFC 6121 §3: subscriptions are of the bare address
	return nil
}

// Refuse implements User.
func (u *fakeUser) Refuse(on bool) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.refuses = on
}

// Inbox implements User.
func (u *fakeUser) Inbox() []*xmltree.Element {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return slices.Clone(u.inbox)
}
