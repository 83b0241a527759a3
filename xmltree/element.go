// Package xmltree is XML as XMPP uses it (RFC 6120 §11): a tree of elements, a pull reader that bounds what it
// takes, and a writer that can only make well-formed XML, whatever it is given.
//
// It knows no DTD, no comments and no processing instructions; a reader refuses them. Prefixes are not kept:
// a name is its namespace and its local part. Strings of a tree that was read share the memory of the whole
// stanza; who keeps one for long clones it.
package xmltree

import (
	"iter"
	"strings"
)

// XMLSpace is the namespace of xml:lang, bound to the prefix xml in every document.
const XMLSpace = "http://www.w3.org/XML/1998/namespace"

const xmlnsSpace = "http://www.w3.org/2000/xmlns/"

// A Name is an expanded name (Namespaces in XML 1.0 §2.1). Space is empty for a name in no namespace.
type Name struct{ Space, Local string }

// An Attr is an attribute. Namespace declarations are not attributes.
type Attr struct {
	Name  Name
	Value string
}

// A Node is what stands inside an element: an element, or text where Element is nil.
type Node struct {
	Element *Element
	Text    string
}

// An Element is one element and all that is in it. Queries (Attr, Child, Text and their like) may be made of a
// nil element and answer as an empty one would, so that they can be chained; nothing else may.
type Element struct {
	Name     Name
	Attrs    []Attr
	Children []Node
}

// New makes an empty element.
func New(space, local string) *Element {
	return &Element{Name: Name{space, local}}
}

// Leaf makes an element that holds text.
func Leaf(space, local, text string) *Element {
	return New(space, local).AddText(text)
}

// With appends children and returns e; nil children are left out.
func (e *Element) With(children ...*Element) *Element {
	for _, c := range children {
		if c != nil {
			e.Children = append(e.Children, Node{Element: c})
		}
	}
	return e
}

// AddText appends text and returns e; the empty text adds nothing.
func (e *Element) AddText(text string) *Element {
	if text != "" {
		e.Children = append(e.Children, Node{Text: text})
	}
	return e
}

// SetAttr sets the attribute that has no namespace and returns e.
func (e *Element) SetAttr(local, value string) *Element {
	return e.SetAttrNS("", local, value)
}

// SetAttrNS sets an attribute in a namespace, XMLSpace for xml:lang, and returns e.
func (e *Element) SetAttrNS(space, local, value string) *Element {
	name := Name{space, local}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Value = value
			return e
		}
	}
	e.Attrs = append(e.Attrs, Attr{name, value})
	return e
}

// Attr is the value of the attribute without a namespace; empty if there is none.
func (e *Element) Attr(local string) string { return e.AttrNS("", local) }

// AttrNS is the value of an attribute in a namespace; empty if there is none.
func (e *Element) AttrNS(space, local string) string {
	v, _ := e.LookupAttr(Name{space, local})
	return v
}

// LookupAttr is the value of an attribute, and whether there is one.
func (e *Element) LookupAttr(name Name) (string, bool) {
	if e == nil {
		return "", false
	}
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			return e.Attrs[i].Value, true
		}
	}
	return "", false
}

// Is reports whether e is an element of this name; a nil element is none.
func (e *Element) Is(space, local string) bool {
	return e != nil && e.Name.Local == local && e.Name.Space == space
}

// Child is the first child of that name, or nil.
func (e *Element) Child(space, local string) *Element {
	if e == nil {
		return nil
	}
	for i := range e.Children {
		if c := e.Children[i].Element; c.Is(space, local) {
			return c
		}
	}
	return nil
}

// ChildText is the text of the first child of that name; empty if there is none.
func (e *Element) ChildText(space, local string) string { return e.Child(space, local).Text() }

// ChildrenNamed gives the children of that name in order.
func (e *Element) ChildrenNamed(space, local string) iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for c := range e.Elements() {
			if c.Is(space, local) && !yield(c) {
				return
			}
		}
	}
}

// Elements gives the child elements in order.
func (e *Element) Elements() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		if e == nil {
			return
		}
		for i := range e.Children {
			if c := e.Children[i].Element; c != nil && !yield(c) {
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

// Text is the text that stands directly in e, put together.
func (e *Element) Text() string {
	if e == nil {
		return ""
	}
	if len(e.Children) == 1 {
		return e.Children[0].Text
	}
	var b strings.Builder
	for i := range e.Children {
		b.WriteString(e.Children[i].Text)
	}
	return b.String()
}

// Clone is a copy that shares no memory with e, not even its strings. Nil gives nil.
func (e *Element) Clone() *Element {
	if e == nil {
		return nil
	}
	c := &Element{Name: e.Name.clone()}
	if len(e.Attrs) > 0 {
		c.Attrs = make([]Attr, len(e.Attrs))
	}
	for i, a := range e.Attrs {
		c.Attrs[i] = Attr{a.Name.clone(), strings.Clone(a.Value)}
	}
	if len(e.Children) > 0 {
		c.Children = make([]Node, len(e.Children))
	}
	for i, n := range e.Children {
		c.Children[i] = Node{n.Element.Clone(), strings.Clone(n.Text)}
	}
	return c
}

func (n Name) clone() Name { return Name{strings.Clone(n.Space), strings.Clone(n.Local)} }
