package ymsg

import (
	"slices"
	"strings"

	"imgate/transports/ymsg/wire"
)

// everybody is the key of faults that wait for anybody.
const everybody = "*"

// noGroup is the group that Escargot says those are in who are in none.
const noGroup = "(No Group)"

// An account is a Yahoo ID.
type account struct {
	id       string // canonical
	name     string // as its owner spells it
	password string
	refusal  int     // the result that it always gets; 0: none
	groups   []group // the list, in the order in which groups were made
	ignored  []string
	watchers map[string]*account // who has it on the list
	kept     []stored
	cookies  [2]string // Y and T that were given out; empty: none
	session  *session  // nil: not there
	bot      *bot      // nil for people
}

// A group is a group of a list, and the ids in it.
type group struct {
	name    string
	members []string
}

// A stored is a message kept for somebody who is away.
type stored struct {
	from, text string
	at         int64 // seconds since 1970
}

// canonical is the spelling under which an account is kept: case does not count.
func canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// legal reports whether id can be an account.
func legal(id string) bool {
	return id != "" && len(id) <= 32 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// create makes an account. mu is held; name is legal and new.
func (s *Server) create(name, password string) *account {
	a := &account{id: canonical(name), name: name, password: password, watchers: map[string]*account{}}
	s.accounts[a.id] = a
	return a
}

// find gives an account, by any spelling; nil if there is none.
func (s *Server) find(name string) *account { return s.accounts[canonical(name)] }

// groupsOf are the groups in which somebody is on a's list; nil: not on it.
func (a *account) groupsOf(id string) []string {
	var list []string
	for _, g := range a.groups {
		if slices.Contains(g.members, id) {
			list = append(list, g.name)
		}
	}
	return list
}

func (a *account) has(id string) bool { return a.groupsOf(id) != nil }

// put puts b into a group of a's list.
func (a *account) put(b *account, name string) {
	b.watchers[a.id] = a
	for i := range a.groups {
		if a.groups[i].name == name {
			a.groups[i].members = append(a.groups[i].members, b.id)
			return
		}
	}
	a.groups = append(a.groups, group{name: name, members: []string{b.id}})
}

// take takes b out of a group of a's list. The group stays.
func (a *account) take(b *account, name string) {
	for i := range a.groups {
		if g := &a.groups[i]; g.name == name {
			g.members = slices.DeleteFunc(g.members, func(id string) bool { return id == b.id })
		}
	}
	if !a.has(b.id) {
		delete(b.watchers, a.id)
	}
}

func (a *account) ignores(id string) bool { return slices.Contains(a.ignored, id) }

// friends are those on a's list whom it does not ignore, in the list's order.
func (a *account) friends(s *Server) []*account {
	var list []*account
	for _, g := range a.groups {
		for _, id := range g.members {
			if b := s.accounts[id]; b != nil && !a.ignores(id) && !slices.Contains(list, b) {
				list = append(list, b)
			}
		}
	}
	return list
}

// listText is a's list as List has it: groups that have members, and those in none at the end.
func (a *account) listText(s *Server) string {
	var groups []wire.Group
	var last *wire.Group
	for _, g := range a.groups {
		w := wire.Group{Name: []byte(g.name)}
		for _, id := range g.members {
			if b := s.accounts[id]; b != nil && !a.ignores(id) {
				w.Members = append(w.Members, b.name)
			}
		}
		switch {
		case len(w.Members) == 0:
		case g.name == noGroup:
			last = &w
		default:
			groups = append(groups, w)
		}
	}
	if last != nil {
		groups = append(groups, *last)
	}
	return string(wire.AppendGroups(nil, groups))
}
