package gateway

import (
	"slices"
	"time"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// The user's roster, where its server lets us at it (XEP-0356 §4.3): it is read when there may be something new,
// and what it lacks is put in, one item a set.

const (
	rosterWait = 30 * time.Second // for an answer of the user's server
	putsAtOnce = 16               // sets of one account that are not answered yet
	pushPause  = 2 * time.Second  // pushes gather for so long
)

// A syncing is how far bringing roster and list together has come.
type syncing struct {
	stale   bool // there may be something new in the roster or on the list
	settled bool // they were brought together since there was
	readers []func(*rosterView)
	queue   []putting
	under   int // sets that are not answered yet
	// mute says that the server has not answered for this roster on this link: it is too large for us, or lost. It
	// says nothing of other users'.
	mute bool
	// moves counts the changes of subscriptions that presence has brought about: what was read before one is old.
	moves uint64
}

func (s *syncing) busy() bool { return len(s.readers) > 0 || len(s.queue) > 0 || s.under > 0 }

// A rosterView is what of a user's roster is ours.
type rosterView struct {
	self  *xmpp.RosterItem // the gateway; nil: not there
	items map[transports.LegacyID]xmpp.RosterItem
	asOf  uint64 // the moves there had been when it was asked for
}

// moved notes that presence changes who sees whom between the user and c. A roster that was asked for before does not know
// it, and what it said of c must neither be believed nor written back.
func (a *account) moved(c *contact) {
	a.syncing.moves++
	c.movedAt = a.syncing.moves
}

// A putting is an item on its way into the roster.
type putting struct {
	item xmpp.RosterItem
	then func(putOutcome)
	old  func() bool // the item is not what it was any more, and is not put; nil: it is
}

type putOutcome uint8

const (
	putDone    putOutcome = iota
	putRefused            // this item
	putLost               // no item can be put, at least for now
)

// rosterChanged says that roster and list are to be brought together, now or when there is a list.
func (a *account) rosterChanged() {
	a.syncing.stale, a.syncing.settled = true, false
	a.askSoon()
}

// syncRoster brings roster and list together as far as that is granted; true: what is left to do is not known yet.
func (a *account) syncRoster() bool {
	g := a.privileges()
	switch {
	case a.syncing.busy():
		return true
	case a.reads() && a.syncing.stale && a.listKnown():
		a.syncing.stale = false
		a.readRoster(func(v *rosterView) {
			if v != nil {
				a.settleRoster(v)
			}
			a.askSoon()
		})
		return true
	case a.reads():
		return !a.syncing.settled
	case g.writes():
		for _, c := range a.unasked() {
			a.enlist(c)
		}
		a.putNext()
	}
	return a.syncing.busy()
}

// listKnown reports whether the network has told who is on the list.
func (a *account) listKnown() bool { return a.signedOn() && a.session.listed }

// readRoster asks for the roster; then gets nil where there is no answer. Who asks meanwhile gets the same one.
func (a *account) readRoster(then func(*rosterView)) {
	a.syncing.readers = append(a.syncing.readers, then)
	if len(a.syncing.readers) > 1 {
		return
	}
	g, asOf := a.privileges(), a.syncing.moves
	asked := a.inquire(a.user, xmltree.New(xmpp.RosterSpace, "query"), rosterWait, func(q *xmpp.IQ) {
		if q == nil || q.Type != xmpp.ResultIQ {
			a.deaf(g, q)
			a.rosterRead(nil)
			return
		}
		v := a.viewOf(xmpp.ParseRoster(q.Query()))
		v.asOf = asOf
		a.rosterRead(v)
	})
	if !asked {
		a.rosterRead(nil)
	}
}

func (a *account) rosterRead(v *rosterView) {
	readers := a.syncing.readers
	a.syncing.readers = nil
	for _, then := range readers {
		then(v)
	}
}

// deaf notes that a server does not give rosters: this one, where it is silent, unless it is the link that has lost
// the question; all of them, where it says so.
func (a *account) deaf(g *grant, q *xmpp.IQ) {
	switch {
	case g == nil || g != a.privileges() || a.linkDown:
	case q == nil:
		a.syncing.mute = true
		a.log.Warn("the server does not give this user's roster", "after", rosterWait)
	case breaks(xmpp.ErrorOf(*q)) && !g.deaf.Swap(true):
		a.log.Warn("the server does not give rosters although it said so", "users", a.user.Domain, "err", answerError(q))
	case !breaks(xmpp.ErrorOf(*q)):
		a.syncing.mute = true
	}
}

// reads reports whether this user's roster can be read.
func (a *account) reads() bool { return !a.syncing.mute && a.privileges().reads() }

func answerError(q *xmpp.IQ) any {
	if q == nil {
		return "silence"
	}
	return xmpp.ErrorOf(*q)
}

func (a *account) viewOf(list []xmpp.RosterItem) *rosterView {
	v := &rosterView{items: map[transports.LegacyID]xmpp.RosterItem{}}
	for _, item := range list {
		if item.JID.Domain != a.svc.Domain {
			continue
		}
		if item.JID.Local == "" {
			v.self = &item
			continue
		}
		if id, err := a.svc.legacyID(item.JID); err == nil && !isRoom(item.JID) && len(v.items) < maxContacts {
			v.items[id] = item
		}
	}
	return v
}

// put queues an item; putNext sends it.
func (a *account) put(item xmpp.RosterItem, then func(putOutcome)) { a.putUnless(nil, item, then) }

// putUnless is put for an item that may be old by the time it could be sent: then the roster is read again instead.
func (a *account) putUnless(old func() bool, item xmpp.RosterItem, then func(putOutcome)) {
	a.syncing.queue = append(a.syncing.queue, putting{item: item, then: then, old: old})
}

// putNext sends what is queued, so many at a time.
func (a *account) putNext() {
	for a.syncing.under < putsAtOnce && len(a.syncing.queue) > 0 {
		g, p := a.privileges(), a.syncing.queue[0]
		if !g.writes() {
			a.putNone()
			return
		}
		a.syncing.queue = a.syncing.queue[1:]
		if p.old != nil && p.old() {
			a.syncing.stale, a.syncing.settled = true, false
			continue
		}
		a.syncing.under++
		if a.demand(xmpp.SetIQ, a.user, p.item.Element(), rosterWait, func(q *xmpp.IQ) { a.onPut(g, p, q) }) {
			continue
		}
		a.syncing.under--
		a.syncing.stale, a.syncing.settled = true, false // too many questions: another time
		p.then(putLost)
		a.putNone()
		return
	}
}

// putNone gives up what is queued.
func (a *account) putNone() {
	queue := a.syncing.queue
	a.syncing.queue = nil
	for _, p := range queue {
		p.then(putLost)
	}
}

// onPut takes the answer to a roster set.
func (a *account) onPut(g *grant, p putting, q *xmpp.IQ) {
	a.syncing.under = max(0, a.syncing.under-1) // it was forgotten with the roster of another name
	switch {
	case q == nil || q.Type != xmpp.ResultIQ && breaks(xmpp.ErrorOf(*q)):
		a.unwritable(g, q)
		p.then(putLost)
		a.putNone()
	case q.Type != xmpp.ResultIQ:
		a.log.Info("the server refuses an item of the roster", "err", xmpp.ErrorOf(*q))
		p.then(putRefused)
	default:
		g.proven.Store(true)
		p.then(putDone)
	}
	a.putNext()
	if !a.syncing.busy() {
		a.askSoon()
	}
}

// breaks reports whether an error is about setting rosters at all, and not about this item.
func breaks(e *xmpp.Error) bool {
	switch e.Condition {
	case xmpp.NotAcceptable, xmpp.ResourceConstraint, xmpp.PolicyViolation, xmpp.BadRequest, xmpp.JIDMalformed, xmpp.Conflict, xmpp.ItemNotFound:
		return false
	}
	return true
}

// unwritable notes that a server does not set rosters, until the link is new.
func (a *account) unwritable(g *grant, q *xmpp.IQ) {
	if g != a.privileges() || a.linkDown || g.broken.Swap(true) {
		return
	}
	a.log.Warn("the server does not set rosters although it said so: users are asked instead", "users", a.user.Domain, "err", answerError(q))
}

// onRosterPush takes a push of the roster (XEP-0356 0.4 §4.3), which only the user's server can send from the bare
// address. What it says is read with the whole.
func (a *account) onRosterPush(q xmpp.IQ) {
	if q.From.Resource != "" || !a.reads() {
		a.fail(q, xmpp.ServiceUnavailable, "")
		return
	}
	a.send(q.Result())
	if a.due.push.IsZero() {
		a.due.push = time.Now().Add(pushPause)
	}
}

// enterRoster puts the gateway itself into the roster, so that nobody has to say yes.
func (a *account) enterRoster() {
	enter := func(v *rosterView) {
		item := xmpp.RosterItem{JID: a.svc.jid(), Name: a.svc.title()}
		if v != nil && v.self != nil {
			item = *v.self
		}
		item.Subscription = xmpp.BothSubscription
		a.put(item, a.onInRoster)
		a.putNext()
	}
	if a.reads() {
		a.readRoster(enter)
		return
	}
	enter(nil)
}

func (a *account) onInRoster(o putOutcome) {
	switch {
	case a.over:
	case o != putDone:
		a.askPresence()
	default:
		a.subscribed(true, true)
		a.send(xmpp.Presence{Header: xmpp.Header{From: a.svc.jid(), To: a.user}, Type: xmpp.ProbePresence})
		a.sendState(a.user)
	}
}

// dropItem takes an address out of the roster, where that is granted; false: it is not known to work, and the way
// of XEP-0100 is to be gone too.
func (a *account) dropItem(j xmpp.JID) bool {
	g := a.privileges()
	if !g.writes() {
		return false
	}
	item := xmpp.RosterItem{JID: j, Subscription: xmpp.RemoveItem}
	a.send(xmpp.IQ{
		Header: xmpp.Header{ID: a.newID("drop"), From: a.svc.jid(), To: a.user}, Type: xmpp.SetIQ, Payload: []*xmltree.Element{item.Element()},
	})
	return g.proven.Load()
}

// inOrder are the contacts by address, so that what is done is done in the same order.
func (a *account) inOrder() []*contact {
	list := make([]*contact, 0, len(a.contacts))
	for _, c := range a.contacts {
		list = append(list, c)
	}
	slices.SortFunc(list, byID)
	return list
}
