package soap

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/news"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmpp"
)

// Many requests of few users side by side, with news, forgotten users and the sweep in between: nothing races, nobody
// is attached when all is over, and no session is left.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateway, present := &stub{}, &presence{t: t, in: map[xmpp.JID]bool{}}
		d := New(Options{Gateway: gateway, Prover: gateway, Presence: present, Log: slog.New(slog.DiscardHandler),
			Services: []Service{{"aim", "aim", aimDomain}}, SessionIdle: 20 * time.Second, DefaultDomain: "example.org"})
		ctx, cancel := context.WithCancel(context.Background())
		var running, asking sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		users := []xmpp.JID{{Local: "a", Domain: "example.org"}, {Local: "b", Domain: "example.org"}}
		for i := range 24 {
			asking.Go(func() {
				user := users[i%len(users)]
				random := rand.New(rand.NewPCG(uint64(i), 1))
				token, session := "", ""
				for range 200 {
					time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
					body := []string{list, noOp, waits, `<NoOpRequest xmlns="urn:zimbraMail" wait="1" limitToOneBlocked="1"/>`,
						`<EndSessionRequest xmlns="urn:zimbraAccount"/>`, register("reconnect", "aim", "")}[random.IntN(6)]
					header := "<authToken>" + token + `</authToken><session id="` + session + `"/><notify seq="1"/>`
					switch {
					case token == "":
						header, body = "<session/>", `<AuthRequest xmlns="urn:zimbraAccount"><account>`+user.Local+`</account><password>p</password></AuthRequest>`
					case random.IntN(100) == 0:
						d.Forget(user, transports.NewSecret("p"))
					case random.IntN(99) == 0:
						d.Again(user)
					}
					gateway.board.Tell(user.String(), news.OtherLocation{Key: registry.Key{User: user.String(), Service: "aim"}})
					asked, leave := context.WithTimeout(context.Background(), time.Duration(random.IntN(60))*time.Second)
					r := httptest.NewRequest(http.MethodPost, SOAPPath, strings.NewReader(soap12(header, body))).WithContext(asked)
					rec := httptest.NewRecorder()
					d.ServeHTTP(rec, r)
					leave()
					raw := rec.Body.String()
					if t := between(raw, "<authToken>", "<"); t != "" {
						token = t
					}
					if s := between(raw, "<session id='", "'"); s != "" {
						session = s
					}
					if strings.Contains(raw, authExpired) {
						token = ""
					} else if strings.Contains(raw, "Fault") {
						t.Error(raw)
					}
				}
			})
		}
		asking.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := present.count(); n != 0 {
			t.Errorf("%d attached", n)
		}
		for _, p := range d.people.byUser {
			if len(p.sessions) != 0 || p.watch != nil || p.attached != 0 {
				t.Errorf("%+v", p)
			}
		}
		cancel()
		running.Wait()
		if len(d.people.byUser) != 0 || len(d.people.byToken) != 0 {
			t.Error("somebody is left")
		}
	})
}

// A user whose password has changed starts anew; tokens are bounded.
func TestTokensOfOneUser(t *testing.T) {
	gateway := &stub{}
	d := New(Options{Gateway: gateway, Prover: gateway, Log: slog.New(slog.DiscardHandler)})
	now := time.Now()
	var tokens []string
	for i := range maxTokens + 5 {
		_, token := d.admit(alice, transports.NewSecret("p"), now.Add(time.Hour+time.Duration(i)))
		tokens = append(tokens, token)
	}
	for i, token := range tokens {
		if _, _, err := d.proven(token, now); (err == nil) != (i >= 5) {
			t.Errorf("token %d: %v", i, err)
		}
	}
	if len(d.people.byToken) != maxTokens {
		t.Errorf("%d tokens", len(d.people.byToken))
	}
	_, token := d.admit(alice, transports.NewSecret("another"), now.Add(time.Hour))
	if _, _, err := d.proven(token, now); err != nil || len(d.people.byToken) != 1 {
		t.Errorf("%v, %d tokens", err, len(d.people.byToken))
	}
	d.Forget(alice, transports.NewSecret("p"))
	if _, _, err := d.proven(token, now); err != nil {
		t.Errorf("the password before was refused: %v", err)
	}
	d.Forget(alice, transports.NewSecret("another"))
	if p, _, err := d.proven(token, now); !errors.Is(err, errExpired) || p != nil || len(d.people.byUser) != 0 {
		t.Error(err)
	}
}
