package transporttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"reflect"
	"regexp"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"imgate/richtext"
	"imgate/transports"
)

func sameInfo(t testing.TB, h Harness) {
	a, b := h.Network.Info(), h.Network.Info()
	if !reflect.DeepEqual(a, b) {
		t.Errorf("law broken: Info gives %+v, then %+v", a, b)
	}
	if a.Type == "" || a.Name == "" || a.NameHint == "" {
		t.Errorf("law broken: Info leaves something unsaid: %+v", a)
	}
	for _, s := range a.Settings {
		if s.Key == "" || s.Doc == "" {
			t.Errorf("law broken: setting %+v has no key or no doc", s)
		}
	}
}

func orAny(pattern string) string {
	if pattern == "" {
		return "(?s:.*)"
	}
	return pattern
}

func oneSpelling(t testing.TB, h Harness) {
	if id, err := h.Network.Canonical(string(h.Friend)); err != nil || id != h.Friend {
		t.Errorf("Friend %q is not canonical (%q, %v)", h.Friend, id, err)
	}
	pattern, err := regexp.Compile("^(?:" + orAny(h.Network.Info().NamePattern) + ")$")
	if err != nil {
		t.Fatalf("law broken: NamePattern is no regular expression: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ A-Za-z0-9@._-]{0,20}`)).Draw(t, "address")
		id, err := h.Network.Canonical(address)
		if err == nil && !pattern.MatchString(address) {
			t.Fatalf("law broken: %q is a name, and NamePattern refuses it", address)
		}
		if err != nil {
			if id != "" || err.Error() == "" {
				t.Fatalf("an error with the address %q, or without a word", id)
			}
			return
		}
		if again, err := h.Network.Canonical(string(id)); err != nil || again != id || id == "" {
			t.Fatalf("%q is canonical, and then %q (%v)", id, again, err)
		}
	})
}

func order(t testing.TB, h Harness) {
	s := begin(t, h, nil)
	defer s.finish(false)
	list := func() *transports.ContactList {
		for _, e := range s.seen {
			if l, ok := e.(transports.ContactList); ok {
				return &l
			}
		}
		return nil
	}
	if !s.untilSignedOn() || !s.until("ContactList", func() bool { return list() != nil }) {
		return
	}
	known := make(map[transports.LegacyID]bool)
	for _, c := range list().Contacts {
		if known[c.ID] {
			t.Errorf("law broken: %s is on the list twice", c.ID)
		}
		known[c.ID] = true
	}
	if h.Contacts != nil && !reflect.DeepEqual(list().Contacts, h.Contacts) {
		t.Errorf("law broken: the list is\n%+v, not the whole of\n%+v", list().Contacts, h.Contacts)
	}
}

// everyCommand asks for all that can be asked, each under a tag of its own, and for more messages than any
// network takes at once.
func everyCommand(h Harness) []transports.Command {
	hello, friend := richtext.Plain("hello"), h.Friend
	var tag transports.Tag
	next := func() transports.Tag { tag++; return tag }
	commands := []transports.Command{
		transports.SetPresence{Tag: next(), Show: transports.Away, Status: "out"},
		transports.SetPresence{Tag: next(), Show: transports.Online},
		transports.SendTyping{To: friend, State: transports.TypingActive}, transports.HandedOver{Seq: 1},
		transports.LeaveRoom{Room: friend}, transports.AnswerInvite{Room: friend},
		transports.SendAttention{Tag: next(), To: friend}, transports.SetNick{Tag: next(), Nick: "n"},
		transports.SetProfile{Tag: next()}, transports.SetAvatar{Tag: next()},
		transports.AddContact{Tag: next(), ID: friend, Name: "f", Groups: []string{"a", "b"}},
		transports.ChangeContact{Tag: next(), ID: friend, Name: "g", Groups: []string{"c"}},
		transports.RemoveContact{Tag: next(), ID: friend}, transports.RemoveContact{Tag: next(), ID: friend},
		transports.AnswerAuth{Tag: next(), To: friend, Allow: true}, transports.Block{Tag: next(), ID: friend, On: true},
		transports.Block{Tag: next(), ID: friend}, transports.SetPrivacy{Tag: next(), Mode: transports.AllowAll},
		transports.FetchProfile{Tag: next(), ID: friend}, transports.FetchAvatar{Tag: next(), ID: friend},
		transports.SearchForm{Tag: next()}, transports.Search{Tag: next()}, transports.ListRooms{Tag: next()},
		transports.JoinRoom{Tag: next(), Room: friend}, transports.SayRoom{Tag: next(), Room: friend, Body: hello},
		transports.InviteRoom{Tag: next(), Room: friend, To: friend}, transports.AnswerFile{Tag: next(), Offer: "x"},
		transports.SendMessage{Tag: next(), To: friend}, transports.SendFile{Tag: next(), To: friend, Name: "f"},
	}
	for range 300 {
		commands = append(commands, transports.SendMessage{Tag: next(), To: friend, Body: hello})
	}
	return commands
}

func doneOnce(t testing.TB, h Harness) {
	s := begin(t, h, nil)
	defer s.finish(false)
	if !s.untilSignedOn() {
		return
	}
	for _, c := range everyCommand(h) {
		if !s.offer(c) {
			break
		}
	}
	s.until("one Done for each command", func() bool { return len(s.done) == len(s.asked) })
}

func doneAtTheEnd(t testing.TB, h Harness) {
	s := begin(t, h, nil)
	if s.untilSignedOn() {
		for _, c := range everyCommand(h) {
			s.offer(c)
		}
		s.peer.Drop()
	}
	s.fails(forever)
	for tag := range s.asked {
		if s.done[tag] != 1 {
			t.Errorf("law broken: tag %d was taken and has %d Done", tag, s.done[tag])
		}
	}
}

// endsWithContext ends the context after each of the events of signing on, heard and unheard.
func endsWithContext(t testing.TB, h Harness) {
	for _, deaf := range []bool{false, true} {
		for events := 0; ; events++ {
			s := begin(t, h, nil)
			for n := 0; n < events && !s.signedOn && s.step(forever); n++ {
			}
			reached := s.signedOn
			s.finish(deaf)
			if s.err != nil {
				t.Errorf("law broken: after %d events and the end of the context Run returned %v", events, s.err)
			}
			if reached || t.Failed() {
				break
			}
		}
	}
}

func nobodyReceives(t testing.TB, h Harness) {
	s := begin(t, h, nil)
	s.untilSignedOn()
	time.Sleep(time.Hour) // fake
	s.finish(true)
}

func dialRefused(t testing.TB, h Harness) {
	refused := h
	refused.Start = func(t testing.TB) Peer { return refusing{h.Start(t)} }
	s := begin(t, refused, nil)
	for s.step(forever) {
	}
	if f := new(transports.Failure); s.err != nil && errors.As(s.err, &f) && f.Kind.NeedsUser() {
		t.Errorf("law broken: a refused connection is taken for %v", f)
	}
	s.finish(false)
}

type refusing struct{ Peer }

func (refusing) Dial(context.Context, string) (net.Conn, error) {
	return nil, errors.New("connection refused")
}

func silentServer(t testing.TB, h Harness) {
	dialled := false
	silent := h
	silent.Start = func(t testing.TB) Peer {
		return piped{Peer: h.Start(t), serve: func(net.Conn) { dialled = true }}
	}
	s := begin(t, silent, nil)
	for s.step(forever) && !s.signedOn {
	}
	if !s.ended && dialled {
		t.Error("law broken: Run waits for ever for a silent server")
	}
	s.finish(false)
}

// deafPeer stops reading in the middle of a session: hanging up is still quick, and the session finds out.
func deafPeer(t testing.TB, h Harness) {
	for _, hangUp := range []bool{true, false} {
		var stopped atomic.Bool
		dialled := false
		s := begin(t, h, func(s *subject) {
			s.env.wrapped = func(c net.Conn) net.Conn { dialled = true; return newClogged(c, &stopped) }
		})
		s.untilSignedOn()
		stopped.Store(true)
		for _, c := range everyCommand(h) {
			s.offer(c)
		}
		if hangUp || !dialled {
			s.finish(false)
		} else {
			s.fails(forever)
		}
	}
}

// piped answers every dial with a pipe, the other end of which serve has.
type piped struct {
	Peer
	serve func(net.Conn)
}

// Dial implements Peer.
func (p piped) Dial(context.Context, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.serve(server)
	return client, nil
}

// noise spoils what a good server says, from the first byte on and later.
func noise(t testing.TB, h Harness) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		after, every := rnd.IntN(4000), 1+rnd.IntN(200)
		s := begin(t, h, func(s *subject) {
			s.env.wrapped = func(c net.Conn) net.Conn {
				return &noisy{Conn: c, rnd: rand.New(rand.NewPCG(seed, 3)), after: after, every: every}
			}
		})
		for n := 0; n < 100 && s.step(time.Minute) && !s.signedOn; n++ {
		}
		if s.signedOn {
			for _, c := range everyCommand(h)[:20] {
				s.offer(c)
			}
			for n := 0; n < 100 && s.step(10*time.Minute); n++ {
			}
		}
		s.finish(false)
	}
}

// maxMemory bounds what a session allocates for what one peer says in nothingButNoise, in bytes.
const maxMemory = 4 << 20

// nothingButNoise is a peer that never spoke the protocol.
func nothingButNoise(t testing.TB, h Harness) {
	for seed := range uint64(200) {
		loud := h
		loud.Start = func(t testing.TB) Peer {
			return piped{Peer: h.Start(t), serve: func(c net.Conn) { go babble(c, rand.New(rand.NewPCG(seed, 2))) }}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := begin(t, loud, nil)
		for n := 0; n < 1000 && s.step(forever); n++ {
		}
		s.finish(false)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > maxMemory {
			t.Errorf("law broken: %d bytes are allocated for 64 KiB of noise", used)
		}
	}
}

// babble says up to 64 KiB of anything and hangs up.
func babble(c net.Conn, rnd *rand.Rand) {
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return
	}
	b := make([]byte, rnd.IntN(64<<10))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	_, _ = c.Write(b) // the client may well have hung up
}
