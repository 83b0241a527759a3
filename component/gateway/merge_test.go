package gateway

import (
	"fmt"
	"testing"

	"imgate/registry"
	"imgate/transports"
)

func TestMerge(t *testing.T) {
	put := func(roster, list string) registry.Memory {
		return registry.Memory{ID: "bob", Put: true, Name: roster, ListName: list}
	}
	for _, c := range []struct {
		what         string
		memory       registry.Memory
		roster, list string
		want         string // the roster's name, the list's, who has changed it
	}{
		{"nothing has changed", put("Bob", "Bob"), "Bob", "Bob", "Bob Bob 0"},
		{"the user renames", put("Bob", "Bob"), "Robert", "Bob", "Robert Robert 1"},
		{"the user takes the name away", put("Bob", "Bob"), "", "Bob", "  1"},
		{"the list renames", put("Bob", "Bob"), "Bob", "Robert", "Robert Robert 2"},
		{"the list has lost the name", put("Bob", "Bob"), "Bob", "", "Bob  0"},
		{"both rename alike", put("Bob", "Bob"), "Rob", "Rob", "Rob Rob 0"},
		{"both rename: the user's stands", put("Bob", "Bob"), "Rob", "Robert", "Rob Rob 1"},
		{"an old difference", put("Mine", "Theirs"), "Mine", "Theirs", "Mine Theirs 0"},
		{"an old difference, and the list renames", put("Mine", "Theirs"), "Mine", "Others", "Others Others 2"},
		{"at first sight", registry.Memory{ID: "bob"}, "", "Bob", "Bob Bob 2"},
		{"at first sight, named by the user", registry.Memory{ID: "bob"}, "Rob", "Bob", "Rob Bob 0"},
		{"at first sight, named by nobody else", registry.Memory{ID: "bob"}, "Rob", "", "Rob Rob 1"},
		{"at first sight, named by a client", registry.Memory{ID: "bob"}, "bob", "", "bob  0"},
	} {
		m := merge(c.memory, naming{name: c.roster}, naming{name: c.list})
		if got := fmt.Sprint(m.roster.name, " ", m.list.name, " ", m.name); got != c.want || m.put != (m.name == byList) || m.tell != (m.name == byUser) {
			t.Errorf("%s: %q, want %q; %+v", c.what, got, c.want, m)
		}
	}
}

func TestMergeGroups(t *testing.T) {
	memory := registry.Memory{ID: "bob", Put: true, Groups: []string{"A", "B"}, ListGroups: []string{"A", "B"}}
	for _, c := range []struct {
		what         string
		roster, list []string
		want         string
	}{
		{"another order", []string{"B", "A"}, []string{"A", "B"}, "[B A] [A B] 0"},
		{"the user regroups", []string{"A"}, []string{"A", "B"}, "[A] [A] 1"},
		{"the list regroups", []string{"B", "A"}, []string{"C"}, "[C] [C] 2"},
		{"out of all groups", nil, []string{"A", "B"}, "[] [] 1"},
	} {
		m := merge(memory, naming{groups: c.roster}, naming{groups: c.list})
		if got := fmt.Sprint(m.roster.groups, m.list.groups, m.groups); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// Who has no name is called by the address, where the XMPP address does not read like it.
func TestWhoHasNoName(t *testing.T) {
	for id, want := range map[string]string{"bob": "", "mona@example.net": "mona@example.net", "#room": "#room"} {
		c := &contact{Memory: registry.Memory{ID: transports.LegacyID(id)}}
		if got := c.naming().name; got != want {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
}
