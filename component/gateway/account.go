package gateway

import (
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

// An account is a registration at work. One goroutine, its loop, owns everything below the mailbox; it runs
// only while the machine is not at rest or something waits.
type account struct {
	g    *Gateway
	svc  *Service
	key  registry.Key
	user xmpp.JID // bare
	log  *slog.Logger
	box  mailbox
	view atomic.Pointer[View] // for everybody else
	// leaving says that the removal is stored: a new registration of the same key is another account.
	leaving atomic.Bool

	// Owned by the loop.
	reg       registry.Registration
	machine   *state.Machine
	session   *session
	powers    transports.Powers                // of the session, or of the last one
	source    *source                          // where the last attempt went out, or waits to
	deferred  *state.Deferred                  // what the gate said during this step
	wished    bool                             // the user has asked for the attempt that is due
	before    <-chan struct{}                  // the last session of a registration that was removed under the same key
	gone      chan struct{}                    // closed when the account is over for good
	ghosts    bool                             // clients may still show contacts from before a restart
	over      bool                             // its machine has ended
	ended     bool                             // out of the table
	halted    bool                             // it has seen that the gateway stops
	resources map[string]*resource             // pointers: most users have one client, and a map makes room for eight
	contacts  map[transports.LegacyID]*contact // nil while at rest
	changed   map[transports.LegacyID]bool     // contacts to be stored
	storing   []storing
	held      []held     // messages that wait for the link
	unproven  []unproven // messages that the link has taken
	marks     uint64
	refusals  refusals
	progress  progress
	linkDown  bool
	out       outbox
	talks     map[transports.LegacyID]*talk // nil while at rest
	rate      bucket
	asks      asks
	syncing   syncing
	permit    *grant                // of the user, to manage the roster; nil: none
	files     map[fileKey]incoming  // by offer
	blocked   []transports.LegacyID // by the network's own list
	rooms     map[transports.LegacyID]*room
	roomNames map[string]transports.LegacyID // by the local part of the address
	lostRooms []transports.LegacyID          // that the last session was in
	asking    bool                           // a client is being asked what it can
	wondering bool                           // whoever was not asked is to be: there is something that clients may want to hear
	questions map[string]question
	tune      *transports.Tune             // what the user listens to; nil: nothing is known
	fetching  map[transports.LegacyID]bool // whose pictures are asked for
	photo     string                       // of the user, as presence has last told
	lang      speech.Language              // as the user's client has last said
	nick      string                       // that the network was told
	notices   notices
	register  *registering // the answer to a registration that waits for the network
	due       deadlines
	armed     time.Time   // the deadline that the loop's timer runs for; zero: it does not run
	rang      atomic.Bool // by the timer: it has gone off
	ids       uint64
}

// A View is what others may know of an account.
type View struct {
	State    state.Snapshot
	Name     transports.LegacyID
	Typed    string
	Contacts int
	Powers   transports.Powers // of the session, or of the last one
	Settings map[string]string // the user's own; not to be written to
	Lang     speech.Language
}

// newAccount makes an account of a registration, which wants a machine yet.
func newAccount(g *Gateway, svc *Service, reg registry.Registration) (*account, error) {
	user, err := xmpp.ParseJID(reg.User)
	if err != nil || !user.IsBare() {
		return nil, fmt.Errorf("user %q: %w", reg.User, err)
	}
	return &account{
		g: g, svc: svc, key: reg.Key, user: user, reg: reg, permit: leaveOf(reg.Settings), powers: svc.about.Powers, lang: speech.English, gone: make(chan struct{}),
		log: g.log.With("service", svc.Name, "user", reg.User),
	}, nil
}

func policyOf(reg registry.Registration) state.Policy {
	p, ok := state.ParsePolicy(reg.Settings["policy"])
	if !ok {
		return state.FollowPresence
	}
	return p
}

// post gives the account something to do. It never waits.
func (a *account) post(it item) { a.deliver(it) }

// offer is post for a stanza; false when the mailbox is full.
func (a *account) offer(s xmpp.Stanza) bool { return a.deliver(stanzaItem{s}) }

func (a *account) deliver(it item) bool {
	if a.g.stopping.Load() {
		return true
	}
	start, full := a.box.put(it)
	if start {
		a.g.start(a.loop)
	}
	return !full
}

// publish shows the account to others.
func (a *account) publish() {
	listed := 0
	for _, c := range a.contacts {
		if c.listed {
			listed++
		}
	}
	a.view.Store(&View{State: a.machine.Snapshot(), Name: a.reg.Name, Typed: a.reg.Typed, Contacts: listed, Powers: a.powers, Settings: a.reg.Settings, Lang: a.lang})
}

// loop owns the account until there is nothing to do.
func (a *account) loop() {
	defer a.contain()
	timer := time.AfterFunc(time.Hour, a.ring)
	timer.Stop()
	a.armed = time.Time{}
	defer timer.Stop()
	for {
		a.wakeUp() // again, where something has come while the account let go of what a resting one does not need
		for _, it := range a.box.take() {
			a.handle(it)
		}
		if !a.halted && a.g.stopping.Load() {
			a.halted = true
			a.flushHeld() // the last chance
			a.step(state.Stop{})
		}
		a.flush()
		if a.rests() && a.box.release() {
			return
		}
		a.arm(timer)
		if !a.wait() {
			return
		}
	}
}

// ring is what the timer does.
func (a *account) ring() {
	a.rang.Store(true)
	a.box.wake()
}

// woken looks for what wakes the loop besides the mailbox.
func (a *account) woken() {
	if a.rang.Load() && a.rang.Swap(false) {
		a.armed = time.Time{}
		a.onTime(time.Now())
	}
	if s := a.session; s != nil {
		select {
		case err := <-s.ended:
			a.onSessionEnded(err)
		default:
		}
	}
}

// wait takes the next thing that happens; false when the gateway has no more time to wait for this account. What is
// rare (the timer, the end of a session or of the gateway) comes by the mailbox's signal: each case of a select costs
// every turn of the loop, and memory for as long as the loop waits.
func (a *account) wait() bool {
	var events <-chan transports.Event
	var commands chan<- transports.Command
	var next transports.Command
	if s := a.session; s != nil {
		if len(a.held)+len(a.unproven) < heldStanzas {
			events = s.events
		}
		if s.signedOn {
			if next = a.out.first(); next != nil {
				commands = s.commands
			}
		}
	}
	var stored <-chan error
	if len(a.storing) > 0 {
		stored = a.storing[0].done
	}
	// The gateway's context ends after it has halted only. Else nobody waits for it: what every account waits for is
	// a lock that all share.
	var over <-chan struct{}
	if a.halted {
		over = a.g.ctx.Done()
	}
	select {
	case <-a.box.signal:
		a.woken()
	case ev := <-events:
		a.onEvent(ev)
	case commands <- next:
		a.out.offered()
	case err := <-stored:
		then := a.storing[0].then
		a.storing = a.storing[1:]
		then(err)
	case <-over:
		return false
	}
	return true
}

// wakeUp reads what a resting account does not keep in memory.
func (a *account) wakeUp() {
	if a.contacts != nil {
		return
	}
	a.contacts = map[transports.LegacyID]*contact{}
	memories, err := a.g.registry.Contacts(a.key)
	if err != nil {
		a.log.Error("contacts can't be read", "err", err)
	}
	for id, m := range memories {
		a.contacts[id] = &contact{Memory: m}
	}
	if a.resources == nil {
		a.resources = map[string]*resource{}
	}
}

// owesPresence reports whether contacts are to be shown unavailable once the link is back.
func (a *account) owesPresence() bool {
	if !a.linkDown || a.machine.Snapshot().State == state.Shutdown {
		return false
	}
	for _, c := range a.contacts {
		if c.shown {
			return true
		}
	}
	return false
}

// rests reports whether the loop can end. What a resting account does not need is let go.
func (a *account) rests() bool {
	if a.machine.Snapshot().State == state.Shutdown {
		a.due = deadlines{}
	}
	if a.over { // no link is waited for: the next registration of the user waits for this account to be gone
		a.held, a.unproven, a.refusals = nil, nil, refusals{}
	}
	waiting := len(a.held)+len(a.unproven) > 0 && !a.g.stopping.Load() // a stop does not wait for a link
	busy := waiting || a.session != nil || len(a.storing) > 0 || a.register != nil || !a.due.next().IsZero()
	if busy || a.owesPresence() || !a.machine.AtRest() && !a.over && a.machine.Snapshot().State != state.Start {
		return false
	}
	a.syncing, a.asks = syncing{}, asks{}
	a.contacts, a.changed, a.talks, a.rooms, a.roomNames = nil, nil, nil, nil, nil
	if len(a.resources) == 0 {
		a.resources = nil
	}
	if a.over && !a.ended {
		a.g.accounts.drop(a)
		a.leave()
		a.ended = true
	}
	return true
}

// leave says that nothing of the account is left, nor of the one before it whose session it never waited for.
func (a *account) leave() {
	before := a.before
	if before == nil {
		a.vanish()
		return
	}
	a.before = nil
	a.g.start(func() {
		select {
		case <-before:
		case <-a.g.ctx.Done():
		}
		a.vanish()
	})
}

func (a *account) vanish() {
	close(a.gone)
	a.g.accounts.forget(a)
}

func (a *account) handle(it item) {
	switch it := it.(type) {
	case stanzaItem:
		a.onStanza(it.stanza)
	case linkUpItem:
		a.onLinkUp()
	case linkDownItem:
		a.onLinkDown()
	case printItem:
		a.onPrint(it)
	case ownPhotoItem:
		a.onOwnPhoto(it)
	case announceItem:
		a.onAnnounce(it)
	case placeItem:
		a.onPlace(it)
	case depositItem:
		a.onDeposit(it)
	case outgoingItem:
		a.onOutgoing(it)
	case settingsItem:
		a.onSettings(it)
	case requestItem:
		a.onRequest(it)
	case registerItem:
		a.onRegister(it)
	case wishItem:
		a.onWish(it)
	case removeItem:
		a.onRemove(it)
	case restoredItem:
		a.onRestored()
	case provenItem:
		a.onProven(it.mark)
	case grantItem:
		a.rosterChanged()
	case vouchItem:
		a.onVouch(it)
	case doorItem:
		if a.over {
			it.gone()
			return
		}
		it.serve(a)
	case testItem:
		it.apply(a)
	}
}

func (a *account) newID(parts ...string) string {
	var buf [64]byte
	id := buf[:0]
	for _, p := range parts {
		id = append(append(id, p...), '-')
	}
	a.ids++
	return string(strconv.AppendUint(id, a.ids, 10))
}
