package oscar

import (
	"strconv"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// friendGroup is the group of those whom Acquaint makes known.
const friendGroup = "Friends"

// Acquaint implements world.Network. The contacts are friend1 and so on, on ICQ 900000001 and so on.
func (n network) Acquaint(name string, count, contacts int) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	names := []string{name}
	if count > 1 {
		var err error
		if names, err = n.series(name, count); err != nil {
			return err
		}
	}
	var owners []*account
	for _, name := range names {
		a, err := n.account(name)
		if err != nil {
			return err
		}
		owners = append(owners, a)
	}
	friends := n.friends(min(contacts, world.MaxContacts))
	for _, a := range owners {
		n.s.befriend(a, friends)
	}
	return nil
}

// friends gives so many accounts, made where they are missing. mu is held.
func (n network) friends(count int) []*account {
	list := make([]*account, count)
	for i := range list {
		name := "friend" + strconv.Itoa(i+1)
		if n.name == icq {
			name = strconv.Itoa(900_000_001 + i)
		}
		a := n.s.accounts[name]
		if a == nil {
			a = n.s.create(name, world.Password)
			a.asks = false
			if i%4 == 0 {
				n.s.puppet(a)
				n.s.announce(a)
			}
		}
		list[i] = a
	}
	return list
}

// befriend makes friends a's whole list. mu is held.
func (s *Server) befriend(a *account, friends []*account) {
	const group = 1
	members := make([]uint16, 0, len(friends))
	items := []wire.Item{{Class: wire.GroupItem, TLVs: wire.TLVs{wire.Bytes(wire.ItemMembers, words16(group))}}}
	for i, f := range friends {
		id := uint16(i + 1)
		members = append(members, id)
		items = append(items, wire.Item{Name: f.name, Group: group, ID: id, Class: wire.BuddyItem})
		s.watch(f.id, a)
	}
	items = append(items, wire.Item{
		Name: friendGroup, Group: group, Class: wire.GroupItem, TLVs: wire.TLVs{wire.Bytes(wire.ItemMembers, words16(members...))},
	})
	a.list, a.changed, a.read = items, time.Now(), nil
}
