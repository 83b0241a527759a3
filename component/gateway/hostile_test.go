package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/transports/loopback"
)

// A puppet is a network whose sessions do what the test says.
type puppet struct {
	*loopback.Network
	run func(ctx context.Context, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error
}

func (p *puppet) Run(ctx context.Context, _ transports.Env, acct transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
	return p.run(ctx, acct, commands, events)
}

// with plays a story with such a network instead of the loopback one.
func with(t *testing.T, p *puppet, story func(w *world)) {
	t.Helper()
	play(t, func(w *world) {
		w.stop()
		p.Network = loopback.New(w.server)
		w.network = p
		w.start()
		w.link.take()
		story(w)
	})
}

func (w *world) unregisters() {
	w.t.Helper()
	w.says(`<iq type='set' id='rm' from='%s' to='%s'><query xmlns='jabber:iq:register'><remove/></query></iq>`, laptop, domain)
}

func (w *world) key() registry.Key { return registry.Key{User: "alice@example.org", Service: "aim"} }

// A stanza that comes while the account is about to rest finds it awake.
func TestAStanzaWhileTheAccountGoesToRest(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.says(`<message type='chat' from='%s' to='%s'><body>sign off</body></message>`, laptop, domain)
		w.gone(laptop)
		w.after(10 * time.Minute)
		w.expectState(state.IntentionallyOffline, state.SignedOff)
		w.link.take()
		once := false
		w.link.hook = func() {
			if !once {
				once = true
				w.gives(`<presence from='%s' to='%s'/>`, phone, domain)
				w.gives(`<presence type='subscribe' from='alice@example.org' to='newbot@%s'/>`, domain)
			}
		}
		w.says(`<presence type='probe' from='alice@example.org' to='%s'/>`, domain)
		w.hears(`to="alice@example.org/phone"`)
	})
}

// At a login the server probes every contact at once and tells each of them; none of that may push out the
// user's own presence.
func TestALoginWithManyContacts(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		gate := make(chan struct{})
		w.link.hook = func() { <-gate }
		for i := range 300 {
			w.gives(`<presence type='probe' from='%s' to='c%d@%s'/>`, laptop, i, domain)
			w.gives(`<presence from='%s' to='c%d@%s'/>`, laptop, i, domain)
		}
		w.gives(`<presence from='%s' to='%s'><show>away</show></presence>`, laptop, domain)
		close(gate)
		synctest.Wait()
		w.hears(`type="unsubscribed" & from="c299@`)
		if show, _, _ := w.server.Online("aliceliddell"); show != transports.Away {
			t.Errorf("the network was told %v", show)
		}
	})
}

// A link that takes nothing for a while, and is not lost, delays messages and loses none.
func TestMessagesOutliveASlowLink(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.link.stuck = make(chan struct{})
		w.server.Say("echobot", "aliceliddell", "first")
		w.after(6 * time.Second)
		w.link.stuck = nil
		w.server.Say("echobot", "aliceliddell", "second")
		w.after(10 * time.Second)
		sent := strings.Join(w.link.peek(), "\n")
		if one, two := strings.Index(sent, ">first<"), strings.Index(sent, ">second<"); one < 0 || two < one {
			t.Errorf("the user got\n%s", sent)
		}
	})
}

// Whoever went offline while the link was down is not left standing in the roster.
func TestContactsThatLeaveWhileTheLinkIsDown(t *testing.T) {
	t.Run("briefly", func(t *testing.T) { leaveWhileTheLinkIsDown(t, time.Second) })
	t.Run("until all have signed off", func(t *testing.T) { leaveWhileTheLinkIsDown(t, time.Hour) })
}

func leaveWhileTheLinkIsDown(t *testing.T, down time.Duration) {
	t.Helper()
	play(t, func(w *world) {
		w.online()
		w.says(`<presence type='subscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.hears(`from="echobot@aim.example.org/imgate"`)
		w.link.down = true
		w.g.LinkDown(domain)
		w.after(time.Second)
		w.server.SetShow("echobot", transports.Offline, "")
		w.after(down)
		w.link.down = false
		w.g.LinkUp(domain)
		w.available(laptop, "")
		w.hears(`from="echobot@aim.example.org/imgate" & type="unavailable"`)
	})
}

// A link that comes and goes at once signs nobody off: who could not be asked is not gone.
func TestAFlappingLinkSignsNobodyOff(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.g.LinkDown(domain)
		w.after(time.Second)
		w.g.LinkUp(domain)
		w.after(time.Second)
		w.g.LinkDown(domain)
		w.after(20 * time.Second)
		w.expectState(state.Online, "")
	})
}

// A restart does not wait for clocks that have no meaning any more.
func TestStopDoesNotWaitForTheLinger(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.gone(laptop)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("stopped after %v", took)
		}
	})
}

// A session that never returns is left behind.
func TestStopLeavesASessionThatNeverReturns(t *testing.T) {
	free := make(chan struct{})
	p := &puppet{run: func(context.Context, transports.Account, <-chan transports.Command, chan<- transports.Event) error {
		<-free
		return nil
	}}
	play(t, func(w *world) {
		free = make(chan struct{})
		w.stop()
		p.Network = loopback.New(w.server)
		w.network = p
		w.start()
		w.registers("Alice Liddell", "pw")
		time.AfterFunc(5*time.Minute, func() { close(free) })
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("stopped after %v", took)
		}
		w.after(10 * time.Minute)
	})
}

// Unregistering while the network is asked ends both: nobody is told that it is registered, nor asked anything.
func TestUnregisterWhileConnecting(t *testing.T) {
	p := &puppet{run: func(ctx context.Context, _ transports.Account, _ <-chan transports.Command, events chan<- transports.Event) error {
		<-ctx.Done()
		return nil
	}}
	with(t, p, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.unregisters()
		w.after(time.Minute)
		w.never(`type="subscribe"`)
		w.hears(`id="rm" & type="result"`, `id="reg1" & type="error"`)
		w.says(`<iq type='get' id='g' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.never("<registered/>")
	})
}

// While the last session takes its time to end, the user is a stranger already.
func TestRemovedIsNotRegistered(t *testing.T) {
	p := &puppet{run: func(ctx context.Context, _ transports.Account, _ <-chan transports.Command, events chan<- transports.Event) error {
		events <- transports.SignedOn{}
		<-ctx.Done()
		for _, late := range []transports.Event{
			transports.ContactList{Contacts: []transports.Contact{{ID: "late"}}},
			transports.Keep{Name: "cookie", Secret: transports.NewSecret("of the old one")},
		} {
			events <- late
		}
		time.Sleep(4 * time.Second)
		return nil
	}}
	with(t, p, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.unregisters()
		w.link.take()
		w.says(`<message type='chat' id='m' from='%s' to='echobot@%s'><body>x</body></message>`, laptop, domain)
		w.hears(`id="m" & registration-required`)
		w.says(`<iq type='get' id='g' from='%s' to='%s'><query xmlns='jabber:iq:register'/></iq>`, laptop, domain)
		w.never("<registered/>")
		w.registers("Somebody Else", "pw")
		w.after(time.Minute)
		w.never(`from="late@`)
		if s, _, err := w.g.registry.Get(w.key()); err != nil || len(s.Kept) != 0 {
			t.Errorf("kept of another account: %v, %v", s.Kept, err)
		}
	})
}

// Credentials that are tried later count as well: else passwords could be guessed without end.
func TestGuessesAreCountedWheneverTheyAreTried(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		for range 8 {
			w.says(`<message type='chat' from='%s' to='%s'><body>sign off</body></message>`, laptop, domain)
			w.registers("somebody", "guess")
			w.says(`<message type='chat' from='%s' to='%s'><body>reconnect</body></message>`, laptop, domain)
			w.after(time.Second)
		}
		w.hears(`id="reg1" & resource-constraint`)
	})
}

// Registering again mends a handshake that a crash, or the user, has broken.
func TestRegisteringAgainAsksForPresence(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.hears(`type="subscribe" & from="aim.example.org"`)
		w.stop()
		w.start()
		w.registers("Alice Liddell", "pw")
		w.hears(`id="reg1" & type="result"`, `type="subscribe" & from="aim.example.org"`)
	})
}

// To decline a contact's question is not to remove the contact from the network's list.
func TestDecliningAContactRemovesNobody(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.after(20 * time.Second)
		w.hears(`type="subscribe" & from="echobot@aim.example.org"`)
		w.says(`<presence type='unsubscribed' from='alice@example.org' to='echobot@%s'/>`, domain)
		if got := w.server.Contacts("aliceliddell"); len(got) != 1 {
			t.Errorf("contacts %v", got)
		}
	})
}

// Whoever was removed and added again while signed off stays.
func TestRemovedAndAddedAgainWhileSignedOff(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		for _, kind := range []string{"subscribe", "subscribed"} {
			w.says(`<presence type='%s' from='alice@example.org' to='echobot@%s'/>`, kind, domain)
		}
		w.says(`<message type='chat' from='%s' to='%s'><body>sign off</body></message>`, laptop, domain)
		for _, kind := range []string{"unsubscribe", "unsubscribed", "subscribe"} {
			w.says(`<presence type='%s' from='alice@example.org' to='echobot@%s'/>`, kind, domain)
		}
		for range 2 {
			w.says(`<message type='chat' from='%s' to='%s'><body>sign off</body></message>`, laptop, domain)
			w.says(`<message type='chat' from='%s' to='%s'><body>reconnect</body></message>`, laptop, domain)
			w.after(time.Second)
		}
		if got := w.server.Contacts("aliceliddell"); len(got) != 1 {
			t.Errorf("contacts %v", got)
		}
	})
}

// A stranger's question that is denied is answered on the network.
func TestDenyingAStranger(t *testing.T) {
	var heard []transports.Command
	p := &puppet{run: func(ctx context.Context, _ transports.Account, commands <-chan transports.Command, events chan<- transports.Event) error {
		events <- transports.SignedOn{}
		events <- transports.AuthRequest{From: "stranger"}
		for {
			select {
			case c := <-commands:
				heard = append(heard, c)
			case <-ctx.Done():
				return nil
			}
		}
	}}
	with(t, p, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.hears(`type="subscribe" & from="stranger@`)
		w.says(`<presence type='unsubscribed' from='alice@example.org' to='stranger@%s'><status>not today</status></presence>`, domain)
		if got := fmt.Sprintf("%+v", heard); !strings.Contains(got, "Allow:false Reason:not today") {
			t.Errorf("the network heard %s", got)
		}
	})
}

// A removal that comes with other things is none (XEP-0077 §3.2).
func TestRemoveComesAlone(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.says(`<iq type='set' id='rm' from='%s' to='%s'><query xmlns='jabber:iq:register'><remove/><username>x</username></query></iq>`, laptop, domain)
		w.hears(`id="rm" & bad-request`)
		w.expectState(state.Online, "")
	})
}

// Contacts that were only put to the user leave too: their questions are taken back.
func TestUnregisterTakesQuestionsBack(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.after(20 * time.Second)
		w.hears(`type="subscribe" & from="echobot@aim.example.org"`)
		w.unregisters()
		w.hears(`type="unsubscribe" & from="echobot@aim.example.org"`)
	})
}

// The ids of messages are not used again after a restart: clients take what has a known id for a copy.
func TestIdsAreNotUsedAgain(t *testing.T) {
	play(t, func(w *world) {
		seen := map[string]bool{}
		for range 2 {
			w.registers("Alice Liddell", "pw")
			w.befriends()
			w.server.Say("echobot", "aliceliddell", "hi")
			w.after(time.Second)
			for _, s := range w.link.take() {
				if _, rest, ok := strings.Cut(s, `id="m-`); ok {
					id, _, _ := strings.Cut(rest, `"`)
					if seen[id] {
						t.Errorf("%s twice", id)
					}
					seen[id] = true
				}
			}
			w.stop()
			w.start()
		}
		if len(seen) != 2 {
			t.Errorf("ids %v", seen)
		}
	})
}

// A first registration that is refused leaves nothing in the way of the next, however quickly it comes.
func TestRegisterAgainAtOnceAfterARefusal(t *testing.T) {
	play(t, func(w *world) {
		again := false
		w.link.hook = func() {
			if a := w.g.accounts.get(w.key()); a != nil && a.leaving.Load() && !again {
				again = true
				w.gives(`<iq type='set' id='reg2' from='%s' to='%s'><query xmlns='jabber:iq:register'><username>alice liddell</username><password>pw</password></query></iq>`, laptop, domain)
			}
		}
		w.registers("Alice Liddell", "wrong")
		w.after(time.Second)
		w.hears(`id="reg1" & not-authorized`, `id="reg2" & type="result"`)
		w.expectState(state.Online, "")
	})
}

// Somebody's automatic answers and the gateway's help do not talk to each other for ever.
func TestChatWordsAreLimited(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		for range 200 {
			w.says(`<message type='chat' id='auto' from='%s' to='%s'><body>I am on holiday.</body></message>`, laptop, domain)
		}
		helps := 0
		for _, s := range w.link.take() {
			if strings.Contains(s, "I am the gateway") {
				helps++
			}
		}
		if helps == 0 || helps > 120 {
			t.Errorf("%d answers", helps)
		}
	})
}

// What a removed account could not send while the link was down does not keep the next one from signing on.
func TestRegisterAgainAfterARemovalWhileTheLinkWasDown(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.g.LinkDown(domain)
		w.link.down = true
		w.server.Say("echobot", "aliceliddell", "held")
		w.after(time.Second)
		w.unregisters()
		w.link.down = false
		w.g.LinkUp(domain)
		w.after(time.Second)
		w.registers("Alice Liddell", "pw")
		w.befriends()
		w.after(time.Minute)
		w.expectState(state.Online, "")
	})
}

// A panic in the loop itself costs what the loop knew, not the gateway and not the registration.
func TestAPanicInAnAccountIsContained(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.registered("bob@example.org", "bob")
		w.g.accounts.get(aliceKey()).post(panicItem{})
		w.after(0)
		w.hears(`type="probe" & to="alice@example.org"`)
		w.available(laptop, "")
		w.after(time.Second)
		w.expectState(state.Online, "")
		w.says(`<message type='chat' id='p' from='%s' to='echobot@%s'><body>still me</body></message>`, laptop, domain)
		w.hears(`to="alice@example.org" & <body>still me</body>`)
		if n := w.server.Sessions(); n != 2 {
			t.Errorf("%d sessions", n)
		}
	})
}

// A link that goes down while its users are being probed does not leave half of them believing that it is up.
func TestATourOfProbesEndsWithItsLink(t *testing.T) {
	play(t, func(w *world) {
		w.g.opt.ResyncPerSecond = 20 // one every 50 ms
		w.online()
		w.registered("bob@example.org", "bob")
		w.registered("carol@example.org", "carol")
		w.g.LinkUp(domain)
		w.after(0)
		w.link.set(true, false)
		w.g.LinkDown(domain)
		w.after(30 * time.Second)
		if n := w.server.Sessions(); n != 3 {
			t.Errorf("%d are signed on while the link is forgiven", n)
		}
	})
}

// A removal that the network has not answered is asked again.
func TestARemovalOutlivesTheSession(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.says(`<presence type='subscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.says(`<presence type='subscribed' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.server.Stall("aliceliddell")
		w.after(0)
		w.says(`<presence type='unsubscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.says(`<presence type='unsubscribed' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.says(`<message type='chat' from='%s' to='%s'><body>reconnect</body></message>`, laptop, domain)
		w.after(20 * time.Second)
		w.expectState(state.Online, "")
		if got := w.server.Contacts("aliceliddell"); len(got) != 0 {
			t.Errorf("still on the list: %v", got)
		}
	})
}

// panicItem makes the loop that takes it panic.
type panicItem struct{}

func (panicItem) isItem() {}

func (panicItem) apply(*account) { panic("as asked") }

// After an end without a word, whoever has left meanwhile does not stay shown.
func TestGhostsAreLaidAfterACrash(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.server.Account("leaver", "")
		w.server.SetShow("leaver", transports.Online, "")
		w.says(`<presence type='subscribe' from='alice@example.org' to='leaver@%s'/>`, domain)
		w.says(`<presence type='subscribe' from='alice@example.org' to='echobot@%s'/>`, domain)
		w.hears(`from="leaver@aim.example.org/imgate" to="alice@example.org"`)
		w.after(time.Second) // the state is stored
		w.stop()
		w.server.SetShow("leaver", transports.Offline, "")
		w.link.take()
		w.start()
		w.available(laptop, "")
		w.after(10 * time.Second)
		w.never(`from="echobot@aim.example.org/imgate" to="alice@example.org" type="unavailable"`)
		w.hears(`from="leaver@aim.example.org/imgate" & type="unavailable"`)
	})
}
