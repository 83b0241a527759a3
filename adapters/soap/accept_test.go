package soap

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/adapters"
	"imgate/adapters/soap/wire"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

var alice = xmpp.JID{Local: "alice", Domain: "example.org"}

// The acceptance list of the IM SOAP API, item by item.

func TestItem1Authentication(t *testing.T) {
	play(t, nil, func(w *world) {
		ctx := context.Background()
		r := w.send(ctx, soap12("<session/>", auth), nil).ok()
		token, session := r.Body.Get("authToken"), r.Body.Child("session")
		if !strings.HasPrefix(token, "0_") || r.Body.Get("lifetime") != "172800000" || session.Text() == "" || session.Text() != session.Get("id") || !r.refreshed() {
			t.Error(r.raw)
		}
		cookie := r.header.Get("Set-Cookie")
		for _, part := range []string{"ZM_AUTH_TOKEN=" + token, "HttpOnly", "SameSite=Strict", "Max-Age=172800"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("%s lacks %s", cookie, part)
			}
		}
		if strings.Contains(cookie, "Secure") {
			t.Error("a secure cookie over http")
		}
		for body, code := range map[string]string{
			`<account>alice</account><password> s3cret&amp;</password>`:                                       "",
			`<account by="id">alice@EXAMPLE.org</account><password> s3cret&amp;</password>`:                   "",
			`<account>alice</account><virtualHost>example.org</virtualHost><password> s3cret&amp;</password>`: "",
			`<account>alice</account><password>s3cret&amp;</password>`:                                        authFailed,
			`<account>mallory</account><password>wrong-pw</password>`:                                         authFailed,
			`<account>alice@example.org/r</account><password>wrong-pw</password>`:                             authFailed,
			`<account>a@b@c</account><password>wrong-pw</password>`:                                           authFailed,
			`<account>old@x.org</account><password>wrong-pw</password>`:                                       accountInactive,
			`<account>alice</account><password>` + strings.Repeat("x", 2000) + `</password>`:                  authFailed,
			`<account>alice</account>`: invalidRequest,
			`<account>alice</account><preauth timestamp="1" expires="0">x</preauth>`: authFailed,
			`<password>wrong-pw</password>`:                                          invalidRequest,
			`<account by="adminName">alice</account><password>wrong-pw</password>`:   invalidRequest,
			`<authToken>` + token + `</authToken>`:                                   "",
			`<authToken>` + token + `x</authToken>`:                                  authRequired,
		} {
			r := w.send(ctx, soap12("", `<AuthRequest xmlns="urn:zimbraAccount">`+body+`</AuthRequest>`), nil)
			if r.code() != code || strings.Contains(r.raw, "wrong-pw") {
				t.Errorf("%.80s: %s", body, r.raw)
			}
			time.Sleep(20 * time.Minute) // those who fail often are slowed
		}
		for _, err := range []error{adapters.ErrUnreachable, errors.New("odd")} {
			w.prover.err = err
			w.send(ctx, soap12("", auth), nil).fails(unavailable)
		}
		w.prover.err = nil
	})
}

func TestItem1Tokens(t *testing.T) {
	play(t, nil, func(w *world) {
		ctx := context.Background()
		c := w.client("")
		c.asks(list).ok()
		w.send(ctx, soap12("", list), nil).fails(authRequired)
		flipped := c.token[:len(c.token)-4] + "AAAA"
		for _, garbled := range []string{"x", "0_", "0_!!", c.token + "A", flipped, "1_" + c.token[2:]} {
			w.send(ctx, soap12("<authToken>"+garbled+"</authToken>", list), nil).fails(authRequired)
		}
		_, other := newMinter().mint(time.Now().Add(time.Hour)) // of another run of the program
		w.send(ctx, soap12("<authToken>"+other+"</authToken>", list), nil).fails(authExpired)
		batch := `<BatchRequest xmlns="urn:zimbra">` + list + noOp + `</BatchRequest>`
		time.Sleep(48 * time.Hour)
		for _, body := range []string{list, batch, auth} {
			c.asks(body).fails(authExpired)
		}
		void := "<authToken>" + c.token + `</authToken><authTokenControl voidOnExpired="1"/>`
		w.send(ctx, soap12(void, auth), nil).ok()
		w.send(ctx, soap12(void, list), nil).fails(authRequired)
		c = w.client("new")
		c.asks(list).ok()
		waits := c.waits(waits)
		w.door.Forget(alice, transports.NewSecret("the one before"))
		if waits.answered() {
			t.Fatalf("a password that is not the user's any more: %s", waits.reply.raw)
		}
		w.door.Forget(alice, transports.NewSecret(" s3cret&"))
		if !waits.answered() {
			t.Fatal("still waiting")
		}
		waits.reply.fails(authExpired)
		c.asks(list).fails(authExpired)
		c = w.client("")
		c.asks(`<EndSessionRequest xmlns="urn:zimbraAccount" logoff="1"/>`).ok()
		c.asks(list).fails(authExpired)
		if n := w.presence.count(); n != 0 || len(w.door.people.byUser) != 0 || len(w.door.people.byToken) != 0 {
			t.Errorf("%d present, %v", n, w.door.people.byUser)
		}
	})
}

func TestItem1TheCookieOfAnotherPageDoesNotCount(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("")
		for i, h := range []struct {
			site, origin, kind string
			ok                 bool
		}{
			{"same-origin", "", "application/soap+xml", true},
			{"", "http://im.example.org", "application/json", true},
			{"same-origin", "http://im.example.org", "text/xml; charset=utf-8", true},
			{"", "", "text/xml", false},
			{"same-site", "http://im.example.org", "text/xml", false},
			{"cross-site", "", "text/xml", false},
			{"none", "", "text/xml", false},
			{"", "http://evil.example", "text/xml", false},
			{"", "https://im.example.org", "text/xml", false},
			{"", "null", "text/xml", false},
			{"same-origin", "", "text/plain", false},
			{"same-origin", "", "Application/X-WWW-Form-Urlencoded", false},
			{"same-origin", "", "multipart/form-data; boundary=x", false},
			{"same-origin", "", "", false},
		} {
			r := w.send(context.Background(), soap12("", list), func(r *http.Request) {
				r.AddCookie(&http.Cookie{Name: "ZM_AUTH_TOKEN", Value: c.token})
				r.Header.Del("Content-Type")
				for k, v := range map[string]string{"Sec-Fetch-Site": h.site, "Origin": h.origin, "Content-Type": h.kind} {
					if v != "" {
						r.Header.Set(k, v)
					}
				}
			})
			if (r.code() == "") != h.ok || !h.ok && r.code() != authRequired {
				t.Errorf("%d: %s", i, r.raw)
			}
			r = w.send(context.Background(), soap12("", auth), func(r *http.Request) {
				r.Header.Set("Sec-Fetch-Site", h.site)
				r.Header.Set("Content-Type", h.kind)
			}).ok()
			if set := r.header.Get("Set-Cookie") != ""; set == (h.site == "cross-site" || isForm(h.kind)) {
				t.Errorf("%d: a cookie is set: %v", i, set)
			}
		}
	})
}

func TestItem1GuessingIsSlow(t *testing.T) {
	play(t, func(o *Options) { o.TrustedProxies = nil }, func(w *world) {
		wrong := strings.Replace(auth, "s3cret", "wrong-pw", 1)
		begin := time.Now()
		for range 8 {
			w.send(context.Background(), soap12("", wrong), nil).fails(authFailed)
		}
		if took := time.Since(begin); took != (1+2+4+8+16)*time.Second {
			t.Errorf("8 guesses took %v", took)
		}
		asked := w.prover.asked
		done := make(chan *reply)
		go func() { done <- w.send(context.Background(), soap12("", auth), nil) }()
		synctest.Wait()
		w.send(context.Background(), soap12("", auth), nil).fails(unavailable) // one at a time
		begin = time.Now()
		(<-done).ok() // the owner is slowed, and not locked out
		if took := time.Since(begin); took != 30*time.Second || w.prover.asked != asked+1 {
			t.Errorf("took %v, %d proofs", took, w.prover.asked-asked)
		}
		begin = time.Now()
		w.client("")
		if time.Since(begin) != 0 {
			t.Error("slow after a success")
		}
		for i := range 30 { // one address, many accounts
			body := strings.Replace(wrong, "alice", "user"+strings.Repeat("x", i), 1)
			w.send(context.Background(), soap12("", body), func(r *http.Request) { r.RemoteAddr = "198.51.100.1:5" })
		}
		if took := time.Since(begin); took < 5*time.Minute {
			t.Errorf("30 accounts from one address took %v", took)
		}
		for i := range throttleMemory + 500 {
			turn, _ := w.door.throttle.enter(time.Now(), xmpp.JID{Local: strings.Repeat("y", i%100+1), Domain: "d" + strings.Repeat("z", i/100+1)}, w.door.clientOf(httptest.NewRequest("POST", "/", nil)))
			if turn != nil {
				turn.failed(time.Now())
				turn.leave()
			}
		}
		if n := len(w.door.throttle.seen); n > throttleMemory+1 {
			t.Errorf("%d are remembered", n)
		}
	})
}

func TestItem2EveryFormAnswersInItsOwn(t *testing.T) {
	play(t, nil, func(w *world) {
		ctx, c := context.Background(), w.client("")
		h := "<authToken>" + c.token + "</authToken>"
		js := `{"Header":{"context":{"_jsns":"urn:zimbra","authToken":{"_content":"` + c.token + `"},"session":{},"format":{"type":"FORMAT"}}},"Body":{"IMGatewayListRequest":{"_jsns":"urn:zimbraIM","requestId":5}}}`
		for _, q := range []struct {
			body string
			form wire.Form
			has  string
		}{
			{soap12(h, list), wire.SOAP12, `<service name='aim' type='aim' domain='aim.example.org'/>`},
			{soap11(h, list), wire.SOAP11, `<service name='aim' type='aim' domain='aim.example.org'/>`},
			{soap11(h+`<format type="js"/>`, list), wire.JSON, `"service":[{"name":"aim"`},
			{strings.Replace(js, "FORMAT", "js", 1), wire.JSON, `"requestId":"5","service":[{"name":"aim","type":"aim","domain":"aim.example.org"},`},
			{strings.Replace(js, "FORMAT", "xml", 1), wire.SOAP12, `requestId='5'`},
			{soap12(h+`<format type="xml"/>`, list), wire.SOAP12, `<service name='aim'`},
		} {
			r := w.send(ctx, q.body, nil).ok()
			if r.Form != q.form || !strings.Contains(r.raw, q.has) || r.header.Get("Content-Type") != q.form.ContentType() || r.header.Get("Cache-Control") != "no-store, no-cache" {
				t.Errorf("%v\n%s", r.header, r.raw)
			}
			if strings.Contains(r.raw, "closed") {
				t.Error("a service that does not take this user is listed")
			}
		}
		r := w.send(ctx, strings.Replace(js, "FORMAT", "js", 1), nil)
		for _, part := range []string{`"session":{"_content":"`, `"change":{"token":`, `"refresh":{"version":"imgate/1.0","mbx":[{"s":"0"}]}`, `"_jsns":"urn:zimbraSoap"`} {
			if !strings.Contains(r.raw, part) {
				t.Errorf("no %s in %s", part, r.raw)
			}
		}
	})
}

func TestItem3WhatIsNoRequest(t *testing.T) {
	play(t, nil, func(w *world) {
		ctx := context.Background()
		for _, q := range []struct {
			body, code string
			form       wire.Form
		}{
			{"", parseFailure, wire.SOAP12},
			{"  \n", parseFailure, wire.SOAP12},
			{"garbage", parseFailure, wire.JSON},
			{"{", parseFailure, wire.JSON},
			{"<", parseFailure, wire.SOAP12},
			{"<!DOCTYPE x [<!ENTITY e 'boom'>]>" + soap12("", list), parseFailure, wire.SOAP12},
			{"<Envelope xmlns='urn:other'><Body><a/></Body></Envelope>", invalidRequest, wire.SOAP12},
			{`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>`, invalidRequest, wire.SOAP11},
			{`{"Body":{}}`, invalidRequest, wire.JSON},
			{soap12("", strings.Repeat(" ", wire.MaxBody)), invalidRequest, wire.SOAP12},
			{`{"a":"` + strings.Repeat("x", wire.MaxBody) + `"}`, invalidRequest, wire.SOAP12},
		} {
			r := w.send(ctx, q.body, nil)
			r.fails(q.code)
			if r.Form != q.form {
				t.Errorf("%.40q: form %d", q.body, r.Form)
			}
		}
		for _, q := range []struct {
			method, target string
			status         int
			allow          string
		}{
			{"GET", "/service/soap", 405, "POST"}, {"GET", "/service/soap/NoOpRequest", 405, "POST"}, {"PUT", "/service/soap/", 405, "POST"},
			{"DELETE", WSDLPath, 405, "GET, HEAD"}, {"GET", "/service/soapbox", 404, ""}, {"GET", "/", 404, ""},
			{"GET", "/service/soap?wsdl", 200, ""}, {"GET", WSDLPath, 200, ""},
		} {
			rec := httptest.NewRecorder()
			w.door.ServeHTTP(rec, httptest.NewRequest(q.method, "http://gw.example.org:81"+q.target, nil))
			if rec.Code != q.status || rec.Header().Get("Allow") != q.allow {
				t.Errorf("%+v: %d %v", q, rec.Code, rec.Header())
			}
			if q.status == 200 && strings.Count(rec.Body.String(), `location="http://gw.example.org:81/service/soap"`) != 2 {
				t.Error(rec.Body.String())
			}
		}
	})
}

func TestItem4UnknownDocuments(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("")
		for body, code := range map[string]string{
			`<IMGetRosterRequest xmlns="urn:zimbraIM"/>`:                                                 unknownDocument,
			`<IMGatewayListRequest xmlns="urn:zimbraMail"/>`:                                             unknownDocument,
			`<IMGatewayListRequest/>`:                                                                    unknownDocument,
			`<NoOpRequest xmlns="urn:zimbraIM"/>`:                                                        unknownDocument,
			`<NoOpRequest xmlns="urn:zimbraMail" wait="perhaps"/>`:                                       invalidRequest,
			`<NoOpRequest xmlns="urn:zimbraMail" wait="1" timeout="soon"/>`:                              invalidRequest,
			`<NoOpRequest xmlns="urn:zimbraMail" wait="1"/>`:                                             invalidRequest,
			`<NoOpRequest xmlns="urn:zimbraMail" wait="FALSE"/>`:                                         "",
			`<GetInfoRequest xmlns="urn:zimbraAccount"/>`:                                                "",
			`<IMGatewayListRequest xmlns="urn:zimbraIM" odd="1"><odd xmlns="x"/></IMGatewayListRequest>`: "",
		} {
			if r := c.asks(body); r.code() != code {
				t.Errorf("%s: %s", body, r.raw)
			}
		}
		h := "<authToken>" + c.token + "</authToken>"
		for header, code := range map[string]string{
			`<account by="name">alice@example.org</account>`: "",
			`<account by="id">ALICE@example.org</account>`:   "",
			`<account by="name">bob@example.org</account>`:   permDenied,
			`<account by="name">nobody@else.org</account>`:   permDenied,
			`<account by="krb5">alice@example.org</account>`: invalidRequest,
			`<notify seq="x"/><session/>`:                    invalidRequest,
			`<hops/><targetServer/><csrfToken/><via/>`:       "",
		} {
			if r := w.send(context.Background(), soap12(h+header, noOp), nil); r.code() != code {
				t.Errorf("%s: %s", header, r.raw)
			}
		}
	})
}

func TestItem4AnotherAccountInJSON(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("")
		for account, code := range map[string]string{
			`"bob@example.org"`: permDenied, `{"by":"name","_content":"bob@example.org"}`: permDenied, `"alice@example.org"`: "", `null`: "",
		} {
			js := `{"Header":{"context":{"authToken":"` + c.token + `","account":` + account + `}},"Body":{"NoOpRequest":{"_jsns":"urn:zimbraMail"}}}`
			if r := w.send(context.Background(), js, nil); r.code() != code {
				t.Errorf("%s: %s", account, r.raw)
			}
		}
	})
}

func TestAWaiterHearsEveryReason(t *testing.T) {
	w := &waiter{woken: make(chan reason, reasons)}
	for _, r := range []reason{lookReason, lookReason, releasedReason, expiredReason, releasedReason, disallowedReason} {
		w.wake(r)
	}
	for _, want := range []reason{lookReason, releasedReason, expiredReason} {
		if got := <-w.woken; got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	(*waiter)(nil).wake(lookReason)
}

func TestItem5Sessions(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("")
		if r := c.asks(noOp).ok(); r.Context.Child("session") != nil || r.Context.Child("change") == nil {
			t.Error("a session that nobody asked for: " + r.raw)
		}
		c.session = "new"
		if r := c.asks(noOp).ok(); !r.refreshed() || r.Context.Child("session").Text() != c.session {
			t.Error(r.raw)
		}
		first := c.session
		if r := c.asks(noOp).ok(); r.refreshed() || c.session != first {
			t.Error(r.raw)
		}
		for _, header := range []string{`<session>` + first + `</session>`, `<sessionId id="` + first + `"/>`, `<session id="` + first + `" type="admin"/><sessionId id="other"/>`} {
			if r := w.send(context.Background(), soap12("<authToken>"+c.token+"</authToken>"+header, noOp), nil).ok(); r.Context.Child("session").Get("id") != first {
				t.Error(r.raw)
			}
		}
		for _, header := range []string{`<nosession/>`, `<nonotify/>`} {
			if r := w.send(context.Background(), soap12(c.header()+header, noOp), nil).ok(); r.Context.Child("session") != nil {
				t.Error(r.raw)
			}
		}
		c.asks(list).ok()
		if w.presence.count() != 1 {
			t.Error("not attached")
		}
		time.Sleep(599 * time.Second)
		if r := c.asks(noOp).ok(); r.refreshed() || c.session != first {
			t.Error("lost before its time: " + r.raw)
		}
		time.Sleep(601 * time.Second)
		if r := c.asks(noOp).ok(); !r.refreshed() || c.session == first {
			t.Error("not lost: " + r.raw)
		}
		if w.presence.count() != 0 {
			t.Error("still attached")
		}
		bob := &client{w: w, token: "", session: "new"}
		bob.token = w.send(context.Background(), soap12("", strings.Replace(auth, "alice", "bob", 1)), nil).ok().Body.Get("authToken")
		stolen := c.session
		bob.session = stolen
		if bob.asks(noOp).ok(); bob.session == stolen {
			t.Error("a session of somebody else's")
		}
		var ids []string
		for range 6 {
			other := &client{w: w, token: c.token, session: "new"}
			other.asks(list).ok()
			ids = append(ids, other.session)
			time.Sleep(time.Second)
		}
		for i := 5; i >= 0; i-- { // the one used least recently has gone
			other := &client{w: w, token: c.token, session: ids[i]}
			if other.asks(noOp); (other.session == ids[i]) != (i > 0) {
				t.Errorf("session %d of 6", i)
			}
		}
		c.asks(noOp)
		before := w.sessions()
		if r := c.asks(`<EndSessionRequest xmlns="urn:zimbraAccount"/>`).ok(); r.Context.Child("session") != nil || w.sessions() != before-1 {
			t.Error(r.raw)
		}
		time.Sleep(11 * time.Minute)
		if n := w.presence.count(); n != 0 {
			t.Errorf("%d attached", n)
		}
	})
}

func TestItem6Notifications(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("new")
		c.asks(list).ok()
		r := c.asks(register("reg", "AIM", `name="Alice Liddell" password="pw"`)).ok()
		if r.Body.Get("result") != "1" {
			t.Error(r.raw)
		}
		synctest.Wait()
		got := []string{r.events()}
		c.seq = "0"
		for len(got) < 3 {
			r = c.asks(noOp).ok()
			got = append(got, r.events())
		}
		all := strings.Join(got, " ")
		if !strings.Contains(all, "gwStatus aim trying_to_connect") || !strings.Contains(all, "gwStatus aim online") {
			t.Error(all)
		}
		flap := func() {
			w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
			synctest.Wait()
		}
		again := func() {
			c2 := &client{w: w, token: c.token, session: ""}
			c2.asks(register("reconnect", "aim", "")).ok()
			synctest.Wait()
		}
		w.is("")
		c.seq = ""
		c.asks(noOp)
		base := w.door.people.byUser[alice].sessions[c.session].queue.last
		seq := func(n int64) string { return wire.Number(base + n).String() }
		c.seq = seq(0)
		flap()
		one := "#" + seq(1) + ":otherLocation aim Alice Liddell|gwStatus aim disabled"
		if r := c.asks(noOp); r.events() != one {
			t.Error(r.events())
		}
		if r := c.asks(`<Nonsense/>`); r.events() != one || r.code() != unknownDocument {
			t.Errorf("unacknowledged, and not sent again in a fault: %s", r.raw)
		}
		again()
		two := "#" + seq(2) + ":gwStatus aim trying_to_connect|gwStatus aim online"
		if r := c.asks(noOp); r.events() != one+" "+two {
			t.Error(r.events())
		}
		c.seq = seq(1)
		if r := c.asks(noOp); r.events() != two {
			t.Error(r.events())
		}
		r = w.send(context.Background(), soap12("<authToken>"+c.token+`</authToken><session id="`+c.session+`" seq="`+seq(2)+`"/>`, noOp), nil)
		if r.events() != "" {
			t.Errorf("acknowledged by the session's own seq: %s", r.events())
		}
		flap()
		c.seq = seq(2)
		if r := c.asks(noOp); !strings.HasPrefix(r.events(), "#"+seq(3)) {
			t.Error(r.events())
		}
		c.seq = ""
		if r := c.asks(noOp); r.events() != "" {
			t.Errorf("without a seq: %s", r.events())
		}
		c.seq = seq(3)
		for i := range 21 { // blocks 4 to 24
			if i%2 == 0 {
				again()
			} else {
				flap()
			}
			r = c.asks(noOp)
			if blocks := len(strings.Fields(strings.ReplaceAll(r.events(), " aim ", "_"))); i < 20 && r.refreshed() || i < 20 && strings.Count(r.raw, "<notify") != i+1 {
				t.Errorf("after %d: %d in %s", i+1, blocks, r.events())
			}
		}
		if strings.Count(r.raw, "<notify") != 1 || !r.refreshed() || !strings.HasPrefix(r.events(), "#"+seq(24)) {
			t.Errorf("the 21st block: %s", r.raw)
		}
	})
}

func TestItem6TooManyEventsAreASnapshot(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("new")
		c.asks(list)
		c.asks(register("reg", "aim", `name="Alice Liddell" password="pw"`)).ok()
		w.is("")
		c.seq = "999"
		c.asks(noOp)
		for range 101 { // three events each at least
			w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
			synctest.Wait()
			if err := w.g.Reconnect(context.Background(), alice, "aim"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		r := c.asks(noOp).ok()
		if !r.refreshed() || strings.Count(r.raw, "gwStatus") != 1 || strings.Contains(r.raw, "otherLocation") {
			t.Errorf("%d statuses: %.500s", strings.Count(r.raw, "gwStatus"), r.raw)
		}
	})
}

// Whose XMPP session was lost and is back begins anew, and hears what had waited all the same.
func TestItem6TheXMPPSessionIsBack(t *testing.T) {
	play(t, nil, func(w *world) {
		w.door.Again(alice) // nobody
		c, idle := w.client("new"), w.client("new")
		c.asks(register("reg", "aim", `name="Alice Liddell" password="pw"`)).ok()
		idle.asks(noOp).ok() // its session does not hear of IM
		w.is("")
		c.counts = true
		c.news()
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
		synctest.Wait()
		w.door.Again(alice)
		r := c.asks(noOp).ok()
		if want := "otherLocation aim Alice Liddell|gwStatus aim disabled|gwStatus aim disabled"; !r.refreshed() || !strings.HasSuffix(r.events(), want) {
			t.Errorf("%v %s", r.refreshed(), r.events())
		}
		waiting := c.waits(waits)
		w.door.Again(alice)
		if !waiting.answered() || !waiting.reply.refreshed() || !strings.HasSuffix(waiting.reply.events(), ":gwStatus aim disabled") {
			t.Error("whoever waits is not told")
		}
		if r := idle.asks(noOp).ok(); r.refreshed() || r.events() != "" {
			t.Errorf("a session that is not attached: %s", r.raw)
		}
		p := w.door.people.byUser[alice]
		full := p.sessions[c.session]
		for full.queue.holds(3) {
			full.queue.put(otherLocation{"aim", "x"})
		}
		w.door.Again(alice)
		if r := c.asks(noOp).ok(); !r.refreshed() || strings.Contains(r.raw, "otherLocation") || strings.Count(r.raw, "gwStatus") != 1 {
			t.Errorf("with no room: %.300s", r.raw)
		}
	})
}

func TestItem7NoOpWaits(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("new")
		begin := time.Now()
		c.asks(waits).ok() // a session just made never waits
		c.asks(list).ok()
		c.asks(register("reg", "aim", `name="Alice Liddell" password="pw"`)).ok()
		w.is("")
		c.seq = "99"
		c.asks(noOp)
		if took := time.Since(begin); took > time.Second {
			t.Fatalf("took %v", took)
		}
		for timeout, want := range map[string]time.Duration{
			"": 5 * time.Minute, "timeout='45000'": 45 * time.Second, "timeout='1'": 30 * time.Second,
			"timeout='-5'": 30 * time.Second, "timeout='9999999'": 20 * time.Minute,
		} {
			waiting := c.waits(`<NoOpRequest xmlns="urn:zimbraMail" wait="1" ` + timeout + `/>`)
			<-waiting.done
			waiting.reply.ok()
			if waiting.took != want || waiting.reply.events() != "" {
				t.Errorf("%q took %v: %s", timeout, waiting.took, waiting.reply.raw)
			}
		}
		waiting := c.waits(waits)
		time.Sleep(10 * time.Second)
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
		if !waiting.answered() || waiting.took > 10*time.Second+100*time.Millisecond || !strings.Contains(waiting.reply.raw, "otherLocation") {
			t.Errorf("an event: %v", waiting.took)
		}
		c.seq = "1"
		unacknowledged := c.waits(waits)
		if !unacknowledged.answered() {
			t.Error("waits over what it has not acknowledged")
		}
	})
}

func TestItem7NoOpIsReleased(t *testing.T) {
	const limited = `<NoOpRequest xmlns="urn:zimbraMail" wait="1" limitToOneBlocked="1"/>`
	play(t, nil, func(w *world) {
		c, d := w.client("new"), w.client("new")
		c.asks(list)
		d.asks(list)
		first, other := c.waits(waits), d.waits(waits)
		second := c.waits(waits)
		if !first.answered() || first.reply.ok().Body.Get("waitDisallowed") != "" || second.answered() || other.answered() {
			t.Error("a second one on the session")
		}
		third := c.waits(limited)
		if !second.answered() || second.reply.ok().Body.Get("waitDisallowed") != "" || other.answered() {
			t.Error("a limited one releases what is not limited")
		}
		fourth := d.waits(limited)
		if !third.answered() || third.reply.ok().Body.Get("waitDisallowed") != "1" || !other.answered() {
			t.Error("a second limited one")
		}
		fourth.cancel()
		if !fourth.answered() || fourth.reply.raw != "" {
			t.Error("a client that is gone is answered")
		}
		s := w.door.people.byUser[alice].sessions[d.session]
		if s.waiter != nil {
			t.Error("the waiter is not freed")
		}
		c.asks(register("reg", "aim", `name="Alice Liddell" password="pw"`)).ok()
		synctest.Wait()
		if r := d.asks(noOp); !strings.Contains(r.events(), "#1:gwStatus aim") {
			t.Errorf("what a client that is gone has not heard is lost: %s", r.raw)
		}
		d.seq = "99"
		last := d.waits(waits)
		w.close()
		if !last.answered() || last.reply.ok().Body.Local != "NoOpResponse" {
			t.Error("it waits beyond the end")
		}
		w.send(context.Background(), soap12("", auth), nil).fails(unavailable)
		if w.presence.count() != 0 {
			t.Error("still attached")
		}
	})
}

func TestItem8Batches(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("new")
		docs := `<IMGatewayRegisterRequest xmlns="urn:zimbraIM" requestId="0" op="unreg" service="aim"/>` +
			`<IMGatewayRegisterRequest xmlns="urn:zimbraIM" requestId="1" op="what" service="aim"/>` +
			`<BatchRequest requestId="2"/>` +
			`<NoOpRequest xmlns="urn:zimbraMail" wait="1" requestId="3"/>`
		words := func(r *reply) (s string) {
			for e := range r.Body.Elements() {
				s += e.Get("requestId") + e.Local + e.Get("result") + " "
			}
			return s
		}
		r := c.asks(`<BatchRequest xmlns="urn:zimbra">` + docs + `</BatchRequest>`).ok()
		if got := words(r); got != "0IMGatewayRegisterResponse0 1Fault 2Fault 3NoOpResponse " || strings.Count(r.raw, "<context") != 1 {
			t.Errorf("%s\n%s", got, r.raw)
		}
		r = c.asks(`<BatchRequest xmlns="urn:zimbra" onerror="stop" requestId="b">` + docs + `</BatchRequest>`).ok()
		if got := words(r); got != "0IMGatewayRegisterResponse0 1Fault " || r.Body.Get("requestId") != "b" {
			t.Errorf("%s\n%s", got, r.raw)
		}
		c.asks(`<BatchRequest xmlns="urn:zimbra">` + strings.Repeat(noOp, maxBatch+1) + `</BatchRequest>`).fails(invalidRequest)
		r = w.send(context.Background(), soap12("", `<BatchRequest xmlns="urn:zimbra">`+auth+list+`</BatchRequest>`), nil).ok()
		if got := words(r); got != "AuthResponse Fault " || r.header.Get("Set-Cookie") == "" {
			t.Errorf("%s\n%s", got, r.raw)
		}
		js := `{"Header":{"context":{"authToken":"` + c.token + `"}},"Body":{"BatchRequest":{"_jsns":"urn:zimbra","NoOpRequest":[{"_jsns":"urn:zimbraMail","requestId":"a"},{"_jsns":"urn:zimbraMail","requestId":"b"}]}}}`
		if r := w.send(context.Background(), js, nil).ok(); !strings.Contains(r.raw, `"NoOpResponse":[{"_jsns":"urn:zimbraMail","requestId":"a"},{"_jsns":"urn:zimbraMail","requestId":"b"}]`) {
			t.Error(r.raw)
		}
		// As the web client of the API's own server registers.
		r = c.asks(`<BatchRequest xmlns="urn:zimbra" onerror="stop">` + register("unreg", "aim", `requestId="0"`) +
			register("reg", "aim", `requestId="1" name="Alice Liddell" password="pw"`) + `</BatchRequest>`).ok()
		if got := words(r); got != "0IMGatewayRegisterResponse0 1IMGatewayRegisterResponse1 " {
			t.Errorf("%s\n%s", got, r.raw)
		}
	})
}

func TestItem9Gateways(t *testing.T) {
	play(t, func(o *Options) { o.OtherLogin = state.BootedByOtherLogin }, func(w *world) {
		c := w.client("new")
		c.counts = true
		next := c.news
		c.asks(list).ok()
		c.asks(register("reg", "aim", `name="Alice Liddell" password="wrong-pw"`)).ok()
		synctest.Wait()
		r := c.asks(list).ok()
		if all := strings.ReplaceAll(r.raw, "'", `"`); !strings.Contains(all, `<registration name="Alice Liddell" state="bad_auth"/>`) {
			t.Error(r.raw)
		}
		if got := next(); got != "gwStatus aim trying_to_connect|gwStatus aim bad_auth" {
			t.Error(got)
		}
		w.is("") // a refused account is not woken by presence
		if got := next(); got != "" {
			t.Error(got)
		}
		c.asks(register("reg", "aim", `name="Alice Liddell" password="pw"`)).ok()
		if got := next(); !strings.HasSuffix(got, "gwStatus aim online") {
			t.Error(got)
		}
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced, Text: "elsewhere"})
		if got := next(); got != "otherLocation aim Alice Liddell|gwStatus aim booted_by_other_login" {
			t.Error(got)
		}
		if r := c.asks(list); !strings.Contains(r.raw, "state='booted_by_other_login'") {
			t.Error(r.raw)
		}
		w.is("unavailable")
		w.is("")
		if got := next(); got != "" {
			t.Errorf("presence ended it: %s", got)
		}
		if r := c.asks(register("reconnect", "Aim", "")).ok(); r.Body.Get("result") != "1" {
			t.Error(r.raw)
		}
		if got := next(); !strings.HasSuffix(got, "gwStatus aim online") {
			t.Error(got)
		}
		w.server.Refuse(&transports.Failure{Kind: transports.Transient, Text: "down"})
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "down"})
		if got := next(); got != "gwStatus aim trying_to_connect+15000" {
			t.Error(got)
		}
		time.Sleep(5 * time.Second)
		if r := c.asks(list); !strings.Contains(r.raw, "timeUntilNextConnect='10000'") {
			t.Error(r.raw)
		}
		time.Sleep(10 * time.Second)
		for _, wait := range []string{"30000", "60000", "120000", "240000", "480000", "960000", "1920000", "3600000", "3600000"} {
			synctest.Wait()
			if got := next(); got != "gwStatus aim trying_to_connect|gwStatus aim trying_to_connect+"+wait {
				t.Errorf("%s, want +%s", got, wait)
			}
			d, err := time.ParseDuration(wait + "ms")
			if err != nil {
				t.Fatal(err)
			}
			for d > 0 { // the session is kept
				step := min(d, 5*time.Minute)
				time.Sleep(step)
				if d -= step; d > 0 && next() != "" {
					t.Error("something between two attempts")
				}
			}
		}
		synctest.Wait() // the attempt that is due now has failed: a reconnect while it runs would be this attempt
		if got := next(); got != "gwStatus aim trying_to_connect|gwStatus aim trying_to_connect+3600000" {
			t.Error(got)
		}
		w.server.Refuse(nil)
		c.asks(register("reconnect", "aim", "")).ok()
		if got := next(); !strings.HasSuffix(got, "gwStatus aim online") {
			t.Error(got)
		}
		w.is("unavailable")
		time.Sleep(91 * time.Second)
		if got := next(); got != "gwStatus aim intentionally_offline" {
			t.Error(got)
		}
		w.is("")
		time.Sleep(time.Second)
		if got := next(); !strings.HasSuffix(got, "gwStatus aim online") {
			t.Error(got)
		}
		if r := c.asks(register("unreg", "aim", "")).ok(); r.Body.Get("result") != "1" {
			t.Error(r.raw)
		}
		if got := next(); got != "gwStatus aim shutdown" {
			t.Error(got)
		}
		for _, op := range []string{"unreg", "reconnect"} {
			if r := c.asks(register(op, "aim", "")).ok(); r.Body.Get("result") != "0" {
				t.Error(r.raw)
			}
		}
		if r := c.asks(list); strings.Contains(r.raw, "registration") {
			t.Error(r.raw)
		}
	})
}

func TestItem9WhatIsRefused(t *testing.T) {
	play(t, nil, func(w *world) {
		c := w.client("")
		for _, q := range []struct{ op, service, rest, code, has string }{
			{"reg", "msn", `name="a" password="pw"`, invalidRequest, "msn-a, msn-b"},
			{"reg", "MSN-A", `name="Alice Liddell" password="pw"`, "", "result='1'"},
			{"reg", "icq", `name="a" password="pw"`, invalidRequest, "no such service"},
			{"reg", "", `name="a" password="pw"`, invalidRequest, "service is missing"},
			{"", "aim", ``, invalidRequest, "op is missing"},
			{"REG", "aim", ``, invalidRequest, "op is none"},
			{"reg", "aim", `password="pw"`, invalidRequest, "name is missing"},
			{"reg", "aim", `name="alice"`, invalidRequest, "password is missing"},
			{"reg", "aim", `name="a!b" password="wrong-pw"`, invalidRequest, "loopback name"},
			{"reg", "closed", `name="alice" password="pw"`, permDenied, "does not serve"},
			{"reg", "yahoo", `name="alice" password="pw"`, permDenied, "does not serve"},
		} {
			r := c.asks(register(q.op, q.service, q.rest))
			if r.code() != q.code || !strings.Contains(r.raw, q.has) || strings.Contains(r.raw, "wrong-pw") {
				t.Errorf("%+v: %s", q, r.raw)
			}
		}
		if n := w.presence.n; n != 0 {
			t.Errorf("%d attached without a session", n)
		}
	})
}

func TestItem9EveryStateIsTold(t *testing.T) {
	now := time.Now()
	for _, q := range []struct {
		state  state.State
		reason state.Reason
		next   time.Duration
		want   string
	}{
		{state.Start, "", 0, `"state":"start"}`},
		{state.TryingToConnect, "", 0, `"state":"trying_to_connect"}`},
		{state.TryingToConnect, "", 12 * time.Second, `"state":"trying_to_connect","timeUntilNextConnect":12000}`},
		{state.TryingToConnect, "", -time.Second, `"state":"trying_to_connect","timeUntilNextConnect":0}`},
		{state.Online, "", 0, `"state":"online"}`},
		{state.BadAuth, "", 0, `"state":"bad_auth"}`},
		{state.Disabled, state.Admin, 0, `"state":"disabled"}`},
		{state.Disabled, state.OtherLocation, 0, `"state":"booted_by_other_login"}`},
		{state.IntentionallyOffline, state.SignedOff, 0, `"state":"intentionally_offline"}`},
		{state.Shutdown, "", 0, `"state":"shutdown"}`},
	} {
		s := state.Snapshot{State: q.state, Reason: q.reason}
		if q.next != 0 {
			s.NextAttempt = now.Add(q.next)
		}
		e := statusOf("icq", s).element(telling{now, state.BootedByOtherLogin})
		want := `{"_jsns":"urn:zimbra","type":"gwStatus","service":"icq",` + q.want
		if got := string(e.AppendJSON(nil, "")); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
