package xmpp

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"imgate/xmltree"
)

// Ver is the verification string of what an entity can do (XEP-0115 §5.1, SHA-1): equal for equal answers to
// disco#info, in whatever order they come.
func (i *Info) Ver() string {
	sum := sha1.Sum([]byte(i.verInput()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (i *Info) verInput() string {
	var b strings.Builder
	identities := make([]string, 0, len(i.Identities))
	for _, id := range i.Identities {
		identities = append(identities, id.Category+"/"+id.Type+"/"+id.Lang+"/"+id.Name)
	}
	writeSorted(&b, identities)
	writeSorted(&b, i.Features)
	forms := slices.Clone(i.Forms)
	slices.SortFunc(forms, func(a, b *Form) int { return strings.Compare(a.Kind(), b.Kind()) })
	for _, f := range forms {
		kind := f.Field("FORM_TYPE")
		if kind == nil || kind.Type != HiddenField {
			continue // XEP-0115 §5.4: such a form does not count
		}
		b.WriteString(f.Kind() + "<")
		fields := slices.Clone(f.Fields)
		slices.SortFunc(fields, func(a, b Field) int { return strings.Compare(a.Var, b.Var) })
		for _, field := range fields {
			if field.Var != "FORM_TYPE" {
				b.WriteString(field.Var + "<")
				writeSorted(&b, field.Values)
			}
		}
	}
	return b.String()
}

func writeSorted(b *strings.Builder, list []string) {
	list = slices.Clone(list)
	slices.Sort(list)
	for _, s := range list {
		b.WriteString(s + "<")
	}
}

// A Caps is what presence says of the abilities of its sender (XEP-0115 §4).
type Caps struct{ Node, Ver string }

// Element makes the element.
func (c Caps) Element() *xmltree.Element {
	return xmltree.New(CapsSpace, "c").SetAttr("hash", "sha-1").SetAttr("node", c.Node).SetAttr("ver", c.Ver)
}

// Caps is what a presence says of its sender's abilities; false if it says nothing that could be verified, as
// before XEP-0115 1.4 or by a hash other than SHA-1.
func (p Presence) Caps() (Caps, bool) {
	c := p.Child(CapsSpace, "c")
	return Caps{c.Attr("node"), c.Attr("ver")}, c.Attr("hash") == "sha-1" && c.Attr("ver") != ""
}
