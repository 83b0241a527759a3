package xmpp

import "imgate/xmltree"

// A Registration is the query of in-band registration (XEP-0077), as form, as answer and as submission. Old
// clients know the plain fields only, others the data form, so a gateway sends both.
type Registration struct {
	Registered   bool // the sender is registered already
	Remove       bool // asks for cancellation (§3.2)
	Instructions string
	Fields       []RegistrationField // in order
	Form         *Form               // may be nil
	URL          string              // where to register instead, sent as jabber:x:oob (§6); may be empty
}

// A RegistrationField is a plain field: username, password, nick, email …
type RegistrationField struct{ Name, Value string }

// Element makes the query element.
func (r *Registration) Element() *xmltree.Element {
	q := xmltree.New(RegisterSpace, "query")
	if r.Registered {
		q.With(xmltree.New(RegisterSpace, "registered"))
	}
	if r.Remove {
		q.With(xmltree.New(RegisterSpace, "remove"))
	}
	if r.Instructions != "" {
		q.With(xmltree.Leaf(RegisterSpace, "instructions", r.Instructions))
	}
	for _, f := range r.Fields {
		q.With(xmltree.Leaf(RegisterSpace, f.Name, f.Value))
	}
	if r.Form != nil {
		q.With(r.Form.Element())
	}
	if r.URL != "" {
		q.With(xmltree.New(OOBSpace, "x").With(xmltree.Leaf(OOBSpace, "url", r.URL)))
	}
	return q
}

// ParseRegistration reads a query element; nil for nil and for any other element.
func ParseRegistration(q *xmltree.Element) *Registration {
	if !q.Is(RegisterSpace, "query") {
		return nil
	}
	r := &Registration{
		Form: ParseForm(q.Child(DataSpace, "x")),
		URL:  q.Child(OOBSpace, "x").ChildText(OOBSpace, "url"),
	}
	for e := range q.Elements() {
		if e.Name.Space != RegisterSpace {
			continue
		}
		switch e.Name.Local {
		case "registered":
			r.Registered = true
		case "remove":
			r.Remove = true
		case "instructions":
			r.Instructions = e.Text()
		default:
			r.Fields = append(r.Fields, RegistrationField{e.Name.Local, e.Text()})
		}
	}
	return r
}

// Value is what was submitted under that name: in the form if there is one, else in the plain fields; and
// whether it was there at all.
func (r *Registration) Value(name string) (string, bool) {
	if r.Form != nil {
		return r.Form.Value(name), r.Form.Field(name) != nil
	}
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}
