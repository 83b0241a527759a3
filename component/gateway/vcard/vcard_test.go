package vcard

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

func TestThereAndBack(t *testing.T) {
	c := Card{
		Fields: []transports.Field{
			{Var: "nick", Label: "Nickname", Value: "Alice"}, {Var: "first", Label: "First name", Value: "Alice"}, {Var: "last", Label: "Last name", Value: "Liddell"},
			{Var: "email", Label: "E-mail", Value: "alice@example.org"}, {Var: "city", Label: "City", Value: "Oxford"}, {Var: "country", Label: "Country", Value: "GB"},
			{Var: "about", Label: "About", Value: "Curiouser & <curiouser>"},
		},
		Photo: []byte{1, 2, 3}, Kind: "image/png",
	}
	e, err := xmltree.Parse(c.Element().String(), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := Parse(e); !cmp.Equal(got, c) {
		t.Error(cmp.Diff(c, got))
	}
}

func TestWhatHasNoPlaceIsDescribed(t *testing.T) {
	e := Card{Fields: []transports.Field{{Var: "warning", Label: "Warning level", Value: "10 %"}, {Var: "x", Value: "y"}, {Var: "phone", Value: "1"}, {Var: "phone", Label: "Phone", Value: "2"}, {Var: "city"}}}.Element()
	if got, want := e.ChildText(xmpp.VCardSpace, "DESC"), "Warning level: 10 %\nx: y\nPhone: 2"; got != want {
		t.Errorf("%q", got)
	}
	if e.Child(xmpp.VCardSpace, "ADR") != nil {
		t.Error("an empty address")
	}
}

func TestUpdate(t *testing.T) {
	hash := strings.Repeat("0a", 20)
	for _, c := range []struct {
		x    *xmltree.Element
		want string
		ok   bool
	}{
		{nil, "", false}, {xmltree.New(xmpp.VCardUpdateSpace, "x"), "", false}, {Update(""), "", true}, {Update(hash), hash, true},
		{Update("0A" + hash[2:]), hash, true}, {Update("../../x"), "", false},
	} {
		p := xmpp.Presence{}
		if c.x != nil {
			p.Payload = append(p.Payload, c.x)
		}
		if got, ok := UpdateIn(p); got != c.want || ok != c.ok {
			t.Errorf("%v: %q %v", c.x, got, ok)
		}
	}
}

// Prosody gives a description back under another name.
func TestNote(t *testing.T) {
	for _, inner := range []string{"<NOTE>banished</NOTE>", "<DESC>banished</DESC>", "<NOTE>no</NOTE><DESC>banished</DESC>"} {
		e, err := xmltree.Parse("<vCard xmlns='vcard-temp'>"+inner+"</vCard>", xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Parse(e).Fields; len(got) != 1 || got[0].Var != "about" || got[0].Value != "banished" {
			t.Errorf("%s: %+v", inner, got)
		}
	}
}

// Whatever a vCard holds: what was read is bounded, and is read again from what is written of it.
func FuzzParse(f *testing.F) {
	f.Add("<FN>Alice</FN><N><GIVEN>A</GIVEN></N><PHOTO><TYPE>image/png</TYPE><BINVAL>AQID</BINVAL></PHOTO>")
	f.Add("<NOTE>banished</NOTE>")
	f.Add("<ADR><HOME/></ADR><EMAIL><USERID> a </USERID></EMAIL><DESC/>")
	f.Fuzz(func(t *testing.T, inner string) {
		e, err := xmltree.Parse("<vCard xmlns='vcard-temp'>"+inner+"</vCard>", xmltree.Limits{})
		if err != nil {
			return
		}
		c := Parse(e)
		if len(c.Fields) > len(places) || len(c.Photo) > maxPhoto {
			t.Errorf("%d fields, %d bytes", len(c.Fields), len(c.Photo))
		}
		again, err := xmltree.Parse(c.Element().String(), xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Parse(again); !cmp.Equal(got.Fields, c.Fields) || !bytes.Equal(got.Photo, c.Photo) {
			t.Error(cmp.Diff(c, got))
		}
	})
}
