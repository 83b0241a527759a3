package gateway

import (
	"strings"
	"time"

	"imgate/component/gateway/vcard"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A contact is an entry of the legacy list or of the user's roster, or of both.
type contact struct {
	registry.Memory
	listed   bool // on the legacy list, as far as the session has told
	pending  bool // its authorisation is waited for
	name     string
	groups   []string
	show     transports.Show
	status   string
	idle     time.Time
	tune     *transports.Tune // what it listens to; nil: nothing is known
	avatar   string           // the network's name of its picture; empty: none, or not told
	photo    string           // SHA-1 of the picture in the album; empty: none, or not there yet
	shown    bool             // the user was told that it is available
	refused  bool             // the user's server refuses to have it in the roster
	reason   string           // what the user said when adding it
	telling  bool             // the network is being told how the user calls and sorts it
	befriend bool             // it is to see the user too, without another question
	movedAt  uint64           // which of the account's moves was its last; 0: none
}

// touch marks what is remembered of c for the registry.
func (a *account) touch(c *contact) {
	if a.contacts[c.ID] != c {
		return
	}
	if a.changed == nil {
		a.changed = map[transports.LegacyID]bool{}
	}
	a.changed[c.ID] = true
}

// maxContacts bounds what is kept of the contacts of one account, whoever names them.
const maxContacts = 5000

// contact gives the entry of a canonical address, made if need be; where there are too many it is not kept.
func (a *account) contact(id transports.LegacyID) *contact {
	c := a.contacts[id]
	if c == nil {
		c = &contact{Memory: registry.Memory{ID: id}}
		if len(a.contacts) < maxContacts {
			a.contacts[id] = c
		}
	}
	return c
}

// forget drops what neither the roster nor the legacy list has.
func (a *account) forget(c *contact) {
	delete(a.contacts, c.ID)
	delete(a.changed, c.ID)
	a.store(a.logStore, registry.Remember{Key: a.key, Gone: []transports.LegacyID{c.ID}})
}

// contactOf gives the entry that a stanza is addressed to; nil for a malformed address or one not known.
func (a *account) contactOf(to xmpp.JID) *contact {
	id, err := a.svc.legacyID(to)
	if err != nil {
		return nil
	}
	return a.contacts[id]
}

// legacyID is the canonical legacy address that a contact's address stands for. "%" is understood for "@", as
// older gateways had it.
func (s *Service) legacyID(j xmpp.JID) (transports.LegacyID, error) {
	local := xmpp.UnescapeLocal(j.Local)
	if !strings.Contains(local, "@") {
		local = strings.Replace(local, "%", "@", 1)
	}
	return s.Network.Canonical(local)
}

// contactJID is the bare address of a contact.
func (s *Service) contactJID(id transports.LegacyID) (xmpp.JID, error) {
	return xmpp.NewJID(xmpp.EscapeHash(xmpp.EscapeLocal(string(id))), s.Domain, "")
}

// address is contactJID, logged where a network names somebody whom XMPP cannot.
func (a *account) address(id transports.LegacyID) (xmpp.JID, bool) {
	j, err := a.svc.contactJID(id)
	if err != nil {
		a.log.Warn("a contact without an XMPP address", "err", err)
	}
	return j, err == nil
}

func (a *account) onContactList(ev transports.ContactList) {
	for _, c := range a.contacts {
		c.listed = false
	}
	for _, entry := range ev.Contacts {
		a.learn(entry)
	}
	a.session.listed = true
	a.publish()
	a.rosterChanged()
}

func (a *account) onContacted(entry transports.Contact) {
	a.learn(entry)
	a.publish()
	a.rosterChanged()
}

func (a *account) learn(entry transports.Contact) *contact {
	c := a.contact(entry.ID)
	c.listed, c.pending, c.name, c.groups = true, entry.Pending, entry.Name, entry.Groups
	return c
}

func (a *account) onContactGone(id transports.LegacyID) {
	c := a.contacts[id]
	if c == nil {
		return
	}
	c.listed = false
	if c.shown {
		c.show = transports.Offline
		a.showContact(c)
	}
	a.publish()
}

func (a *account) onContactPresence(ev transports.Presence) {
	c := a.contact(ev.From)
	c.show, c.status, c.idle = ev.Show, ev.Status, ev.IdleSince
	tuned := !sameTune(c.tune, ev.Tune)
	c.tune = ev.Tune
	a.avatarChanged(c, ev.Avatar)
	a.showContact(c)
	if tuned {
		a.onContactTune(c)
	}
}

// onLearned remembers which charset a contact writes in; of strangers nothing is kept.
func (a *account) onLearned(ev transports.Learned) {
	if c := a.contacts[ev.ID]; c != nil && c.Charset != ev.Charset {
		c.Charset = ev.Charset
		a.touch(c)
	}
}

// charsets are those that contacts were seen to write in; nil: of nobody.
func (a *account) charsets() map[transports.LegacyID]string {
	var known map[transports.LegacyID]string
	for id, c := range a.contacts {
		if c.Charset != "" {
			if known == nil {
				known = map[transports.LegacyID]string{}
			}
			known[id] = c.Charset
		}
	}
	return known
}

// showContact tells the user's clients where c stands, if it may be seen in the roster.
func (a *account) showContact(c *contact) {
	if c.show == transports.Offline && !c.shown || !c.inRoster() {
		return
	}
	a.sendContactPresence(c, a.user)
	c.shown = c.show != transports.Offline || a.linkDown || !a.due.again.IsZero() // what a link has swallowed is told again
}

// inRoster reports whether the user's roster has c, or is about to.
func (c *contact) inRoster() bool { return c.To || c.From || c.Asked && !c.Gone }

func (a *account) sendContactPresence(c *contact, to xmpp.JID) {
	from, ok := a.address(c.ID)
	if !ok {
		return
	}
	p := xmpp.Presence{Header: xmpp.Header{From: from.WithResource(Resource), To: to}}
	if c.show == transports.Offline {
		p.Type = xmpp.UnavailablePresence
	}
	if e := showElement(c.show); e != nil {
		p.Payload = append(p.Payload, e)
	}
	if c.status != "" {
		p.Payload = append(p.Payload, xmpp.Leaf("status", c.status))
	}
	if !c.idle.IsZero() {
		idle := xmltree.New(xmpp.IdleSpace, "idle").SetAttr("since", c.idle.UTC().Format(time.RFC3339))
		p.Payload = append(p.Payload, idle, lastElement(time.Since(c.idle))) // XEP-0319 and, for older clients, XEP-0256
	}
	if p.Type == xmpp.AvailablePresence {
		p.Payload = append(p.Payload, a.svc.capsOf(kind{true, a.powers}).Element())
		if a.photos() && (c.avatar == "" || c.photo != "") {
			p.Payload = append(p.Payload, vcard.Update(c.photo))
		}
	}
	a.send(p)
}

// hideContacts makes everybody unavailable whom the session had shown.
func (a *account) hideContacts() {
	for _, c := range a.contacts {
		c.listed = false
		if c.shown {
			c.show, c.status, c.idle, c.tune = transports.Offline, "", time.Time{}, nil
			a.showContact(c)
		}
		c.show = transports.Offline
	}
}

// ghostWait is how long after the first sign-on contacts may take to show up.
const ghostWait = 5 * time.Second

// layGhosts makes those unavailable who were shown when the gateway ended without a word, and are not there now:
// nobody else tells the user's clients.
func (a *account) layGhosts() {
	if !a.ghosts {
		return
	}
	a.ghosts, a.due.ghosts = false, time.Time{}
	for _, c := range a.contacts {
		if c.inRoster() && c.show == transports.Offline {
			a.sendContactPresence(c, a.user)
		}
	}
}

// resync shows everybody again after the link was lost.
func (a *account) resync() {
	for _, c := range a.contacts {
		if c.show != transports.Offline || c.shown {
			a.showContact(c)
		}
	}
}
