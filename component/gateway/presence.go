package gateway

import (
	"strconv"
	"strings"
	"time"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// probeWait is how long a probed user may take to answer. ejabberd says nothing at all for one who is offline.
const probeWait = 10 * time.Second

// maxResources bounds how many resources of one user are remembered.
const maxResources = 32

// A resource is a client of the user that is available to the gateway.
type resource struct {
	priority  int
	show      transports.Show
	status    string
	idle      time.Time
	invisible bool
	byCommand bool // it hid itself by XEP-0186, which lasts until it shows itself
	can       abilities
	blocks    bool // it has asked for the block list, and hears of changes
	stale     bool // from before the link was lost
}

// onStanza takes a message, a presence or the answer to an iq.
func (a *account) onStanza(s xmpp.Stanza) {
	if a.over { // it came while the account was removed
		a.g.desk.offer(a.svc, s)
		return
	}
	switch s := s.(type) {
	case xmpp.Message:
		a.onUserMessage(s)
	case xmpp.Presence:
		a.onUserPresence(s)
	case xmpp.IQ:
		a.onAnswer(s)
	}
}

func (a *account) onUserPresence(p xmpp.Presence) {
	if isRoom(p.To) {
		a.onRoomPresence(p)
		return
	}
	toGateway := p.To.Local == ""
	switch p.Type {
	case xmpp.AvailablePresence, xmpp.InvisiblePresence:
		if toGateway && p.From.Resource != "" {
			a.onAvailable(p)
		}
	case xmpp.UnavailablePresence:
		if toGateway {
			a.onUnavailable(p)
		}
	case xmpp.ProbePresence:
		a.onProbe(p)
	case xmpp.SubscribePresence, xmpp.SubscribedPresence, xmpp.UnsubscribePresence, xmpp.UnsubscribedPresence:
		if toGateway {
			a.onGatewaySubscription(p)
		} else {
			a.onContactSubscription(p)
		}
	}
}

func (a *account) onAvailable(p xmpp.Presence) {
	a.hearTongue(p)
	old, known := a.resources[p.From.Resource]
	if !known && len(a.resources) >= maxResources {
		return
	}
	if !known {
		old = &resource{}
	}
	r := &resource{
		priority: p.Priority(), show: showOf(p), status: strings.Clone(p.Status()), idle: idleOf(p, time.Now()),
		invisible: p.Type == xmpp.InvisiblePresence || old.invisible && p.Type == xmpp.AvailablePresence && old.byCommand,
		byCommand: old.byCommand, blocks: old.blocks, can: a.g.clients.abilities(p, old.can),
	}
	a.resources[strings.Clone(p.From.Resource)] = r
	a.due.linger = time.Time{}
	a.step(state.Wanted{})
	if !known {
		a.sendState(p.From)
		a.rosterChanged()
		a.tellTunes(p.From.Resource)
		a.tellAvatars(p.From.Resource)
		a.sendRefused()
	}
	a.nickChanged(p)
	a.photoChanged(p)
	a.presenceChanged()
}

// onUnavailable takes a full address only for a log-off: servers send a bare unavailable for other reasons too,
// Prosody when a subscription is answered. As the answer to a probe it counts.
func (a *account) onUnavailable(p xmpp.Presence) {
	if p.From.Resource == "" {
		if !a.due.probe.IsZero() && a.freshResources() == 0 {
			a.due.probe = time.Time{}
			a.probeTimedOut()
		}
		return
	}
	if _, known := a.resources[p.From.Resource]; !known {
		return
	}
	delete(a.resources, p.From.Resource)
	a.leaveSeats(p.From.Resource)
	if len(a.resources) == 0 {
		a.due.linger = time.Now().Add(a.g.opt.Linger)
		return
	}
	a.presenceChanged()
}

func (a *account) freshResources() int {
	n := 0
	for _, r := range a.resources {
		if !r.stale {
			n++
		}
	}
	return n
}

// probeTimedOut drops whoever was there before the link was lost and has not said so again.
func (a *account) probeTimedOut() {
	for name, r := range a.resources {
		if r.stale {
			delete(a.resources, name)
			a.leaveSeats(name)
		}
	}
	if len(a.resources) == 0 && a.due.linger.IsZero() {
		a.step(state.Unwanted{})
	}
}

func (a *account) onLinkUp() {
	if a.over {
		return
	}
	a.linkDown, a.due.grace, a.due.again = false, time.Time{}, time.Time{} // all is told anew
	a.syncing.mute = false
	a.permit = leaveOf(a.reg.Settings) // what did not work may work now
	a.flushHeld()
	a.send(xmpp.Presence{Header: xmpp.Header{From: a.svc.jid(), To: a.user}, Type: xmpp.ProbePresence})
	a.due.probe = time.Now().Add(probeWait)
	if a.signedOn() { // what was left undone; by then the server has told what it grants
		a.due.push = time.Now().Add(pushPause)
	}
	a.step(state.LinkBack{})
	a.resync()
}

func (a *account) onLinkDown() {
	if a.linkDown {
		return
	}
	a.linkDown, a.due.probe = true, time.Time{} // who can't answer is not gone
	for _, r := range a.resources {
		r.stale = true
	}
	a.sendAgain()
	if !a.machine.AtRest() {
		a.due.grace = time.Now().Add(a.g.opt.LinkGrace)
	}
}

// onProbe answers the server of the user, or a client that has just come.
func (a *account) onProbe(p xmpp.Presence) {
	if p.To.Local == "" {
		a.sendState(p.From)
		return
	}
	c := a.contactOf(p.To)
	if c == nil {
		a.send(xmpp.Presence{Header: xmpp.Header{From: p.To.Bare(), To: a.user}, Type: xmpp.UnsubscribedPresence})
		return
	}
	if !c.To {
		c.To, c.Asked = true, true
		a.touch(c)
	}
	a.sendContactPresence(c, p.From)
	c.shown = c.show != transports.Offline
}

// onGatewaySubscription is the handshake between user and gateway (XEP-0100 §4.1.1).
func (a *account) onGatewaySubscription(p xmpp.Presence) {
	to, from := a.reg.Subs.To, a.reg.Subs.From
	reply := func(kind xmpp.PresenceType) {
		a.send(xmpp.Presence{Header: xmpp.Header{From: a.svc.jid(), To: a.user}, Type: kind})
	}
	switch p.Type {
	case xmpp.SubscribePresence:
		to = true
		reply(xmpp.SubscribedPresence)
		a.sendState(a.user)
		if !from {
			a.subscribeToUser()
		}
	case xmpp.SubscribedPresence:
		from = true
		reply(xmpp.ProbePresence)
	case xmpp.UnsubscribePresence:
		to = false
		reply(xmpp.UnsubscribedPresence)
	case xmpp.UnsubscribedPresence:
		from = false
		if a.reg.Settings[settingLeave] != "" { // leave goes with it (XEP-0321 §4.1.3)
			a.setLeave("")
		}
	}
	a.subscribed(to, from)
}

// subscribed remembers how far the handshake has come.
func (a *account) subscribed(to, from bool) {
	if subs := (registry.Subscription{To: to, From: from}); subs != a.reg.Subs {
		a.reg.Subs = subs
		a.store(a.logStore, registry.SetSubscription{Key: a.key, Subs: subs})
	}
}

// subscribeToUser makes the user's presence known to the gateway: without a question, where that is granted.
func (a *account) subscribeToUser() {
	if a.privileges().writes() {
		a.enterRoster()
		return
	}
	a.askPresence()
}

// askPresence asks for the user's presence; the nickname tells people who asks (XEP-0172).
func (a *account) askPresence() {
	a.send(xmpp.Presence{
		Header: xmpp.Header{From: a.svc.jid(), To: a.user}, Type: xmpp.SubscribePresence,
		Payload: []*xmltree.Element{
			xmltree.Leaf(xmpp.NickSpace, "nick", a.svc.title()),
			xmpp.Leaf("status", textWhySubscribe(a.svc.title()).In(a.tongue())),
		},
	})
}

// effective is the presence of the resource that counts: the highest priority, then the most available.
func (a *account) effective() transports.SetPresence {
	best := &resource{priority: -1000}
	for _, r := range a.resources {
		if r.priority > best.priority || r.priority == best.priority && rank(r.show) > rank(best.show) {
			best = r
		}
	}
	show := best.show
	if show == transports.Offline {
		show = transports.Online
	}
	return transports.SetPresence{
		Show: show, Status: best.status, IdleSince: best.idle, Tune: a.tune,
		Invisible: best.invisible || a.setting(settingInvisible) == "1",
	}
}

func rank(s transports.Show) int {
	switch s {
	case transports.Chat:
		return 5
	case transports.Online:
		return 4
	case transports.DND:
		return 3
	case transports.Away:
		return 2
	case transports.XA:
		return 1
	}
	return 0
}

// presenceChanged tells the network, when there is something new to tell.
func (a *account) presenceChanged() {
	if a.session == nil || !a.session.signedOn || len(a.resources) == 0 {
		return
	}
	p := a.effective()
	if p.Invisible && !a.session.powers.Has(transports.CanInvisible) {
		p.Invisible = false
		a.tellVisible()
	}
	if samePresence(p, a.out.told) {
		return
	}
	a.out.told = p
	a.out.setPresence(p)
}

// tellVisible says once a session that the network can't hide the user.
func (a *account) tellVisible() {
	if !a.session.seen {
		a.session.seen = true
		a.say(textVisible(a.svc.title()), nil)
	}
}

func samePresence(p, q transports.SetPresence) bool {
	same := sameTune(p.Tune, q.Tune)
	p.Tune, q.Tune = nil, nil
	return same && p == q
}

func sameTune(p, q *transports.Tune) bool { return p == q || p != nil && q != nil && *p == *q }

func showOf(p xmpp.Presence) transports.Show {
	switch p.Show() {
	case "chat":
		return transports.Chat
	case "away":
		return transports.Away
	case "xa":
		return transports.XA
	case "dnd":
		return transports.DND
	}
	return transports.Online
}

// idleOf reads since when the user has been idle (XEP-0319, or XEP-0256 of older clients).
func idleOf(p xmpp.Presence, now time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339, p.Child(xmpp.IdleSpace, "idle").Attr("since")); err == nil {
		return t
	}
	seconds, err := strconv.ParseUint(p.Child(xmpp.LastSpace, "query").Attr("seconds"), 10, 31)
	if err != nil {
		return time.Time{}
	}
	return now.Add(-time.Duration(seconds) * time.Second).Truncate(time.Second)
}

func showElement(s transports.Show) *xmltree.Element {
	switch s {
	case transports.Chat, transports.Away, transports.XA, transports.DND:
		return xmpp.Leaf("show", s.String())
	}
	return nil
}
