package component_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A row is one line of what differs between XMPP servers at the link: it is played with each of them.
// docs/servers.md has the table, and says which test holds which line.
type row struct {
	name   string
	change func(*component.Config)
	story  func(*stage, componenttest.Personality)
}

func TestEveryRowWithEveryServer(t *testing.T) {
	for _, r := range rows() {
		for _, p := range componenttest.Personalities() {
			t.Run(r.name+"/"+p.Name, func(t *testing.T) {
				play(t, p, r.change, func(s *stage) { r.story(s, p) })
			})
		}
	}
}

func rows() []row {
	return []row{
		{"wrong secret", func(c *component.Config) { c.Secret = "wrong" }, wrongSecret},
		{"unknown domain", func(c *component.Config) { c.Domain = xmpp.JID{Domain: "msn.example.org"} }, unknownDomain},
		{"the server's own domain", func(c *component.Config) { c.Domain = host }, ownDomain},
		{"second connection", nil, secondConnection},
		{"from-check", nil, fromCheck},
		{"any local part and resource", nil, anyLocalPart},
		{"missing to or from", nil, missingAddresses},
		{"biggest stanza that we send", nil, biggestOut},
		{"a limit above that of Prosody", func(c *component.Config) { c.MaxStanza = 2 << 20 }, tooBigForProsody},
		{"biggest stanza that we take", nil, biggestIn},
		{"a stanza without end", nil, endlessIn},
		{"ping to the server's domain", nil, pingServer},
		{"ping to our own domain", func(c *component.Config) { c.Server = xmpp.JID{} }, pingServer},
		{"ping to a sibling's domain", nil, pingSibling},
		{"idle", nil, idle},
		{"whitespace only", nil, whitespaceOnly},
		{"bounce", nil, bounce},
		{"ping while the server's domain is away", func(c *component.Config) { c.Server = xmpp.JID{Domain: "away.example.org", Local: "x"} }, awayHost},
		{"sm asks who we are", nil, smAsks},
	}
}

// retried checks that the link is tried again soon.
func (s *stage) retried(wait time.Duration) {
	s.Helper()
	if wait < 500*time.Millisecond || wait > 2*time.Second {
		s.Errorf("next in %s", wait)
	}
}

func wrongSecret(s *stage, p componenttest.Personality) {
	e, wait := s.down(component.NotAuthorized)
	if says := e.Error(); !strings.Contains(says, "secret is wrong") || !strings.Contains(says, p.Text) || strings.Contains(says, `"wrong"`) {
		s.Errorf("says %s", says)
	}
	s.retried(wait)
}

func unknownDomain(s *stage, p componenttest.Personality) {
	says, reason := "Component block", component.HostUnknown
	switch p.Name {
	case "ejabberd": // it looks like a wrong secret
		says, reason = "hosts of this listener", component.NotAuthorized
	case "jabberd2": // whoever knows the secret is let in
		s.up()
		return
	}
	e, wait := s.down(reason)
	if !strings.Contains(e.Error(), says) {
		s.Errorf("says %s", e)
	}
	s.retried(wait)
}

// ownDomain is refused by two; jabberd2 lets us be the server, and the configuration has to forbid it.
func ownDomain(s *stage, p componenttest.Personality) {
	switch p.Name {
	case "prosody":
		s.down(component.HostUnknown)
	case "ejabberd":
		if e, wait := s.down(component.Conflict); wait < time.Minute || e.Text != p.OwnText {
			s.Errorf("%s, next in %s", e, wait)
		}
	default:
		s.up()
	}
}

// secondConnection is refused by Prosody, which keeps the first; whoever is refused waits for a minute. With
// the others both are there.
func secondConnection(s *stage, p componenttest.Personality) {
	s.up()
	second, _, states := s.newLink(aim, nil)
	ctx, cancel := context.WithCancel(s.Context())
	ended := make(chan error, 1)
	go func() { ended <- second.Run(ctx) }()
	st := <-states
	var e *component.LinkError
	switch {
	case p.SecondIs == "" && !st.Up:
		s.Errorf("refused: %v", st.Err)
	case p.SecondIs != "" && (!errors.As(st.Err, &e) || e.Reason != component.Conflict || time.Until(st.Next) < time.Minute):
		s.Errorf("got %+v", st)
	}
	if !s.link.Up() {
		s.Error("the first was thrown out")
	}
	cancel()
	if err := <-ended; err != nil {
		s.Error(err)
	}
}

// TestTheReplacedStandsDown is Prosody with kick_old: two that both came back at once would replace each other
// for ever.
func TestTheReplacedStandsDown(t *testing.T) {
	play(t, componenttest.ProsodyKickingOld(), nil, func(s *stage) {
		s.up()
		second, _, states := s.newLink(aim, nil)
		ctx, cancel := context.WithCancel(s.Context())
		ended := make(chan error, 1)
		go func() { ended <- second.Run(ctx) }()
		if st := <-states; !st.Up {
			s.Errorf("the second: %+v", st)
		}
		if e, wait := s.down(component.Conflict); wait < time.Minute || e.Text != "Replaced by a new connection" {
			s.Errorf("the first: %v, next in %s", e, wait)
		}
		cancel()
		if err := <-ended; err != nil {
			s.Error(err)
		}
	})
}

// fromCheck sends from a domain that is not ours, which only a mistake in the gateway could.
func fromCheck(s *stage, p componenttest.Personality) {
	peer := s.up()
	if err := s.link.Send(s.Context(), chat(xmpp.JID{Domain: "msn.example.org"}, alice, "x")); err != nil {
		s.Fatal(err)
	}
	if !p.ChecksFrom { // jabberd2 gives it back
		back := s.hear()
		if e := xmpp.ErrorOf(back); e == nil || e.Condition != xmpp.ServiceUnavailable || back.Head().To != alice {
			s.Errorf("heard %+v", back)
		}
		return
	}
	if _, err := peer.Next(s.Context()); !errors.Is(err, componenttest.ErrFrom) {
		s.Errorf("the server: %v", err)
	}
	e, wait := s.down(component.StreamError)
	if e.Condition != "invalid-from" {
		s.Errorf("got %v", e)
	}
	s.retried(wait)
	s.up()
}

func anyLocalPart(s *stage, _ componenttest.Personality) {
	peer := s.up()
	for _, from := range []xmpp.JID{aim, {Local: "bob", Domain: aim.Domain}, {Local: `me\40x.com`, Domain: aim.Domain, Resource: "a@b/c"}} {
		if err := s.link.Send(s.Context(), chat(from, alice, "x")); err != nil {
			s.Fatal(err)
		}
		if got := s.next(peer).Head().From; got != from {
			s.Errorf("arrives from %s, want %s", got, from)
		}
	}
}

func missingAddresses(s *stage, _ componenttest.Personality) {
	peer := s.up()
	for _, h := range []xmpp.Header{{From: aim}, {To: alice}, {}} {
		for _, stanza := range []xmpp.Stanza{xmpp.Message{Header: h}, xmpp.Presence{Header: h}, xmpp.IQ{Header: h, Type: xmpp.GetIQ}} {
			if err := s.link.Send(s.Context(), stanza); !errors.Is(err, xmpp.ErrAddress) {
				s.Errorf("Send: %v", err)
			}
			if err := s.link.Offer(stanza); !errors.Is(err, xmpp.ErrAddress) {
				s.Errorf("Offer: %v", err)
			}
			if s.link.Reply(stanza) {
				s.Error("Reply took it")
			}
		}
	}
	if err := s.link.Send(s.Context(), chat(aim, alice, "the first")); err != nil {
		s.Fatal(err)
	}
	if body, _ := s.next(peer).(xmpp.Message).Body(); body != "the first" {
		s.Errorf("something came before: %q", body)
	}
}

// sized is a message that is n bytes when it is written.
func sized(n int) xmpp.Message {
	m := chat(aim, alice, "")
	m.Payload = []*xmltree.Element{xmpp.Leaf("body", "x")}
	raw, _ := xmpp.Append(nil, m) // it has both addresses
	m.Payload[0] = xmpp.Leaf("body", strings.Repeat("x", n-len(raw)+1))
	return m
}

func biggestOut(s *stage, _ componenttest.Personality) {
	peer := s.up()
	const limit = 256 << 10 // the default of Config.MaxStanza
	if err := s.link.Send(s.Context(), sized(limit+1)); !errors.Is(err, component.ErrTooBig) {
		s.Errorf("a byte too much: %v", err)
	}
	if err := s.link.Send(s.Context(), sized(limit)); err != nil {
		s.Fatal(err)
	}
	if body, _ := s.next(peer).(xmpp.Message).Body(); len(body) < limit-500 {
		s.Errorf("%d bytes of body arrive", len(body))
	}
}

// tooBigForProsody is why the limit is where it is.
func tooBigForProsody(s *stage, p componenttest.Personality) {
	peer := s.up()
	if err := s.link.Send(s.Context(), sized(1<<20)); err != nil {
		s.Fatal(err)
	}
	if p.MaxStanza != 0 {
		s.down(component.StreamError)
		return
	}
	s.next(peer)
}

func biggestIn(s *stage, _ componenttest.Personality) {
	peer := s.up()
	big := chat(alice, aim, strings.Repeat("x", 300<<10))
	big.ID = "big"
	peer.SendStanza(big)
	peer.SendStanza(chat(alice, aim, "small"))
	answer := s.next(peer)
	if e := xmpp.ErrorOf(answer); e == nil || e.Condition != xmpp.PolicyViolation || answer.Head().ID != "big" || answer.Head().To != alice {
		s.Errorf("answered by %+v", answer)
	}
	if body, _ := s.hear().(xmpp.Message).Body(); body != "small" {
		s.Errorf("then we hear %q", body)
	}
}

func endlessIn(s *stage, _ componenttest.Personality) {
	peer := s.up()
	peer.Send("<message from='alice@example.org' to='aim.example.org'><body>" + strings.Repeat("x", 16<<20))
	s.down(component.Lost)
	s.up()
}

func pingServer(s *stage, _ componenttest.Personality) {
	s.up()
	if err := s.link.Barrier(s.Context()); err != nil {
		s.Error(err)
	}
}

func pingSibling(s *stage, p componenttest.Personality) {
	s.up()
	if got, err := s.link.Serves(s.Context(), icq); got != p.GlobalRoutes || err != nil {
		s.Errorf("serves icq: %v, %v", got, err)
	}
	if got, err := s.link.Serves(s.Context(), aim); !got || err != nil {
		s.Errorf("serves aim: %v, %v", got, err)
	}
}

func idle(s *stage, _ componenttest.Personality) {
	peer := s.up()
	time.Sleep(time.Hour) // fake: pings keep it alive
	if !s.link.Up() {
		s.Fatal("the link went down")
	}
	peer.Silence(true)
	begin := time.Now()
	s.down(component.TimedOut)
	if took := time.Since(begin); took > 90*time.Second {
		s.Errorf("took %s", took)
	}
	s.up()
}

// whitespaceOnly is a server whose answers to pings are lost, but which is there.
func whitespaceOnly(s *stage, _ componenttest.Personality) {
	peer := s.up()
	peer.Silence(true)
	for range 60 {
		time.Sleep(time.Minute)
		peer.Send(" ")
	}
	if !s.link.Up() {
		s.Error("the link went down")
	}
}

// smAsks is jabberd2's session manager, whose address is no domain that could be looked up.
func smAsks(s *stage, p componenttest.Personality) {
	peer := s.up()
	if !p.AsksDisco {
		return
	}
	for range 2 {
		got := <-s.got
		q, ok := got.Stanza.(xmpp.IQ)
		if !ok || q.From != (xmpp.JID{Domain: "sm"}) || !q.Query().Is(xmpp.InfoSpace, "query") || got.Space != xmpp.ClientSpace {
			s.Fatalf("heard %+v", got)
		}
		if err := s.link.Send(s.Context(), q.Result()); err != nil {
			s.Fatal(err)
		}
		if answer := s.next(peer).Head(); answer.ID != q.ID || answer.To.Domain != "sm" {
			s.Errorf("answered %+v", answer)
		}
	}
}
