package gateway

import (
	"sync"

	"imgate/xmpp"
)

const (
	// mailboxStanzas is how many stanzas may wait for one account, whatever their size: as many as come in a moment.
	mailboxStanzas = 64
	// mailboxBurst is how many more may, of mailboxBulk bytes in all: a client that was away may send all that it has at once.
	mailboxBurst = 1000
	mailboxBulk  = 512 << 10
	// mailboxPresences is the same for presence: at a login the user's server probes every contact at once.
	mailboxPresences = 2048
)

// A mailbox holds what others want of an account. Its owner runs only while there is something to do: posting
// to a mailbox without owner starts one.
//
// The mutex stands between the many who post, among them the readers of the links, and the one who takes; it
// is held for an append or a swap.
type mailbox struct {
	mu        sync.Mutex
	items     []item
	stanzas   int
	bulk      int // bytes of those beyond mailboxStanzas
	presences int
	owned     bool
	signal    chan struct{} // made with the owner
}

// An item is what an account is told from outside. The set is closed.
type item interface{ isItem() }

type (
	stanzaItem   struct{ stanza xmpp.Stanza }
	linkUpItem   struct{}
	linkDownItem struct{}
)

// A testItem is a test's way into the loop.
type testItem interface {
	item
	apply(a *account)
}

func (stanzaItem) isItem()   {}
func (linkUpItem) isItem()   {}
func (linkDownItem) isItem() {}

// put appends it and reports whether an owner must be started; full is true when a stanza found no room.
func (b *mailbox) put(it item) (start, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if count, limit := b.limited(it); count != nil {
		if *count >= limit && (count != &b.stanzas || !b.squeeze(it)) {
			return false, true
		}
		*count++
	}
	b.items = append(b.items, it)
	if !b.owned {
		b.owned = true
		b.signal = make(chan struct{}, 1)
		return true, false
	}
	b.ring()
	return false, false
}

// squeeze reports whether there is room for a stanza beyond mailboxStanzas.
func (b *mailbox) squeeze(it item) bool {
	s, ok := it.(stanzaItem)
	if !ok || b.stanzas >= mailboxStanzas+mailboxBurst {
		return false
	}
	raw, err := xmpp.Append(nil, s.stanza)
	if err != nil || b.bulk+len(raw) > mailboxBulk {
		return false
	}
	b.bulk += len(raw)
	return true
}

// wake lets the owner look around, if there is one.
func (b *mailbox) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.owned {
		b.ring()
	}
}

func (b *mailbox) ring() {
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// limited is how many items like it there are, and may be; nil: as many as the gateway itself posts.
func (b *mailbox) limited(it item) (count *int, limit int) {
	switch it := it.(type) {
	case stanzaItem:
		if _, presence := it.stanza.(xmpp.Presence); presence {
			return &b.presences, mailboxPresences
		}
		return &b.stanzas, mailboxStanzas
	case requestItem:
		return &b.stanzas, mailboxStanzas
	}
	return nil, 0
}

// take empties the mailbox.
func (b *mailbox) take() []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items, b.stanzas, b.bulk, b.presences = nil, 0, 0, 0
	return items
}

// release ends the ownership; false when something has come in the meantime.
func (b *mailbox) release() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.items) > 0 {
		return false
	}
	b.owned = false
	return true
}
