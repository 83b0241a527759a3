// Package vcard translates profiles: the fields of a network to the vCard of XMPP (XEP-0054) and back. It is pure.
package vcard

import (
	"encoding/base64"
	"strings"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A Card is what a vCard says, as far as networks have a place for it.
type Card struct {
	Fields []transports.Field // Var is one of the names of Names
	Photo  []byte             // nil: none
	Kind   string             // of the photo, as "image/png"; may be empty or wrong
}

// A place is where a field stands in a vCard: a path of elements.
type place struct {
	name  string // Var of the field
	label string
	path  []string
}

// places are in the order in which people read a profile.
var places = []place{
	{"nick", "Nickname", []string{"NICKNAME"}}, {"name", "Name", []string{"FN"}},
	{"first", "First name", []string{"N", "GIVEN"}}, {"middle", "Middle name", []string{"N", "MIDDLE"}}, {"last", "Last name", []string{"N", "FAMILY"}},
	{"email", "E-mail", []string{"EMAIL", "USERID"}}, {"homepage", "Homepage", []string{"URL"}}, {"birthday", "Birthday", []string{"BDAY"}},
	{"phone", "Phone", []string{"TEL", "NUMBER"}},
	{"street", "Street", []string{"ADR", "STREET"}}, {"city", "City", []string{"ADR", "LOCALITY"}}, {"region", "Region", []string{"ADR", "REGION"}},
	{"postcode", "Postcode", []string{"ADR", "PCODE"}}, {"country", "Country", []string{"ADR", "CTRY"}},
	{"organization", "Organization", []string{"ORG", "ORGNAME"}}, {"title", "Title", []string{"TITLE"}}, {"role", "Role", []string{"ROLE"}},
	{"gender", "Gender", []string{"GENDER"}}, {"about", "About", []string{"DESC"}},
}

// Bounds of what is taken from a vCard.
const (
	maxField = 2048
	maxPhoto = 256 << 10
)

// Element makes a vCard. Fields that it has no place for, and second ones, stand at the end of the description.
func (c Card) Element() *xmltree.Element {
	v := xmltree.New(xmpp.VCardSpace, "vCard")
	values, more := map[string]string{}, []string{}
	for _, f := range c.Fields {
		if f.Value == "" {
			continue
		}
		if placeOf(f.Var) && values[f.Var] == "" {
			values[f.Var] = f.Value
			continue
		}
		label := f.Label
		if label == "" {
			label = f.Var
		}
		more = append(more, label+": "+f.Value)
	}
	if len(more) > 0 {
		values["about"] = strings.TrimPrefix(values["about"]+"\n"+strings.Join(more, "\n"), "\n")
	}
	for _, p := range places {
		if value := values[p.name]; value != "" {
			put(v, p.path, value)
		}
	}
	if len(c.Photo) > 0 {
		v.With(xmltree.New(xmpp.VCardSpace, "PHOTO").With(
			xmltree.Leaf(xmpp.VCardSpace, "TYPE", c.Kind),
			xmltree.Leaf(xmpp.VCardSpace, "BINVAL", base64.StdEncoding.EncodeToString(c.Photo)),
		))
	}
	return v
}

func placeOf(name string) bool {
	for _, p := range places {
		if p.name == name {
			return true
		}
	}
	return false
}

// put writes a value at its place.
func put(e *xmltree.Element, path []string, value string) {
	for _, name := range path[:len(path)-1] {
		next := e.Child(xmpp.VCardSpace, name)
		if next == nil {
			next = xmltree.New(xmpp.VCardSpace, name)
			e.With(next)
		}
		e = next
	}
	e.With(xmltree.Leaf(xmpp.VCardSpace, path[len(path)-1], value))
}

// Parse reads a vCard; nil and every other element give an empty card. What is too long is left out.
func Parse(v *xmltree.Element) Card {
	var c Card
	if !v.Is(xmpp.VCardSpace, "vCard") {
		return c
	}
	for _, p := range places {
		e := v
		for _, name := range p.path {
			e = e.Child(xmpp.VCardSpace, name)
		}
		if p.name == "about" && e == nil {
			e = v.Child(xmpp.VCardSpace, "NOTE") // what Prosody 0.12 makes of DESC
		}
		if value := strings.TrimSpace(e.Text()); value != "" && len(value) <= maxField {
			c.Fields = append(c.Fields, transports.Field{Var: p.name, Label: p.label, Value: strings.Clone(value)})
		}
	}
	photo := v.Child(xmpp.VCardSpace, "PHOTO")
	text := strings.Join(strings.Fields(photo.ChildText(xmpp.VCardSpace, "BINVAL")), "")
	if data, err := base64.StdEncoding.DecodeString(text); err == nil && len(data) > 0 && len(data) <= maxPhoto {
		c.Photo, c.Kind = data, strings.Clone(strings.TrimSpace(photo.ChildText(xmpp.VCardSpace, "TYPE")))
	}
	return c
}

// Update is what presence says of the picture in a vCard (XEP-0153 §3): its SHA-1, or that there is none.
func Update(hash string) *xmltree.Element {
	return xmltree.New(xmpp.VCardUpdateSpace, "x").With(xmltree.Leaf(xmpp.VCardUpdateSpace, "photo", hash))
}

// UpdateIn reads what presence says of its sender's picture; false where it says nothing, as from a client that
// has not looked yet.
func UpdateIn(p xmpp.Presence) (hash string, ok bool) {
	x := p.Child(xmpp.VCardUpdateSpace, "x")
	photo := x.Child(xmpp.VCardUpdateSpace, "photo")
	hash = strings.ToLower(strings.TrimSpace(photo.Text()))
	if photo == nil || hash != "" && (len(hash) != 40 || strings.Trim(hash, "0123456789abcdef") != "") {
		return "", false
	}
	return strings.Clone(hash), true
}
