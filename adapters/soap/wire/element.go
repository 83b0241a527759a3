// Package wire is the IM SOAP API's three forms, SOAP 1.1, SOAP 1.2 and JSON, read into and written from one element
// tree. It knows the forms and their limits, and nothing of what is asked.
package wire

import (
	"iter"
	"strconv"
	"strings"
)

// An Element is one element and what is in it. Queries may be made of a nil element and answer as an empty one would.
type Element struct {
	Space, Local string
	Attrs        []Attr
	Nodes        []Node
	List         bool // JSON writes it into an array even where it is the only one of its name
}

// A Node is what stands inside an element: an element, or text where Element is nil.
type Node struct {
	Element *Element
	Text    string
}

// An Attr is an attribute; in JSON, a member. Attributes in namespaces are not kept.
type Attr struct {
	Name  string
	Value Value
	Child bool // XML writes it as a child that holds the text; JSON as any other
}

// A Value is text, a number or a truth value. The readers make text of all three.
type Value struct {
	text   string
	number int64
	kind   kind
}

type kind uint8

const (
	textKind kind = iota
	numberKind
	truthKind
)

// Text is the value that is s.
func Text(s string) Value { return Value{text: s} }

// Number is the value that is n.
func Number(n int64) Value { return Value{number: n, kind: numberKind} }

// Truth is the value that is b: true or false in JSON, 1 or 0 in XML.
func Truth(b bool) Value {
	v := Value{kind: truthKind}
	if b {
		v.number = 1
	}
	return v
}

// String is the value as XML writes it.
func (v Value) String() string {
	if v.kind == textKind {
		return v.text
	}
	return strconv.FormatInt(v.number, 10)
}

// New makes an empty element.
func New(space, local string) *Element { return &Element{Space: space, Local: local} }

// Leaf makes an element that holds text.
func Leaf(space, local, text string) *Element { return New(space, local).AddText(text) }

// Item is New for what JSON always writes into an array.
func Item(space, local string) *Element { return &Element{Space: space, Local: local, List: true} }

// Set adds an attribute and returns e.
func (e *Element) Set(name, text string) *Element { return e.SetValue(name, Text(text)) }

// SetValue adds an attribute and returns e.
func (e *Element) SetValue(name string, v Value) *Element {
	e.Attrs = append(e.Attrs, Attr{Name: name, Value: v})
	return e
}

// SetChild adds what is a child in XML and a plain member in JSON, and returns e.
func (e *Element) SetChild(name string, v Value) *Element {
	e.Attrs = append(e.Attrs, Attr{name, v, true})
	return e
}

// With appends children and returns e; nil ones are left out.
func (e *Element) With(children ...*Element) *Element {
	for _, c := range children {
		if c != nil {
			e.Nodes = append(e.Nodes, Node{Element: c})
		}
	}
	return e
}

// AddText appends text and returns e; the empty text adds nothing.
func (e *Element) AddText(text string) *Element {
	if text != "" {
		e.Nodes = append(e.Nodes, Node{Text: text})
	}
	return e
}

// Elements gives the child elements in order.
func (e *Element) Elements() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		if e == nil {
			return
		}
		for _, n := range e.Nodes {
			if n.Element != nil && !yield(n.Element) {
				return
			}
		}
	}
}

// First is the first child element, or nil.
func (e *Element) First() *Element {
	for c := range e.Elements() {
		return c
	}
	return nil
}

// Child is the first child of that local name, whatever its namespace, or nil: clients leave children in all sorts of
// namespaces.
func (e *Element) Child(local string) *Element {
	for c := range e.Elements() {
		if c.Local == local {
			return c
		}
	}
	return nil
}

// Text is the text that stands directly in e, put together.
func (e *Element) Text() string {
	if e == nil {
		return ""
	}
	if len(e.Nodes) == 1 {
		return e.Nodes[0].Text
	}
	var b strings.Builder
	for _, n := range e.Nodes {
		b.WriteString(n.Text)
	}
	return b.String()
}

// Lookup is the value of an attribute, or the trimmed text of the child of that name: JSON does not tell the two
// apart, and clients mix them up. ok is false where there is neither.
func (e *Element) Lookup(name string) (value string, ok bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value.String(), true
		}
	}
	if c := e.Child(name); c != nil {
		return strings.TrimSpace(c.Text()), true
	}
	return "", false
}

// Get is Lookup; empty where there is nothing.
func (e *Element) Get(name string) string {
	v, _ := e.Lookup(name)
	return v
}
