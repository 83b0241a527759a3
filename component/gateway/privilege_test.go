package gateway

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// grants announces privileges as Prosody (2) or ejabberd (1) does.
func (w *world) grants(version int, roster, message string) {
	w.t.Helper()
	w.announces("example.org", domain, version, roster, message)
}

func (w *world) announces(from, to string, version int, roster, message string) {
	w.t.Helper()
	w.says(`<message from='%s' to='%s'><privilege xmlns='urn:xmpp:privilege:%d'><perm access='roster' type='%s'/><perm access='message' type='%s'/></privilege></message>`,
		from, to, version, roster, message)
}

func (w *world) granted() *grant { return w.g.names["aim"].grants.of("example.org") }

// A rosterServer is the user's server as the gateway sees it: it has alice's roster.
type rosterServer struct {
	w        *world
	items    map[string]xmpp.RosterItem
	refuses  string // the condition that sets are answered with
	silent   bool
	get, set int
	seen     map[string]bool
}

func (w *world) rosterServer() *rosterServer {
	return &rosterServer{w: w, items: map[string]xmpp.RosterItem{}, seen: map[string]bool{}}
}

// serves answers all that is asked, and what is asked then.
func (r *rosterServer) serves() {
	r.w.t.Helper()
	for {
		q, ok := r.next()
		if !ok {
			return
		}
		r.answers(q)
	}
}

func (r *rosterServer) next() (xmpp.IQ, bool) {
	synctest.Wait()
	r.w.link.mu.Lock()
	defer r.w.link.mu.Unlock()
	for _, s := range r.w.link.sent {
		q, ok := s.(xmpp.IQ)
		if ok && !r.seen[q.ID] && q.To.String() == bare && q.Query().Is(xmpp.RosterSpace, "query") {
			r.seen[q.ID] = true
			return q, true
		}
	}
	return xmpp.IQ{}, false
}

func (r *rosterServer) answers(q xmpp.IQ) {
	r.w.t.Helper()
	if q.Type == xmpp.GetIQ {
		r.get++
	} else {
		r.set++
	}
	payload := ""
	switch {
	case r.silent:
		return
	case q.Type == xmpp.GetIQ:
		for _, item := range r.items {
			payload += strings.ReplaceAll(item.Element().First().String(), `xmlns="jabber:iq:roster" `, "")
		}
		payload = "<query xmlns='jabber:iq:roster'>" + payload + "</query>"
	case r.refuses != "":
		r.w.says(`<iq type='error' id='%s' from='%s' to='%s'><error type='cancel'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`, q.ID, bare, domain, r.refuses)
		return
	default:
		item := xmpp.ParseRoster(q.Query())
		if len(item) != 1 {
			r.w.t.Errorf("%d items in a set", len(item))
			return
		}
		r.items[item[0].JID.String()] = item[0]
		if item[0].Subscription == xmpp.RemoveItem {
			delete(r.items, item[0].JID.String())
		}
	}
	r.w.says(`<iq type='result' id='%s' from='%s' to='%s'>%s</iq>`, q.ID, bare, domain, payload)
}

// has checks an item: subscription, name and groups.
func (r *rosterServer) has(jid, want string) {
	r.w.t.Helper()
	got := "nothing"
	if item, ok := r.items[jid]; ok {
		got = fmt.Sprintf("%s %s %v", item.Subscription, item.Name, item.Groups)
	}
	if got != want {
		r.w.t.Errorf("the roster has for %s: %s; want %s", jid, got, want)
	}
}

func (r *rosterServer) edits(jid, name string, groups ...string) {
	item := r.items[jid]
	item.Name, item.Groups = name, groups
	r.items[jid] = item
}

// privileged is a user who is registered and signed on at a server that lets us at rosters.
func (w *world) privileged(roster string) *rosterServer {
	w.t.Helper()
	r := w.rosterServer()
	w.grants(2, roster, "outgoing")
	w.registers("Alice Liddell", "pw")
	r.serves()
	w.available(laptop, "")
	r.serves()
	if _, _, on := w.server.Online("aliceliddell"); !on {
		w.t.Fatal("not signed on")
	}
	return r
}

// logsInAgain is a new client of the user, for which the roster is read again.
func (w *world) logsInAgain(r *rosterServer) {
	w.t.Helper()
	w.gone(laptop)
	w.available(laptop, "")
	r.serves()
}

func TestPrivilegesAreTakenFromTheServerOnly(t *testing.T) {
	play(t, func(w *world) {
		for _, from := range []string{bare, laptop, "example.org/x", "evil.example", "sm", "xn--example.org"} {
			w.announces(from, domain, 2, "both", "outgoing")
			for _, d := range []string{"example.org", "evil.example", "sm"} {
				if w.g.names["aim"].grants.of(d) != nil {
					t.Errorf("taken from %s", from)
				}
			}
		}
		w.announces("example.org", echobot, 2, "both", "outgoing")
		if w.granted() != nil {
			t.Error("taken by a contact")
		}
		w.says(`<message type='error' from='example.org' to='%s'><privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/></privilege></message>`, domain)
		if w.granted() != nil {
			t.Error("taken from an error")
		}
		w.grants(1, "both", "none")
		first := w.granted()
		if !first.reads() || !first.writes() || first.speaks() || first.Space != xmpp.PrivilegeSpace1 {
			t.Errorf("granted %+v", first.Privilege)
		}
		w.grants(1, "both", "none")
		if w.granted() != first {
			t.Error("the same announcement makes forgotten what was found out")
		}
		w.grants(2, "get", "outgoing")
		if g := w.granted(); !g.reads() || g.writes() || !g.speaks() {
			t.Errorf("granted %+v", g.Privilege)
		}
		w.g.LinkDown(domain)
		if w.granted() != nil {
			t.Error("remembered without the link")
		}
	})
}

func TestContactsComeWithoutAClick(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		r.has(domain, "both Loopback []")
		r.has(echobot, "both Echo [Bots]")
		w.never(`type="subscribe"`)
		w.hears(`from="aim.example.org" & type="probe"`, `from="echobot@aim.example.org/imgate" to="alice@example.org"`)
		if subs := w.g.accounts.get(aliceKey()).reg.Subs; !subs.To || !subs.From {
			t.Errorf("the gateway is not in the roster: %+v", subs)
		}
		sets := r.set
		w.logsInAgain(r)
		w.stop()
		w.start()
		w.grants(2, "both", "outgoing")
		w.available(laptop, "")
		r.serves()
		w.after(0)
		if r.set != sets {
			t.Errorf("%d further sets of what is there", r.set-sets)
		}
	})
}

// What the user has made of the contacts stands, and what the list says is only put where there was nothing.
func TestWhatWasInTheRosterStands(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("aliceliddell", "pw", transports.Contact{ID: "echobot", Name: "Echo", Groups: []string{"Bots"}},
			transports.Contact{ID: "bob", Name: "Bob"}, transports.Contact{ID: "eve", Name: "Eve", Groups: []string{"Bad"}})
		r := w.rosterServer()
		for jid, item := range map[string]xmpp.RosterItem{
			domain:  {Name: "My AIM", Groups: []string{"Gateways"}, Subscription: xmpp.NoSubscription},
			echobot: {Name: "Echo Chamber", Groups: []string{"Mine"}, Subscription: xmpp.BothSubscription}, "bob@" + domain: {Groups: []string{"Friends"}, Subscription: xmpp.NoSubscription},
		} {
			item.JID, _ = xmpp.ParseJID(jid)
			r.items[jid] = item
		}
		w.grants(2, "both", "none")
		w.registers("Alice Liddell", "pw")
		r.serves()
		w.available(laptop, "")
		r.serves()
		r.has(domain, "both My AIM [Gateways]")
		r.has(echobot, "both Echo Chamber [Mine]")
		r.has("bob@"+domain, "both Bob [Friends]")
		r.has("eve@"+domain, "both Eve [Bad]")
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); !strings.Contains(got, "{echobot Echo [Bots]") || !strings.Contains(got, "{bob Bob [Friends]") {
			t.Errorf("the list is %s", got)
		}
	})
}

func TestChangesOfTheUserGoToTheList(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		r.edits(echobot, "Echo Chamber", "Friends", "Bots")
		w.logsInAgain(r)
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); got != "[{echobot Echo Chamber [Friends Bots] false}]" {
			t.Errorf("the list is %s", got)
		}
		r.has(echobot, "both Echo Chamber [Friends Bots]")
	})
}

func TestChangesOfTheListComeIntoTheRoster(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		elsewhere := func(name string, groups ...string) {
			w.server.Account("aliceliddell", "pw", transports.Contact{ID: "echobot", Name: name, Groups: groups})
			w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "echobot", Name: name, Groups: groups}})
			r.serves()
		}
		elsewhere("Echo II", "Bots", "New")
		r.has(echobot, "both Echo II [Bots New]")
		r.edits(echobot, "Mine", "Bots", "New") // the user renames, then somebody renames and regroups elsewhere
		elsewhere("Echo III", "Old")
		r.has(echobot, "both Mine [Old]")
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); got != "[{echobot Mine [Old] false}]" {
			t.Errorf("the list is %s", got)
		}
	})
}

// A network that can't take a name is not told again and again, and the roster keeps it.
func TestAListThatCanNotBeChanged(t *testing.T) {
	play(t, func(w *world) {
		w.server.Grant("aliceliddell", 0)
		r := w.privileged("both")
		r.edits(echobot, "Mine", "My own")
		w.logsInAgain(r)
		sets := r.set
		w.logsInAgain(r)
		r.has(echobot, "both Mine [My own]")
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); got != "[{echobot Echo [Bots] false}]" || r.set != sets {
			t.Errorf("the list is %s, %d sets", got, r.set-sets)
		}
	})
}

func TestAContactDeletedUnseenLeavesTheList(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("aliceliddell", "pw", transports.Contact{ID: "echobot", Name: "Echo"}, transports.Contact{ID: "bob", Name: "Bob"})
		r := w.privileged("both")
		w.stop()
		delete(r.items, "bob@"+domain)
		w.start()
		w.grants(2, "both", "none")
		w.available(laptop, "")
		w.after(time.Second)
		r.serves()
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); got != "[{echobot Echo [] false}]" {
			t.Errorf("the list is %s", got)
		}
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "bob", Name: "Bob"}})
		r.serves()
		w.logsInAgain(r)
		r.has("bob@"+domain, "nothing")
	})
}

// A roster in which nothing is left, not even the gateway, was not emptied by hand.
func TestARosterThatIsLostIsNoWish(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("aliceliddell", "pw", transports.Contact{ID: "echobot", Name: "Echo"}, transports.Contact{ID: "bob", Name: "Bob"})
		r := w.privileged("both")
		clear(r.items)
		w.logsInAgain(r)
		if got := w.server.Contacts("aliceliddell"); len(got) != 2 {
			t.Errorf("the list is %v", got)
		}
	})
}

func TestDeletedByStanzasNeverComesBack(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		delete(r.items, echobot)
		w.says(`<presence type='unsubscribe' from='%s' to='%s'/>`, bare, echobot)
		w.says(`<presence type='unsubscribed' from='%s' to='%s'/>`, bare, echobot)
		if got := w.server.Contacts("aliceliddell"); len(got) != 0 {
			t.Errorf("the list is %v", got)
		}
		w.server.Tell("aliceliddell", transports.ContactList{Contacts: []transports.Contact{{ID: "echobot", Name: "Echo"}}})
		r.serves()
		r.has(echobot, "nothing")
	})
}

// Ejabberd 23.01 announces what it then does not do: users are asked instead, and nobody else runs into it before
// the link is new.
func TestAServerThatDoesNotSetRosters(t *testing.T) {
	play(t, func(w *world) {
		r := w.rosterServer()
		r.refuses = "internal-server-error"
		w.grants(1, "both", "outgoing")
		w.registers("Alice Liddell", "pw")
		r.serves()
		w.hears(`from="aim.example.org" & type="subscribe"`)
		w.befriends()
		r.serves()
		if r.set != 1 {
			t.Errorf("%d sets", r.set)
		}
		w.answers(w.asked(xmpp.InfoSpace), laptop, "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='http://jabber.org/protocol/rosterx'/></query>")
		r.serves()
		w.hears(`rosterx & jid="echobot@aim.example.org" & action="add"`)
		w.after(time.Second)
		w.g.LinkDown(domain)
		w.g.LinkUp(domain)
		r.refuses = ""
		w.grants(1, "both", "outgoing")
		w.available(laptop, "")
		r.serves()
		w.after(0)
		if !w.granted().writes() {
			t.Error("still believed to be broken")
		}
		w.never(`action="add"`) // it was put to the user once
	})
}

func TestAServerThatDoesNotAnswer(t *testing.T) {
	play(t, func(w *world) {
		r := w.rosterServer()
		r.silent = true
		w.grants(1, "both", "none")
		w.registers("Alice Liddell", "pw")
		r.serves()
		w.after(rosterWait + 1)
		r.serves()
		w.after(rosterWait + 1)
		r.serves()
		w.hears(`from="aim.example.org" & type="subscribe"`)
		w.befriends()
		r.serves()
		w.after(capsWait + askEvery + 1)
		w.hears(`type="subscribe" & from="echobot@aim.example.org"`)
	})
}

// One item that the server does not want is asked about instead; the others are put.
func TestOneItemIsRefused(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		r.refuses = "not-acceptable"
		w.server.Account("bob", "pw")
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "bob", Name: "Bob"}})
		r.serves()
		if !w.granted().writes() {
			t.Error("one refused item ends all sets")
		}
		sets := r.set
		w.after(capsWait + askEvery + 1)
		r.serves()
		w.hears(`type="subscribe" & from="bob@aim.example.org"`)
		if r.set != sets {
			t.Error("the item is put again and again")
		}
	})
}

func TestSetWithoutGet(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("set")
		r.has(domain, "both Loopback []")
		r.has(echobot, "both Echo [Bots]")
		if r.get != 0 {
			t.Error("the roster was read")
		}
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "echobot", Name: "Echo II"}})
		r.serves()
		r.has(echobot, "both Echo [Bots]") // the user may have renamed it
	})
}

func TestGetWithoutSet(t *testing.T) {
	play(t, func(w *world) {
		r := w.rosterServer()
		echo, _ := xmpp.ParseJID(echobot)
		r.items[echobot] = xmpp.RosterItem{JID: echo, Name: "Mine", Subscription: xmpp.BothSubscription}
		w.grants(2, "get", "none")
		w.registers("Alice Liddell", "pw")
		w.befriends()
		r.serves()
		w.after(20 * time.Second)
		r.serves()
		w.never(`type="subscribe" from="echobot`) // it is there
		w.never(`from="echobot@aim.example.org" to="alice@example.org" type="subscribe"`)
		if r.set != 0 {
			t.Errorf("%d sets", r.set)
		}
		r.edits(echobot, "Mine still", "Bots")
		w.logsInAgain(r)
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); got != "[{echobot Mine still [Bots] false}]" {
			t.Errorf("the list is %s", got)
		}
	})
}

func TestUnregisteringEmptiesTheRoster(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.link.take()
		w.unregisters()
		r.serves()
		if len(r.items) != 0 {
			t.Errorf("left behind: %v", r.items)
		}
		w.never(`type="unsubscribe`)
	})
}

// Where it is not known yet that sets work, the way of XEP-0100 is gone too.
func TestUnregisteringBeforeAnySet(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.says(`<presence type='subscribe' from='%s' to='%s'/>`, bare, echobot)
		w.grants(1, "both", "none")
		w.link.take()
		w.unregisters()
		w.hears(`jid="echobot@aim.example.org" & subscription="remove"`, `from="echobot@aim.example.org" & type="unsubscribed"`,
			`jid="aim.example.org" & subscription="remove"`, `from="aim.example.org" & type="unsubscribed"`)
	})
}

// Who adds a contact is not asked whether the contact may see them, and what they called it goes to the list.
func TestAddingAContactWithPrivileges(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.server.Echo("newbot")
		j, _ := xmpp.ParseJID("newbot@" + domain)
		r.items[j.String()] = xmpp.RosterItem{JID: j, Name: "New", Groups: []string{"Bots"}, Subscription: xmpp.ToSubscription}
		w.link.take()
		w.says(`<presence type='subscribe' from='%s' to='%s'/>`, bare, j)
		r.serves()
		r.has(j.String(), "both New [Bots]")
		w.never(`type="subscribe"`)
		w.hears(`from="newbot@aim.example.org" & type="subscribed"`)
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); !strings.Contains(got, "{newbot New [Bots] false}") {
			t.Errorf("the list is %s", got)
		}
	})
}

// The roster was asked for before the contact was granted, and so what comes does not know of that: the item must not be
// set to what it was.
func TestARosterThatIsOlderThanAGrant(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.server.Echo("newbot")
		j, _ := xmpp.ParseJID("newbot@" + domain)
		r.items[j.String()] = xmpp.RosterItem{JID: j, Name: "New", Subscription: xmpp.NoSubscription}
		w.inside(func(a *account) { a.rosterChanged() })
		question, asked := r.next()
		if !asked {
			t.Fatal("the roster was not asked for")
		}
		w.says(`<presence type='subscribe' from='%s' to='%s'/>`, bare, j)
		w.after(0)
		w.hears(`from="newbot@aim.example.org" & type="subscribed"`)
		w.server.Account("aliceliddell", "pw", transports.Contact{ID: "echobot", Name: "Echo", Groups: []string{"Bots"}}, transports.Contact{ID: "newbot", Name: "New", Groups: []string{"Buddies"}})
		w.server.Tell("aliceliddell", transports.ContactList{Contacts: w.server.Contacts("aliceliddell")})
		w.after(0)
		r.answers(question)
		item := r.items[j.String()]
		item.Subscription = xmpp.ToSubscription // the server had it after the question
		r.items[j.String()] = item
		r.serves()
		w.after(time.Minute)
		r.serves()
		r.has(j.String(), "both New [Buddies]")
	})
}

func TestAPushOfTheRosterIsRead(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		r.edits(echobot, "Pushed", "Bots")
		push := func(from string) {
			w.says(`<iq type='set' id='push' from='%s' to='%s'><query xmlns='jabber:iq:roster'><item jid='%s' name='Pushed'/></query></iq>`, from, domain, echobot)
		}
		push(laptop)
		w.hears(`id="push" & service-unavailable`)
		push(bare)
		w.hears(`id="push" & type="result"`)
		w.after(pushPause + 1)
		r.serves()
		if got := fmt.Sprint(w.server.Contacts("aliceliddell")); got != "[{echobot Pushed [Bots] false}]" {
			t.Errorf("the list is %s", got)
		}
	})
}

// Many contacts are put a few at a time, each once.
func TestManyContactsArePutAFewAtATime(t *testing.T) {
	play(t, func(w *world) {
		var list []transports.Contact
		for i := range 300 {
			list = append(list, transports.Contact{ID: transports.LegacyID(fmt.Sprintf("c%03d", i)), Name: "C"})
		}
		w.server.Account("aliceliddell", "pw", list...)
		r := w.rosterServer()
		w.grants(2, "both", "none")
		w.registers("Alice Liddell", "pw")
		r.silent = true
		for range 3 { // the read of the roster, the gateway, then contacts
			q, ok := r.next()
			if !ok {
				break
			}
			r.silent = false
			r.answers(q)
		}
		w.inside(func(a *account) {
			if a.syncing.under > putsAtOnce {
				t.Errorf("%d at a time", a.syncing.under)
			}
		})
		r.serves()
		if len(r.items) != 301 || r.set != 301 {
			t.Errorf("%d items by %d sets", len(r.items), r.set)
		}
	})
}

func TestNothingIsPutWhereTheUserWantsNone(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.settings("roster", "0")
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "bob", Name: "Bob"}})
		r.serves()
		w.logsInAgain(r)
		r.has("bob@"+domain, "nothing")
		w.settings("roster", "1")
		r.serves()
		r.has("bob@"+domain, "both Bob []")
	})
}

// Privileges that come later are used at once for those who are signed on.
func TestPrivilegesThatComeLater(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		r := w.rosterServer()
		w.grants(2, "both", "none")
		r.serves()
		r.has(echobot, "both Echo [Bots]")
	})
}

// A link that is lost in the middle of it loses nothing, and nobody is asked instead.
func TestTheLinkIsLostWhileContactsArePut(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		r.silent = true
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "bob", Name: "Bob"}})
		w.after(time.Second)
		w.link.set(true, false)
		w.g.LinkDown(domain)
		w.after(rosterWait + capsWait + time.Second)
		w.link.set(false, false)
		w.link.take()
		w.g.LinkUp(domain)
		r.silent = false
		w.grants(2, "both", "none")
		w.available(laptop, "")
		r.serves()
		w.after(time.Minute)
		r.serves()
		r.has("bob@"+domain, "both Bob []")
		w.never(`type="subscribe"`)
	})
}

// Who leaves while contacts are on their way into the roster leaves none behind.
func TestUnregisteringWhileContactsArePut(t *testing.T) {
	play(t, func(w *world) {
		r := w.privileged("both")
		w.server.Tell("aliceliddell", transports.Contacted{Contact: transports.Contact{ID: "bob", Name: "Bob"}})
		q, _ := r.next() // the roster is read
		r.answers(q)
		w.unregisters()
		r.serves()
		if len(r.items) != 0 {
			t.Errorf("left behind: %v", r.items)
		}
	})
}

// Who is being asked one by one when privileges come is asked no further.
func TestPrivilegesWhileTheUserIsAsked(t *testing.T) {
	play(t, func(w *world) {
		w.server.Account("aliceliddell", "pw", transports.Contact{ID: "ann"}, transports.Contact{ID: "bob"}, transports.Contact{ID: "carl"})
		w.online()
		w.after(capsWait + askEvery + time.Millisecond)
		if n := countOf(w.link.take(), `type="subscribe"`); n != 1 {
			t.Errorf("%d were asked", n)
		}
		r := w.rosterServer()
		w.grants(2, "both", "none")
		w.after(time.Minute)
		r.serves()
		w.never(`type="subscribe"`)
	})
}

// A roster that the server does not give in time, since it is too large to come through, says nothing of others'.
func TestOneRosterThatDoesNotComeIsOneUsers(t *testing.T) {
	play(t, func(w *world) {
		w.grants(2, "both", "outgoing")
		w.registers("Alice Liddell", "pw")
		w.available(laptop, "")
		w.after(rosterWait + time.Minute)
		if !w.granted().reads() {
			t.Error("the rosters of all users of the domain are given up")
		}
		w.inside(func(a *account) {
			if a.reads() {
				t.Error("this user's is still asked for")
			}
		})
		w.g.LinkDown(domain)
		w.g.LinkUp(domain)
		w.after(time.Second)
		w.grants(2, "both", "outgoing")
		w.inside(func(a *account) {
			if !a.reads() {
				t.Error("given up for good")
			}
		})
	})
}
