package client_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/adapters/client"
	"imgate/transports"
	"imgate/xmpp"
)

var (
	aim    = xmpp.JID{Domain: "aim.example.com"}
	friend = xmpp.JID{Local: "romeo", Domain: "aim.example.com"}
)

// A scene is a house at a server, under fake time.
type scene struct {
	t      *testing.T
	server *server
	house  *client.House
	peer   *peer
	heard  []client.Event
	lost   []xmpp.JID
}

func play(t *testing.T, roster string, f func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, server: newServer(t, "SCRAM-SHA-1")}
		s.server.roster = roster
		c := s.server.config(t, client.NoTLS)
		c.Gateways = func(xmpp.JID) []xmpp.JID { return []xmpp.JID{aim} }
		c.Ours = func(_ context.Context, user, from xmpp.JID) bool {
			return user == juliet && (from == aim || from == friend)
		}
		c.Heard = func(e client.Event) { s.heard = append(s.heard, e) }
		c.Refused = func(j xmpp.JID, was transports.Secret) {
			if was.Reveal() != password {
				t.Error("another password")
			}
			s.lost = append(s.lost, j)
		}
		s.house = client.New(c)
		s.house.Attach(juliet, transports.NewSecret(password))
		s.peer = <-s.server.next
		f(s)
		s.house.Close(t.Context())
		s.server.cut()
	})
}

// expect checks what the client sent since, in order; each is a part of the stanza.
func (s *scene) expect(parts ...string) {
	s.t.Helper()
	synctest.Wait()
	for _, part := range parts {
		select {
		case e := <-s.server.got:
			if !strings.Contains(strings.ReplaceAll(e.String(), "'", `"`), part) {
				s.t.Errorf("got %s, want %s", e, part)
			}
		default:
			s.t.Errorf("nothing came, want %s", part)
		}
	}
	select {
	case e := <-s.server.got:
		s.t.Errorf("besides: %s", e)
	default:
	}
}

const both = "<item jid='aim.example.com' subscription='both'/>"

func TestOnlineWhileAttached(t *testing.T) {
	play(t, both, func(s *scene) {
		s.expect("<priority>-1</priority>", "urn:xmpp:carbons:2")
		s.house.Attach(juliet, transports.NewSecret(password))
		s.expect()
		time.Sleep(61 * time.Second)
		s.expect("urn:xmpp:ping")
		s.house.Detach(juliet)
		s.house.Detach(juliet)
		s.expect(`type="unavailable"`)
		time.Sleep(3 * time.Second)
		s.house.Attach(juliet, transports.NewSecret(password))
		<-s.server.next
		s.expect("<priority>", "carbons")
	})
}

const directed = `<presence xmlns="jabber:client" to="aim.example.com"><priority>`

func (p *peer) push(item string) {
	p.write("<iq type='set' id='p1'><query xmlns='jabber:iq:roster'>" + item + "</query></iq>")
}

func TestAGatewayThatIsNotInTheRosterIsToldDirectly(t *testing.T) {
	for _, roster := range []string{"", "<item jid='aim.example.com' subscription='none' ask='subscribe'/>"} {
		play(t, roster, func(s *scene) {
			s.expect("<priority>", "carbons", directed, `to="aim.example.com" type="subscribe"`)
			s.peer.push("<item jid='aim.example.com' subscription='none' ask='subscribe'/>")
			s.expect(`id="p1" type="result"`)
			s.peer.push("<item jid='aim.example.com' subscription='to'/>")
			s.expect(`to="aim.example.com" type="subscribed"`, `id="p1" type="result"`)
			s.peer.push("<item jid='aim.example.com' subscription='to'/>")
			s.expect(`id="p1" type="result"`)
			s.peer.write("<presence type='subscribe' from='aim.example.com' to='juliet@example.com'/>")
			s.expect(`to="aim.example.com" type="subscribed"`)
			s.peer.push(both)
			s.expect(`id="p1" type="result"`)
		})
	}
}

func TestAGatewayThatIsHalfInTheRoster(t *testing.T) {
	play(t, "<item jid='aim.example.com' subscription='to'/>", func(s *scene) {
		s.expect("<priority>", "carbons", directed, `to="aim.example.com" type="subscribed"`)
	})
	play(t, "<item jid='aim.example.com' subscription='from'/>", func(s *scene) {
		s.expect("<priority>", "carbons", `to="aim.example.com" type="subscribe"`)
		s.peer.push(both)
		s.expect(`id="p1" type="result"`)
	})
}

func TestOnlySubscriptionsOfOursAreAnswered(t *testing.T) {
	play(t, both, func(s *scene) {
		s.expect("<priority>", "carbons")
		s.peer.write("<presence type='subscribe' from='romeo@aim.example.com'/>" +
			"<presence type='subscribe' from='tybalt@aim.example.com'/>" +
			"<presence type='subscribe' from='romeo@example.com'/>" +
			"<presence type='subscribe' from='romeo@aim.example.com'/>")
		s.expect(`to="romeo@aim.example.com" type="subscribed"`, `to="romeo@aim.example.com" type="subscribe"`,
			`to="romeo@aim.example.com" type="subscribed"`)
	})
}

func TestForgedPushesAndCarbons(t *testing.T) {
	carbon := func(from, to string) string {
		return "<message from='" + from + "' to='" + to + "'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>" +
			"<message xmlns='jabber:client' from='romeo@aim.example.com'><body>hello</body></message></forwarded></received></message>"
	}
	play(t, both, func(s *scene) {
		s.expect("<priority>", "carbons")
		begun := len(s.heard)
		for _, from := range []string{"tybalt@example.com", "example.com", "juliet@example.com/phone", "aim.example.com"} {
			s.peer.write("<iq type='set' id='f' from='" + from + "'><query xmlns='jabber:iq:roster'><item jid='tybalt@example.com' subscription='both'/></query></iq>")
			s.peer.write(carbon(from, "juliet@example.com/imgate"))
			s.expect("not-allowed")
		}
		s.peer.write("<message from='juliet@example.com'><received xmlns='urn:xmpp:carbons:2'/></message>")
		s.expect()
		if len(s.heard) != begun {
			t.Errorf("forged: %v", s.heard[begun:])
		}
		s.peer.write("<iq type='set' id='p' from='juliet@example.com'><query xmlns='jabber:iq:roster'>" + both + "</query></iq>")
		s.peer.write(carbon("juliet@example.com", "juliet@example.com/imgate"))
		s.expect(`id="p" type="result"`)
		if len(s.heard) != begun+2 {
			t.Fatalf("heard %v", s.heard)
		}
		if m, ok := s.heard[begun+1].(client.Received); !ok || m.Message.From != friend || m.Sent {
			t.Errorf("%+v", s.heard[begun+1])
		}
	})
}

func TestRequestsAreAnswered(t *testing.T) {
	play(t, both, func(s *scene) {
		s.expect("<priority>", "carbons")
		for body, want := range map[string]string{
			"<ping xmlns='urn:xmpp:ping'/>":                                      `type="result"`,
			"<query xmlns='http://jabber.org/protocol/disco#info'/>":             `category="client"`,
			"<query xmlns='http://jabber.org/protocol/disco#info' node='more'/>": "service-unavailable",
			"<query xmlns='jabber:iq:version'/>":                                 "service-unavailable",
			"<a/><b/>":                                                           "bad-request",
		} {
			s.peer.write("<iq type='get' id='q' from='romeo@example.com/x'>" + body + "</iq>")
			s.expect(want)
		}
		s.peer.write("<iq type='result' id='zzz' from='romeo@example.com/x'/><message from='romeo@example.com/x' type='error'/><presence from='a@b'/><foo/>")
		s.expect()
	})
}

func TestALostSessionIsOpenedAgain(t *testing.T) {
	play(t, both, func(s *scene) {
		s.expect("<priority>", "carbons")
		for range 4 {
			s.server.cut()
			began := time.Now()
			<-s.server.next
			if took := time.Since(began); took < 500*time.Millisecond || took > 10*time.Second {
				t.Errorf("again after %v", took)
			}
			s.expect("<priority>", "carbons")
		}
		if len(s.lost) != 0 {
			t.Error(s.lost)
		}
		var again []bool
		for _, e := range s.heard {
			if on, ok := e.(client.Online); ok {
				again = append(again, on.Again)
			}
		}
		if !slices.Equal(again, []bool{false, true, true, true, true}) {
			t.Errorf("online again: %v", again)
		}
	})
}

// A server that never gives the roster is left, whatever else it answers.
func TestNoRosterComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, "SCRAM-SHA-1")
		server.losesRosters.Store(1)
		house := client.New(server.config(t, client.NoTLS))
		house.Attach(juliet, transports.NewSecret(password))
		<-server.next
		began := time.Now()
		<-server.next
		if took := time.Since(began); took < 20*time.Second || took > 25*time.Second {
			t.Errorf("again after %v", took)
		}
		if e := <-server.got; e.Name.Local != "presence" {
			t.Errorf("got %s", e)
		}
		house.Close(t.Context())
		server.cut()
	})
}

func TestAServerThatFallsSilentIsLeft(t *testing.T) {
	play(t, both, func(s *scene) {
		s.expect("<priority>", "carbons")
		began := time.Now()
		<-s.server.next
		if took := time.Since(began); took < 2*time.Minute || took > 4*time.Minute {
			t.Error(took)
		}
		synctest.Wait()
		for range len(s.server.got) {
			<-s.server.got
		}
	})
}

func TestAChangedPasswordDetaches(t *testing.T) {
	play(t, both, func(s *scene) {
		s.expect("<priority>", "carbons")
		s.server.refuse("not-authorized")
		s.server.cut()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(s.lost) != 1 || s.lost[0] != juliet {
			t.Errorf("refused: %v", s.lost)
		}
		time.Sleep(time.Hour)
		s.expect()
		s.server.refuse("")
		s.house.Attach(juliet, transports.NewSecret(password))
		<-s.server.next
		s.expect("<priority>", "carbons")
	})
}
