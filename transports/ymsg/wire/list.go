package wire

import (
	"bytes"
	"errors"
	"strings"
)

// MaxList is how many bytes a contact list may have, over all its parts. A thousand contacts with names as long as
// they may be take a twentieth.
const MaxList = 1 << 20

// ErrListTooLong ends a list that has no end.
var ErrListTooLong = errors.New("the contact list is longer than a list may be")

// A Group is a group of the contact list, and who is in it, as the server spells them.
type Group struct {
	Name    []byte // in a charset that nobody tells
	Members []string
}

// A ContactList is what a List brings.
type ContactList struct {
	Groups  []Group
	Grouped bool // it says who is in which groups, if only that nobody is
	Ignored []string
	Cookies []Cookie
}

// A Collector joins the parts of a list: servers cut it anywhere, within names and within characters. The zero
// Collector is ready.
type Collector struct {
	groups, ignored []byte
	grouped         bool
	cookies         []Cookie
	later           later
}

// Add takes a part. With the last it gives the list and is as new. The parts of a List15 do not tell which is the last: each gives
// all that there is so far. The error is ErrListTooLong.
func (c *Collector) Add(p Packet) (list ContactList, whole bool, err error) {
	if p.Service == List15 {
		return c.later.add(p)
	}
	for _, f := range p.Fields {
		switch f.Key {
		case KeyGroups:
			c.groups, c.grouped = append(c.groups, f.Value...), true
		case KeyIgnored:
			c.ignored = append(c.ignored, f.Value...)
		case KeyCookie:
			if len(c.cookies) < maxCookies {
				c.cookies = append(c.cookies, parseCookie(f.Value))
			}
		}
	}
	if len(c.groups)+len(c.ignored) > MaxList {
		*c = Collector{}
		return ContactList{}, false, ErrListTooLong
	}
	if p.Status == More {
		return ContactList{}, false, nil
	}
	list = ContactList{Groups: ParseGroups(c.groups), Grouped: c.grouped, Ignored: names(string(c.ignored)), Cookies: c.cookies}
	*c = Collector{}
	return list, true, nil
}

// ParseGroups reads the lines "Group:id,id". A line without a colon says nothing and is left out; a group's name may hold
// colons, since no address does.
func ParseGroups(b []byte) []Group {
	var groups []Group
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		at := bytes.LastIndexByte(line, ':')
		if at < 0 {
			continue
		}
		groups = append(groups, Group{Name: bytes.Clone(line[:at]), Members: names(string(line[at+1:]))})
	}
	return groups
}

// AppendGroups is the reverse of ParseGroups. Names hold no line ends.
func AppendGroups(b []byte, groups []Group) []byte {
	for _, g := range groups {
		b = append(b, g.Name...)
		b = append(b, ':')
		b = append(b, strings.Join(g.Members, ",")...)
		b = append(b, '\n')
	}
	return b
}

// names reads "id,id".
func names(s string) []string {
	var list []string
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	return list
}

// maxCookies bounds the cookies of a list; there are three.
const maxCookies = 16

// A Cookie is what the server gives to be shown at the next sign-on. Name is "Y", "T" or "C"; empty for one that the server
// only gives back.
type Cookie struct{ Name, Value string }

// parseCookie reads "Y\tvalue; expires=…; path=/; domain=…".
func parseCookie(b []byte) Cookie {
	name, value, ok := strings.Cut(string(b), "\t")
	if !ok {
		return Cookie{Value: string(b)}
	}
	value, _, _ = strings.Cut(value, ";")
	return Cookie{Name: name, Value: value}
}
