package component_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A stage is a server, a link to it and what the link told.
type stage struct {
	*testing.T
	server *componenttest.Server
	link   *component.Link
	got    chan component.Received
	states chan component.State
	stop   context.CancelFunc
	ended  chan error
}

var (
	aim   = xmpp.JID{Domain: "aim.example.org"}
	icq   = xmpp.JID{Domain: "icq.example.org"}
	host  = xmpp.JID{Domain: "example.org"}
	alice = xmpp.JID{Local: "alice", Domain: "example.org", Resource: "home"}
)

// play runs a story in a bubble of fake time, against a server that knows aim and icq.
func play(t *testing.T, p componenttest.Personality, change func(*component.Config), story func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{T: t, server: componenttest.NewServer(p, map[string]string{aim.Domain: "secret", icq.Domain: "secret"}, host.Domain)}
		s.link, s.got, s.states = s.newLink(aim, change)
		ctx, cancel := context.WithCancel(t.Context())
		s.stop, s.ended = cancel, make(chan error, 1)
		go func() { s.ended <- s.link.Run(ctx) }()
		story(s)
		cancel()
		if err := <-s.ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		s.server.Close()
	})
}

func (s *stage) newLink(domain xmpp.JID, change func(*component.Config)) (*component.Link, chan component.Received, chan component.State) {
	s.Helper()
	got, states := make(chan component.Received, 1000), make(chan component.State, 1000)
	c := component.Config{
		Address: "127.0.0.1:5347", Domain: domain, Secret: "secret", Server: host, Dial: s.server.Dial,
		Handle: func(r component.Received) { got <- r }, Changed: func(st component.State) { states <- st },
	}
	if change != nil {
		change(&c)
	}
	link, err := component.New(c)
	if err != nil {
		s.Fatal(err)
	}
	return link, got, states
}

// up waits for the link and gives the server's side of it.
func (s *stage) up() *componenttest.Peer {
	s.Helper()
	if st := <-s.states; !st.Up || st.Err != nil || !st.Next.IsZero() {
		s.Fatalf("want up, got %+v", st)
	}
	peer, err := s.server.Accept(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return peer
}

// down waits for the link to go down, and checks the reason.
func (s *stage) down(want component.Reason) (*component.LinkError, time.Duration) {
	s.Helper()
	st := <-s.states
	var e *component.LinkError
	if st.Up || !errors.As(st.Err, &e) || e.Reason != want {
		s.Fatalf("want down for %s, got %+v", want, st)
	}
	return e, time.Until(st.Next)
}

// hear waits for what the link hands over, but for the questions of jabberd2's session manager.
func (s *stage) hear() xmpp.Stanza {
	s.Helper()
	for {
		select {
		case r := <-s.got:
			if r.Stanza.Head().From.Domain != "sm" {
				return r.Stanza
			}
		case <-time.After(time.Minute):
			s.Fatal("we hear no stanza")
		}
	}
}

func (s *stage) next(peer *componenttest.Peer) xmpp.Stanza {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	stanza, err := peer.Next(ctx)
	if err != nil {
		s.Fatalf("the server hears no stanza: %v", err)
	}
	return stanza
}

func chat(from, to xmpp.JID, body string) xmpp.Message {
	return xmpp.Message{Header: xmpp.Header{ID: body, From: from, To: to}, Type: xmpp.ChatMessage, Payload: []*xmltree.Element{xmpp.Leaf("body", body)}}
}

func TestLinkCarriesStanzasBothWays(t *testing.T) {
	for _, p := range componenttest.Personalities() {
		play(t, p, nil, func(s *stage) {
			peer := s.up()
			if err := s.link.Send(s.Context(), chat(aim, alice, "hello")); err != nil {
				s.Fatal(err)
			}
			if body, _ := s.next(peer).(xmpp.Message).Body(); body != "hello" {
				s.Errorf("%s: the server hears %q", p.Name, body)
			}
			peer.Send(" ")
			peer.SendStanza(chat(alice, aim, "hi"))
			got := <-s.got
			for got.Stanza.Head().From.Domain == "sm" {
				got = <-s.got
			}
			wantSpace := xmpp.ComponentSpace
			if p.ClientSpace {
				wantSpace = xmpp.ClientSpace
			}
			if body, _ := got.Stanza.(xmpp.Message).Body(); body != "hi" || got.Space != wantSpace {
				s.Errorf("%s: we hear %+v", p.Name, got)
			}
		})
	}
}

func TestLinkIsStoppedInGoodOrder(t *testing.T) {
	play(t, componenttest.Prosody(), nil, func(s *stage) {
		peer := s.up()
		for range 500 {
			if err := s.link.Send(s.Context(), chat(aim, alice, "last words")); err != nil {
				s.Fatal(err)
			}
		}
		s.stop()
		for range 500 {
			s.next(peer)
		}
		if _, err := peer.Next(s.Context()); !isEOF(err) {
			s.Errorf("the stream ends with %v", err)
		}
		if st := <-s.states; st.Up || !errors.Is(st.Err, context.Canceled) || !st.Next.IsZero() {
			s.Errorf("at the end: %+v", st)
		}
		if err := s.link.Send(s.Context(), chat(aim, alice, "x")); !errors.Is(err, component.ErrLinkDown) {
			s.Errorf("after the end: %v", err)
		}
	})
}

func TestSendRefusesWhatWouldHurtTheStream(t *testing.T) {
	play(t, componenttest.Prosody(), func(c *component.Config) { c.MaxStanza = 300 }, func(s *stage) {
		if err := s.link.Send(s.Context(), xmpp.Presence{Header: xmpp.Header{From: aim}}); !errors.Is(err, xmpp.ErrAddress) {
			s.Errorf("without to: %v", err)
		}
		peer := s.up()
		if err := s.link.Send(s.Context(), chat(aim, alice, string(make([]byte, 300)))); !errors.Is(err, component.ErrTooBig) {
			s.Errorf("too big: %v", err)
		}
		if err := s.link.Send(s.Context(), chat(aim, alice, "\x00\x01\uFFFE")); err != nil {
			s.Error(err)
		}
		if body, _ := s.next(peer).(xmpp.Message).Body(); body != "\uFFFD\uFFFD\uFFFD" {
			s.Errorf("control characters arrive as %q", body)
		}
	})
}

func TestSendWaitsForTheQueueAndGivesUpWithTheLink(t *testing.T) {
	play(t, componenttest.Prosody(), func(c *component.Config) { c.Queue = 1; c.Dial = deafAfterHandshake(c.Dial) }, func(s *stage) {
		s.up()
		synctest.Wait()
		for range 2 { // one in the writer, one in the queue
			if err := s.link.Send(s.Context(), chat(aim, alice, "x")); err != nil {
				s.Fatal(err)
			}
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(s.Context(), time.Second)
		defer cancel()
		if err := s.link.Send(ctx, chat(aim, alice, "x")); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("with a context that ends: %v", err)
		}
		begin := time.Now()
		if err := s.link.Send(s.Context(), chat(aim, alice, "x")); !errors.Is(err, component.ErrLinkDown) {
			s.Errorf("with a server that does not read: %v", err)
		}
		if took := time.Since(begin); took > 25*time.Second {
			s.Errorf("took %s", took)
		}
		s.down(component.TimedOut)
	})
}

func TestNoReplyWithoutALink(t *testing.T) {
	l, err := component.New(component.Config{Address: "127.0.0.1:1", Domain: aim, Secret: "secret", Handle: func(component.Received) {}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Reply(chat(aim, alice, "x")) {
		t.Error("a reply without a link")
	}
}

func TestAnswersOfTheReaderHaveALaneOfTheirOwn(t *testing.T) {
	play(t, componenttest.Prosody(), func(c *component.Config) { c.Queue = 1; c.Dial = deafAfterHandshake(c.Dial) }, func(s *stage) {
		s.up()
		for range 2 {
			if err := s.link.Send(s.Context(), chat(aim, alice, "x")); err != nil {
				s.Fatal(err)
			}
			synctest.Wait()
		}
		n := 0
		for s.link.Reply(chat(aim, alice, "x")) {
			n++
		}
		if n != 64 {
			s.Errorf("%d replies while the queue was full", n)
		}
	})
}

func TestAPanicOfTheHandlerCostsOneStanza(t *testing.T) {
	first := true
	got := make(chan xmpp.Stanza, 1)
	play(t, componenttest.Prosody(), func(c *component.Config) {
		c.Handle = func(r component.Received) {
			if first {
				first = false
				panic("boom")
			}
			got <- r.Stanza
		}
	}, func(s *stage) {
		peer := s.up()
		peer.SendStanza(chat(alice, aim, "one"))
		peer.SendStanza(chat(alice, aim, "two"))
		if body, _ := (<-got).(xmpp.Message).Body(); body != "two" {
			s.Errorf("heard %q", body)
		}
	})
}

func TestNewTellsWhatIsMissing(t *testing.T) {
	good := component.Config{Address: "a:1", Domain: aim, Secret: "s", Handle: func(component.Received) {}}
	if _, err := component.New(good); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*component.Config){
		"address": func(c *component.Config) { c.Address = "" }, "domain": func(c *component.Config) { c.Domain = alice },
		"secret": func(c *component.Config) { c.Secret = "" }, "handler": func(c *component.Config) { c.Handle = nil },
	} {
		c := good
		spoil(&c)
		if _, err := component.New(c); err == nil {
			t.Errorf("no error without %s", name)
		}
	}
}
