package msnp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"imgate/transports/msnp/wire"
)

// A handler takes a command of somebody who is signed on, with mu held. False ends the connection.
type handler func(*session, wire.Command) bool

var handlers = map[string]handler{
	"SYN": (*session).syn, "PNG": (*session).png, "UUX": (*session).uux, "CHG": (*session).chg, "OUT": func(*session, wire.Command) bool { return false },
	"ADC": (*session).adc, "ADD": (*session).add, "REM": (*session).rem, "ADG": (*session).adg, "RMG": (*session).rmg, "REG": (*session).reg,
	"SBP": (*session).sbp, "REA": (*session).rea, "PRP": (*session).prp, "BLP": (*session).blp, "GTC": (*session).gtc, "XFR": (*session).xfr,
	"QRY": (*session).qry, "USR": func(x *session, c wire.Command) bool { return x.fails(c, 207) },
}

// ser is the serial number that the old dialects put before changes.
func (x *session) ser() []string {
	if x.dialect >= 10 {
		return nil
	}
	x.serial++
	return []string{strconv.Itoa(x.serial)}
}

const timestamp = "2000-01-01T00:00:00.0-00:00"

// syn tells all lists.
func (x *session) syn(c wire.Command) bool {
	a := x.a
	x.synced = true
	if x.dialect < 10 {
		x.reply(c, append(x.ser(), strconv.Itoa(len(a.list)), strconv.Itoa(len(a.groups)+1))...)
	} else {
		x.reply(c, timestamp, timestamp, strconv.Itoa(len(a.list)), strconv.Itoa(len(a.groups)))
	}
	x.tell("GTC", "A")
	x.tell("BLP", a.privacy)
	if x.dialect >= 10 {
		x.tell("PRP", "MFN", wire.Escape(a.nick))
	} else {
		x.tell("LSG", "0", "Other%20Contacts", "0")
	}
	for _, g := range a.groups {
		if x.dialect >= 10 {
			x.tell("LSG", wire.Escape(g.name), g.guid)
		} else {
			x.tell("LSG", g.id, wire.Escape(g.name), "0")
		}
	}
	for _, e := range a.list {
		x.tell("LST", x.line(e)...)
	}
	return true
}

// line is LST's words for somebody.
func (x *session) line(e *entry) []string {
	var groups []string
	for _, id := range e.groups {
		if g := x.a.group(id); g != nil {
			groups = append(groups, map[bool]string{true: g.guid, false: g.id}[x.dialect >= 10])
		}
	}
	joined := strings.Join(groups, ",")
	if x.dialect < 10 {
		if joined == "" {
			joined = "0"
		}
		return []string{e.who.id, wire.Escape(e.name), strconv.Itoa(e.lists &^ onPending), joined}
	}
	lists := e.lists
	if lists&onPending != 0 {
		lists &^= onReverse
	}
	line := []string{"N=" + e.who.id, "F=" + wire.Escape(e.name)}
	if e.lists&onForward != 0 {
		line = append(line, "C="+e.who.guid)
	}
	line = append(line, strconv.Itoa(lists))
	if x.dialect >= 12 {
		line = append(line, "1")
	}
	return append(line, joined)
}

func (x *session) png(wire.Command) bool {
	if x.dialect >= 9 {
		x.tell("QNG", "60")
	} else {
		x.tell("QNG")
	}
	return true
}

// adc is ADC trid list N=address [F=name], or ADC trid FL C=guid group.
func (x *session) adc(c wire.Command) bool {
	if x.dialect < 10 {
		return false
	}
	list, arg := c.Arg(1), c.Arg(2)
	if strings.HasPrefix(arg, "C=") {
		who := x.s.withGUID(arg[2:])
		if who == nil {
			return x.fails(c, 208)
		}
		if code := x.enterGroup(who, c.Arg(3)); code != 0 {
			return x.fails(c, code)
		}
		x.reply(c, list, arg, c.Arg(3))
		return true
	}
	who := x.s.accounts[canonical(wire.Unescape(strings.TrimPrefix(arg, "N=")))]
	name := wire.Unescape(strings.TrimPrefix(c.Arg(3), "F="))
	code, added := x.puts(who, list, name)
	if code != 0 {
		return x.fails(c, code)
	}
	if list == "FL" {
		x.reply(c, list, "N="+who.id, "F="+wire.Escape(x.a.entry(who).name), "C="+who.guid)
	} else {
		x.reply(c, list, "N="+who.id)
	}
	x.putAfter(who, list, added, c)
	return true
}

// add is ADD trid list address name [group].
func (x *session) add(c wire.Command) bool {
	if x.dialect >= 10 {
		return false
	}
	list := c.Arg(1)
	who := x.s.accounts[canonical(c.Text(2))]
	if who != nil && list == "FL" && x.a.lists(who)&onForward != 0 && c.Arg(4) != "" && c.Arg(4) != "0" {
		if code := x.enterGroup(who, c.Arg(4)); code != 0 {
			return x.fails(c, code)
		}
		x.reply(c, append(append([]string{list}, x.ser()...), who.id, c.Arg(3), c.Arg(4))...)
		return true
	}
	code, added := x.puts(who, list, c.Text(3))
	if code != 0 {
		return x.fails(c, map[bool]int{true: 205, false: code}[code == 208])
	}
	x.reply(c, append(append([]string{list}, x.ser()...), who.id, c.Arg(3), c.Arg(4))...)
	x.putAfter(who, list, added, c)
	return true
}

// puts puts somebody on a list; the code is that of the error, 0 for none.
func (x *session) puts(who *account, list, name string) (code int, added bool) {
	bit := listBits[list]
	switch {
	case bit == 0 || bit == onPending:
		return 201, false
	case who == nil:
		return 208, false
	case bit == onAllow && x.a.lists(who)&onBlock != 0, bit == onBlock && x.a.lists(who)&onAllow != 0:
		return 219, false
	case bit == onForward && len(x.a.list) >= 20000:
		return 210, false
	case x.a.lists(who)&bit != 0:
		return 215, false
	}
	e := x.a.put(who, bit)
	if name != "" && bit == onForward {
		e.name = name
	}
	return 0, true
}

// putAfter tells others what came of it.
func (x *session) putAfter(who *account, list string, added bool, c wire.Command) {
	if !added {
		return
	}
	switch list {
	case "FL":
		x.s.listed(x.a, who)
		if x.shown && x.a.sees(who) {
			x.present(who, c.Arg(0))
		}
	case "AL", "BL":
		x.s.announce(x.a)
	}
}

// listed is a, who has put who on the list. mu is held.
func (s *Server) listed(a, who *account) {
	before := who.lists(a)
	lists := onReverse
	if before&(onAllow|onBlock|onReverse) == 0 {
		lists |= onPending
	}
	who.put(a, lists)
	if who.bot != nil {
		who.take(a, onPending)
		who.put(a, onAllow)
	}
	if x := who.session; x != nil && before&onReverse == 0 {
		if x.dialect >= 10 {
			x.tell("ADC", "0", "RL", "N="+a.id, "F="+wire.Escape(a.nick))
		} else {
			x.tell("ADD", append(append([]string{"0", "RL"}, x.ser()...), a.id, wire.Escape(a.nick))...)
		}
	}
}

// rem is REM trid list who [group].
func (x *session) rem(c wire.Command) bool {
	list, word, in := c.Arg(1), c.Text(2), c.Arg(3)
	bit := listBits[list]
	who := x.s.accounts[canonical(word)]
	if list == "FL" && x.dialect >= 10 {
		who = x.s.withGUID(word)
	}
	switch {
	case bit == 0 || bit == onReverse:
		return false
	case who == nil:
		return x.fails(c, 205)
	case x.a.lists(who)&bit == 0:
		return x.fails(c, 216)
	}
	answer := append(append([]string{list}, x.ser()...), c.Arg(2))
	if in != "" && list == "FL" {
		g := x.a.group(in)
		e := x.a.entry(who)
		if g == nil || !slices.Contains(e.groups, g.id) {
			return x.fails(c, 225)
		}
		e.groups = slices.DeleteFunc(e.groups, func(id string) bool { return id == g.id })
		x.reply(c, append(answer, in)...)
		return true
	}
	x.a.take(who, bit)
	x.reply(c, answer...)
	switch bit {
	case onForward:
		delete(x.told, who.id)
		x.s.unlisted(x.a, who)
	case onAllow, onBlock:
		x.s.announce(x.a)
	}
	return true
}

// unlisted is a, who has taken who off the list. mu is held.
func (s *Server) unlisted(a, who *account) {
	who.take(a, onReverse|onPending)
	if x := who.session; x != nil {
		x.tell("REM", append(append([]string{"0", "RL"}, x.ser()...), a.id)...)
	}
}

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

func (x *session) blp(c wire.Command) bool {
	mode := c.Arg(1)
	switch {
	case mode != "AL" && mode != "BL":
		return false
	case mode == x.a.privacy:
		return x.fails(c, 218)
	}
	x.a.privacy = mode
	x.reply(c, append(x.ser(), mode)...)
	x.s.announce(x.a)
	return true
}

func (x *session) gtc(c wire.Command) bool {
	x.reply(c, append(x.ser(), c.Arg(1))...)
	return true
}
