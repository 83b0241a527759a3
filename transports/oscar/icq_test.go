package oscar

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	lab "imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

func icqUser(uin string) transports.Account {
	return transports.Account{
		Name: transports.LegacyID(uin), Typed: uin[:3] + "-" + uin[3:], Password: transports.NewSecret(world.Password),
		Presence: transports.SetPresence{Show: transports.Online},
	}
}

func TestLawsOfICQInTheLab(t *testing.T) {
	transporttest.Laws(t, transporttest.Harness{
		Network: ICQ(), Settings: settings(), Account: icqUser("100001"), Friend: "900000002", Room: "tea party",
		Start: func(t testing.TB) transporttest.Peer { return newLabPeer(t, ICQ(), "100001", "900000002") },
	})
}

func TestUINs(t *testing.T) {
	for address, want := range map[string]transports.LegacyID{
		"100-001": "100001", " 100 001": "100001", "4294967295": "4294967295", "Alice Liddell": "aliceliddell",
		"1234": "", "012345": "", "12345678901": "", "": "", "9lives": "",
	} {
		if got, err := canonicalUIN(address); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", address, got, err)
		}
	}
	if uinOf("100001") != 100001 || uinOf("aliceliddell") != 0 {
		t.Error("the number of an account")
	}
}

// Text with what looks like markup goes to a number as UTF-16, which servers leave alone.
func TestTextToANumber(t *testing.T) {
	s := newSession(icq(), transports.Env{Log: nilLog()}, "100001", nil)
	for text, wide := range map[string]bool{"tea?": false, "a < b & c": true, "Tür": true} {
		got, err := s.encodeText("200001", richtext.Plain(text))
		if err != nil || (got.Charset == wire.CharsetUnicode) != wide {
			t.Errorf("%q: charset %d, %v", text, got.Charset, err)
		}
	}
	if got, err := s.encodeText("madhatter", richtext.Plain("a < b")); err != nil || string(got.Data) != "a &lt; b" {
		t.Errorf("to a screen name: %q %v", got.Data, err)
	}
}

func TestTextOfANumber(t *testing.T) {
	for text, plain := range map[string]bool{"a <b>c</b> &amp;": true, " <HTML><BODY>a<b>c</b></BODY></HTML>": false, "": true, "<htm": true} {
		got := icq().decode("200001", text)
		if plain && got.String() != text || got.IsPlain() != plain {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// Stored messages are forgotten by the server only when the last of them is with the user's.
func TestStoredMessagesAreForgottenWhenHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := &labPeer{server: lab.New(lab.Options{Advertise: bosAddress})}
		defer peer.Close()
		bob := enterICQ(t, peer, "100002")
		for _, text := range []string{"one", "zwei: Tür", "three"} {
			bob.does(transports.SendMessage{Tag: 1, To: "100001", Body: richtext.Plain(text)})
		}
		bob.leaves()
		for round, handed := range []transports.Seq{0, 2, 3} {
			alice := enterICQ(t, peer, "100001")
			var got []string
			for _, e := range alice.heard() {
				if m, ok := e.(transports.Message); ok {
					got = append(got, m.Body.String())
					if !m.Stored || m.Sent.IsZero() || m.Seq != transports.Seq(len(got)) {
						t.Errorf("%+v", m)
					}
				}
			}
			if strings.Join(got, "|") != "one|zwei: Tür|three" {
				t.Errorf("round %d: %q", round, got)
			}
			if handed > 0 {
				alice.does(transports.HandedOver{Seq: handed})
			}
			alice.leaves()
		}
		alice := enterICQ(t, peer, "100001")
		for _, e := range alice.heard() {
			if m, ok := e.(transports.Message); ok {
				t.Errorf("told again: %+v", m)
			}
		}
		alice.leaves()
	})
}

// What is stored besides ICQ's own messages is told at each sign-on too, until the server is to forget it.
func TestWhatElseIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := &labPeer{server: lab.New(lab.Options{Advertise: bosAddress})}
		defer peer.Close()
		bob := enterICQ(t, peer, "100002")
		bob.does(transports.AddContact{Tag: 1, ID: "100001", Reason: "tea"})
		bob.leaves()
		alice := enterICQ(t, peer, "100001")
		if e, ok := find[transports.AuthRequest](alice.heard()); !ok || e.Reason != "tea" {
			t.Errorf("alice hears %+v", e)
		}
		alice.leaves()
		if err := peer.server.AIM().Say("bobwonder", "100001", "from a name"); err != nil {
			t.Fatal(err)
		}
		for round, handed := range []transports.Seq{0, 1} {
			alice = enterICQ(t, peer, "100001")
			events := alice.heard()
			if e, ok := find[transports.AuthRequest](events); ok {
				t.Errorf("round %d: asked again: %+v", round, e)
			}
			if m, ok := find[transports.Message](events); !ok || m.Seq != 1 || !m.Stored || m.From != "bobwonder" {
				t.Errorf("round %d: %+v", round, m)
			}
			alice.does(transports.HandedOver{Seq: handed})
			alice.leaves()
		}
		alice = enterICQ(t, peer, "100001")
		if m, ok := find[transports.Message](alice.heard()); ok {
			t.Errorf("told again: %+v", m)
		}
		alice.leaves()
	})
}

func TestICQAuthorisationBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := &labPeer{server: lab.New(lab.Options{Advertise: bosAddress})}
		defer peer.Close()
		alice, bob := enterICQ(t, peer, "100001"), enterICQ(t, peer, "100002")
		alice.heard()
		bob.does(transports.AddContact{Tag: 1, ID: "100001", Name: "Alice", Reason: "tea"})
		if e, ok := find[transports.AuthRequest](alice.heard()); !ok || e.From != "100002" || e.Reason != "tea" {
			t.Errorf("alice hears %+v", e)
		}
		alice.does(transports.AnswerAuth{Tag: 1, To: "100002", Allow: true})
		events := bob.heard()
		if e, ok := find[transports.AuthAnswer](events); !ok || e.From != "100001" || !e.Granted {
			t.Errorf("bob hears %+v", events)
		}
		if e, ok := find[transports.AddedYou](alice.heard()); !ok || e.From != "100002" {
			t.Errorf("alice hears %+v", e)
		}
		bob.leaves()
		alice.leaves()
	})
}

func TestICQDetailsAndSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := &labPeer{server: lab.New(lab.Options{Advertise: bosAddress})}
		defer peer.Close()
		alice := enterICQ(t, peer, "100001")
		alice.heard()
		ask := func(c transports.Command) transports.Done {
			t.Helper()
			alice.does(c)
			d, ok := find[transports.Done](alice.heard())
			if !ok {
				t.Fatalf("%T is not answered", c)
			}
			return d
		}
		p, _ := ask(transports.FetchProfile{Tag: 1, ID: "200001"}).Result.(transports.ProfileResult)
		want := []transports.Field{{Var: "nick", Label: "Nickname", Value: "Nick001"}, {Var: "city", Label: "City", Value: "Oxford"}, {Var: "about", Label: "About", Value: "an invention"}}
		if !reflect.DeepEqual(p.Fields, want) {
			t.Errorf("%+v", p)
		}
		if d := ask(transports.FetchProfile{Tag: 2, ID: "999999"}); !errors.Is(d.Err, transports.ErrUnknown) {
			t.Errorf("nobody's: %+v", d) // and the connection is still there
		}
		r, _ := ask(transports.Search{Tag: 3, Fields: []transports.Field{{Var: "uin", Value: "200-001"}}}).Result.(transports.SearchResult)
		if len(r.Found) != 1 || r.Found[0].ID != "200001" || r.Found[0].Fields[1].Value != "Nick001" {
			t.Errorf("by number: %+v", r)
		}
		if r, _ = ask(transports.Search{Tag: 4, Fields: []transports.Field{{Var: "nick", Value: "Nick001"}}}).Result.(transports.SearchResult); len(r.Found) != 2 {
			t.Errorf("by nickname: %+v", r)
		}
		if r, ok := ask(transports.Search{Tag: 5, Fields: []transports.Field{{Var: "email", Value: "a@b"}}}).Result.(transports.SearchResult); !ok || len(r.Found) != 0 {
			t.Errorf("by e-mail: %+v", r)
		}
		for i, fields := range [][]transports.Field{nil, {{Var: "uin", Value: "x"}}, {{Var: "nick", Value: " "}}} {
			if d := ask(transports.Search{Tag: transports.Tag(10 + i), Fields: fields}); !errors.Is(d.Err, transports.ErrInvalid) {
				t.Errorf("%v: %+v", fields, d)
			}
		}
		alice.leaves()
	})
}

func find[T transports.Event](events []transports.Event) (found T, ok bool) {
	for _, e := range events {
		if v, is := e.(T); is {
			return v, true
		}
	}
	return found, false
}

// Types of channel 4, and of what was stored, as protocol lore has them.
func TestMessagesOfICQsOwn(t *testing.T) {
	for _, c := range []struct {
		kind uint8
		text string
		want transports.Event
	}{
		{wire.ICQPlain, "hello", transports.Message{From: "200001", Body: richtext.Plain("hello")}},
		{wire.ICQURL, "a cat\xFEhttp://x.example/", transports.Message{From: "200001", Body: richtext.Plain("a cat http://x.example/")}},
		{wire.ICQAuthAsked, "Bob\xFEB\xFEC\xFEb@x\xFE1\xFEtea?", transports.AuthRequest{From: "200001", Nick: "Bob", Reason: "tea?"}},
		{wire.ICQAuthRefused, "no", transports.AuthAnswer{From: "200001", Reason: "no"}},
		{wire.ICQAuthGranted, "", transports.AuthAnswer{From: "200001", Granted: true}},
		{wire.ICQAdded, "Bob\xFEB\xFEC\xFEb@x", transports.AddedYou{From: "200001"}},
	} {
		data, err := wire.Encode(wire.ICQMessage{From: 200001, Type: c.kind, Text: []byte(c.text)})
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(icq(), transports.Env{Log: nilLog()}, "100001", nil)
		s.receivedMessage(wire.SNAC{}, wire.Incoming{Channel: wire.ChannelICQ, From: wire.User{Name: "200001"}, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)}})
		if len(s.events) != 1 || !same(s.events[0], c.want) {
			t.Errorf("%#x: %+v", c.kind, s.events)
		}
	}
}

func TestTheTimeOfAStoredMessage(t *testing.T) {
	at := time.Date(2026, 11, 21, 16, 30, 0, 0, time.UTC)
	b, err := wire.Encode(wire.ICQStored{From: 200001, Sent: at, Type: wire.ICQPlain, Text: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Decode[wire.ICQStored](b)
	if err != nil || !m.Sent.Equal(at) || m.From != 200001 || string(m.Text) != "x" {
		t.Errorf("%+v %v", m, err)
	}
	b[6] = 13 // a month
	if m, err := wire.Decode[wire.ICQStored](b); err != nil || !m.Sent.IsZero() {
		t.Errorf("%+v %v", m, err)
	}
}

// A user is a session that keeps what it hears, in a bubble of fake time.
type user struct {
	t        *testing.T
	env      *transporttest.Env
	commands chan transports.Command
	cancel   context.CancelFunc
	result   chan error

	mu     sync.Mutex // guards events: one goroutine receives them, the test reads
	events []transports.Event
}

func enterICQ(t *testing.T, peer *labPeer, uin string) *user {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	u := &user{
		t: t, env: transporttest.NewEnv(t, transports.NewSecret(world.Password)), commands: make(chan transports.Command), cancel: cancel,
		result: make(chan error, 1),
	}
	events := make(chan transports.Event)
	go func() {
		u.result <- ICQ().Run(ctx, u.env.Env(settings(), peer.Dial), icqUser(uin), u.commands, events)
		close(events)
	}()
	go func() {
		for e := range events {
			u.mu.Lock()
			u.events = append(u.events, e)
			u.mu.Unlock()
		}
	}()
	time.Sleep(5 * time.Second)
	return u
}

// heard is what came since it was asked last, after a moment.
func (u *user) heard() []transports.Event {
	time.Sleep(10 * time.Second)
	u.mu.Lock()
	defer u.mu.Unlock()
	list := u.events
	u.events = nil
	return list
}

func (u *user) does(c transports.Command) {
	u.t.Helper()
	select {
	case u.commands <- c:
	case <-time.After(time.Minute):
		u.t.Fatalf("%T is not taken", c)
	}
	time.Sleep(10 * time.Second)
}

func (u *user) leaves() {
	u.cancel()
	if err := <-u.result; err != nil {
		u.t.Error(err)
	}
	u.env.Finish(5 * time.Second)
	time.Sleep(time.Second)
}

func nilLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func same(a, b transports.Event) bool { return reflect.DeepEqual(a, b) }
