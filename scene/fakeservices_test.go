package scene

import (
	"bytes"
	"io"
	"net/http"
	"slices"

	"imgate/component/gateway"
	"imgate/component/gateway/upload"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What the XMPP server of a few lines has besides, where a scene needs it: files, personal events, privileges.

const (
	userDomain   = "example.org"
	uploadDomain = "upload.example.org"
	fileHost     = "https://files.example.org"
	maxFile      = 100_000
)

// room is what the gateway may do with files; nothing where the scene needs none.
func (s *fakeServer) room(dir string) gateway.Files {
	if !s.terms.Need("uploads") {
		return gateway.Files{}
	}
	c := upload.Client()
	c.Transport = s
	return gateway.Files{Most: maxFile, Spool: dir, Client: c}
}

// RoundTrip implements http.RoundTripper: the web server behind the upload service.
func (s *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &http.Response{StatusCode: http.StatusNotFound, Status: "404", Body: http.NoBody, Request: r}
	switch b, ok := s.files[r.URL.Path]; {
	case r.Method == http.MethodPut:
		s.files[r.URL.Path], out.StatusCode = sent, http.StatusCreated
	case ok:
		out.StatusCode, out.ContentLength, out.Body = http.StatusOK, int64(len(b)), io.NopCloser(bytes.NewReader(b))
	}
	return out, nil
}

// serves takes what the gateway asks of the server itself; false: it is for a user. mu is held.
func (s *fakeServer) serves(st xmpp.Stanza) bool {
	q, ok := st.(xmpp.IQ)
	if !ok || q.To.Local != "" || q.Type != xmpp.GetIQ {
		return false
	}
	answer := xmpp.IQ{Header: xmpp.Header{ID: q.ID, From: q.To, To: q.From}, Type: xmpp.ErrorIQ, Payload: []*xmltree.Element{xmpp.NewError(xmpp.ServiceUnavailable, "").Element()}}
	if e := s.told(q.To.Domain, q.Query()); e != nil {
		answer.Type, answer.Payload = xmpp.ResultIQ, []*xmltree.Element{e}
	}
	s.gw.Receive(answer, nil)
	return true
}

// told is the answer of the server or its upload service; nil: an error.
func (s *fakeServer) told(domain string, e *xmltree.Element) *xmltree.Element {
	uploads := s.terms.Need("uploads")
	switch {
	case e.Name.Space == xmpp.ItemsSpace && uploads:
		return xmpp.ItemsElement("", []xmpp.Item{{JID: xmpp.JID{Domain: uploadDomain}}})
	case e.Name.Space == xmpp.InfoSpace && domain == uploadDomain && uploads:
		return (&xmpp.Info{Features: []string{xmpp.UploadSpace}}).Element()
	case e.Name.Space == xmpp.InfoSpace:
		return (&xmpp.Info{}).Element()
	case e.Name.Space == xmpp.UploadSpace && uploads:
		link := fileHost + "/" + e.Attr("filename")
		return xmltree.New(xmpp.UploadSpace, "slot").With(xmltree.New(xmpp.UploadSpace, "put").SetAttr("url", link), xmltree.New(xmpp.UploadSpace, "get").SetAttr("url", link))
	}
	return nil
}

// announces tells the gateway what it may do for users (XEP-0356), after the handshake.
func (s *fakeServer) announces() {
	if !s.terms.Need("privileges") {
		return
	}
	const space = "urn:xmpp:privilege:2"
	perm := xmltree.New(space, "perm").SetAttr("access", "roster").SetAttr("type", "both")
	st, err := xmpp.Parse(stanza("message", s.domain, "").SetAttr("from", userDomain).With(xmltree.New(space, "privilege").With(perm)))
	s.gw.Receive(st, err)
}

// answer is what the user's client, and the server in its place, say to an iq of the gateway. mu is held.
func (u *fakeUser) answer(q *xmltree.Element, from string) {
	answer := stanza("iq", from, "result").SetAttr("id", q.Attr("id"))
	bare := false
	switch roster := q.Child(xmpp.RosterSpace, "query"); {
	case roster != nil && u.server.terms.Need("privileges"):
		bare = true
		u.rosterOf(q, answer)
	case q.Child(xmpp.VCardSpace, "vCard") != nil && u.card != nil:
		answer.With(u.card)
	case q.Child(xmpp.InfoSpace, "query") != nil && u.server.terms.Need("tunes"):
		answer.With((&xmpp.Info{Features: []string{xmpp.TuneSpace + "+notify"}}).Element())
	default:
		answer.SetAttr("type", "error")
	}
	u.pass(answer, bare)
}

// asks is what the user asks of the server. mu is held.
func (u *fakeUser) asks(q *xmltree.Element) {
	answer := stanza("iq", "", "result").SetAttr("id", q.Attr("id"))
	card, publish := q.Child(xmpp.VCardSpace, "vCard"), q.Child(xmpp.PubSubSpace, "pubsub").Child(xmpp.PubSubSpace, "publish")
	request := q.Child(xmpp.UploadSpace, "request")
	switch {
	case card != nil:
		u.card = card
	case request != nil:
		answer.With(u.server.told(uploadDomain, request))
	case publish != nil:
		items := xmltree.New(xmpp.PubSubEventSpace, "items").SetAttr("node", publish.Attr("node"))
		for e := range publish.ChildrenNamed(xmpp.PubSubSpace, "item") {
			items.With(xmltree.New(xmpp.PubSubEventSpace, "item").SetAttr("id", e.Attr("id")).With(slices.Collect(e.Elements())...))
		}
		u.pass(stanza("message", u.server.domain, "headline").With(xmltree.New(xmpp.PubSubEventSpace, "event").With(items)), true)
	case q.Child(xmpp.RosterSpace, "query") != nil:
		u.rosterOf(q, answer)
	default:
		answer.SetAttr("type", "error")
	}
	u.inbox = append(u.inbox, answer)
}

// rosterOf reads or changes the roster. Who is subscribed both ways sees the user's presence. mu is held.
func (u *fakeUser) rosterOf(q, answer *xmltree.Element) {
	if q.Attr("type") == "get" {
		list := xmltree.New(xmpp.RosterSpace, "query")
		for _, item := range u.roster {
			list.With(slices.Collect(item.Element().Elements())...)
		}
		answer.With(list)
		return
	}
	for _, item := range xmpp.ParseRoster(q.Child(xmpp.RosterSpace, "query")) {
		i := slices.IndexFunc(u.roster, func(old xmpp.RosterItem) bool { return old.JID == item.JID })
		switch {
		case item.Subscription == xmpp.RemoveItem:
			u.roster = slices.DeleteFunc(u.roster, func(old xmpp.RosterItem) bool { return old.JID == item.JID })
			delete(u.shows, item.JID.String())
			continue
		case i < 0:
			u.roster = append(u.roster, item)
			i = len(u.roster) - 1
		case item.Subscription == "" || item.Subscription == xmpp.NoSubscription: // a user's change of name and groups
			item.Subscription = u.roster[i].Subscription
		}
		u.roster[i] = item
		if item.Subscription == xmpp.BothSubscription && !u.shows[item.JID.String()] {
			u.shows[item.JID.String()] = true
			u.show(item.JID.String())
		}
	}
}
