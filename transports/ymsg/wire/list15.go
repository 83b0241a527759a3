package wire

import (
	"bytes"
	"slices"
	"strings"
)

// What a Nest of a List15 holds.
const (
	nestGroup   = "318"
	nestContact = "319"
	nestFile    = "268"
	nestIgnored = "320"
)

// fieldCost is what a field counts for besides its value: one that is empty takes memory too.
const fieldCost = 8

// A later is the list of versions 15 and 16, as it comes in: a field for each group and each contact, in nests.
type later struct {
	list     ContactList
	ignoring bool
	bytes    int
}

// add takes a part and gives all that there is so far. Contacts on other networks, which key 241 tells, are left out.
func (l *later) add(p Packet) (ContactList, bool, error) {
	for i, f := range p.Fields {
		if l.bytes += fieldCost + len(f.Value); l.bytes > MaxList {
			*l = later{}
			return ContactList{}, false, ErrListTooLong
		}
		switch f.Key {
		case KeyNest:
			l.ignoring = string(f.Value) == nestIgnored
		case KeyGroup:
			l.list.Groups = append(l.list.Groups, Group{Name: bytes.Clone(f.Value)})
		case KeyContact:
			if !elsewhere(p.Fields[i+1:]) {
				l.put(string(f.Value))
			}
		case KeyCookie:
			if len(l.list.Cookies) < maxCookies {
				l.list.Cookies = append(l.list.Cookies, parseCookie(f.Value))
			}
		}
	}
	return ContactList{
		Groups:  slices.Clone(l.list.Groups),
		Grouped: len(l.list.Groups) > 0,
		Ignored: slices.Clone(l.list.Ignored),
		Cookies: slices.Clone(l.list.Cookies),
	}, true, nil
}

// put puts somebody where the list is.
func (l *later) put(name string) {
	name = strings.TrimSpace(name)
	switch n := len(l.list.Groups); {
	case name == "":
	case l.ignoring:
		l.list.Ignored = append(l.list.Ignored, name)
	case n == 0:
		l.list.Groups = append(l.list.Groups, Group{Members: []string{name}})
	default:
		g := &l.list.Groups[n-1]
		g.Members = append(g.Members, name)
	}
}

// elsewhere reports whether what follows a contact says that it is on another network.
func elsewhere(rest Fields) bool {
	for _, f := range rest {
		switch f.Key {
		case KeyContact, KeyGroup:
			return false
		case KeyNetwork:
			return string(f.Value) != "0"
		}
	}
	return false
}

// Nest are the fields of an edit in versions 15 and 16, around whom it is about.
func Nest(inside ...Field) Fields { return nest(nestContact, inside) }

// NestFile are those around a file that is offered.
func NestFile(inside ...Field) Fields { return nest(nestFile, inside) }

func nest(kind string, inside Fields) Fields {
	return slices.Concat(Fields{Text(KeyNest, kind), Text(KeyNestIs, kind)}, inside, Fields{Text(KeyNestNext, kind), Text(KeyNestEnd, kind)})
}
