package e2e_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"imgate/xmltree"
)

// A soapClient is a program that speaks SOAP 1.2 by hand, with one session.
type soapClient struct {
	t       *testing.T
	url     string
	token   string
	session string // "": none is asked for; "new": one is to be made
	seq     int
	told    []notice
	fresh   int // how often it was told to begin anew
	last    *xmltree.Element
}

// A notice is one notification. wait is negative where it says nothing of a next attempt.
type notice struct {
	what string // "gwStatus aim online", "otherLocation aim alicewonder"
	wait time.Duration
	at   time.Time
}

const (
	soapSpace  = "http://www.w3.org/2003/05/soap-envelope"
	imRegister = `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" op="reg" service="aim" name="alicewonder" password="rabbit1"/>`
	imList     = `<IMGatewayListRequest xmlns="urn:zimbraIM"/>`
	imUnreg    = `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" op="unreg" service="aim"/>`
	imAgain    = `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" op="reconnect" service="aim"/>`
	noOp       = `<NoOpRequest xmlns="urn:zimbraMail"/>`
	noOpWait   = `<NoOpRequest xmlns="urn:zimbraMail" wait="1" timeout="30000"/>`
	endSession = `<EndSessionRequest xmlns="urn:zimbraAccount"/>`
)

func authRequest(account, password string) string {
	return `<AuthRequest xmlns="urn:zimbraAccount"><account by="name">` + account + `</account><password>` + password + `</password></AuthRequest>`
}

// web is a client at the stage's door.
func (s *soapStage) web(t *testing.T) *soapClient {
	t.Helper()
	return &soapClient{t: t, url: s.door, session: "new"}
}

// user is a client who has proven to be juliet.
func (s *soapStage) user(t *testing.T) *soapClient {
	t.Helper()
	c := s.web(t)
	if code := c.signsIn("juliet@localhost", s.password); code != "" {
		t.Fatalf("juliet does not get in: %s", code)
	}
	return c
}

// post sends bytes as they are.
func post(ctx context.Context, t *testing.T, url, kind, body string, change func(*http.Request)) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/service/soap", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if change != nil {
		change(r)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	return a, string(raw), err
}

func (c *soapClient) envelope(document string) string {
	head := ""
	if c.token != "" {
		head = "<authToken>" + c.token + "</authToken>"
	}
	switch c.session {
	case "":
	case "new":
		head += "<session/>"
	default:
		head += `<session id="` + c.session + `"/>`
	}
	if c.seq > 0 {
		head += `<notify seq="` + strconv.Itoa(c.seq) + `"/>`
	}
	return `<soap:Envelope xmlns:soap="` + soapSpace + `"><soap:Header><context xmlns="urn:zimbra">` + head +
		`</context></soap:Header><soap:Body>` + document + `</soap:Body></soap:Envelope>`
}

// asks sends a document and gives the body of the answer, or a fault.
func (c *soapClient) asks(document string) *xmltree.Element {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	e, err := c.asksWithin(ctx, document)
	if err != nil {
		c.t.Fatal(err)
	}
	return e
}

func (c *soapClient) asksWithin(ctx context.Context, document string) (*xmltree.Element, error) {
	c.t.Helper()
	_, raw, err := post(ctx, c.t, c.url, "application/soap+xml; charset=utf-8", c.envelope(document), nil)
	if err != nil {
		return nil, err
	}
	e, err := xmltree.Parse(raw, xmltree.Limits{})
	if err != nil {
		return nil, err
	}
	c.last = e
	c.hears(e.Child(soapSpace, "Header").Child("urn:zimbra", "context"))
	return e.Child(soapSpace, "Body").First(), nil
}

// hears takes the header of an answer.
func (c *soapClient) hears(h *xmltree.Element) {
	if s := h.Child("urn:zimbra", "session"); s != nil && c.session != "" {
		if c.session != s.Attr("id") {
			c.seq = 0 // as a client has to
		}
		c.session = s.Attr("id")
	}
	if h.Child("urn:zimbra", "refresh") != nil {
		c.fresh++
	}
	for block := range h.ChildrenNamed("urn:zimbra", "notify") {
		seq, _ := strconv.Atoi(block.Attr("seq"))
		if seq <= c.seq {
			continue
		}
		c.seq = seq
		for n := range block.Child("urn:zimbra", "im").ChildrenNamed("urn:zimbra", "n") {
			wait := time.Duration(-1)
			if ms, err := strconv.Atoi(n.Attr("timeUntilNextConnect")); err == nil {
				wait = time.Duration(ms) * time.Millisecond
			}
			c.told = append(c.told, notice{
				n.Attr("type") + " " + n.Attr("service") + " " + n.Attr("state") + n.Attr("username"), wait, time.Now(),
			})
		}
	}
}

// fault is the code of a fault; empty where there is none.
func fault(e *xmltree.Element) string {
	if e.Name.Local != "Fault" {
		return ""
	}
	return e.Child(soapSpace, "Detail").Child("urn:zimbra", "Error").ChildText("urn:zimbra", "Code")
}

// signsIn gives the code of the fault; empty where there is none.
func (c *soapClient) signsIn(account, password string) string {
	c.t.Helper()
	c.token = ""
	e := c.asks(authRequest(account, password))
	c.token = e.ChildText("urn:zimbraAccount", "authToken")
	return fault(e)
}

// wants checks the code of the fault, empty where there is to be none.
func (c *soapClient) wants(code, document string) *xmltree.Element {
	c.t.Helper()
	e := c.asks(document)
	if fault(e) != code {
		c.t.Errorf("%.80s: want %q, got %s", document, code, e)
	}
	return e
}

// next lets NoOps wait until it is told what has all of these words; what was told before that is over.
func (c *soapClient) next(words ...string) notice {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		for i, n := range c.told {
			if hasWords(n, words) {
				c.told = c.told[i+1:]
				return n
			}
		}
		if e := c.asks(noOpWait); fault(e) != "" {
			c.t.Fatalf("waiting for %q: %s", words, e)
		}
	}
	c.t.Fatalf("never %q; told %v", words, c.told)
	return notice{}
}

func hasWords(n notice, words []string) bool {
	for _, w := range words {
		switch w {
		case "+":
			if n.wait < 0 {
				return false
			}
		case "-":
			if n.wait >= 0 {
				return false
			}
		default:
			if n.what != w {
				return false
			}
		}
	}
	return true
}

// stands is where the registration with aim stands, asked without a session; empty: there is none.
func (c *soapClient) stands() string {
	c.t.Helper()
	alone := &soapClient{t: c.t, url: c.url, token: c.token}
	for s := range alone.wants("", imList).ChildrenNamed("urn:zimbraIM", "service") {
		if s.Attr("name") == "aim" {
			return s.Child("urn:zimbraIM", "registration").Attr("state")
		}
	}
	c.t.Fatal("aim is not listed")
	return ""
}

var doorAddress = regexp.MustCompile(`web clients are served" address=(\S+)`)
