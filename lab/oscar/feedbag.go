package oscar

import (
	"bytes"
	"slices"
	"time"

	"imgate/transports/oscar/wire"
)

// maxItems is how many entries a list may have.
const maxItems = 5000

// feedbagRights are the answer to SNAC 13/02 as the real server gives it: limits by class of item under TLV 4.
var feedbagRights = wire.TLVs{
	wire.Uint16(3, 200),
	wire.Bytes(4, words16(61, 61, 100, 100, 1, 1, 50, 0, 0, 3, 0, 0, 0, 128, 255, 20, 200, 1, 0, 1, 200, 0, 0, 0, 4)),
	wire.Uint16(5, 200), wire.Uint16(6, 200), wire.Uint16(7, 200), wire.Uint16(8, 200), wire.Uint16(9, 200),
	wire.Uint16(10, 200), wire.Uint16(12, 200), wire.Uint16(13, 200), wire.Uint16(14, 100),
}

func words16(v ...uint16) []byte {
	b, _ := wire.Encode(wire.Words(v)) // words always fit
	return b
}

// watches reports whether an item makes its owner watch somebody: a buddy that is not pending.
func watches(item wire.Item) bool {
	return item.Class == wire.BuddyItem && !item.TLVs.Has(wire.ItemPending)
}

// feedbag answers SNAC 13/04 with the whole list, in parts that fit their frames.
func (x *session) feedbag(q wire.SNAC) error {
	for rest := x.a.list; ; {
		part := fitting(rest)
		rest = rest[len(part):]
		body := wire.Feedbag{Items: part}
		if !x.a.changed.IsZero() {
			body.Changed = uint32(x.a.changed.Unix())
		}
		snac, err := wire.NewSNAC(wire.FeedbagReply, q.Request, body)
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			snac.Flags |= wire.FlagMore
		}
		x.l.snac(snac)
		if len(rest) == 0 {
			return nil
		}
	}
}

// partSize is about how many bytes of items go into one frame.
const partSize = 8000

// fitting is the longest beginning of items of about partSize, at least one.
func fitting(items []wire.Item) []wire.Item {
	size := 0
	for i, item := range items {
		size += itemSize(item)
		if i > 0 && size > partSize {
			return items[:i]
		}
	}
	return items
}

func itemSize(item wire.Item) int {
	size := 10 + len(item.Name)
	for _, t := range item.TLVs {
		size += 4 + len(t.Value)
	}
	return size
}

// feedbagNewer answers SNAC 13/05: the list, or that the client's copy is good (13/0F).
func (x *session) feedbagNewer(q wire.SNAC) error {
	have, err := wire.Decode[wire.FeedbagVersion](q.Body)
	if err != nil {
		return err
	}
	if !x.a.changed.IsZero() && have.Changed == uint32(x.a.changed.Unix()) && int(have.Count) == len(x.a.list) {
		x.reply(q, wire.FeedbagNotNewer, have)
		return nil
	}
	return x.feedbag(q)
}

// feedbagUse takes SNAC 13/07: the list counts from now on.
func (x *session) feedbagUse(wire.SNAC) error {
	x.serves = true
	if x.ready {
		x.showList()
	}
	return nil
}

func (x *session) feedbagInsert(q wire.SNAC) error { return x.edit(q, x.put) }
func (x *session) feedbagUpdate(q wire.SNAC) error { return x.edit(q, x.put) }
func (x *session) feedbagDelete(q wire.SNAC) error { return x.edit(q, x.takeOut) }

// edit applies one change to each item of q and answers with a result for each (SNAC 13/0E). The account's
// other sessions hear of the change as the client said it.
func (x *session) edit(q wire.SNAC, change func(wire.Item) uint16) error {
	items, err := wire.Decode[wire.Items](q.Body)
	if err != nil {
		return err
	}
	before := x.s.look(x.a)
	results := make(wire.Words, len(items))
	for i, item := range items {
		results[i] = change(own(item))
	}
	x.a.changed, x.a.read = time.Now(), nil
	x.reply(q, wire.FeedbagStatus, results)
	x.others(func(y *session) { y.push(q.Kind, items) })
	x.s.compare(x.a, before)
	if q.Kind != wire.FeedbagDelete {
		for _, item := range items {
			if item.Class == wire.IconItem {
				x.iconNamed(item)
			}
			if x.lists(item) {
				x.toShow = append(x.toShow, canonical(item.Name))
			}
		}
	}
	if !x.editing {
		x.showEdited()
	}
	return nil
}

// lists reports whether item is on x's list as somebody to watch.
func (x *session) lists(item wire.Item) bool {
	return watches(item) && x.s.watchers[canonical(item.Name)][x.a] > 0
}

// editBegin and editEnd take SNAC 13/11 and 13/12. Who was put on the list in between is shown at the end: the
// real server, too, is not done with presence before it has read on.
func (x *session) editBegin(q wire.SNAC) error {
	x.editing = true
	x.others(func(y *session) { y.reply(q, q.Kind, nil) })
	return nil
}

func (x *session) editEnd(q wire.SNAC) error {
	x.editing = false
	x.others(func(y *session) { y.reply(q, q.Kind, nil) })
	x.showEdited()
	return nil
}

// others does something with the account's other sessions.
func (x *session) others(f func(*session)) {
	for _, y := range x.a.sessions {
		if y != x {
			f(y)
		}
	}
}

// showEdited tells of those put on the list who are there; again on every update, as seen.
func (x *session) showEdited() {
	ids := x.toShow
	x.toShow = nil
	for _, id := range ids {
		if b := x.s.accounts[id]; b != nil && x.ready && x.a.sees(b) && x.s.watchers[id][x.a] > 0 {
			x.a.tell(wire.BuddyArrived, b.user(x.s.now()))
		}
	}
}

// own is a copy of item that shares no memory with a frame.
func own(item wire.Item) wire.Item {
	item.TLVs = slices.Clone(item.TLVs)
	for i := range item.TLVs {
		item.TLVs[i].Value = bytes.Clone(item.TLVs[i].Value)
	}
	return item
}

// put inserts item, or overwrites the one with the same numbers. The real server checks nothing but whether
// the buddy wants to be asked.
func (x *session) put(item wire.Item) uint16 {
	i := x.find(item)
	if item.Class == wire.BuddyItem {
		if refused := x.wantsLeave(&item); refused {
			return wire.FeedbagNeedsAuth
		}
	}
	if i < 0 {
		if len(x.a.list) >= maxItems {
			return wire.FeedbagFull
		}
		x.a.list = append(x.a.list, item)
	} else {
		x.forget(x.a.list[i])
		x.a.list[i] = item
	}
	if watches(item) {
		x.s.watch(canonical(item.Name), x.a)
	}
	return wire.FeedbagOK
}

// takeOut deletes the item with the numbers of item; one that is not there is no mistake.
func (x *session) takeOut(item wire.Item) uint16 {
	if i := x.find(item); i >= 0 {
		x.forget(x.a.list[i])
		x.a.list = slices.Delete(x.a.list, i, i+1)
	}
	return wire.FeedbagOK
}

func (x *session) find(item wire.Item) int {
	return slices.IndexFunc(x.a.list, func(have wire.Item) bool { return have.Group == item.Group && have.ID == item.ID })
}

// forget undoes what put did for item.
func (x *session) forget(item wire.Item) {
	if watches(item) {
		x.s.unwatch(canonical(item.Name), x.a)
	}
}
