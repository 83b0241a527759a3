package oscar

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

func TestTheListComesInParts(t *testing.T) {
	tell(t, func(p *peer, _ *transports.Account) {
		items := aliceList()
		p.list = []wire.Feedbag{{Items: items[:3]}, {Items: items[3:6]}, {Items: items[6:]}}
	}, func(s *story) {
		on, list := s.signOn()
		if fmt.Sprint(list.Contacts) != fmt.Sprint(aliceContacts()) {
			t.Errorf("got %+v\nwant %+v", list.Contacts, aliceContacts())
		}
		if on.Name != "Alice Liddell" || !on.Powers.Has(transports.CanEditContacts) {
			t.Errorf("signed on as %+v", on)
		}
	})
}

func TestAServerWithoutAList(t *testing.T) {
	tell(t, func(p *peer, _ *transports.Account) { p.families = wire.Words{1, 2, 3, 4} }, func(s *story) {
		if on, list := s.signOn(); on.Powers.Has(transports.CanEditContacts) || len(list.Contacts) != 0 {
			t.Errorf("got %+v, %+v", on, list)
		}
		s.does(transports.AddContact{Tag: 1, ID: "redqueen"})
		if d := want[transports.Done](s); !errors.Is(d.Err, transports.ErrUnsupported) {
			t.Errorf("done with %+v", d)
		}
	})
}

// edits reads what the peer hears of one edit, from 13/11 to 13/12.
func (s *story) edits() (written []string) {
	s.t.Helper()
	names := map[wire.Kind]string{wire.FeedbagInsert: "insert", wire.FeedbagUpdate: "update", wire.FeedbagDelete: "delete"}
	s.hears(wire.FeedbagBegin)
	for {
		q := <-s.peer.heard
		if q.Kind == wire.FeedbagEnd {
			return written
		}
		if names[q.Kind] == "" {
			continue
		}
		for _, i := range body[wire.Items](s.t, q) {
			written = append(written, fmt.Sprintf("%s %q %d/%d class %d alias %q members %v", names[q.Kind],
				i.Name, i.Group, i.ID, i.Class, i.TLVs.String(wire.ItemAlias), i.TLVs.Words(wire.ItemMembers)))
		}
	}
}

func TestEdits(t *testing.T) {
	tests := []struct {
		name   string
		do     transports.Command
		hears  []string
		events []transports.Event
	}{
		{"add to a known group", transports.AddContact{Tag: 1, ID: "redqueen", Name: "Queen", Groups: []string{"Wonderland"}}, []string{
			`insert "redqueen" 2/1 class 0 alias "Queen" members []`,
			`update "Wonderland" 2/0 class 1 alias "" members [20 1]`,
		}, []transports.Event{transports.Contacted{Contact: transports.Contact{ID: "redqueen", Name: "Queen", Groups: []string{"Wonderland"}}}}},
		{"add to a new group", transports.AddContact{Tag: 1, ID: "redqueen", Groups: []string{"Royals"}}, []string{
			`insert "Royals" 3/0 class 1 alias "" members []`,
			`update "" 0/0 class 1 alias "" members [2 1 3]`,
			`insert "redqueen" 3/1 class 0 alias "" members []`,
			`update "Royals" 3/0 class 1 alias "" members [1]`,
		}, []transports.Event{transports.Contacted{Contact: transports.Contact{ID: "redqueen", Groups: []string{"Royals"}}}}},
		{"add to no group", transports.AddContact{Tag: 1, ID: "redqueen"}, []string{
			`insert "redqueen" 1/1 class 0 alias "" members []`,
			`update "Buddies" 1/0 class 1 alias "" members [11 10 1]`,
		}, []transports.Event{transports.Contacted{Contact: transports.Contact{ID: "redqueen", Groups: []string{"Buddies"}}}}},
		{"rename", transports.ChangeContact{Tag: 1, ID: "dormouse", Name: "Sleepy", Groups: []string{"Buddies", "Wonderland"}}, []string{
			`update "dormouse" 2/20 class 0 alias "Sleepy" members []`,
			`update "dormouse" 1/11 class 0 alias "Sleepy" members []`,
		}, []transports.Event{transports.Contacted{Contact: transports.Contact{ID: "dormouse", Name: "Sleepy", Groups: []string{"Wonderland", "Buddies"}}}}},
		{"take the name away", transports.ChangeContact{Tag: 1, ID: "madhatter"}, []string{
			`update "Mad Hatter" 1/10 class 0 alias "" members []`,
		}, []transports.Event{transports.Contacted{Contact: transports.Contact{ID: "madhatter", Groups: []string{"Buddies"}}}}},
		{"regroup", transports.ChangeContact{Tag: 1, ID: "madhatter", Name: "Hatter", Groups: []string{"Wonderland"}}, []string{
			`insert "Mad Hatter" 2/1 class 0 alias "Hatter" members []`,
			`update "Wonderland" 2/0 class 1 alias "" members [20 1]`,
			`delete "Mad Hatter" 1/10 class 0 alias "Hatter" members []`,
			`update "Buddies" 1/0 class 1 alias "" members [11]`,
		}, []transports.Event{transports.Contacted{Contact: transports.Contact{ID: "madhatter", Name: "Hatter", Groups: []string{"Wonderland"}}}}},
		{"remove from everywhere", transports.RemoveContact{Tag: 1, ID: "dormouse"}, []string{
			`delete "dormouse" 2/20 class 0 alias "" members []`,
			`update "Wonderland" 2/0 class 1 alias "" members []`,
			`delete "dormouse" 1/11 class 0 alias "" members []`,
			`update "Buddies" 1/0 class 1 alias "" members [10]`,
		}, []transports.Event{transports.ContactGone{ID: "dormouse"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			online(t, nil, func(s *story) {
				s.does(tt.do)
				got := make(chan []string, 1)
				go func() { got <- s.edits() }()
				for _, e := range tt.events {
					if have := s.next(answerTimeout); fmt.Sprint(have) != fmt.Sprint(e) {
						t.Errorf("got %+v, want %+v", have, e)
					}
				}
				if d := want[transports.Done](s); d != (transports.Done{Tag: 1, Proof: transports.Accepted}) {
					t.Errorf("done with %+v", d)
				}
				if heard := <-got; !slices.Equal(heard, tt.hears) {
					t.Errorf("the peer hears\n%q\nwant\n%q", heard, tt.hears)
				}
			})
		})
	}
}

func TestBlocking(t *testing.T) {
	online(t, nil, func(s *story) {
		expect := func(do transports.Command, hears []string, blocked []transports.LegacyID) {
			t.Helper()
			s.does(do)
			got := make(chan []string, 1)
			go func() { got <- s.edits() }()
			if blocked != nil {
				if b := want[transports.Blocked](s); !slices.Equal(b.List, blocked) {
					t.Errorf("%+v: blocked are %v", do, b.List)
				}
			}
			if d := want[transports.Done](s); d.Err != nil || d.Proof != transports.Accepted {
				t.Errorf("%+v: done with %+v", do, d)
			}
			if heard := <-got; !slices.Equal(heard, hears) {
				t.Errorf("%+v: the peer hears\n%q\nwant\n%q", do, heard, hears)
			}
		}
		expect(transports.Block{Tag: 1, ID: "redqueen", On: true}, []string{
			`insert "redqueen" 0/1 class 3 alias "" members []`,
			`update "" 0/30 class 4 alias "" members []`,
		}, []transports.LegacyID{"redqueen"})
		expect(transports.Block{Tag: 2, ID: "madhatter", On: true}, []string{
			`insert "madhatter" 0/2 class 3 alias "" members []`,
		}, []transports.LegacyID{"madhatter", "redqueen"})
		expect(transports.Block{Tag: 3, ID: "redqueen"}, []string{
			`delete "redqueen" 0/1 class 3 alias "" members []`,
		}, []transports.LegacyID{"madhatter"})
		expect(transports.SetPrivacy{Tag: 4, Mode: transports.AllowContacts}, []string{
			`update "" 0/30 class 4 alias "" members []`,
		}, nil)
		s.does(transports.SetPrivacy{Tag: 5, Mode: transports.AllowContacts})
		s.does(transports.Block{Tag: 6, ID: "stranger"})
		for range 2 {
			if d := want[transports.Done](s); d.Err != nil {
				t.Errorf("done with %+v", d)
			}
		}
	})
}

func TestWhoIsBlockedAtSignOn(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) {
		p.list = append(p.list, wire.Feedbag{Items: wire.Items{{Name: "Red Queen", ID: 50, Class: wire.DenyItem}}})
	}, func(s *story) {
		if b := want[transports.Blocked](s); !slices.Equal(b.List, []transports.LegacyID{"redqueen"}) {
			t.Errorf("blocked are %v", b.List)
		}
	})
}

func TestEditsThatChangeNothing(t *testing.T) {
	online(t, nil, func(s *story) {
		s.does(transports.AddContact{Tag: 1, ID: "madhatter", Groups: []string{"Buddies"}})
		s.does(transports.ChangeContact{Tag: 2, ID: "stranger", Name: "x"})
		s.does(transports.RemoveContact{Tag: 3, ID: "stranger"})
		for tag, err := range []error{nil, transports.ErrUnknown, nil} {
			if d := want[transports.Done](s); d.Tag != transports.Tag(tag+1) || !errors.Is(d.Err, err) {
				t.Errorf("done with %+v", d)
			}
		}
	})
}

func TestEditsThatTheServerRefuses(t *testing.T) {
	for result, err := range map[uint16]error{
		wire.FeedbagInvalid: transports.ErrInvalid, wire.FeedbagFull: transports.ErrBusy, 0x7777: transports.ErrInvalid,
	} {
		online(t, func(p *peer, _ *transports.Account) {
			p.answers[wire.FeedbagInsert] = reply(wire.FeedbagStatus, wire.Words{result})
		}, func(s *story) {
			s.does(transports.AddContact{Tag: 1, ID: "redqueen"})
			if d := want[transports.Done](s); !errors.Is(d.Err, err) {
				t.Errorf("result %#x: done with %+v", result, d)
			}
			s.does(transports.RemoveContact{Tag: 2, ID: "madhatter"})
			want[transports.ContactGone](s)
			want[transports.Done](s)
		})
	}
}

// Who wants to be asked is asked, and is on the list as pending.
func TestAContactThatWantsToBeAsked(t *testing.T) {
	online(t, func(p *peer, _ *transports.Account) {
		p.answers[wire.FeedbagInsert] = func(p *peer, q wire.SNAC) []wire.SNAC {
			if i := body[wire.Items](t, q)[0]; i.Class == wire.BuddyItem && !i.TLVs.Has(wire.ItemPending) {
				return reply(wire.FeedbagStatus, wire.Words{wire.FeedbagNeedsAuth})(p, q)
			}
			return p.accepted(q)
		}
	}, func(s *story) {
		s.does(transports.AddContact{Tag: 1, ID: "54321", Reason: "please", Groups: []string{"Buddies"}})
		if ask := body[wire.AuthAsk](t, s.hears(wire.FeedbagAuthAsk)); ask.Name != "54321" || ask.Reason != "please" {
			t.Errorf("asked %+v", ask)
		}
		c := want[transports.Contacted](s)
		if d := want[transports.Done](s); d.Err != nil || c.Contact.ID != "54321" || !c.Contact.Pending {
			t.Errorf("got %+v, %+v", c, d)
		}
		s.peer.push(wire.FeedbagAuthReplied, wire.AuthReply{Name: "54321", Granted: true, Reason: "yes"})
		if a := want[transports.AuthAnswer](s); a != (transports.AuthAnswer{From: "54321", Granted: true, Reason: "yes"}) {
			t.Errorf("got %+v", a)
		}
		s.peer.push(wire.FeedbagUpdate, wire.Items{{Name: "54321", Group: 1, ID: 1}})
		if c := want[transports.Contacted](s); c.Contact.Pending {
			t.Errorf("got %+v", c)
		}
	})
}

func TestTheServerChangesTheList(t *testing.T) {
	online(t, nil, func(s *story) {
		s.peer.push(wire.FeedbagInsert, wire.Items{{Name: "Red Queen", Group: 2, ID: 40}})
		if c := want[transports.Contacted](s); c.Contact.ID != "redqueen" {
			t.Errorf("got %+v", c)
		}
		s.peer.push(wire.FeedbagDelete, wire.Items{{Name: "Red Queen", Group: 2, ID: 40}, {Group: 99, ID: 99}})
		if c := want[transports.ContactGone](s); c.ID != "redqueen" {
			t.Errorf("got %+v", c)
		}
		s.peer.push(wire.FeedbagAdded, wire.AddedBy{Name: "12345"})
		want[transports.AddedYou](s)
		s.peer.push(wire.FeedbagAuthAsked, wire.AuthAsk{Name: "12345", Reason: "hi"})
		want[transports.AuthRequest](s)
	})
}

// Whatever is done to a list, its numbers stay unique, its member lists name what is there, and it says what
// was asked for.
func TestPlansKeepTheListWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := feedbag{}
		f.put(aliceList())
		ids := rapid.SampledFrom([]transports.LegacyID{"madhatter", "dormouse", "redqueen", "12345", "rabbit"})
		groups := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Buddies", "Wonderland", "Royals", "New"}), 1, 3, rapid.ID)
		for range rapid.IntRange(1, 20).Draw(t, "edits") {
			id, in := ids.Draw(t, "id"), groups.Draw(t, "groups")
			var p *plan
			switch rapid.IntRange(0, 2).Draw(t, "edit") {
			case 0:
				p = planAdd(f, id, "name", in, false)
			case 1:
				if p = planChange(f, id, "name", in); p == nil {
					continue
				}
				got := groupsOf(p.list, id)
				if slices.Sort(in); !slices.Equal(got, in) {
					t.Fatalf("%s is in %v, not in %v", id, got, in)
				}
			case 2:
				if p = planRemove(f, id); len(p.list.of(id)) > 0 {
					t.Fatalf("%s is still there", id)
				}
			}
			replay(t, f, p)
			f = p.list
			whole(t, f)
		}
	})
}

// groupsOf gives the names of id's groups, sorted.
func groupsOf(f feedbag, id transports.LegacyID) []string {
	var names []string
	for _, i := range f.of(id) {
		group, _ := f.at(itemKey{i.Group, 0})
		names = append(names, group.Name)
	}
	slices.Sort(names)
	return names
}

// replay makes the changes of p on f, as a server does, and compares with what the plan foresees.
func replay(t *rapid.T, f feedbag, p *plan) {
	server := f
	for _, c := range p.changes {
		_, known := server.at(keyOf(c.item))
		if known != (c.kind != wire.FeedbagInsert) {
			t.Fatalf("%v of %+v, which is there: %v", c.kind, c.item, known)
		}
		if c.kind == wire.FeedbagDelete {
			server.drop(wire.Items{c.item})
		} else {
			server.put(wire.Items{c.item})
		}
	}
	if fmt.Sprint(server.items) != fmt.Sprint(p.list.items) {
		t.Fatalf("the server has\n%v\nthe plan\n%v", server.items, p.list.items)
	}
}

func whole(t *rapid.T, f feedbag) {
	numbers := map[uint16]bool{}
	for _, i := range f.items {
		k := keyOf(i)
		if k.id != 0 && numbers[k.id] {
			t.Fatalf("number %d twice", k.id)
		}
		numbers[k.id] = true
		if i.Class != wire.GroupItem {
			continue
		}
		for _, m := range i.TLVs.Words(wire.ItemMembers) {
			key := itemKey{i.Group, m}
			if k == root {
				key = itemKey{m, 0}
			}
			if _, ok := f.at(key); !ok {
				t.Fatalf("%q lists %d, which is not there", i.Name, m)
			}
		}
	}
}
