package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strconv"

	"imgate/xmltree"
)

// LangAttr is the one attribute with a prefix. JSON leaves it out.
const LangAttr = "xml:lang"

// appendXML appends e, where inherited is the default namespace in force; elements in the namespace of the envelope
// have the prefix soap. What it appends is well-formed for any tree; characters that XML forbids become U+FFFD.
func (e *Element) appendXML(dst []byte, inherited, envelope string) []byte {
	tag := xmltree.Element{Name: xmltree.Name{Space: e.Space, Local: e.Local}, Attrs: e.xmlAttrs()}
	prefix := ""
	if e.Space == envelope {
		prefix, tag.Name.Space = "soap:", inherited
	}
	open := tag.AppendOpen(nil, inherited)[1:]
	dst = append(append(append(dst, '<'), prefix...), open...)
	end := len(dst)
	for _, a := range e.Attrs {
		if a.Child {
			dst = Leaf(e.Space, a.Name, a.Value.String()).appendXML(dst, tag.Name.Space, envelope)
		}
	}
	for _, n := range e.Nodes {
		if n.Element != nil {
			dst = n.Element.appendXML(dst, tag.Name.Space, envelope)
		} else {
			dst = appendText(dst, n.Text)
		}
	}
	if len(dst) == end {
		return append(dst[:end-1], "/>"...)
	}
	name := open[:bytes.IndexAny(open, " >")]
	return append(append(append(append(dst, "</"...), prefix...), name...), '>')
}

func (e *Element) xmlAttrs() []xmltree.Attr {
	var attrs []xmltree.Attr
	for _, a := range e.Attrs {
		name := xmltree.Name{Local: a.Name}
		if a.Name == LangAttr {
			name = xmltree.Name{Space: xmltree.XMLSpace, Local: "lang"}
		}
		if !a.Child {
			attrs = append(attrs, xmltree.Attr{Name: name, Value: a.Value.String()})
		}
	}
	return attrs
}

func appendText(dst []byte, text string) []byte {
	w := bytes.NewBuffer(dst)
	if err := xml.EscapeText(w, []byte(text)); err != nil { // a buffer takes everything
		return dst
	}
	return w.Bytes()
}

// AppendJSON appends e as an object, where inherited is the namespace that the reader will assume. Children of one
// name stand together in an array, so that only the order within a name is kept.
func (e *Element) AppendJSON(dst []byte, inherited string) []byte {
	w := jsonWriter{append(dst, '{'), true}
	if e.Space != inherited && e.Space != "" {
		w.name(spaceMember)
		w.text(e.Space)
	}
	if text := e.Text(); text != "" {
		w.name(textMember)
		w.text(text)
	}
	groups := e.groups()
	for _, a := range e.Attrs {
		if reserved(a.Name) || groups.has(a.Name) {
			continue
		}
		w.name(a.Name)
		w.value(a.Value)
	}
	for _, g := range groups {
		w.name(g.name)
		w.group(g, e.Space)
	}
	return append(w.dst, '}')
}

// A group is the children of one name.
type group struct {
	name string
	list bool
	all  []*Element
}

type groups []group

func (e *Element) groups() groups {
	var list groups
	place := map[string]int{}
	for c := range e.Elements() {
		if reserved(c.Local) {
			continue
		}
		i, known := place[c.Local]
		if !known {
			i = len(list)
			place[c.Local] = i
			list = append(list, group{name: c.Local})
		}
		list[i].all = append(list[i].all, c)
		list[i].list = list[i].list || known || c.List
	}
	return list
}

func (g groups) has(name string) bool {
	for i := range g {
		if g[i].name == name {
			return true
		}
	}
	return false
}

func reserved(name string) bool { return name == spaceMember || name == textMember || name == LangAttr }

type jsonWriter struct {
	dst   []byte
	first bool
}

func (w *jsonWriter) name(s string) {
	if !w.first {
		w.dst = append(w.dst, ',')
	}
	w.first = false
	w.text(s)
	w.dst = append(w.dst, ':')
}

// text writes a string. It is also put into pages by some clients, so that < and > are escaped.
func (w *jsonWriter) text(s string) {
	b, err := json.Marshal(s)
	if err != nil { // a string can always be marshalled
		b = []byte(`""`)
	}
	w.dst = append(w.dst, b...)
}

func (w *jsonWriter) value(v Value) {
	switch v.kind {
	case textKind:
		w.text(v.text)
	case numberKind:
		w.dst = strconv.AppendInt(w.dst, v.number, 10)
	case truthKind:
		w.dst = strconv.AppendBool(w.dst, v.number != 0)
	}
}

func (w *jsonWriter) group(g group, space string) {
	if !g.list {
		w.dst = g.all[0].AppendJSON(w.dst, space)
		return
	}
	for i, c := range g.all {
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		w.dst = c.AppendJSON(append(w.dst, sep), space)
	}
	w.dst = append(w.dst, ']')
}
