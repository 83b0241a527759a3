package oscar

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// maxItems bounds a contact list. AOL's limit was 1,000 buddies; today's servers have none.
const maxItems = 20000

// An itemKey names an item: group and number together.
type itemKey struct{ group, id uint16 }

func keyOf(i wire.Item) itemKey { return itemKey{i.Group, i.ID} }

// root is the group of groups.
var root = itemKey{}

// A feedbag is the list that the server keeps (family 13), sorted by key: a slice takes little more than half of
// what a map would, and every session holds one. A change makes a new slice, so that a copy of a feedbag is one
// that may be changed by itself.
type feedbag struct{ items []wire.Item }

func byKey(a, b wire.Item) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.ID, b.ID))
}

// takeList adds a part of the list (SNAC 13/06) and reports whether it was the last.
func (s *session) takeList(snac wire.SNAC) (bool, error) {
	part, err := wire.Decode[wire.Feedbag](snac.Body)
	if err != nil {
		return false, err
	}
	f := &s.list
	if len(f.items)+len(part.Items) > maxItems {
		return false, failure(transports.Broken, "the contact list is too long", fmt.Errorf("more than %d items", maxItems))
	}
	f.put(s.readable(part.Items))
	return snac.Flags&wire.FlagMore == 0, nil
}

// maxListName is the longest name of a group and the longest alias that is kept, in bytes.
const maxListName = 512

// readable makes names and aliases of items such as people can read: old clients wrote other charsets than UTF-8 into
// the list, and nothing keeps anybody from writing 64 KiB.
func (s *session) readable(items wire.Items) wire.Items {
	legible := func(text string) string {
		if len(text) <= maxListName && utf8.ValidString(text) {
			return text
		}
		return cut(s.text([]byte(text[:min(len(text), 2*maxListName)])), maxListName)
	}
	for i := range items {
		items[i].Name = legible(items[i].Name)
		if alias, ok := items[i].TLVs.Get(wire.ItemAlias); ok {
			if text := legible(string(alias)); text != string(alias) {
				items[i].TLVs = items[i].TLVs.With(wire.String(wire.ItemAlias, text))
			}
		}
	}
	return items
}

// at gives the item of that key.
func (f *feedbag) at(k itemKey) (wire.Item, bool) {
	n, ok := slices.BinarySearchFunc(f.items, wire.Item{Group: k.group, ID: k.id}, byKey)
	if !ok {
		return wire.Item{}, false
	}
	return f.items[n], true
}

// put adds items; one of a known key takes the place of the old one. The slice is a new one, as large as need be.
func (f *feedbag) put(items wire.Items) {
	all := make([]wire.Item, 0, len(f.items)+len(items))
	all = append(append(all, f.items...), items...)
	slices.SortStableFunc(all, byKey)
	kept := all[:0]
	for i, item := range all {
		if i+1 == len(all) || byKey(item, all[i+1]) != 0 {
			kept = append(kept, item)
		}
	}
	clear(all[len(kept):])
	f.items = kept
}

func (f *feedbag) drop(items wire.Items) {
	f.items = slices.DeleteFunc(slices.Clone(f.items), func(have wire.Item) bool {
		return slices.ContainsFunc(items, func(i wire.Item) bool { return byKey(have, i) == 0 })
	})
}

// groups gives the groups in the order of the root's member list; what it leaves out follows by number.
func (f *feedbag) groups() []wire.Item {
	var groups []wire.Item
	for _, i := range f.items {
		if i.Class == wire.GroupItem && keyOf(i) != root {
			groups = append(groups, i)
		}
	}
	top, _ := f.at(root)
	order := rankOf(top)
	slices.SortFunc(groups, func(a, b wire.Item) int {
		return cmp.Or(cmp.Compare(order(a.Group), order(b.Group)), cmp.Compare(a.Group, b.Group))
	})
	return groups
}

// buddies gives the buddies of a group in the order of its member list.
func (f *feedbag) buddies(group wire.Item) []wire.Item {
	var buddies []wire.Item
	for _, i := range f.items {
		if i.Class == wire.BuddyItem && i.Group == group.Group {
			buddies = append(buddies, i)
		}
	}
	order := rankOf(group)
	slices.SortFunc(buddies, func(a, b wire.Item) int {
		return cmp.Or(cmp.Compare(order(a.ID), order(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return buddies
}

// rankOf gives the place of a number in an item's member list, or the end.
func rankOf(i wire.Item) func(uint16) int {
	members := i.TLVs.Words(wire.ItemMembers)
	return func(id uint16) int {
		if n := slices.Index(members, id); n >= 0 {
			return n
		}
		return len(members)
	}
}

// groupNamed finds a group by its name.
func (f *feedbag) groupNamed(name string) (wire.Item, bool) {
	for _, g := range f.groups() {
		if g.Name == name {
			return g, true
		}
	}
	return wire.Item{}, false
}

// of gives the buddy items of one address, in the order of their groups.
func (f *feedbag) of(id transports.LegacyID) []wire.Item {
	var found []wire.Item
	for _, g := range append(f.groups(), wire.Item{}) {
		for _, b := range f.buddies(g) {
			if transports.LegacyID(fold(b.Name)) == id {
				found = append(found, b)
			}
		}
	}
	return found
}

// contacts gives the list as the gateway wants it: one contact for each address, with all its groups. An item
// whose name is no legal address is left out.
func (f *feedbag) contacts(canonical func(string) (transports.LegacyID, error)) []transports.Contact {
	var list []transports.Contact
	index := make(map[transports.LegacyID]int)
	for _, g := range append(f.groups(), wire.Item{}) { // group 0 holds buddies on odd lists
		for _, b := range f.buddies(g) {
			id, err := canonical(b.Name)
			if err != nil {
				continue
			}
			n, known := index[id]
			if !known {
				n = len(list)
				index[id] = n
				list = append(list, transports.Contact{ID: id})
			}
			c := &list[n]
			c.Name = cmp.Or(c.Name, b.TLVs.String(wire.ItemAlias))
			c.Pending = c.Pending || b.TLVs.Has(wire.ItemPending)
			if g.Group != 0 && !slices.Contains(c.Groups, g.Name) {
				c.Groups = append(c.Groups, g.Name)
			}
		}
	}
	return list
}

// A view is what the gateway knows of the list.
type view struct {
	contacts []transports.Contact
	blocked  []transports.LegacyID
}

func (s *session) view() view {
	return view{s.list.contacts(s.dialect.canonical), s.list.denied(s.dialect.canonical)}
}

// tellChanges tells the gateway what differs from before.
func (s *session) tellChanges(before view) {
	now := s.view()
	old := make(map[transports.LegacyID]transports.Contact, len(before.contacts))
	for _, c := range before.contacts {
		old[c.ID] = c
	}
	for _, c := range now.contacts {
		was, known := old[c.ID]
		delete(old, c.ID)
		if !known || was.Name != c.Name || was.Pending != c.Pending || !slices.Equal(was.Groups, c.Groups) {
			s.tell(transports.Contacted{Contact: c})
		}
	}
	for _, c := range before.contacts {
		if _, gone := old[c.ID]; gone {
			s.tell(transports.ContactGone{ID: c.ID})
		}
	}
	if !slices.Equal(before.blocked, now.blocked) {
		s.tell(transports.Blocked{List: now.blocked})
	}
}

// listChanged takes a change that another session, or the server, made (SNAC 13/08, 13/09, 13/0A).
func (s *session) listChanged(snac wire.SNAC, items wire.Items) {
	before := s.view()
	if snac.Kind == wire.FeedbagDelete {
		s.list.drop(items)
	} else if len(s.list.items)+len(items) <= maxItems {
		s.list.put(s.readable(items))
	}
	s.tellChanges(before)
}
