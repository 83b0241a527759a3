package oscar

import (
	"slices"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// defaultGroup is where a contact goes that names no group; AIM has no contacts outside groups.
const defaultGroup = "Buddies"

// A change is one item that one SNAC writes: 13/08, 13/09 or 13/0A.
type change struct {
	kind wire.Kind
	item wire.Item
}

// A plan collects the changes that one command makes, against a list of its own in which those before have
// already happened.
type plan struct {
	list    feedbag
	changes []change
}

func newPlan(list feedbag) *plan { return &plan{list: list} }

func (p *plan) insert(i wire.Item) {
	p.list.put(wire.Items{i})
	p.changes = append(p.changes, change{wire.FeedbagInsert, i})
}

func (p *plan) update(i wire.Item) {
	p.list.put(wire.Items{i})
	p.changes = append(p.changes, change{wire.FeedbagUpdate, i})
}

func (p *plan) remove(i wire.Item) {
	p.list.drop(wire.Items{i})
	p.changes = append(p.changes, change{wire.FeedbagDelete, i})
}

// group finds a group or makes one, at the end of the root's member list.
func (p *plan) group(name string) wire.Item {
	if g, ok := p.list.groupNamed(name); ok {
		return g
	}
	g := wire.Item{Name: name, Group: p.freeGroup(), Class: wire.GroupItem}
	p.insert(g)
	top, known := p.list.at(root)
	if !known {
		top = wire.Item{Class: wire.GroupItem}
		p.insert(top)
	}
	if members := top.TLVs.Words(wire.ItemMembers); !slices.Contains(members, g.Group) {
		p.members(top, append(members, g.Group))
	}
	return g
}

// members writes a member list (TLV 0xC8).
func (p *plan) members(i wire.Item, members wire.Words) {
	value, err := wire.Encode(members)
	if err != nil {
		return // words have no length of their own
	}
	i.TLVs = i.TLVs.With(wire.Bytes(wire.ItemMembers, value))
	p.update(i)
}

// enter puts a buddy into a group, under a number of its own.
func (p *plan) enter(group wire.Item, name string, tlvs wire.TLVs) {
	buddy := wire.Item{Name: name, Group: group.Group, ID: p.freeItem(), Class: wire.BuddyItem, TLVs: tlvs}
	p.insert(buddy)
	group, _ = p.list.at(keyOf(group))
	if members := group.TLVs.Words(wire.ItemMembers); !slices.Contains(members, buddy.ID) {
		p.members(group, append(members, buddy.ID))
	}
}

// leave takes a buddy out of its group.
func (p *plan) leave(buddy wire.Item) {
	p.remove(buddy)
	group, ok := p.list.at(itemKey{buddy.Group, 0})
	if !ok {
		return
	}
	members := group.TLVs.Words(wire.ItemMembers)
	if n := slices.Index(members, buddy.ID); n >= 0 {
		p.members(group, slices.Delete(members, n, n+1))
	}
}

// freeGroup and freeItem give the lowest number that is not taken; 0 is the root's.
func (p *plan) freeGroup() uint16 {
	return lowestFree(p.list.items, func(i wire.Item) uint16 { return i.Group })
}

func (p *plan) freeItem() uint16 {
	return lowestFree(p.list.items, func(i wire.Item) uint16 { return i.ID })
}

func lowestFree(items []wire.Item, number func(wire.Item) uint16) uint16 {
	taken := make(map[uint16]bool, len(items))
	for _, i := range items {
		taken[number(i)] = true
	}
	n := uint16(1)
	for taken[n] && n < 0x7FFF {
		n++
	}
	return n
}

// planAdd puts id into groups; where it is already it stays.
func planAdd(list feedbag, id transports.LegacyID, name string, groups []string, pending bool) *plan {
	p := newPlan(list)
	var tlvs wire.TLVs
	if name != "" {
		tlvs = append(tlvs, wire.String(wire.ItemAlias, name))
	}
	if pending {
		tlvs = append(tlvs, wire.Flag(wire.ItemPending))
	}
	if len(groups) == 0 {
		groups = []string{defaultGroup}
	}
	for _, g := range groups {
		group := p.group(g)
		if !slices.ContainsFunc(p.list.of(id), func(i wire.Item) bool { return i.Group == group.Group }) {
			p.enter(group, string(id), tlvs)
		}
	}
	return p
}

// planChange gives id that name, and those groups exactly; no groups means that they stay as they are. It is
// nil when id is not on the list.
func planChange(list feedbag, id transports.LegacyID, name string, groups []string) *plan {
	p := newPlan(list)
	have := p.list.of(id)
	if len(have) == 0 {
		return nil
	}
	tlvs := renamed(have[0].TLVs, name)
	for _, g := range groups {
		group := p.group(g)
		if !slices.ContainsFunc(have, func(i wire.Item) bool { return i.Group == group.Group }) {
			p.enter(group, have[0].Name, tlvs)
		}
	}
	for _, i := range have {
		group, _ := p.list.at(itemKey{i.Group, 0})
		switch {
		case len(groups) > 0 && !slices.Contains(groups, group.Name):
			p.leave(i)
		case i.TLVs.String(wire.ItemAlias) != name:
			i.TLVs = renamed(i.TLVs, name)
			p.update(i)
		}
	}
	return p
}

func renamed(tlvs wire.TLVs, name string) wire.TLVs {
	if name == "" {
		return tlvs.Without(wire.ItemAlias)
	}
	return tlvs.With(wire.String(wire.ItemAlias, name))
}

// planRemove takes id off the list, from every group.
func planRemove(list feedbag, id transports.LegacyID) *plan {
	p := newPlan(list)
	for _, i := range p.list.of(id) {
		p.leave(i)
	}
	return p
}
