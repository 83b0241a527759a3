package ymsg

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// A loginService answers the questions of versions 11 to 16: a pager server that asks for a token, and the web service that
// gives it. Nobody here has heard a real one; it says what is written about it.
type loginService struct {
	puppet
	status  int // of HTTP; 0: 200
	replies map[string]string

	webs  sync.WaitGroup
	asked []string // guarded by puppet.mu, as is given
	given []string // bodies and cookies
	shown []string // cookies of those that fetch
}

const tokenReply = "0\r\nymsgr=T0KEN\r\npartnerid=P\r\n"

const loginReply = "0\r\ncrumb=cr.umb\r\nY=v=1&n=x; path=/; domain=.example\r\nT=z=2&a=y; path=/; domain=.example\r\ncookievalidfor=86400\r\n"

func (l *loginService) dial(ctx context.Context, address string) (net.Conn, error) {
	if strings.HasPrefix(address, "pager.example") {
		return l.puppet.dial(ctx, address)
	}
	ours, theirs := net.Pipe()
	l.webs.Go(func() { l.web(theirs) })
	return ours, nil
}

// web answers one request.
func (l *loginService) web(conn net.Conn) {
	defer conn.Close()
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	given, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	l.mu.Lock()
	if len(given) > 0 {
		l.given = append(l.given, req.Header.Get("Cookie"), string(given))
	}
	l.asked = append(l.asked, req.URL.String())
	if len(given) == 0 {
		l.shown = append(l.shown, req.Header.Get("Cookie"))
	}
	l.mu.Unlock()
	status := cmp.Or(l.status, http.StatusOK)
	text := l.replies[req.URL.Path]
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(text), text) // who has gone has gone
}

func later(version int64) transports.Settings {
	with := settings(version)
	with["login_url"] = transports.Value{Text: "http://login.example/config"}
	return with
}

// inLogin tells a story of a session of a later version.
func inLogin(t *testing.T, version int64, l *loginService, tell func(*story)) {
	inLoginWith(t, later(version), l, tell)
}

func inLoginWith(t *testing.T, with transports.Settings, l *loginService, tell func(*story)) {
	synctest.Test(t, func(t *testing.T) {
		l.t = t
		s := beginWith(t, with, l.dial, alice())
		tell(s)
		if !s.ended {
			s.ends()
		}
		_ = l.conn.Close()
		<-l.gone
		l.webs.Wait()
	})
}

func goodLogin(kind string, list ...[]byte) *loginService {
	return &loginService{
		puppet:  puppet{kind: kind, list: list},
		replies: map[string]string{"/config/pwtoken_get": tokenReply, "/config/pwtoken_login": loginReply},
	}
}

// The token sign-on: the answer is what `printf cr.umb$seed | openssl md5 -binary | base64` says, in Yahoo's letters.
func TestTokenSignOn(t *testing.T) {
	for version, kind := range map[int64]string{11: "1", 12: "1", 13: "1", 14: "1", 15: "1", 16: "2"} {
		l := goodLogin(kind, emptyList)
		inLogin(t, version, l, func(s *story) {
			sees[transports.ContactList](s, nil)
			f := l.of(wire.AuthAnswer)
			for key, want := range map[wire.Key]string{
				wire.KeyUser: "alicewonder", wire.KeyCrumb: "y3YjJCv6TXkbd3xOC6Dfog--", wire.KeyCookieY: "v=1&n=x; path=/; domain=.example",
				wire.KeyCookieT: "z=2&a=y; path=/; domain=.example", wire.KeyVersion: dialects[version].client, wire.KeyClientID: dialects[version].clientID,
			} {
				if got := f.String(key); got != want {
					t.Errorf("version %d: key %d is %q, want %q", version, key, got, want)
				}
			}
			if f.Has(wire.KeyAnswer) {
				t.Errorf("version %d: the password is answered for too", version)
			}
			want := []string{
				"/config/pwtoken_get?chal=" + seed + "&login=alicewonder&passwd=rabbit1&src=ymsgr&ts=",
				"/config/pwtoken_login?src=ymsgr&token=T0KEN&ts=",
			}
			if !slices.Equal(l.asked, want) {
				t.Errorf("version %d: asked %q", version, l.asked)
			}
		})
	}
}

// A service that sends the question back in an address that is none has the password in no error.
func TestTokenEchoed(t *testing.T) {
	s, acct := waiting(t), alice()
	s.env.Settings = later(12)
	s.env.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		back := http.Header{"Location": {"http://login.example/%zz?" + r.URL.RawQuery}}
		return &http.Response{StatusCode: http.StatusFound, Header: back, Body: http.NoBody, Request: r}, nil
	})}
	if _, err := s.tokenAnswer(t.Context(), &acct, seed); err == nil || strings.Contains(err.Error(), acct.Password.Reveal()) {
		t.Error("no error, or one with the password")
	}
}

// A later version with a server that asks as those of 10 do is answered so.
func TestLaterVersionsWithAnOldQuestion(t *testing.T) {
	l := goodLogin("", emptyList)
	inLogin(t, 12, l, func(s *story) {
		sees[transports.ContactList](s, nil)
		plain, crypted, _ := wire.Answers("alicewonder", "rabbit1", seed)
		if f := l.of(wire.AuthAnswer); f.String(wire.KeyAnswer) != plain || f.String(wire.KeyAnswer2) != crypted || len(l.asked) != 0 {
			t.Errorf("%v, asked %q", f, l.asked)
		}
	})
}

// What the sign-on service says decides; the password is in no error.
func TestTokenFailures(t *testing.T) {
	for what, c := range map[string]struct {
		status       int
		token, login string
		kind         transports.Kind
	}{
		"wrong password":          {0, "1212\r\n", "", transports.BadCredentials},
		"no such name":            {0, "1235", "", transports.BadCredentials},
		"locked":                  {0, "1213\r\n", "", transports.Suspended},
		"locked for some reason":  {0, "1214\r\n", "", transports.Suspended},
		"too often":               {0, "1236\r\n", "", transports.Throttled},
		"missing":                 {0, "100\r\n", "", transports.Transient},
		"something new":           {0, "4711\r\n", "", transports.Transient},
		"a page":                  {0, "<html>hello", "", transports.Broken},
		"nothing":                 {0, "", "", transports.Broken},
		"no crumb":                {0, tokenReply, "0\r\nY=1\r\nT=2\r\n", transports.Broken},
		"no token taken":          {0, tokenReply, "100\r\n", transports.Transient},
		"a server out of order":   {500, "0\r\n", "", transports.Transient},
		"an address that is shut": {999, "", "", transports.Throttled},
	} {
		l := goodLogin("2", emptyList)
		l.status, l.replies["/config/pwtoken_get"], l.replies["/config/pwtoken_login"] = c.status, c.token, c.login
		inLogin(t, 16, l, func(s *story) {
			f := s.fails()
			if f.Kind != c.kind || f.Text == "" || strings.Contains(f.Error(), "rabbit1") {
				t.Errorf("%s: %v", what, f)
			}
			s.env.Finish(5 * time.Second)
		})
	}
	synctest.Test(t, func(t *testing.T) { // no such host: the client's error holds the address, and that the password
		l := goodLogin("2", emptyList)
		l.t = t
		s := beginWith(t, later(16), func(ctx context.Context, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "login.example") {
				return nil, &net.OpError{Op: "dial", Err: net.ErrClosed}
			}
			return l.puppet.dial(ctx, address)
		}, alice())
		if f := s.fails(); f.Kind != transports.Transient || strings.Contains(f.Error(), "rabbit1") {
			t.Errorf("%v", f)
		}
		s.env.Finish(5 * time.Second)
		_ = l.conn.Close()
		<-l.gone
	})
}

// Without an address of the sign-on service nobody is locked out, and the operators are told.
func TestTokenWithoutAService(t *testing.T) {
	for version, with := range map[int64]transports.Settings{10: settings(10), 16: settings(16)} {
		synctest.Test(t, func(t *testing.T) {
			l := goodLogin("2", emptyList)
			l.t = t
			s := beginWith(t, with, l.dial, alice())
			if f := s.fails(); f.Kind != transports.Throttled || f.After != longPause {
				t.Errorf("version %d: %v", version, f)
			}
			s.env.Finish(5 * time.Second)
			_ = l.conn.Close()
			<-l.gone
		})
	}
}

// Versions 15 and 16 have a list, presence, requests and edits of their own.
func TestLateVersions(t *testing.T) {
	list := packetOf(wire.List15, wire.Available, body(
		"302", "318", "300", "318", "65", "Grüße ☃", "302", "319", "300", "319", "7", "Bobwonder", "301", "319", "300", "319", "7", "carol", "223", "1",
		"301", "319", "303", "319", "7", "somebody", "241", "2", "302", "318", "300", "318", "65", "Work", "302", "319", "7", "bobwonder",
		"302", "320", "300", "320", "7", "mallory", "303", "320"))
	l := goodLogin("2", list, packetOf(wire.Presence15, 1, body("7", "bobwonder", "10", "99", "19", "tea ☃", "97", "1", "47", "1", "13", "1", "192", "77")))
	inLogin(t, 16, l, func(s *story) {
		got := sees[transports.ContactList](s, nil)
		want := []transports.Contact{{ID: "bobwonder", Groups: []string{"Grüße ☃", "Work"}}, {ID: "carol", Groups: []string{"Grüße ☃"}}}
		if !sameContacts(got.Contacts, want) {
			t.Errorf("%+v", got)
		}
		if b := sees[transports.Blocked](s, nil); !slices.Equal(b.List, []transports.LegacyID{"mallory"}) {
			t.Errorf("%+v", b)
		}
		if p := sees[transports.Presence](s, nil); p.From != "bobwonder" || p.Show != transports.Away || p.Status != "tea ☃" {
			t.Errorf("%+v", p)
		}
		go l.says(packetOf(wire.AuthRequest15, 3, body("4", "dave", "5", "alicewonder", "14", "let me")),
			packetOf(wire.Message, 1, body("4", "dave", "5", "alicewonder", "14", "hello", "429", "ID-1")))
		if a := sees[transports.AuthRequest](s, nil); a.From != "dave" || a.Reason != "let me" {
			t.Errorf("%+v", a)
		}
		sees[transports.Message](s, nil)
		s.does(transports.AnswerAuth{Tag: s.next(), To: "dave"})
		wants(t, l, wire.AuthRequest15, "1", "alicewonder", "5", "dave", "13", "2", "334", "0", "97", "1", "14", "")
		s.does(transports.AnswerAuth{Tag: s.next(), To: "dave", Allow: true})
		wants(t, l, wire.AuthRequest15, "1", "alicewonder", "5", "dave", "13", "1", "334", "0")
		go l.says(packetOf(wire.AuthRequest15, 1, body("4", "carol", "5", "alicewonder", "13", "1")))
		if a := sees[transports.AuthAnswer](s, nil); a.From != "carol" || !a.Granted {
			t.Errorf("%+v", a)
		}
	})
}

// A sender's client that wants to know that a message has come hears it once the message is with the user's server. What it says
// again meanwhile is not told again.
func TestTakenWhenHandedOver(t *testing.T) {
	l := goodLogin("2", emptyList)
	inLogin(t, 16, l, func(s *story) {
		sees[transports.ContactList](s, nil)
		message := func(id, text string) []byte { return ofBob(wire.Message, "14", text, "429", id) }
		told := func(id string) {
			t.Helper()
			wants(t, l, wire.MessageTaken, "1", "alicewonder", "5", "bobwonder", "302", "430", "430", id, "303", "430", "450", "0")
		}
		go l.says(message("A", "one"), message("B", "two"), message("A", "one"), message("C", "three"))
		var seqs []transports.Seq
		for range 3 {
			seqs = append(seqs, sees[transports.Message](s, nil).Seq)
		}
		if late := s.quiet(time.Second); len(late) != 0 || !slices.IsSorted(seqs) || seqs[0] == 0 || l.count(wire.MessageTaken) != 0 {
			t.Errorf("%v, then %+v; %d are taken", seqs, late, l.count(wire.MessageTaken))
		}
		s.gives(transports.HandedOver{Seq: seqs[0]})
		told("A")
		s.gives(transports.HandedOver{Seq: seqs[2]})
		told("C")
		if n := l.count(wire.MessageTaken); n != 3 {
			t.Errorf("%d are taken", n)
		}
		go l.says(message("D", ""), message("E", wire.Buzz))
		sees[transports.Attention](s, nil)
		told("E")
		if n := l.count(wire.MessageTaken); n != 5 {
			t.Errorf("%d are taken: what says nothing waits for nothing", n)
		}
	})
}

// What versions 15 and 16 say of us.
func TestLateLooks(t *testing.T) {
	l := goodLogin("2", emptyList)
	inLogin(t, 16, l, func(s *story) {
		sees[transports.ContactList](s, nil)
		for _, c := range []struct {
			p       transports.SetPresence
			service wire.Service
			fields  []string
		}{
			{transports.SetPresence{Show: transports.Away, Status: "tea"}, wire.Status15, []string{"10", "99", "19", "tea", "97", "1", "47", "1"}},
			{transports.SetPresence{Show: transports.DND}, wire.Status15, []string{"10", "2", "19", ""}},
			{transports.SetPresence{Show: transports.Online, IdleSince: time.Now()}, wire.Status15, []string{"10", "999", "19", "", "47", "2"}},
			{transports.SetPresence{Show: transports.Online, Invisible: true}, wire.Visibility, []string{"13", "2"}},
			{transports.SetPresence{Show: transports.Online}, wire.Visibility, []string{"13", "1"}},
		} {
			c.p.Tag = s.next()
			s.does(c.p)
			wants(t, l, c.service, c.fields...)
		}
		go func() {
			synctest.Wait()
			l.says(packetOf(wire.AddContact, 1, body("7", "bobwonder", "65", "Friends", "66", "0")))
		}()
		if d := s.does(transports.AddContact{Tag: s.next(), ID: "bobwonder", Groups: []string{"Friends"}}); d.Err != nil {
			t.Errorf("%+v", d)
		}
		wants(t, l, wire.AddContact, "1", "alicewonder", "65", "Friends", "14", "", "97", "1",
			"302", "319", "300", "319", "7", "bobwonder", "334", "0", "301", "319", "303", "319")
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "bobwonder", Body: richtext.Plain("hi")}); d.Err != nil {
			t.Errorf("%+v", d)
		}
	})
}

// wants looks at the last packet of a service that the client has said.
func wants(t *testing.T, l *loginService, service wire.Service, pairs ...string) {
	t.Helper()
	synctest.Wait()
	got, err := wire.AppendFields(nil, l.of(service))
	if err != nil || string(got) != string(body(pairs...)) {
		t.Errorf("service %v: %q (%v), want %q", service, got, err, body(pairs...))
	}
}
