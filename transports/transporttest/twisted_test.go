package transporttest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"imgate/transports"
	"imgate/transports/loopback"
	"imgate/transports/transporttest"
)

// A twisted network is the loopback network, which has every power, but for one sin.
type twisted struct {
	*loopback.Network
	event   func(transports.Event) []transports.Event                               // nil: as it is
	command func(transports.Command) (transports.Command, []transports.Event)       // nil: as it is; no command: it is not obeyed
	begin   func(context.Context, transports.Env, transports.Account) (ended error) // nil: nothing
	memory  func() func(transports.Event) []transports.Event                        // nil: event needs none; else makes it, for each trial anew
}

// Run implements transports.Network.
func (n twisted) Run(ctx context.Context, env transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	if n.begin != nil {
		if err := n.begin(ctx, env, acct); err != nil {
			return err
		}
	}
	tell := func(all []transports.Event) {
		for _, e := range all {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		}
	}
	said, asked, over := make(chan transports.Event), make(chan transports.Command), make(chan struct{})
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() {
		for e := range said {
			if n.event == nil {
				tell([]transports.Event{e})
			} else {
				tell(n.event(e))
			}
		}
	})
	wait.Go(func() { n.pass(commands, asked, over, tell) })
	defer close(said)
	defer close(over)
	return n.Network.Run(ctx, env, acct, asked, said)
}

// pass passes commands on until over is closed.
func (n twisted) pass(from <-chan transports.Command, to chan<- transports.Command, over <-chan struct{}, tell func([]transports.Event)) {
	for {
		var c transports.Command
		select {
		case c = <-from:
		case <-over:
			return
		}
		if n.command != nil {
			var instead []transports.Event
			c, instead = n.command(c)
			tell(instead)
		}
		if c == nil {
			continue
		}
		select {
		case to <- c:
		case <-over:
			return
		}
	}
}

// change makes events of one type into others.
func change[E transports.Event](f func(E) []transports.Event) twisted {
	return twisted{event: func(e transports.Event) []transports.Event {
		if mine, ok := e.(E); ok {
			return f(mine)
		}
		return []transports.Event{e}
	}}
}

// each changes every event of one type.
func each[E transports.Event](f func(*E)) twisted {
	return change(func(e E) []transports.Event {
		f(&e)
		return []transports.Event{transports.Event(e)}
	})
}

// drop keeps events of one type back.
func drop[E transports.Event]() twisted {
	return change(func(E) []transports.Event { return nil })
}

// instead answers commands of one type without obeying; f gives no event for those that are obeyed.
func instead[C transports.Command](f func(C) []transports.Event) twisted {
	return twisted{command: func(c transports.Command) (transports.Command, []transports.Event) {
		if mine, ok := c.(C); ok {
			if events := f(mine); events != nil {
				return nil, events
			}
		}
		return c, nil
	}}
}

// bend changes commands of one type.
func bend[C transports.Command](f func(*C)) twisted {
	return twisted{command: func(c transports.Command) (transports.Command, []transports.Event) {
		if mine, ok := c.(C); ok {
			f(&mine)
			return transports.Command(mine), nil
		}
		return c, nil
	}}
}

// result changes what one type of result says.
func result[R transports.Result](f func(*R)) twisted {
	return each(func(d *transports.Done) {
		if r, ok := d.Result.(R); ok {
			f(&r)
			d.Result = transports.Result(r)
		}
	})
}

// worked is a Done that claims success.
func worked(tag transports.Tag) []transports.Event {
	return []transports.Event{transports.Done{Tag: tag, Proof: transports.Accepted}}
}

func opener(text string) transports.Opener {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(text))), nil }
}

var twistedSinners = []struct {
	name string
	law  string
	net  twisted
}{
	{"keeps the laws", "", twisted{}},
	{"has powers that Info lacks", "that Info does not tell", each(func(e *transports.SignedOn) { e.Powers |= loopback.Everything + 1 })},
	{"has powers that it does not tell", "SignedOn.Powers lacks it", each(func(e *transports.SignedOn) { e.Powers &^= transports.CanNick })},
	{"shows who wants to be unseen", "SignedOn.Powers lacks it", each(func(e *transports.SignedOn) { e.Powers &^= transports.CanInvisible })},
	{"tells powers that it lacks", "SignedOn.Powers has it", instead(func(c transports.SetNick) []transports.Event {
		return []transports.Event{transports.Done{Tag: c.Tag, Err: transports.ErrUnsupported}}
	})},
	{"fetches nothing", "is answered with <nil>", each(func(e *transports.Done) { e.Result = nil })},
	{"fetches what nobody asked for", "is answered with transports.RoomsResult", each(func(e *transports.Done) { e.Result = transports.RoomsResult{} })},
	{"finds a spelling", "not canonical", result(func(r *transports.SearchResult) { r.Found = append(r.Found, transports.Found{ID: "BOB"}) })},
	{"proves too much", "has the proof", each(func(e *transports.Done) { e.Proof = 9 })},
	{"has an empty form", "a form without fields", result(func(r *transports.FormResult) { r.Fields = nil })},
	{"has a form without names", "without name or label", result(func(r *transports.FormResult) { r.Fields[0].Var = "" })},
	{"has no picture for its hash", "gives no picture", result(func(r *transports.AvatarResult) { r.Image.Data = nil })},
	{"refuses presence", "SetPresence is a power", instead(func(c transports.SetPresence) []transports.Event {
		return []transports.Event{transports.Done{Tag: c.Tag, Err: transports.ErrInvalid}}
	})},
	{"knows every privacy", "a mode that there is not", bend(func(c *transports.SetPrivacy) { c.Mode = transports.AllowAll })},

	{"does not tell who is added", "the list does not follow", drop[transports.Contacted]()},
	{"does not tell who is gone", "the list does not follow", drop[transports.ContactGone]()},
	{"forgets groups", "the list does not follow", each(func(e *transports.Contacted) { e.Contact.Groups = nil })},
	{"does not tell who is blocked", "Blocked does not follow", drop[transports.Blocked]()},
	{"answers requests with a refusal", "AnswerAuth is a power", instead(func(c transports.AnswerAuth) []transports.Event {
		return []transports.Event{transports.Done{Tag: c.Tag, Err: transports.ErrUnknown}}
	})},

	{"gives stored messages once", "are given again, not 2", twisted{memory: once}},
	{"gives stored messages for ever", "are given again, not", instead(func(transports.HandedOver) []transports.Event { return []transports.Event{} })},
	{"loses stored messages", "2 messages were stored, and", drop[transports.Message]()},
	{"gives one number twice", "Seq 1 after 1", each(func(e *transports.Message) { e.Seq = min(e.Seq, 1) })},
	{"does not know its own", "waited in vain for: SignedOn", twisted{begin: func(_ context.Context, _ transports.Env, acct transports.Account) error {
		if len(acct.Kept) > 0 {
			return &transports.Failure{Kind: transports.Throttled, Text: "who are you?"}
		}
		return nil
	}}},
	{"logs what is kept", "a secret is in the log", twisted{begin: func(_ context.Context, env transports.Env, acct transports.Account) error {
		for _, s := range acct.Kept {
			env.Log.Info("again", "ticket", s.Reveal())
		}
		return nil
	}}},
	{"keeps without a name", "without a name is to be kept", each(func(e *transports.Keep) { e.Name = "" })},

	{"enters too late", "there was no RoomJoined", drop[transports.RoomJoined]()},
	{"has no echo", "does not come back", change(func(e transports.RoomMessage) []transports.Event {
		if e.Own {
			return nil
		}
		return []transports.Event{e}
	})},
	{"has two echoes", "comes back 2 times", change(func(e transports.RoomMessage) []transports.Event { return []transports.Event{e, e} })},
	{"never leaves", "no RoomLeft", drop[transports.RoomLeft]()},
	{"says why the user left", "says why", each(func(e *transports.RoomLeft) { e.Why = "bored" })},
	{"tells of rooms that were left", "where the user is not", change(func(e transports.RoomLeft) []transports.Event {
		return []transports.Event{e, transports.Occupant{Room: e.Room, ID: "bob"}}
	})},
	{"leaves where it never was", "RoomLeft for", change(func(e transports.RoomLeft) []transports.Event { return []transports.Event{e, e} })},
	{"speaks where it is not", "where the user is not is done", instead(func(c transports.SayRoom) []transports.Event { return worked(c.Tag) })},

	{"takes what nobody offers", "nobody offers is done", instead(func(c transports.AnswerFile) []transports.Event { return worked(c.Tag) })},
	{"never gives the bytes", "no FileData", drop[transports.FileData]()},
	{"gives bytes unasked", "was not asked for", change(func(e transports.FileOffer) []transports.Event {
		return []transports.Event{e, transports.FileData{Offer: e.Offer, Open: opener("x")}}
	})},
	{"gives bytes again and again", "opened twice", each(func(e *transports.FileData) { e.Open = opener("tarts") })},
	{"gives too few bytes", "were offered, and", each(func(e *transports.FileData) { e.Open = opener("tart") })},
	{"gives no bytes", "cannot be read", each(func(e *transports.FileData) {
		e.Open = func(context.Context) (io.ReadCloser, error) { return nil, errors.New("lost") }
	})},
	{"offers without a name", "a name of its own", each(func(e *transports.FileOffer) { e.Name = "" })},
	{"is done with files at once", "not read to its end", instead(func(c transports.SendFile) []transports.Event {
		if c.Open == nil {
			return nil
		}
		return worked(c.Tag)
	})},
	{"leaves files open", "closed: false", bend(func(c *transports.SendFile) {
		if open := c.Open; open != nil {
			c.Open = func(ctx context.Context) (io.ReadCloser, error) {
				r, err := open(ctx)
				return io.NopCloser(r), err
			}
		}
	})},

	{"does not tell typing", "waited in vain", drop[transports.TypingFrom]()},
	{"does not tell attention", "waited in vain", drop[transports.Attention]()},
	{"does not tell requests", "waited in vain", drop[transports.AuthRequest]()},
	{"does not tell of other clients", "waited in vain", drop[transports.OwnMessage]()},
	{"does not tell invitations", "waited in vain", drop[transports.Invited]()},
	{"does not tell offers", "waited in vain", drop[transports.FileOffer]()},
	{"does not tell presence", "waited in vain", drop[transports.Presence]()},
}

// once passes each stored text once.
func once() func(transports.Event) []transports.Event {
	given := map[string]bool{}
	return change(func(m transports.Message) []transports.Event {
		if m.Stored && given[m.Body.String()] {
			return nil
		}
		given[m.Body.String()] = m.Stored
		return []transports.Event{m}
	}).event
}

func TestTwistedSinnersAreFoundOut(t *testing.T) {
	for _, sin := range twistedSinners {
		t.Run(sin.name, func(t *testing.T) {
			server := loopback.NewServer()
			sin.net.Network = loopback.New(server)
			if sin.net.memory != nil {
				sin.net.event = sin.net.memory()
			}
			court := &court{TB: t}
			transporttest.Judge(t, court, transporttest.Harness{
				Network: sin.net,
				Account: transports.Account{Name: "alice", Password: transports.NewSecret("open sesame")},
				Friend:  "bob",
				Room:    "tea",
				Start: func(testing.TB) transporttest.Peer {
					server.Account("bob", "")
					server.SetShow("bob", transports.Online, "")
					server.Account("alice", "open sesame", transports.Contact{ID: "bob"})
					return &doer{server: server}
				},
			})
			said := strings.Join(court.said, "\n")
			if sin.law == "" && said != "" || !strings.Contains(said, sin.law) {
				t.Errorf("the court says %q, and should say %q", said, sin.law)
			}
		})
	}
}

// A doer is a server whose friend does everything.
type doer struct {
	nobody
	server *loopback.Server
	stored int
}

// Dial implements transporttest.Peer.
func (*doer) Dial(context.Context, string) (net.Conn, error) { return nil, errors.New("no need") }

// Deeds implements transporttest.Doer.
func (d *doer) Deeds() map[transporttest.Deed]func() {
	s := d.server
	return map[transporttest.Deed]func(){
		transporttest.Stores:       func() { d.stored++; s.Say("bob", "alice", strings.Repeat("x", d.stored)) },
		transporttest.Writes:       func() { s.Say("bob", "alice", "hello") },
		transporttest.WritesAsUser: func() { s.Say("alice", "bob", "from elsewhere") },
		transporttest.Types:        func() { s.Type("bob", "alice", transports.TypingActive) },
		transporttest.Nudges:       func() { s.Nudge("bob", "alice") },
		transporttest.Asks:         func() { s.Ask("bob", "alice", "Bob", "let me see you") },
		transporttest.ShowsPicture: func() { s.SetSelf("bob", "", nil, transports.Image{Type: "image/png", Data: []byte("png")}) },
		transporttest.Offers:       func() { _, _ = s.Offer("bob", "alice", "tarts.txt", []byte("tarts")) },
		transporttest.Invites:      func() { s.Invite("tea", "bob", "alice", "come") },
		transporttest.Speaks:       func() { _ = s.Enter("tea", "bob", "Bob"); s.SayIn("tea", "bob", "more tea?") },
	}
}
