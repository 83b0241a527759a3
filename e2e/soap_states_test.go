package e2e_test

import (
	"strings"
	"testing"
	"time"

	"imgate/lab/world"
)

// soapBackoff has two failures in a row, and sees each wait told as long as it was.
func soapBackoff(t *testing.T, s *soapStage) {
	c := s.attached(t)
	s.befall(t, world.Refuse, world.Drop)
	for i := range 2 {
		n := c.next("gwStatus aim trying_to_connect", "+")
		begins := c.next("gwStatus aim trying_to_connect", "-")
		was := begins.at.Sub(n.at)
		t.Logf("wait %d: told %v, was %v", i+1, n.wait, was)
		if n.wait <= 0 || was < n.wait-100*time.Millisecond || was > n.wait+2*time.Second {
			t.Errorf("wait %d: told %v, was %v", i+1, n.wait, was)
		}
	}
	c.next("gwStatus aim online", "-")
}

func soapBadAuth(t *testing.T, s *soapStage) {
	c := s.attached(t)
	s.befall(t, world.WrongPassword, world.Drop)
	c.next("gwStatus aim trying_to_connect", "+")
	c.next("gwStatus aim bad_auth", "-")
	if st := c.stands(); st != "bad_auth" {
		t.Errorf("listed as %q", st)
	}
	if e := c.wants("", imAgain); e.Attr("result") != "1" {
		t.Errorf("%s", e)
	}
	c.next("gwStatus aim online")
}

// soapOtherLocation is somebody else's client with the same account. Coming and going does not end it.
func soapOtherLocation(t *testing.T, s *soapStage) {
	c := s.attached(t)
	s.befall(t, world.OtherLocation)
	c.next("otherLocation aim alicewonder")
	c.next("gwStatus aim disabled", "-") // it comes behind: what is told before is over by then
	c.wants("", endSession)
	time.Sleep(1500 * time.Millisecond) // longer than linger: the gateway has seen her go
	c.wants("", imList)
	time.Sleep(1500 * time.Millisecond) // and come
	if st := c.stands(); st != "disabled" {
		t.Errorf("after coming back: %q", st)
	}
	c.wants("", imAgain)
	c.next("gwStatus aim online")
}

func soapSuspended(t *testing.T, s *soapStage) {
	c := s.attached(t)
	s.befall(t, world.Suspended, world.Drop)
	c.next("gwStatus aim disabled", "-")
	c.wants("", imAgain)
	c.next("gwStatus aim online")
}

// soapPresence is being available by being there: the last session that ends takes the account off, the next one
// brings it back.
func soapPresence(t *testing.T, s *soapStage) {
	c, other := s.attached(t), s.attached(t)
	c.wants("", endSession)
	time.Sleep(1500 * time.Millisecond) // longer than linger: the other session keeps her there
	if st := other.stands(); st != "online" {
		t.Errorf("with one session left: %q", st)
	}
	other.wants("", endSession)
	if !until(func() bool { return other.stands() == "intentionally_offline" && !s.onAIM("alicewonder") }) {
		t.Errorf("after the last session: %q", other.stands())
	}
	c.wants("", imList)
	c.next("gwStatus aim trying_to_connect")
	c.next("gwStatus aim online")
}

// soapRoster has the gateway taken off the roster while she is away: coming back brings it back, since its presence
// is told to it directly.
func soapRoster(t *testing.T, s *soapStage) {
	c := s.attached(t)
	c.wants("", endSession)
	if !until(func() bool { return c.stands() == "intentionally_offline" }) {
		t.Fatalf("it stands at %q", c.stands())
	}
	s.asJuliet(t, `<iq type='set' id='q'><query xmlns='jabber:iq:roster'><item jid='aim.localhost' subscription='remove'/></query></iq>`)
	if got := s.subscribed(t); got != "" {
		t.Fatalf("it is still there: %q", got)
	}
	c.wants("", imList)
	c.next("gwStatus aim online")
	if !s.Until(func() bool { return s.subscribed(t) == "both" }) {
		t.Errorf("in the roster the gateway is %q", s.subscribed(t))
	}
}

// available is a client in a session that is the first: the XMPP session that began with it is there, and the gateway has
// seen it.
func (s *soapStage) available(t *testing.T) *soapClient {
	t.Helper()
	begun := func() int { return strings.Count(s.log.String(), "a web user is available") }
	before := begun()
	c := s.attached(t)
	if !until(func() bool { return begun() > before }) {
		t.Fatal("she is not available")
	}
	time.Sleep(1500 * time.Millisecond) // longer than linger
	if st := c.stands(); st != "online" {
		t.Fatalf("it stands at %q", st)
	}
	return c
}

// soapC2SLost is a session at the XMPP server that is gone for longer than linger, while the web client waits: it sees the
// registration go off, and begins anew when the session is back.
func soapC2SLost(t *testing.T, s *soapStage) {
	c := s.available(t)
	c.fresh = 0
	s.c2s.block(true)
	c.next("gwStatus aim intentionally_offline", "-")
	if c.fresh != 0 {
		t.Error("told to begin anew while nothing is back")
	}
	s.c2s.block(false)
	c.next("gwStatus aim online")
	if !s.Until(func() bool { c.wants("", noOp); return c.fresh == 1 }) {
		t.Errorf("told %d times to begin anew", c.fresh)
	}
}

// soapLinkLost is the gateway's own link: without it nobody is known to be there.
func soapLinkLost(t *testing.T, s *soapStage) {
	c := s.available(t)
	s.comp.block(true)
	c.next("gwStatus aim start", "-")
	s.comp.block(false)
	c.next("gwStatus aim trying_to_connect")
	c.next("gwStatus aim online")
}

func soapServerAway(t *testing.T, s *soapStage) {
	s.c2s.block(true)
	if code := s.web(t).signsIn("juliet@localhost", s.password); code != "service.TEMPORARILY_UNAVAILABLE" {
		t.Errorf("%q", code)
	}
	s.c2s.block(false)
	s.user(t)
}

// soapAnotherPassword is a password that was changed at the server: what was begun with the one before is over as soon as
// the server is asked.
func soapAnotherPassword(t *testing.T, s *soapStage) {
	c := s.available(t)
	before := s.password
	s.changePassword(t, "verona7")
	// A server that took long to come back has let the session end: then only what asks for IM begins another.
	const expired = "service.AUTH_EXPIRED"
	if !until(func() bool { return fault(c.asks(imList)) == expired || fault(c.asks(noOpWait)) == expired }) {
		t.Error("the token still holds")
	}
	if code := c.signsIn("juliet@localhost", before); code != "account.AUTH_FAILED" {
		t.Errorf("the password before: %q", code)
	}
	c = s.user(t)
	c.wants("", imList)
	if !until(func() bool { return c.stands() == "online" }) {
		t.Errorf("it stands at %q", c.stands())
	}
	c.wants("", endSession)
}

func soapShutdown(t *testing.T, s *soapStage) {
	c := s.attached(t)
	if e := c.wants("", imUnreg); e.Attr("result") != "1" {
		t.Errorf("%s", e)
	}
	c.next("gwStatus aim shutdown", "-")
	if st := c.stands(); st != "" {
		t.Errorf("it stands at %q", st)
	}
	// The gateway can end both subscriptions; to take the item off is the user's.
	if !s.Until(func() bool { got := s.subscribed(t); return got == "" || got == "none" }) {
		t.Errorf("in the roster the gateway is %q", s.subscribed(t))
	}
}

// soapStops is a gateway that stops while somebody waits, and the token after that.
func soapStops(t *testing.T, s *soapStage) {
	c := s.user(t)
	c.wants("", imList)
	c.wants("", noOp)
	answered := make(chan string, 1)
	go func() { answered <- c.asks(noOpWait).Name.Local }()
	time.Sleep(300 * time.Millisecond) // it waits by then
	began := time.Now()
	if err := s.endGateway(false); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != "NoOpResponse" || time.Since(began) > 10*time.Second {
		t.Errorf("%s after %v", got, time.Since(began))
	}
	s.startGateway()
	s.finds(t)
	c.url = s.door
	c.wants("service.AUTH_EXPIRED", imList)
	c = s.user(t)
	c.wants("", imList)
}
