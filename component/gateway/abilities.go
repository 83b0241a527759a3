package gateway

import (
	"maps"
	"slices"
	"sync"

	"imgate/xmltree"
	"imgate/xmpp"
)

// abilities are what is known of a client of the user.
type abilities uint8

const (
	canBeKnown   abilities = 1 << iota // it was asked, or said so itself
	canExchange                        // takes contacts in a batch (XEP-0144)
	wantsTune                          // wants to hear of contacts' tunes (XEP-0118)
	wantsAvatars                       // wants to hear of contacts' avatars (XEP-0084)
)

func (c abilities) has(what abilities) bool { return c&what == what }

// mayWant reports whether a client wants what, or was never asked.
func (c abilities) mayWant(what abilities) bool { return c.has(what) || !c.has(canBeKnown) }

// abilitiesOf reads an answer to disco#info.
func abilitiesOf(info *xmpp.Info) abilities {
	can := canBeKnown
	for what, feature := range map[abilities]string{
		canExchange: xmpp.RosterXSpace, wantsTune: xmpp.TuneSpace + "+notify", wantsAvatars: xmpp.AvatarMetaSpace + "+notify",
	} {
		if slices.Contains(info.Features, feature) {
			can |= what
		}
	}
	return can
}

// maxClients bounds how many kinds of clients are remembered.
const maxClients = 1000

// A clientTable remembers kinds of clients by the hash of what they can (XEP-0115), for all users. The mutex
// stands between their loops; it is held for a look into the map.
type clientTable struct {
	mu    sync.Mutex
	known map[string]abilities
}

// abilities is what is known of the client that sent p; old is what was known before, if it is the same client.
func (t *clientTable) abilities(p xmpp.Presence, old abilities) abilities {
	c, ok := p.Caps()
	if !ok {
		return old
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if can, known := t.known[c.Ver]; known {
		return can
	}
	return old
}

// learn remembers an answer under its own hash. What a client claims of another's hash does not count.
func (t *clientTable) learn(info *xmpp.Info) {
	ver := info.Ver()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[string]abilities{}
	}
	if len(t.known) >= maxClients {
		for other := range t.known {
			delete(t.known, other)
			break
		}
	}
	t.known[ver] = abilitiesOf(info)
}

// askCaps asks a client what it can; one at a time.
func (a *account) askCaps(name string) {
	a.asking = a.inquire(a.user.WithResource(name), xmltree.New(xmpp.InfoSpace, "query"), capsWait, func(q *xmpp.IQ) {
		can := canBeKnown
		if q != nil && q.Type == xmpp.ResultIQ {
			if info := xmpp.ParseInfo(q.Query()); info != nil {
				can = abilitiesOf(info)
				a.g.clients.learn(info)
			}
		}
		a.asking = false
		a.setAbilities(name, can)
	})
}

// wonder asks the clients of which nothing is known what they want to hear, one after another, since there is
// something to hear.
func (a *account) wonder() {
	a.wondering = true
	if a.asking {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(a.resources)) {
		if !a.resources[name].can.has(canBeKnown) {
			a.askCaps(name)
			return
		}
	}
	a.wondering = false
}

func (a *account) setAbilities(name string, can abilities) {
	if r, ok := a.resources[name]; ok {
		r.can = can
	}
	a.askSoon()
	a.tellTunes(name)
	a.tellAvatars(name)
	if a.wondering {
		a.wonder()
	}
}
