package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"imgate/lab/world"
	"imgate/lab/xmppd"
)

// A webClient is a program that speaks the JSON form of the IM SOAP API, with one session.
type webClient struct {
	t       *testing.T
	url     string
	token   string
	session string
	seq     float64
	heard   []string // "gwStatus aim online"
}

// An object is one of JSON.
type object = map[string]any

// asks sends a document and gives the body of the answer, by the name of its element.
func (c *webClient) asks(space, name string, members object) object {
	c.t.Helper()
	members["_jsns"] = space
	request, err := json.Marshal(object{
		"Header": object{"context": object{
			"_jsns": "urn:zimbra", "authToken": c.token, "session": object{"id": c.session}, "notify": object{"seq": c.seq},
		}},
		"Body": object{name: members},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/service/soap/"+name, bytes.NewReader(request))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var answer struct {
		Header struct {
			Context struct {
				Session struct{ ID string }
				Notify  []struct {
					Seq float64
					IM  struct{ N []object }
				}
			}
		}
		Body object
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		c.t.Fatalf("%v in %s", err, raw)
	}
	if id := answer.Header.Context.Session.ID; id != "" {
		c.session = id
	}
	for _, block := range answer.Header.Context.Notify {
		if block.Seq <= c.seq {
			continue
		}
		c.seq = block.Seq
		for _, n := range block.IM.N {
			state, _ := n["state"].(string)
			c.heard = append(c.heard, n["type"].(string)+" "+n["service"].(string)+" "+state)
		}
	}
	return answer.Body
}

// signsIn gives the code of the fault; empty where there is none.
func (c *webClient) signsIn(account, password string) string {
	c.t.Helper()
	body := c.asks("urn:zimbraAccount", "AuthRequest", object{"account": object{"by": "name", "_content": account}, "password": password})
	if got, ok := body["AuthResponse"].(object); ok {
		c.token = got["authToken"].([]any)[0].(object)["_content"].(string)
		return ""
	}
	return body["Fault"].(object)["Detail"].(object)["Error"].(object)["Code"].(string)
}

// waitsFor lets NoOps wait until it is heard.
func (c *webClient) waitsFor(what string) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		for i, h := range c.heard {
			if h == what {
				c.heard = c.heard[i+1:]
				return
			}
		}
		c.asks("urn:zimbraMail", "NoOpRequest", object{"wait": true, "timeout": 30000})
	}
	c.t.Fatalf("never %q; heard %q", what, c.heard)
}

// A user who has nothing but a web client proves an account at a real XMPP server, registers, is available while there
// is a session, and is gone with it.
func TestAWebClientAlone(t *testing.T) {
	s := newStage(t, xmppd.Prosody)
	address := regexp.MustCompile(`web clients are served" address=(\S+)`)
	if !s.Until(func() bool { return address.MatchString(s.log.String()) }) {
		t.Fatalf("nothing is served:\n%s", s.log)
	}
	c := &webClient{t: t, url: address.FindStringSubmatch(s.log.String())[1]}
	if code := c.signsIn("juliet@localhost", "montague"); code != "account.AUTH_FAILED" {
		t.Errorf("a wrong password: %q", code)
	}
	if code := c.signsIn("juliet@localhost", "capulet"); code != "" {
		t.Fatal(code)
	}
	register := object{"op": "reg", "service": "aim", "name": "alicewonder", "password": world.Password}
	if got := c.asks("urn:zimbraIM", "IMGatewayRegisterRequest", register); got["IMGatewayRegisterResponse"] == nil {
		t.Fatalf("%v", got)
	}
	c.waitsFor("gwStatus aim online")
	online := func() bool {
		for _, a := range s.Network("aim").Accounts() {
			if strings.EqualFold(a.Name, "alicewonder") {
				return a.SignedOn
			}
		}
		return false
	}
	if !s.Until(online) {
		t.Error("the network does not see the user")
	}
	// The gateway lets go of who is gone for longer than linger, which is 1 s here: it stays only while it sees a
	// resource of the user, the one on soap.c2s.
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); <-tick.C {
		if !online() {
			t.Fatal("signed off while there is a session")
		}
	}
	c.asks("urn:zimbraAccount", "EndSessionRequest", object{})
	if !s.Until(func() bool { return !online() }) {
		t.Error("still signed on after the last session")
	}
	c.session, c.seq, c.heard = "", 0, nil // another session counts its blocks anew
	c.asks("urn:zimbraIM", "IMGatewayListRequest", object{})
	c.waitsFor("gwStatus aim online")
	if log := s.log.String(); strings.Contains(log, "capulet") || strings.Contains(log, c.token) {
		t.Error("the log has a password or a token in it")
	}
}
