package msnp

import (
	"slices"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

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
