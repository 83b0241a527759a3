package msnp

import (
	"fmt"
	"slices"
	"strconv"

	"imgate/transports/msnp/wire"
)

func (s *Server) withGUID(guid string) *account {
	for _, a := range s.order {
		if a.guid == guid {
			return a
		}
	}
	return nil
}

func (x *session) enterGroup(who *account, id string) int {
	g, e := x.a.group(id), x.a.entry(who)
	switch {
	case g == nil:
		return 224
	case e == nil || e.lists&onForward == 0:
		return 216
	case slices.Contains(e.groups, g.id):
		return 215
	}
	e.groups = append(e.groups, g.id)
	return 0
}

func (x *session) adg(c wire.Command) bool {
	name := c.Text(1)
	switch {
	case len(wire.Escape(name)) > 61:
		return x.fails(c, 229)
	case len(x.a.groups) >= 30:
		return x.fails(c, 223)
	case slices.ContainsFunc(x.a.groups, func(g group) bool { return g.name == name }):
		return x.fails(c, 228)
	}
	g := x.a.newGroup(name)
	id := g.guid
	if x.dialect < 10 {
		id = g.id
	}
	x.reply(c, append(x.ser(), wire.Escape(name), id, "0")...)
	return true
}

// newGroup makes a group.
func (a *account) newGroup(name string) group {
	n := 1
	for slices.ContainsFunc(a.groups, func(g group) bool { return g.id == strconv.Itoa(n) }) {
		n++
	}
	g := group{strconv.Itoa(n), fmt.Sprintf("00000000-0000-0000-0001-%012x", n), name}
	a.groups = append(a.groups, g)
	return g
}

func (x *session) rmg(c wire.Command) bool {
	g := x.a.group(c.Arg(1))
	if g == nil {
		return x.fails(c, 224)
	}
	id := g.id
	x.a.groups = slices.DeleteFunc(x.a.groups, func(o group) bool { return o.id == id })
	for _, e := range x.a.list {
		e.groups = slices.DeleteFunc(e.groups, func(o string) bool { return o == id })
	}
	serial := x.ser()
	if serial == nil {
		serial = []string{"1"}
	}
	x.reply(c, append(serial, c.Arg(1))...)
	return true
}

func (x *session) reg(c wire.Command) bool {
	g := x.a.group(c.Arg(1))
	if g == nil {
		return x.fails(c, 224)
	}
	g.name = c.Text(2)
	if x.dialect >= 10 {
		x.reply(c, "1", c.Arg(2), c.Arg(1), "0")
	} else {
		x.reply(c, append(x.ser(), c.Arg(1), c.Arg(2), "0")...)
	}
	return true
}

// sbp renames a contact for a alone.
func (x *session) sbp(c wire.Command) bool {
	if who := x.s.withGUID(c.Arg(1)); who != nil && c.Arg(2) == "MFN" {
		if e := x.a.entry(who); e != nil {
			e.name = c.Text(3)
		}
	}
	x.reply(c, c.Arg(1), c.Arg(2), c.Arg(3))
	return true
}

// rea renames a, or a contact for a alone.
func (x *session) rea(c wire.Command) bool {
	if x.dialect >= 10 {
		return x.fails(c, 502)
	}
	who := x.s.accounts[canonical(c.Text(1))]
	if who == x.a {
		x.rename(c.Text(2))
	} else if e := x.a.entry(who); who != nil && e != nil {
		e.name = c.Text(2)
	}
	x.reply(c, append(x.ser(), c.Arg(1), c.Arg(2))...)
	return true
}

func (x *session) prp(c wire.Command) bool {
	if c.Arg(1) == "MFN" {
		x.rename(c.Text(2))
	}
	x.reply(c, c.Arg(1), c.Arg(2))
	return true
}

func (x *session) rename(nick string) {
	x.a.nick = nick
	x.s.announce(x.a)
}
