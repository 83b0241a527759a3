package xmltree

import "strconv"

// String is e as a document of its own.
func (e *Element) String() string { return string(e.Append(nil, "")) }

// Append appends e to dst and returns the extended buffer. inherited is the default namespace in force where e
// is put; an element in that namespace declares none. What it appends is well-formed XML 1.0 with namespaces,
// for any tree: illegal characters and invalid UTF-8 become U+FFFD, characters that may not stand in a name
// (and all that are not ASCII) or in a URI become "_", and an attribute that is there twice is written once.
func (e *Element) Append(dst []byte, inherited string) []byte {
	space := legalSpace(e.Name.Space)
	prefix := ""
	if space == XMLSpace { // may be bound to no other prefix (Namespaces in XML 1.0 §3)
		prefix, space = "xml:", inherited
	}
	local := legalName(e.Name.Local)
	dst = append(append(append(dst, '<'), prefix...), local...)
	if space != inherited {
		dst = append(dst, " xmlns='"...)
		dst = append(appendEscaped(dst, space, true), '\'')
	}
	dst = e.appendAttrs(dst)
	end := len(dst)
	dst = append(dst, '>')
	for i := range e.Children {
		if n := &e.Children[i]; n.Element != nil {
			dst = n.Element.Append(dst, space)
		} else {
			dst = appendEscaped(dst, n.Text, false)
		}
	}
	if len(dst) == end+1 {
		return append(dst[:end], "/>"...)
	}
	dst = append(append(append(dst, "</"...), prefix...), local...)
	return append(dst, '>')
}

// AppendOpen appends only the start tag of e, left open, in namespace inherited; for the stream header.
func (e *Element) AppendOpen(dst []byte, inherited string) []byte {
	empty := Element{Name: e.Name, Attrs: e.Attrs}
	dst = empty.Append(dst, inherited)
	return append(dst[:len(dst)-len("/>")], '>')
}

// AppendAttr appends an attribute in no namespace, whose value is the pieces put together, to a start tag that is open.
// The name must be legal.
func AppendAttr(dst []byte, name string, pieces ...string) []byte {
	dst = append(append(append(dst, ' '), name...), "='"...)
	for _, p := range pieces {
		dst = appendEscaped(dst, p, true)
	}
	return append(dst, '\'')
}

func (e *Element) appendAttrs(dst []byte) []byte {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Name.Space == xmlnsSpace || e.hasLegal(i) {
			continue
		}
		dst = append(dst, ' ')
		switch a.Name.Space {
		case "":
		case XMLSpace:
			dst = append(dst, "xml:"...)
		default:
			dst = appendPrefixed(dst, i, a.Name.Space)
		}
		dst = append(append(dst, legalAttr(a.Name)...), "='"...)
		dst = append(appendEscaped(dst, a.Value, true), '\'')
	}
	return dst
}

// appendPrefixed declares a prefix for the i-th attribute and appends it. Each attribute has its own prefix:
// there is hardly ever one, and never a clash.
func appendPrefixed(dst []byte, i int, space string) []byte {
	dst = strconv.AppendInt(append(dst, "xmlns:n"...), int64(i), 10)
	dst = append(appendEscaped(append(dst, "='"...), legalSpace(space), true), "' n"...)
	return append(strconv.AppendInt(dst, int64(i), 10), ':')
}

// hasLegal reports whether an attribute before the i-th is written under the same name.
func (e *Element) hasLegal(i int) bool {
	for j := range i {
		if sameWritten(e.Attrs[j].Name, e.Attrs[i].Name) {
			return true
		}
	}
	return false
}

func sameWritten(a, b Name) bool {
	if a == b {
		return true
	}
	return legalAttr(a) == legalAttr(b) && legalSpace(a.Space) == legalSpace(b.Space)
}
