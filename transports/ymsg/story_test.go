package ymsg

import (
	"context"
	"errors"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/lab/world"
	lab "imgate/lab/ymsg"
	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/transporttest"
	"imgate/transports/ymsg/wire"
)

// A story is one session of alicewonder, whose user the test is.
type story struct {
	t        *testing.T
	env      *transporttest.Env
	commands chan transports.Command
	events   chan transports.Event
	cancel   context.CancelFunc
	result   chan error
	seen     []transports.Event
	held     []transports.Event // of seen, what came while a Done was waited for: sees looks there first
	tag      transports.Tag
	ended    bool
}

type dialer = func(ctx context.Context, address string) (net.Conn, error)

func begin(t *testing.T, dial dialer, acct transports.Account) *story {
	ctx, cancel := context.WithCancel(context.Background())
	s := &story{
		t: t, env: transporttest.NewEnv(t, acct.Password), cancel: cancel, result: make(chan error, 1),
		commands: make(chan transports.Command), events: make(chan transports.Event),
	}
	env := s.env.Env(settings(10), dial)
	go func() { s.result <- Yahoo().Run(ctx, env, acct, s.commands, s.events) }()
	return s
}

// sees waits for an event of that type that is like want; what comes before is in seen too.
func sees[E transports.Event](s *story, want func(E) bool) E {
	s.t.Helper()
	timer := time.NewTimer(5 * time.Minute)
	defer timer.Stop()
	for len(s.held) > 0 {
		e, ok := s.held[0].(E)
		s.held = s.held[1:]
		if ok && (want == nil || want(e)) {
			return e
		}
	}
	for {
		select {
		case e := <-s.events:
			s.seen = append(s.seen, e)
			if e, ok := e.(E); ok && (want == nil || want(e)) {
				return e
			}
		case err := <-s.result:
			s.ended = true
			s.t.Fatalf("the session ended: %v; seen: %+v", err, s.seen)
		case <-timer.C:
			var none E
			s.t.Fatalf("no %T; seen: %+v", none, s.seen)
		}
	}
}

// does hands a command over and waits for its Done.
func (s *story) does(c transports.Command) transports.Done {
	s.t.Helper()
	from := len(s.seen)
	s.gives(c)
	tag := transports.TagOf(c)
	d := sees(s, func(d transports.Done) bool { return d.Tag == tag })
	s.held = slices.Clone(s.seen[from : len(s.seen)-1])
	return d
}

// gives hands a command over.
func (s *story) gives(c transports.Command) {
	s.t.Helper()
	for {
		select {
		case s.commands <- c:
			return
		case e := <-s.events:
			s.seen = append(s.seen, e)
		}
	}
}

func (s *story) next() transports.Tag { s.tag++; return s.tag }

// quiet takes what comes within d.
func (s *story) quiet(d time.Duration) []transports.Event {
	var list []transports.Event
	for timer := time.After(d); ; {
		select {
		case e := <-s.events:
			list = append(list, e)
		case <-timer:
			s.seen = append(s.seen, list...)
			return list
		}
	}
}

// fails waits for the end, and gives its failure.
func (s *story) fails() *transports.Failure {
	s.t.Helper()
	for {
		select {
		case e := <-s.events:
			s.seen = append(s.seen, e)
		case err := <-s.result:
			s.ended = true
			var f *transports.Failure
			if !errors.As(err, &f) {
				s.t.Fatalf("the session ended with %v", err)
			}
			return f
		}
	}
}

func (s *story) ends() {
	s.cancel()
	for !s.ended {
		select {
		case <-s.events:
		case err := <-s.result:
			if err != nil {
				s.t.Errorf("the end: %v", err)
			}
			s.ended = true
		}
	}
	s.env.Finish(5 * time.Second)
}

// inLab runs a story with alicewonder, who is signed on, in a lab of that kind.
func inLab(t *testing.T, o lab.Options, tell func(*story, *peer)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, o)
		defer p.Close()
		s := begin(t, p.Dial, alice())
		defer s.ends()
		sees[transports.ContactList](s, nil)
		tell(s, p)
	})
}

func text(e transports.Event) string {
	switch e := e.(type) {
	case transports.Message:
		return e.Body.String()
	case transports.RoomMessage:
		return e.Body.String()
	}
	return ""
}

// The cookies of one session are shown at the next: a server that wants them lets nobody in twice without.
func TestCookiesComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{Hangs: true})
		defer p.Close()
		kept := map[string]transports.Secret{}
		for range 3 {
			acct := alice()
			acct.Kept = kept
			s := begin(t, p.Dial, acct)
			sees[transports.ContactList](s, nil)
			n := 0
			for _, e := range s.seen {
				if k, ok := e.(transports.Keep); ok {
					kept[k.Name] = k.Secret
					n++
				}
			}
			if first := len(kept) == 2 && n == 2; !first && n != 0 {
				t.Errorf("%d values to keep", n)
			}
			s.ends()
		}
		if kept["Y"].Empty() || kept["T"].Empty() {
			t.Error("no cookies were kept")
		}
		s := begin(t, p.Dial, alice()) // without
		if f := s.fails(); f.Kind != transports.Transient {
			t.Errorf("without cookies: %v", f)
		}
		s.env.Finish(time.Second)
	})
}

// A server that no longer likes the cookies is asked without.
func TestStaleCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{})
		defer p.Close()
		acct := alice()
		acct.Kept = map[string]transports.Secret{"Y": transports.NewSecret("v=old"), "T": transports.NewSecret("z=old")}
		if err := p.server.Yahoo().Fault("alicewonder", world.WrongCookie, 1); err != nil {
			t.Fatal(err)
		}
		s := begin(t, p.Dial, acct)
		defer s.ends()
		sees[transports.ContactList](s, nil)
		if len(p.conns) != 2 {
			t.Errorf("%d connections", len(p.conns))
		}
	})
}

func TestEnds(t *testing.T) {
	for fault, want := range map[world.Fault]struct {
		kind  transports.Kind
		after time.Duration
	}{
		world.WrongPassword:      {transports.BadCredentials, 0},
		world.Suspended:          {transports.Suspended, 0},
		world.Throttle:           {transports.Throttled, time.Hour},
		world.Refuse:             {transports.Transient, 0},
		world.Reset:              {transports.Transient, 0},
		world.Stall:              {transports.Transient, 0},
		world.Garbage:            {transports.Broken, 0},
		world.OtherLocation:      {transports.Replaced, 0},
		world.OtherLocationShort: {transports.Replaced, 0},
		world.Kicked:             {transports.Transient, 0},
		world.Maintenance:        {transports.Transient, 0},
		world.Drop:               {transports.Transient, 0},
		world.TruncatedSignoff:   {transports.Transient, 0},
	} {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPeer(t, lab.Options{})
				defer p.Close()
				name := "alicewonder"
				if fault == world.Refuse {
					name = ""
				}
				if err := p.server.Yahoo().Fault(name, fault, 1); err != nil {
					t.Fatal(err)
				}
				s := begin(t, p.Dial, alice())
				if f := s.fails(); f.Kind != want.kind || f.After != want.after || f.Text == "" {
					t.Errorf("%v after %v", f, f.After)
				}
				s.env.Finish(5 * time.Second)
			})
		})
	}
}

// A server that stops answering in a session is found out, if it has ever answered.
func TestSilenceInASession(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		s.quiet(10 * time.Minute) // pings are answered
		begun := time.Now()
		if err := p.server.Yahoo().Fault("alicewonder", world.Stall, 1); err != nil {
			t.Fatal(err)
		}
		if f := s.fails(); f.Kind != transports.Transient {
			t.Errorf("%v", f)
		}
		if took := time.Since(begun); took > slowestBeat+pulseWithin+time.Minute {
			t.Errorf("found out after %v", took)
		}
	})
	inLab(t, lab.Options{NoPings: true}, func(s *story, _ *peer) {
		s.quiet(3 * time.Hour)
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: richtext.Plain("still there?")}); d.Err != nil {
			t.Errorf("a server that answers no ping is given up: %v", d.Err)
		}
	})
}

func TestMessages(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		styled := transports.Body{Runs: []richtext.Run{{Text: "bold", Style: richtext.Style{Bold: true}}, {Text: " ☃ <b>not</b> & ü"}}}
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: styled}); d.Err != nil || d.Proof != transports.Written {
			t.Errorf("%+v", d)
		}
		if m := sees[transports.Message](s, nil); m.From != "echobot" || !reflect.DeepEqual(m.Body, styled) || m.Stored || m.Seq != 0 {
			t.Errorf("%+v", m)
		}
		long := strings.Repeat("word ☃ ", 500)
		s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: richtext.Plain(long)})
		var got string
		for len(got) < len(long) {
			m := sees[transports.Message](s, nil)
			if n := len(m.Body.String()); n > maxTextBytes {
				t.Fatalf("a message of %d bytes", n)
			}
			got += text(m)
		}
		if got != long {
			t.Errorf("a long text came in pieces as %q", got)
		}
		if d := s.does(transports.SendMessage{Tag: s.next(), To: "echobot", Body: richtext.Plain(strings.Repeat("x", maxPieces*maxTextRunes+1))}); !errors.Is(d.Err, transports.ErrTooLong) {
			t.Errorf("%v", d.Err)
		}
		// Latin-1, as old clients write.
		p.friend().say(wire.Message, wire.Offline, wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyTo, "alicewonder"), wire.Text(wire.KeyText, "gr\xFC\xDFe")})
		if m := sees[transports.Message](s, nil); text(m) != "grüße" {
			t.Errorf("%q", text(m))
		}
		s.does(transports.SendAttention{Tag: s.next(), To: "bobwonder"})
		synctest.Wait()
		if got := p.friend().of(wire.Message); len(got) != 1 || got[0].Fields.String(wire.KeyText) != wire.Buzz {
			t.Errorf("bob hears %v", got)
		}
	})
}

// Stored messages come sorted by their time, however the server orders them.
func TestStoredMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{})
		defer p.Close()
		for _, say := range []string{"one", "two", "three"} {
			if err := p.server.Yahoo().Say("bobwonder", "alicewonder", say); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		s := begin(t, p.Dial, alice())
		defer s.ends()
		var got []string
		for range 3 {
			m := sees[transports.Message](s, nil)
			if !m.Stored || m.Sent.IsZero() || m.From != "bobwonder" {
				t.Errorf("%+v", m)
			}
			got = append(got, text(m))
		}
		if !slices.Equal(got, []string{"one", "two", "three"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestTyping(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		s.gives(transports.SendTyping{To: "bobwonder", State: transports.TypingActive})
		s.quiet(time.Second) // it is lost: he is not there
		bob := p.friend()
		s.gives(transports.SendTyping{To: "bobwonder", State: transports.TypingPaused})
		s.gives(transports.SendTyping{To: "bobwonder", State: transports.TypingActive})
		s.quiet(time.Second)
		var flags []string
		for _, n := range bob.of(wire.Notify) {
			flags = append(flags, n.Fields.String(wire.KeyFlag))
		}
		if !slices.Equal(flags, []string{"0", "1"}) {
			t.Errorf("bob hears %q", flags)
		}
		types := wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyTo, "alicewonder"), wire.Text(wire.KeyKind, wire.TypingKind), wire.Text(wire.KeyFlag, "1")}
		bob.say(wire.Notify, wire.Typing, types)
		sees(s, func(e transports.TypingFrom) bool { return e.From == "bobwonder" && e.State == transports.TypingActive })
		begun := time.Now()
		sees(s, func(e transports.TypingFrom) bool {
			return e.From == "bobwonder" && e.State == transports.TypingStopped
		})
		if took := time.Since(begun); took != typingFor {
			t.Errorf("bob types for %v", took)
		}
		bob.say(wire.Notify, wire.Typing, types)
		p.Deeds()[transporttest.Writes]()
		sees[transports.Message](s, nil)
		if late := s.quiet(time.Minute); len(late) != 0 {
			t.Errorf("after the message: %+v", late)
		}
	})
}

func TestPresence(t *testing.T) {
	inLab(t, lab.Options{}, func(s *story, p *peer) {
		bob := p.friend()
		if d := s.does(transports.AddContact{Tag: s.next(), ID: "bobwonder", Name: "Bob", Groups: []string{"Friends"}}); d.Err != nil || d.Proof != transports.Accepted {
			t.Errorf("%+v", d)
		}
		want := []transports.Event{
			transports.Contacted{Contact: transports.Contact{ID: "bobwonder", Name: "Bob", Groups: []string{"Friends"}}},
			transports.Presence{From: "bobwonder", Show: transports.Online},
		}
		if got := s.seen[len(s.seen)-3 : len(s.seen)-1]; !reflect.DeepEqual(got, want) {
			t.Errorf("seen %+v", got)
		}
		s.held = nil
		for _, c := range []struct {
			code, text, flag string
			want             transports.Presence
		}{
			{"1", "", "", transports.Presence{Show: transports.Away, Status: "Be right back"}},
			{"2", "", "", transports.Presence{Show: transports.DND, Status: "Busy"}},
			{"7", "", "", transports.Presence{Show: transports.XA, Status: "On vacation"}},
			{"99", "gone ☃ fishing", "1", transports.Presence{Show: transports.Away, Status: "gone ☃ fishing"}},
			{"99", "at my desk", "0", transports.Presence{Show: transports.Online, Status: "at my desk"}},
			{"12", "", "", transports.Presence{}},
			{"0", "", "", transports.Presence{Show: transports.Online}},
		} {
			f := wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyStatus, c.code)}
			if c.code == "99" {
				f = append(f, wire.Text(wire.KeyAwayText, c.text), wire.Text(wire.KeyAwayFlag, c.flag))
			}
			bob.say(wire.IsAway, wire.Available, f)
			c.want.From = "bobwonder"
			if got := sees(s, func(e transports.Presence) bool { return e.From == "bobwonder" }); got != c.want {
				t.Errorf("%s %q: %+v", c.code, c.text, got)
			}
		}
		bob.say(wire.IsAway, wire.Available, wire.Fields{wire.Text(wire.KeyStatus, "999")})
		if got := sees(s, func(e transports.Presence) bool { return e.From == "bobwonder" }); got.Show != transports.Away || got.IdleSince.IsZero() {
			t.Errorf("idle: %+v", got)
		}
	})
}

// lookOf says how a presence goes out.
func TestLooks(t *testing.T) {
	idle := time.Now()
	for _, c := range []struct {
		p    transports.SetPresence
		want look
	}{
		{transports.SetPresence{Show: transports.Online}, look{}},
		{transports.SetPresence{Show: transports.Chat}, look{}},
		{transports.SetPresence{Show: transports.Away}, look{status: wire.SteppedOut}},
		{transports.SetPresence{Show: transports.XA}, look{status: wire.NotInOffice}},
		{transports.SetPresence{Show: transports.DND}, look{status: wire.Busy}},
		{transports.SetPresence{Show: transports.Online, Status: "here"}, look{wire.Custom, "here", "0"}},
		{transports.SetPresence{Show: transports.Away, Status: "tea"}, look{wire.Custom, "tea", "1"}},
		{transports.SetPresence{Show: transports.Online, IdleSince: idle}, look{status: wire.IdleStatus}},
		{transports.SetPresence{Show: transports.Away, IdleSince: idle}, look{status: wire.SteppedOut}},
		{transports.SetPresence{Show: transports.Online, Status: "here", IdleSince: idle}, look{wire.Custom, "here", "2"}},
		{transports.SetPresence{Show: transports.Away, Status: "tea", Invisible: true}, look{status: wire.Invisible}},
		{transports.SetPresence{Show: transports.Away, Status: strings.Repeat("☃", 100)}, look{wire.Custom, strings.Repeat("☃", 85), "1"}},
	} {
		if got := lookOf(c.p); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.p, got, c.want)
		}
	}
}

// Others hear of the user what the user is, and nothing of one who signs on unseen once the server knows.
func TestSeenByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t, lab.Options{})
		defer p.Close()
		bob := p.friend()
		bob.say(wire.AddContact, wire.Available, wire.Fields{wire.Text(wire.KeyMe, "bobwonder"), wire.Text(wire.KeyContact, "alicewonder"), wire.Text(wire.KeyGroup, "Friends")})
		acct := alice()
		acct.Presence = transports.SetPresence{Show: transports.Away, Status: "tea ☃"}
		s := begin(t, p.Dial, acct)
		defer s.ends()
		sees[transports.ContactList](s, nil)
		s.quiet(time.Second)
		if got := bob.of(wire.IsAway); len(got) != 1 || got[0].Fields.String(wire.KeyAwayText) != "tea ☃" || got[0].Fields.String(wire.KeyAwayFlag) != "1" {
			t.Errorf("bob hears %v", got)
		}
		s.does(transports.SetPresence{Tag: s.next(), Show: transports.Online, Invisible: true})
		s.quiet(time.Second)
		if got := bob.of(wire.LogOff); len(got) != 1 {
			t.Errorf("bob hears %v", got)
		}
		s.does(transports.SetPresence{Tag: s.next(), Show: transports.Online})
		s.quiet(time.Second)
		if got := bob.of(wire.LogOn); len(got) != 3 { // his own, hers, hers again
			t.Errorf("bob hears %v", got)
		}
	})
}
