package e2e_test

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"imgate/lab/world"
	"imgate/lab/xmppd"
)

// TestWebUsersOnEveryServer is the SOAP door from end to end: the binary, the lab's AIM, and a real XMPP server, which the gateway
// reaches by STARTTLS where the server has it here. The items are those by which the door is accepted; adapters/soap has the
// same under fake time, in more detail.
func TestWebUsersOnEveryServer(t *testing.T) {
	t.Parallel()
	for _, kind := range xmppd.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := newSoapStage(t, soapSetting{kind: kind})
			items := []soapItem{
				{"check", soapCheck}, {"item 1 authentication", soapAuth}, {"item 2 forms", soapForms}, {"item 3 what is no request", soapNoRequest},
				{"item 4 unknown documents", soapUnknown}, {"item 5 sessions", soapSessions}, {"item 8 batches", soapBatches},
			}
			// jabberd2 forgets a session while others sign in and go at once, as proofs of passwords do: what stands on the
			// user's presence is for the other two.
			if kind != xmppd.Jabberd2 {
				items = append(items, soapPresent()...)
			}
			for _, item := range items {
				if !t.Run(item.name, func(t *testing.T) { item.run(t, s) }) {
					t.Fatal("what follows stands on it")
				}
			}
		})
	}
}

// A soapItem is one of the tests, which stand on one another.
type soapItem struct {
	name string
	run  func(*testing.T, *soapStage)
}

// soapPresent are the items for which the user must be available.
func soapPresent() []soapItem {
	return []soapItem{
		{"item 9 register", soapRegister}, {"item 6 notifications", soapNotifications}, {"item 7 waiting", soapWaiting},
		{"item 9 backoff", soapBackoff}, {"item 9 bad_auth", soapBadAuth}, {"item 9 other location", soapOtherLocation},
		{"item 9 suspended", soapSuspended}, {"item 9 presence", soapPresence}, {"item 9 roster", soapRoster},
		{"the XMPP session is lost", soapC2SLost}, {"item 9 start", soapLinkLost},
		{"the server is away", soapServerAway}, {"another password", soapAnotherPassword},
		{"item 9 shutdown", soapShutdown}, {"the gateway stops", soapStops},
	}
}

// mechanism is what the gateway signs in with, by the server: the strongest that both sides have and that works.
func mechanism(kind xmppd.Kind) string {
	switch kind {
	case xmppd.Prosody: // which offers bound ones up to TLS 1.2 only
		return `tls="TLS 1.3" by.mechanism=SCRAM-SHA-256` + "\n"
	case xmppd.Ejabberd: // which takes none with TLS 1.3, and offers them
		return `tls="TLS 1.3" by.mechanism=SCRAM-SHA-512 by.refused_binding=tls-exporter` + "\n"
	default:
		return `tls=none by.mechanism=PLAIN` + "\n" // on loopback
	}
}

// soapCheck is what an administrator is told of the way that users sign in.
func soapCheck(t *testing.T, s *soapStage) {
	out, err := exec.Command(s.binary, "check", "--config", s.config(), "--connect").CombinedOutput()
	want := map[xmppd.Kind]string{
		xmppd.Prosody:  "TLS: TLS 1.3; signing in: ",
		xmppd.Ejabberd: "; first SCRAM-SHA-512-PLUS, bound by tls-exporter unless the server refuses that, which it does not list\n",
		xmppd.Jabberd2: "TLS: none; signing in: ",
	}[s.kind]
	if err != nil || !strings.Contains(string(out), "users' server at "+s.c2s.address()+" for localhost: ok, ") || !strings.Contains(string(out), want) {
		t.Errorf("%v, want %q in\n%s", err, want, out)
	}
}

func soapAuth(t *testing.T, s *soapStage) {
	c := s.web(t)
	for _, wrong := range [][2]string{{"juliet@localhost", "montague"}, {"nobody@localhost", "capulet"}, {"juliet@elsewhere.example", "capulet"}} {
		want := "account.AUTH_FAILED"
		if strings.HasSuffix(wrong[0], ".example") {
			want = "service.TEMPORARILY_UNAVAILABLE" // the server knows no such domain
		}
		if code := c.signsIn(wrong[0], wrong[1]); code != want {
			t.Errorf("%s: %q, want %s", wrong[0], code, want)
		}
	}
	c.wants("service.INVALID_REQUEST", authRequest("juliet", "capulet")) // and no default domain
	c.wants("service.AUTH_REQUIRED", imList)
	c = s.user(t)
	if !s.Until(func() bool { return strings.Contains(s.log.String(), mechanism(s.kind)) }) {
		t.Errorf("it did not sign in by %s", mechanism(s.kind))
	}
	c.wants("", imList)
	good := c.token
	for _, garbled := range []string{"x", "0_x", good + "A"} {
		c.token = garbled
		c.wants("service.AUTH_REQUIRED", imList)
	}
	page := func(site string) string {
		alone := &soapClient{t: t, url: s.door}
		_, raw, err := post(context.Background(), t, s.door, "application/soap+xml", alone.envelope(imList), func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: "ZM_AUTH_TOKEN", Value: good})
			r.Header.Set("Sec-Fetch-Site", site)
		})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if raw := page("same-origin"); !strings.Contains(raw, "IMGatewayListResponse") {
		t.Errorf("the cookie: %s", raw)
	}
	if raw := page("cross-site"); !strings.Contains(raw, "service.AUTH_REQUIRED") {
		t.Errorf("the cookie of another page: %s", raw)
	}
	c.token = good
	c.wants("", `<EndSessionRequest xmlns="urn:zimbraAccount" logoff="1"/>`)
	c.wants("service.AUTH_EXPIRED", imList)
}

func soapForms(t *testing.T, s *soapStage) {
	c := s.user(t)
	c.session = ""
	xml := c.envelope(imList)
	js := `{"Header":{"context":{"_jsns":"urn:zimbra","authToken":"` + c.token + `"}},"Body":{"IMGatewayListRequest":{"_jsns":"urn:zimbraIM"}}}`
	format := func(kind string) string {
		return strings.Replace(xml, "</context>", `<format type="`+kind+`"/></context>`, 1)
	}
	for _, f := range []struct{ ask, kind, begins string }{
		{xml, "text/xml; charset=utf-8", `<soap:Envelope xmlns:soap="` + soapSpace},
		{strings.Replace(xml, soapSpace, "http://schemas.xmlsoap.org/soap/envelope/", 1), "text/xml; charset=utf-8", `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"`},
		{js, "text/javascript; charset=utf-8", `{"Header":`},
		{format("js"), "text/javascript; charset=utf-8", `{"Header":`},
		{format("xml"), "text/xml; charset=utf-8", `<soap:Envelope xmlns:soap="` + soapSpace},
		{strings.Replace(js, `"authToken"`, `"format":{"type":"xml"},"authToken"`, 1), "text/xml; charset=utf-8", `<soap:Envelope xmlns:soap="` + soapSpace},
	} {
		a, raw, err := post(context.Background(), t, s.door, "text/plain", f.ask, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != f.kind || !strings.HasPrefix(raw, f.begins) || !strings.Contains(raw, "aim.localhost") {
			t.Errorf("%.60s: %d %s %s", f.ask, a.StatusCode, a.Header.Get("Content-Type"), raw)
		}
	}
}

func soapNoRequest(t *testing.T, s *soapStage) {
	for path, want := range map[string]int{"/service/soap": 405, "/service/soap?wsdl": 200, "/service/wsdl/imgate.wsdl": 200, "/": 404} {
		r, err := http.Get(s.door + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	whole := s.user(t).envelope(imList)
	for body, want := range map[string]string{
		"": "service.PARSE_ERROR", "garbage": "service.PARSE_ERROR", "<a": "service.PARSE_ERROR", "{}}": "service.PARSE_ERROR",
		"<!DOCTYPE x>" + whole: "service.PARSE_ERROR", "<a/>": "service.INVALID_REQUEST",
		whole + strings.Repeat(" ", 300<<10): "service.INVALID_REQUEST",
	} {
		a, raw, err := post(context.Background(), t, s.door, "text/xml", body, nil)
		if err != nil || a.StatusCode != http.StatusInternalServerError || !strings.Contains(raw, want) {
			t.Errorf("%.30q: %v %s", body, err, raw)
		}
	}
}

func soapUnknown(t *testing.T, s *soapStage) {
	c := s.user(t)
	c.wants("service.UNKNOWN_DOCUMENT", `<IMNothingRequest xmlns="urn:zimbraIM"/>`)
	c.wants("service.UNKNOWN_DOCUMENT", `<IMGatewayListRequest xmlns="urn:zimbraMail"/>`)
	c.wants("service.UNKNOWN_DOCUMENT", `<IMGatewayListRequest/>`)
	c.wants("service.INVALID_REQUEST", `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" op="erase" service="aim"/>`)
	c.wants("service.INVALID_REQUEST", `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" op="reg" service="icq" name="1" password="p"/>`)
}

func soapSessions(t *testing.T, s *soapStage) {
	c := s.user(t)
	first, made := c.session, c.fresh
	if first == "new" || made != 1 {
		t.Fatalf("session %q, %d refreshes", first, made)
	}
	c.wants("", noOp)
	if c.session != first || c.fresh != made {
		t.Errorf("not the same session: %q", c.session)
	}
	c.wants("", endSession)
	c.wants("", noOp)
	if c.session == first || c.fresh != made+1 {
		t.Errorf("after its end: %q, %d refreshes", c.session, c.fresh)
	}
	second := c.session
	time.Sleep(8500 * time.Millisecond) // session_idle is 8 s: what is tested is that nothing happens for so long
	c.wants("", noOp)
	if c.session == second || c.fresh != made+2 {
		t.Errorf("after idling: %q, %d refreshes", c.session, c.fresh)
	}
	c.wants("", endSession)
}

func soapBatches(t *testing.T, s *soapStage) {
	c := s.user(t)
	c.session = ""
	for onerror, want := range map[string]string{
		"continue": "IMGatewayRegisterResponse=a,Fault=b,NoOpResponse=c", "stop": "IMGatewayRegisterResponse=a,Fault=b",
	} {
		e := c.wants("", `<BatchRequest xmlns="urn:zimbra" onerror="`+onerror+`">`+
			strings.Replace(imUnreg, " op", ` requestId="a" op`, 1)+
			`<IMNothingRequest xmlns="urn:zimbraIM" requestId="b"/><NoOpRequest xmlns="urn:zimbraMail" requestId="c"/></BatchRequest>`)
		var got []string
		for child := range e.Elements() {
			got = append(got, child.Name.Local+"="+child.Attr("requestId"))
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %v", onerror, got)
		}
	}
}

// soapRegister is a user who has nothing but the web page: the account at the XMPP server sees the gateway, by the session
// that the gateway keeps for her.
func soapRegister(t *testing.T, s *soapStage) {
	c := s.user(t)
	if e := c.wants("", imUnreg); e.Attr("result") != "0" {
		t.Errorf("nothing to unregister: %s", e)
	}
	if e := c.wants("", imRegister); e.Attr("result") != "1" {
		t.Fatalf("%s", e)
	}
	c.next("gwStatus aim trying_to_connect")
	c.next("gwStatus aim online", "-")
	if !until(func() bool { return s.subscribed(t) == "both" }) {
		t.Errorf("in the roster the gateway is %q", s.subscribed(t))
	}
	if !until(func() bool { return s.onAIM("alicewonder") }) {
		t.Error("the network does not see her")
	}
	c.wants("", endSession)
}

func (s *soapStage) onAIM(name string) bool {
	for _, a := range s.Network("aim").Accounts() {
		if strings.EqualFold(strings.ReplaceAll(a.Name, " ", ""), name) {
			return a.SignedOn
		}
	}
	return false
}

// attached is a client in whose session the registration is known to be online.
func (s *soapStage) attached(t *testing.T) *soapClient {
	t.Helper()
	c := s.user(t)
	c.wants("", imList)
	if !until(func() bool { return c.stands() == "online" }) {
		t.Fatalf("it stands at %q", c.stands())
	}
	c.wants("", noOp)
	c.told = nil
	t.Cleanup(func() { c.asks(endSession) })
	return c
}

func soapNotifications(t *testing.T, s *soapStage) {
	c := s.attached(t)
	blocks := func() (n int) { return strings.Count(c.last.String(), "<notify") }
	c.wants("", imAgain)
	c.next("gwStatus aim online")
	c.wants("", noOp)
	if blocks() != 0 {
		t.Errorf("acknowledged, and sent again: %s", c.last)
	}
	was, most := c.seq, 0
	asks := func(document string) {
		c.seq = was
		c.wants("", document)
		c.seq, most = was, max(most, blocks())
	}
	told := func() { // in one block at least
		t.Helper()
		have, fresh := blocks(), c.fresh
		asks(imAgain)
		if !s.Until(func() bool { asks(noOp); return blocks() > have || c.fresh > fresh }) {
			t.Fatalf("nothing was told beyond %d blocks: %s", have, c.last)
		}
	}
	told()
	have := blocks()
	c.wants("", noOp)
	if c.seq = was; blocks() < have {
		t.Errorf("not acknowledged, and not sent again: %s", c.last)
	}
	c.seq = 0 // keeps no count
	c.wants("", noOp)
	c.seq = 0
	c.wants("", noOp)
	if n := blocks(); n > 1 {
		t.Errorf("without a count %d blocks are still there", n)
	}
	for c.seq == 0 { // so that it counts again
		c.wants("", imAgain)
		c.wants("", noOp)
	}
	if !s.Until(func() bool { c.wants("", noOp); return blocks() == 0 && c.stands() == "online" }) {
		t.Fatal("it does not become quiet")
	}
	was, c.fresh, most = c.seq, 0, 0
	for i := 0; i < 40 && c.fresh == 0; i++ {
		told()
	}
	if c.fresh != 1 || most != 20 {
		t.Errorf("%d refreshes; %d blocks at most", c.fresh, most)
	}
}

func soapWaiting(t *testing.T, s *soapStage) {
	(&soapClient{t: t, url: s.door, token: s.user(t).token}).wants("service.INVALID_REQUEST", noOpWait)
	c := s.attached(t)
	fastest := time.Minute
	for range 5 {
		answered := make(chan time.Time, 1)
		go func() { c.asks(noOpWait); answered <- time.Now() }()
		time.Sleep(200 * time.Millisecond) // it waits by then; if not, it is answered at once all the same
		began := time.Now()
		s.befall(t, world.Drop)
		fastest = min(fastest, (<-answered).Sub(began))
		c.next("gwStatus aim online")
	}
	if t.Logf("released after %v", fastest); fastest > 100*time.Millisecond {
		t.Error("that is too late")
	}
	// A client that goes away frees its place and misses nothing.
	gone, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if e, err := c.asksWithin(gone, noOpWait); err == nil {
		t.Errorf("answered: %s", e)
	}
	s.befall(t, world.Drop)
	c.next("gwStatus aim trying_to_connect", "+")
	c.next("gwStatus aim online")
	// The second one that wants to be the only one.
	const only = `<NoOpRequest xmlns="urn:zimbraMail" wait="1" limitToOneBlocked="1" timeout="1"/>`
	other := s.attached(t)
	first := make(chan string, 1)
	go func() { first <- c.asks(only).Attr("waitDisallowed") }()
	time.Sleep(300 * time.Millisecond)
	began := time.Now()
	second := other.asks(only)
	took := time.Since(began)
	if got := <-first; got != "1" {
		t.Errorf("the first is told %q", got)
	}
	if took < 29*time.Second || took > 35*time.Second || second.Attr("waitDisallowed") != "" {
		t.Errorf("a time-out of 1 ms, which counts as 30 s: %s after %v", second, took)
	}
}
