package msnp

import (
	"errors"
	"slices"
	"strings"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// maxEdits is how many changes of the list may wait.
const maxEdits = 500

// maxGroupName is how long a group's name may be, escaped.
const maxGroupName = 61

// An edit is one change of the lists. Edits are made one after the other, each in steps that need the answer to the one
// before.
type edit struct {
	tag   transports.Tag
	plan  func(s *session) []step // what is to be done, when it is its turn
	after func(s *session)        // tells the gateway what has changed
}

// A step asks the server for one thing. next is called with what became of it.
type step func(s *session, next func(error))

// edit queues a change.
func (s *session) edit(e edit) {
	if len(s.list.edits) >= maxEdits {
		s.done(e.tag, transports.Written, transports.ErrBusy)
		return
	}
	s.list.edits = append(s.list.edits, e)
	s.nextEdit()
}

func (s *session) nextEdit() {
	if s.list.editing || len(s.list.edits) == 0 {
		return
	}
	e := s.list.edits[0]
	s.list.edits = s.list.edits[1:]
	s.list.editing = true
	s.run(e, e.plan(s))
}

// run takes the steps of an edit. One that fails ends it; what was done before stays, and is told.
func (s *session) run(e edit, steps []step) {
	if len(steps) == 0 {
		s.finish(e, nil)
		return
	}
	steps[0](s, func(err error) {
		if err != nil {
			s.finish(e, err)
			return
		}
		s.run(e, steps[1:])
	})
}

func (s *session) finish(e edit, err error) {
	e.after(s)
	s.done(e.tag, transports.Accepted, err)
	s.list.editing = false
	s.nextEdit()
}

// asking is a step that is one command. Codes in fine are as good as a success. took takes note of the answer.
func asking(name string, args []string, took func(s *session, answer wire.Command), fine ...int) step {
	return func(s *session, next func(error)) {
		s.ask(s.ns, name, args, nil, func(c wire.Command, err error) {
			if isCode(err, fine...) {
				err, c = nil, wire.Command{}
			}
			if err == nil && took != nil {
				took(s, c)
			}
			next(err)
		})
	}
}

// put is the step that puts somebody on a list other than the contact list.
func (s *session) putOn(id transports.LegacyID, name string) step {
	bit := listBits[name]
	took := func(s *session, _ wire.Command) { s.list.person(id).lists |= bit }
	if s.dialect.guids {
		return asking("ADC", []string{name, "N=" + string(id)}, took, codeAlreadyThere)
	}
	return asking("ADD", []string{name, string(id), wire.Escape(string(id))}, took, codeAlreadyThere)
}

// takeOff is the step that takes somebody off such a list.
func (s *session) takeOff(id transports.LegacyID, name string) step {
	bit := listBits[name]
	return asking("REM", []string{name, string(id)}, func(s *session, _ wire.Command) {
		p := s.list.person(id)
		p.lists &^= bit
		s.list.forget(p)
	}, notThere...)
}

// notThere are the answers that say that what is to be taken away is not there. Some servers give them when they have
// just taken it away.
var notThere = []int{codeNotOnList, codeNotInGroup, codeNoUser, codeBadUser}

// allowing are the steps that let somebody see us and write to us.
func (s *session) allowing(id transports.LegacyID) []step {
	var steps []step
	p := s.list.people[id]
	if p.on(onBlock) {
		steps = append(steps, s.takeOff(id, "BL"))
	}
	if !p.on(onAllow) {
		steps = append(steps, s.putOn(id, "AL"))
	}
	return append(steps, s.settled(id)...)
}

// denying are the steps that let somebody do neither.
func (s *session) denying(id transports.LegacyID) []step {
	var steps []step
	p := s.list.people[id]
	if p.on(onAllow) {
		steps = append(steps, s.takeOff(id, "AL"))
	}
	if !p.on(onBlock) {
		steps = append(steps, s.putOn(id, "BL"))
	}
	return append(steps, s.settled(id)...)
}

// settled are the steps that end a request (MSNP11: off the pending list, on the reverse list).
func (s *session) settled(id transports.LegacyID) []step {
	if !s.dialect.pending || !s.list.people[id].on(onPending) {
		return nil
	}
	return []step{s.putOn(id, "RL"), s.takeOff(id, "PL")}
}

// addContact puts somebody on the list, and lets them see us.
func (s *session) addContact(c transports.AddContact) {
	s.edit(edit{
		tag: c.Tag,
		plan: func(s *session) []step {
			var steps []step
			if !s.list.people[c.ID].on(onForward) {
				steps = append(steps, s.adding(c.ID, c.Name))
			}
			if !s.list.people[c.ID].on(onBlock) {
				steps = append(steps, s.allowing(c.ID)...)
			}
			return append(steps, s.changing(c.ID, c.Name, c.Groups))
		},
		after: func(s *session) { s.tellEntry(c.ID) },
	})
}

// adding is ADC FL, or ADD FL. The answer names the contact's GUID.
func (s *session) adding(id transports.LegacyID, name string) step {
	if name == "" {
		name = string(id)
	}
	args := []string{"FL", string(id), wire.Escape(wire.Cut(name, maxNick)), defaultGroup}
	command := "ADD"
	if s.dialect.guids {
		command, args = "ADC", []string{"FL", "N=" + string(id), "F=" + wire.Escape(wire.Cut(name, maxNick))}
	}
	return asking(command, args, func(s *session, answer wire.Command) {
		p := s.list.person(id)
		p.lists |= onForward
		p.added = true
		p.name = string(id) // servers take what name they like: one that is wanted is set once more
		for _, a := range answer.Args {
			switch {
			case strings.HasPrefix(a, "C="):
				p.guid = a[2:]
			case strings.HasPrefix(a, "F="):
				p.name = wire.Unescape(a[2:])
			}
		}
	}, codeAlreadyThere)
}

// changeContact renames and regroups.
func (s *session) changeContact(c transports.ChangeContact) {
	s.edit(edit{
		tag: c.Tag,
		plan: func(s *session) []step {
			if !s.list.people[c.ID].on(onForward) {
				return []step{func(_ *session, next func(error)) { next(transports.ErrUnknown) }}
			}
			return []step{s.changing(c.ID, c.Name, c.Groups)}
		},
		after: func(s *session) { s.tellEntry(c.ID) },
	})
}

// changing is the step that brings name and groups to what they are to be. What it has to do is known only when it is
// its turn, so that it takes steps of its own.
func (s *session) changing(id transports.LegacyID, name string, groups []string) step {
	return func(s *session, next func(error)) {
		p := s.list.people[id]
		if !p.on(onForward) {
			next(transports.ErrUnknown)
			return
		}
		var steps []step
		if name != "" && name != p.name {
			steps = append(steps, s.renaming(p, name))
		}
		steps = append(steps, s.regrouping(p, groups)...)
		var walk func(int)
		walk = func(i int) {
			if i == len(steps) {
				next(nil)
				return
			}
			steps[i](s, func(err error) {
				if err != nil {
					next(err)
					return
				}
				walk(i + 1)
			})
		}
		walk(0)
	}
}

// renaming is SBP, or REA.
func (s *session) renaming(p *contact, name string) step {
	name = wire.Cut(name, maxNick)
	took := func(*session, wire.Command) { p.name = name }
	if s.dialect.guids {
		return asking("SBP", []string{p.guid, "MFN", wire.Escape(name)}, took)
	}
	return asking("REA", []string{string(p.id), wire.Escape(name)}, took)
}

// regrouping are the steps from the groups that somebody is in to those they are to be in: first in, then out.
func (s *session) regrouping(p *contact, groups []string) []step {
	var steps []step
	for _, name := range groups {
		if id := s.list.groupNamed(name); id != "" && slices.Contains(p.groups, id) {
			continue
		}
		steps = append(steps, s.grouping(p, name))
	}
	for _, id := range p.groups {
		if id != defaultGroup && !slices.Contains(groups, s.list.groups[id]) {
			steps = append(steps, s.ungrouping(p, id))
		}
	}
	return steps
}

// grouping puts somebody into a group, which is made where there is none (ADG).
func (s *session) grouping(p *contact, name string) step {
	return func(s *session, next func(error)) {
		enter := func(group string) {
			took := func(*session, wire.Command) {
				p.groups = append(slices.DeleteFunc(p.groups, func(id string) bool { return id == group || id == defaultGroup }), group)
			}
			command, args := "ADD", []string{"FL", string(p.id), wire.Escape(p.name), group}
			if s.dialect.guids {
				command, args = "ADC", []string{"FL", "C=" + p.guid, group}
			}
			asking(command, args, took, codeAlreadyThere)(s, next)
		}
		if id := s.list.groupNamed(name); id != "" {
			enter(id)
			return
		}
		if wire.Cut(name, maxGroupName) != name {
			next(codeError(codeGroupLong))
			return
		}
		s.ask(s.ns, "ADG", []string{wire.Escape(name), "0"}, nil, func(c wire.Command, err error) {
			if err != nil {
				next(err)
				return
			}
			id := groupIn(c, name)
			if id == "" {
				next(transports.ErrInvalid)
				return
			}
			s.list.groups[id] = name
			enter(id)
		})
	}
}

// groupIn is the id in ADG trid [serial] name id 0.
func groupIn(c wire.Command, name string) string {
	for i := 1; i+1 < len(c.Args); i++ {
		if c.Text(i) == name {
			return c.Arg(i + 1)
		}
	}
	return ""
}

// ungrouping takes somebody out of a group, and the group away when nobody is left in it.
func (s *session) ungrouping(p *contact, group string) step {
	who := string(p.id)
	if s.dialect.guids {
		who = p.guid
	}
	out := asking("REM", []string{"FL", who, group}, func(*session, wire.Command) {
		p.groups = slices.DeleteFunc(p.groups, func(id string) bool { return id == group })
	}, notThere...)
	return func(s *session, next func(error)) {
		out(s, func(err error) {
			if err != nil || s.groupUsed(group) {
				next(err)
				return
			}
			s.ask(s.ns, "RMG", []string{group}, nil, func(_ wire.Command, err error) {
				if err == nil {
					delete(s.list.groups, group)
				}
				next(nil) // an empty group does no harm
			})
		})
	}
}

func (s *session) groupUsed(group string) bool {
	for _, p := range s.list.people {
		if slices.Contains(p.groups, group) {
			return true
		}
	}
	return false
}

// removeContact takes somebody off the list, and no longer lets them see us.
func (s *session) removeContact(c transports.RemoveContact) {
	s.edit(edit{
		tag: c.Tag,
		plan: func(s *session) []step {
			p := s.list.people[c.ID]
			if !p.on(onForward) {
				return nil
			}
			who := string(c.ID)
			if s.dialect.guids {
				who = p.guid
			}
			steps := []step{asking("REM", []string{"FL", who}, func(s *session, _ wire.Command) {
				p.lists &^= onForward
				p.groups, p.guid, p.shown, p.told = nil, "", shown{}, nil
				s.list.forget(p)
			}, notThere...)}
			if p.on(onAllow) && !p.on(onReverse) {
				steps = append(steps, s.takeOff(c.ID, "AL"))
			}
			return steps
		},
		after: func(s *session) {
			if !s.list.people[c.ID].on(onForward) {
				s.tell(transports.ContactGone{ID: c.ID})
			}
		},
	})
}

func (s *session) tellEntry(id transports.LegacyID) {
	if p := s.list.people[id]; p.on(onForward) {
		s.tell(transports.Contacted{Contact: s.list.entry(p)})
	}
}

func (s *session) tellBlocked() { s.tell(transports.Blocked{List: s.list.blocked()}) }

// answerAuth lets somebody see the user, or blocks them: there is nothing in between.
func (s *session) answerAuth(c transports.AnswerAuth) {
	s.edit(edit{
		tag: c.Tag,
		plan: func(s *session) []step {
			if c.Allow {
				return s.allowing(c.To)
			}
			return s.denying(c.To)
		},
		after: (*session).tellBlocked,
	})
}

// block sets or lifts a block.
func (s *session) block(c transports.Block) {
	s.edit(edit{
		tag: c.Tag,
		plan: func(s *session) []step {
			if c.On {
				return s.denying(c.ID)
			}
			return s.allowing(c.ID)
		},
		after: (*session).tellBlocked,
	})
}

var errNoMode = errors.Join(transports.ErrInvalid, errors.New("the network can let all but the blocked reach you, or only the allowed"))

// setPrivacy changes who may reach the user who is on neither list (BLP).
func (s *session) setPrivacy(c transports.SetPrivacy) {
	var mode string
	switch c.Mode {
	case transports.AllowAll, transports.DenyListed:
		mode = "AL"
	case transports.AllowContacts, transports.AllowListed:
		mode = "BL"
	default:
		s.done(c.Tag, transports.Written, errNoMode)
		return
	}
	s.ask(s.ns, "BLP", []string{mode}, nil, func(_ wire.Command, err error) {
		if isCode(err, codeAlreadyMode) {
			err = nil
		}
		if err == nil {
			s.list.privacy = mode
		}
		s.done(c.Tag, transports.Accepted, err)
	})
}
