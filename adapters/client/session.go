package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"imgate/adapters"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A session is one stream after binding. Everything but next happens in the goroutine of serve.
type session struct {
	person *person
	stream *stream
	own    xmpp.JID
	last   int // of the ids of our own requests
	// roster has the items of the gateways and their contacts, and no others.
	roster map[xmpp.JID]RosterItem
	ready  bool // the roster is there and presence was sent
	// greeted are gateways that were asked for their presence and have not answered.
	greeted map[xmpp.JID]bool
}

// serve greets and then takes what comes, until the stream ends or ctx does.
func (s *session) serve(ctx context.Context) error {
	elements, failed := make(chan *xmltree.Element), make(chan error, 1)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		failed <- s.read(elements, done)
	}()
	defer func() {
		close(done)
		_ = s.stream.conn.Close()
		<-over
	}()
	if err := s.request(xmpp.GetIQ, "roster", xmltree.New(xmpp.RosterSpace, "query")); err != nil {
		return unreachable(err)
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	late := time.NewTimer(signOnTime) // for the roster: jabberd2 loses one sometimes, and goes on answering pings
	defer late.Stop()
	for {
		var err error
		select {
		case e := <-elements:
			err = s.take(ctx, e)
		case err = <-failed:
			return unreachable(err)
		case <-ping.C:
			err = s.request(xmpp.GetIQ, "ping", xmltree.New(xmpp.PingSpace, "ping"))
		case <-late.C:
			if !s.ready {
				err = fmt.Errorf("%w: no roster came", adapters.ErrUnreachable)
			}
		case <-ctx.Done():
			s.goodbye(elements, over)
			return ctx.Err()
		}
		if err != nil {
			return unreachable(err)
		}
	}
}

// read is the goroutine that reads, until done is closed.
func (s *session) read(elements chan<- *xmltree.Element, done <-chan struct{}) error {
	for {
		e, err := s.stream.next()
		if err != nil {
			return err
		}
		select {
		case elements <- e:
		case <-done:
			return nil
		}
	}
}

// goodbye says that the resource goes, and waits a moment for the server to have heard it.
func (s *session) goodbye(elements <-chan *xmltree.Element, over <-chan struct{}) {
	if err := s.send(xmpp.Presence{Type: xmpp.UnavailablePresence}); err != nil {
		return
	}
	if err := s.stream.writeRaw([]byte("</stream:stream>")); err != nil {
		return
	}
	timer := time.NewTimer(leaveTime)
	defer timer.Stop()
	for {
		select {
		case <-elements:
		case <-over:
			return
		case <-timer.C:
			return
		}
	}
}

func (s *session) send(stanza xmpp.Stanza) error { return s.stream.write(stanza.Element()) }

// request sends an iq to the user's own account; what is asked is the first part of its id.
func (s *session) request(kind xmpp.IQType, what string, payload *xmltree.Element) error {
	s.last++
	return s.send(xmpp.IQ{Header: xmpp.Header{ID: what + "-" + strconv.Itoa(s.last)}, Type: kind, Payload: []*xmltree.Element{payload}})
}

// take handles one stanza. An error ends the session.
func (s *session) take(ctx context.Context, e *xmltree.Element) error {
	stanza, err := xmpp.Parse(e)
	if stanza == nil {
		return nil
	}
	if err != nil {
		wrong := xmpp.NewError(xmpp.BadRequest, "")
		errors.As(err, &wrong)
		return s.refuse(stanza, wrong)
	}
	switch v := stanza.(type) {
	case xmpp.IQ:
		return s.takeIQ(v)
	case xmpp.Presence:
		return s.takePresence(ctx, v)
	case xmpp.Message:
		if m, sent, ok := received(s.own, v); ok {
			s.person.house.config.Heard(Received{User: s.person.user, Message: m, Sent: sent})
		}
	}
	return nil
}

// begin knows the roster, and goes online.
func (s *session) begin(items []RosterItem) error {
	s.roster, s.greeted = map[xmpp.JID]RosterItem{}, map[xmpp.JID]bool{}
	for _, item := range items {
		s.keep(item)
	}
	if err := s.send(xmpp.Presence{Payload: []*xmltree.Element{xmpp.Leaf("priority", priority)}}); err != nil {
		return err
	}
	if err := s.request(xmpp.SetIQ, "carbons", xmltree.New(xmpp.CarbonsSpace, "enable")); err != nil {
		return err
	}
	s.ready = true
	s.person.log.Debug("a web user is available", "resource", s.own.Resource)
	s.person.house.config.Heard(Online{s.person.user, s.own, s.person.lost})
	s.person.lost = true
	for _, gateway := range s.person.house.config.Gateways(s.person.user) {
		if err := s.greet(gateway); err != nil {
			return err
		}
	}
	return nil
}

// greet sees to it that a gateway at which the user is registered is in the roster, both ways, and sees the user: at
// once by presence that is sent to it alone, and by a subscription later.
//
// The gateway's own request for that may have come while nobody was there to hear it: the server keeps it, and does not
// repeat it to a resource with a negative priority. So it is allowed unheard. That must not come before the
// gateway has heard from us: ejabberd passes it on also where no request is kept, and the gateway would believe that it
// has its subscription, and not ask.
func (s *session) greet(gateway xmpp.JID) error {
	item := s.roster[gateway]
	if !item.seen() {
		here := xmpp.Presence{Header: xmpp.Header{To: gateway}, Payload: []*xmltree.Element{xmpp.Leaf("priority", priority)}}
		if err := s.send(here); err != nil {
			return err
		}
	}
	switch {
	case !item.sees():
		s.greeted[gateway] = true
		item.JID, item.Asked = gateway, false // once more, should it have been asked before
		s.keep(item)
		return s.follow(gateway)
	case !item.seen():
		return s.allow(gateway)
	}
	return nil
}

// answered allows a gateway that was greeted, once it has answered.
func (s *session) answered(item RosterItem) error {
	if !s.greeted[item.JID] || !item.sees() {
		return nil
	}
	delete(s.greeted, item.JID)
	if item.seen() {
		return nil
	}
	return s.allow(item.JID)
}

func (s *session) allow(j xmpp.JID) error {
	return s.send(xmpp.Presence{Header: xmpp.Header{To: j}, Type: xmpp.SubscribedPresence})
}

// follow asks for the presence of a gateway or a contact, unless that is so or asked for.
func (s *session) follow(j xmpp.JID) error {
	item := s.roster[j]
	if item.sees() || item.Asked {
		return nil
	}
	item.JID, item.Asked = j, true
	s.keep(item)
	return s.send(xmpp.Presence{Header: xmpp.Header{To: j}, Type: xmpp.SubscribePresence})
}

// keep notes an item; there are as many as a roster may have.
func (s *session) keep(item RosterItem) {
	if item.Subscription == "remove" {
		delete(s.roster, item.JID)
		return
	}
	if _, known := s.roster[item.JID]; known || len(s.roster) < maxRoster {
		s.roster[item.JID] = item
	}
}

// maxRoster bounds what is remembered of a roster.
const maxRoster = 20_000

// takePresence answers subscription requests of the gateways, and of contacts that are on the user's legacy list.
// Everybody else's wait for the user.
func (s *session) takePresence(ctx context.Context, p xmpp.Presence) error {
	if p.Type != xmpp.SubscribePresence || !s.ready {
		return nil
	}
	from := cloneJID(p.From.Bare())
	if !s.person.house.config.Ours(ctx, s.person.user, from) {
		return nil
	}
	if err := s.allow(from); err != nil {
		return err
	}
	return s.follow(from)
}

// rosterID is the id of the first request.
const rosterID = "roster-1"

// takeIQ answers requests, and takes what we asked for. Answers count only from the user's own account.
func (s *session) takeIQ(q xmpp.IQ) error {
	roster := !s.ready && q.ID == rosterID && (fromAccount(s.own, q.From) || q.From == s.own)
	switch {
	case q.Type == xmpp.ResultIQ && roster:
		return s.begin(parseRoster(q.Query()))
	case q.Type == xmpp.ErrorIQ && roster:
		return fmt.Errorf("%w: it gave no roster", adapters.ErrUnreachable)
	case q.Type == xmpp.ResultIQ || q.Type == xmpp.ErrorIQ:
		return nil
	case q.Type == xmpp.SetIQ && q.Query().Is(xmpp.RosterSpace, "query"):
		return s.push(q)
	}
	return s.answer(q)
}

// push takes a roster push, which only the user's own account may send (RFC 6121 §2.1.6).
func (s *session) push(q xmpp.IQ) error {
	if !fromAccount(s.own, q.From) {
		return s.refuse(q, xmpp.NewError(xmpp.NotAllowed, ""))
	}
	if s.ready {
		for _, item := range parseRoster(q.Query()) {
			s.keep(item)
			s.person.house.config.Heard(RosterChange{s.person.user, item})
			if err := s.answered(item); err != nil {
				return err
			}
		}
	}
	return s.send(q.Result())
}

// answer says to others what this resource is.
func (s *session) answer(q xmpp.IQ) error {
	switch query := q.Query(); {
	case q.Type == xmpp.GetIQ && query.Is(xmpp.PingSpace, "ping"):
		return s.send(q.Result())
	case q.Type == xmpp.GetIQ && query.Is(xmpp.InfoSpace, "query") && query.Attr("node") == "":
		info := xmpp.Info{
			Identities: []xmpp.Identity{{Category: "client", Type: "web", Name: "imgate"}},
			Features:   []string{xmpp.InfoSpace, xmpp.PingSpace},
		}
		return s.send(q.Result(info.Element()))
	}
	return s.refuse(q, xmpp.NewError(xmpp.ServiceUnavailable, ""))
}

func (s *session) refuse(stanza xmpp.Stanza, e *xmpp.Error) error {
	if reply, ok := xmpp.ErrorReply(stanza, e); ok {
		return s.send(reply)
	}
	return nil
}
