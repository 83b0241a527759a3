package xmltree

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// A rawAttr is an attribute before its prefix is resolved.
type rawAttr struct{ qname, value string }

// start parses the start tag at pos into the next element of the slab, and adds its declarations to the scope.
func (p *parser) start() (qname string, empty bool, err error) {
	p.pos++ // "<"
	if qname, err = p.name(); err != nil {
		return "", false, err
	}
	p.raw = p.raw[:0]
	for {
		at := p.pos
		p.skipSpace()
		switch {
		case strings.HasPrefix(p.s[p.pos:], ">"):
			p.pos++
			return qname, false, p.resolve(qname)
		case strings.HasPrefix(p.s[p.pos:], "/>"):
			p.pos += 2
			return qname, true, p.resolve(qname)
		case at == p.pos:
			return "", false, &SyntaxError{Reason: "no white space before an attribute"}
		}
		if err := p.attr(); err != nil {
			return "", false, err
		}
	}
}

// attr parses the attribute at pos; a declaration goes to the scope.
func (p *parser) attr() error {
	qname, err := p.name()
	if err != nil {
		return err
	}
	p.skipSpace()
	if !strings.HasPrefix(p.s[p.pos:], "=") {
		return &SyntaxError{Reason: "an attribute without value"}
	}
	p.pos++
	p.skipSpace()
	rest := p.s[p.pos:]
	if rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return &SyntaxError{Reason: "an attribute value without quotes"}
	}
	end := strings.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return &SyntaxError{Reason: "an attribute value without end"}
	}
	value, err := unescape(rest[1:1+end], true)
	if err != nil {
		return err
	}
	p.pos += end + 2
	for _, a := range p.raw {
		if a.qname == qname {
			return &SyntaxError{Reason: "an attribute that is there twice"}
		}
	}
	p.raw = append(p.raw, rawAttr{qname, value})
	return nil
}

// resolve makes the element of the tag that was just parsed.
func (p *parser) resolve(qname string) error {
	for _, a := range p.raw {
		if prefix, ok := declares(a.qname); ok {
			if err := p.declare(prefix, a.value); err != nil {
				return err
			}
		}
	}
	name, err := p.expand(qname, true)
	if err != nil {
		return err
	}
	p.elementSlab = append(p.elementSlab, Element{Name: name})
	first := len(p.attrSlab)
	for _, a := range p.raw {
		if _, ok := declares(a.qname); ok {
			continue
		}
		name, err := p.expand(a.qname, false)
		if err != nil {
			return err
		}
		for _, other := range p.attrSlab[first:] {
			if other.Name == name {
				return &SyntaxError{Reason: "an attribute that is there twice"}
			}
		}
		p.attrSlab = append(p.attrSlab, Attr{name, a.value})
	}
	if last := len(p.attrSlab); last > first {
		p.elementSlab[len(p.elementSlab)-1].Attrs = p.attrSlab[first:last:last]
	}
	return nil
}

// declares tells the prefix that an attribute of this name declares, empty for the default namespace.
func declares(qname string) (prefix string, ok bool) {
	rest, ok := strings.CutPrefix(qname, "xmlns")
	if !ok || rest == "" {
		return "", ok
	}
	return strings.CutPrefix(rest, ":")
}

// declare applies the constraints of Namespaces in XML 1.0 §3.
func (p *parser) declare(prefix, space string) error {
	if prefix == "xmlns" || space == xmlnsSpace || (prefix == "xml") != (space == XMLSpace) || prefix != "" && space == "" {
		return &SyntaxError{Reason: "an illegal namespace declaration"}
	}
	if len(p.scope) >= p.outer+p.limits.Spaces {
		return errSpaces
	}
	p.scope = append(p.scope, binding{prefix, space})
	return nil
}

// errSpaces means that more declarations are in force than Limits.Spaces: each name is looked up among them.
var errSpaces = errors.New("too many namespaces")

// expand resolves the prefix of a name; only elements are in the default namespace.
func (p *parser) expand(qname string, element bool) (Name, error) {
	prefix, local, found := strings.Cut(qname, ":")
	if !found {
		if !element {
			return Name{Local: qname}, nil
		}
		prefix, local = "", qname
	}
	for i := len(p.scope) - 1; i >= 0; i-- {
		if p.scope[i].prefix == prefix {
			return Name{p.scope[i].space, local}, nil
		}
	}
	switch prefix {
	case "":
		return Name{Local: local}, nil
	case "xml":
		return Name{XMLSpace, local}, nil
	}
	return Name{}, &SyntaxError{Reason: "a prefix that was not declared"}
}

// name parses the qualified name at pos (Namespaces in XML 1.0 §4).
func (p *parser) name() (string, error) {
	rest := p.s[p.pos:]
	end, part := 0, 0 // where the current part (prefix or local) begins
	colons := 0
	for end < len(rest) {
		c := rest[end]
		size := 1
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			if r, size = utf8.DecodeRuneInString(rest[end:]); !isNameRune(r, end == part) {
				return "", &SyntaxError{Reason: "an illegal name"}
			}
		case c == ':' && end > part:
			colons++
			part = end + 1
		case !isASCIINameByte(c) || end == part && !isASCIINameStart(c):
			size = 0
		}
		if size == 0 {
			break
		}
		end += size
	}
	if end == part || colons > 1 {
		return "", &SyntaxError{Reason: "an illegal name"}
	}
	p.pos += end
	return rest[:end], nil
}

// isNameRune tells whether r, above ASCII, may stand in a name, or begin one (XML 1.0 §2.3).
func isNameRune(r rune, start bool) bool {
	if !start && (r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040) {
		return true
	}
	for _, span := range nameSpans {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}

// nameSpans are the characters above ASCII of NameStartChar.
var nameSpans = [...][2]rune{
	{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D}, {0x2070, 0x218F},
	{0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}
