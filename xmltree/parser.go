package xmltree

import (
	"strings"
	"unicode/utf8"
)

// A parser makes a tree of the text of one framed element. Its scratch memory is used again and again; what it
// gives away is allocated in one piece per kind, sized by the frame.
type parser struct {
	limits Limits
	s      string
	pos    int
	scope  []binding // namespace declarations in force, innermost last
	outer  int       // how many of scope belong to the stream header
	raw    []rawAttr
	stack  []opened
	nodes  []Node // children of the elements on the stack
	joined []byte

	elementSlab []Element
	attrSlab    []Attr
	nodeSlab    []Node
}

// A binding is a namespace declaration; the empty prefix is the default namespace.
type binding struct{ prefix, space string }

// An opened element waits for its end tag.
type opened struct {
	e     *Element
	qname string
	scope int // length of parser.scope outside of it
	nodes int // where its children begin in parser.nodes
}

// open parses the start tag of a stream, whose declarations stay in force.
func (p *parser) open(s string) (*Element, string, error) {
	e, qname, err := p.startTag(s)
	p.outer = len(p.scope)
	return e, qname, err
}

// declaration accepts the XML declaration of version 1.0 in UTF-8 (RFC 6120 §11.5, §11.6). s is all of it but
// the closing "?>". It has the form of a start tag, and is read as one.
func (p *parser) declaration(s string) error {
	e, qname, err := p.startTag("<" + strings.TrimPrefix(s, "<?") + ">")
	if err != nil {
		return err
	}
	encoding := e.Attr("encoding")
	switch {
	case qname != "xml":
		return &SyntaxError{Reason: "a processing instruction"}
	case e.Attr("version") != "1.0":
		return &SyntaxError{Reason: "a version other than 1.0"}
	case encoding != "" && !strings.EqualFold(encoding, "utf-8"):
		return &SyntaxError{Reason: "an encoding other than UTF-8"}
	}
	return nil
}

// startTag parses s, which is one start tag and nothing else, to an element without children.
func (p *parser) startTag(s string) (*Element, string, error) {
	p.reset(s, &frame{elements: 1, attrs: strings.Count(s, "=")})
	if err := checkEncoding(s); err != nil {
		return nil, "", err
	}
	qname, _, err := p.start()
	if err != nil {
		return nil, "", err
	}
	return &p.elementSlab[:1][0], qname, nil
}

// element parses s, which is one whole element.
func (p *parser) element(s string, f *frame) (*Element, error) {
	p.reset(s, f)
	if err := checkEncoding(s); err != nil {
		return nil, err
	}
	root := &p.elementSlab[:1][0]
	for {
		if err := p.tag(); err != nil {
			return nil, err
		}
		if len(p.stack) == 0 {
			break
		}
		if err := p.text(); err != nil {
			return nil, err
		}
	}
	if p.pos != len(p.s) {
		return nil, &SyntaxError{Reason: "an end tag without start tag"}
	}
	return root, nil
}

func (p *parser) reset(s string, f *frame) {
	p.s, p.pos = s, 0
	p.scope, p.stack, p.nodes = p.scope[:p.outer], p.stack[:0], p.nodes[:0]
	p.elementSlab = make([]Element, 0, f.elements)
	p.attrSlab, p.nodeSlab = nil, nil
	if f.attrs > 0 {
		p.attrSlab = make([]Attr, 0, f.attrs)
	}
	if n := f.elements - 1 + f.texts; n > 0 {
		p.nodeSlab = make([]Node, 0, n)
	}
}

// tag parses the start or end tag at pos.
func (p *parser) tag() error {
	if strings.HasPrefix(p.s[p.pos:], "</") {
		return p.end()
	}
	before := len(p.scope)
	qname, empty, err := p.start()
	if err != nil {
		return err
	}
	e := &p.elementSlab[len(p.elementSlab)-1]
	if empty {
		p.scope = p.scope[:before]
		if len(p.stack) > 0 {
			p.nodes = append(p.nodes, Node{Element: e})
		}
		return nil
	}
	p.stack = append(p.stack, opened{e, qname, before, len(p.nodes)})
	return nil
}

// end parses the end tag at pos and closes the innermost element.
func (p *parser) end() error {
	p.pos += len("</")
	top := p.stack[len(p.stack)-1]
	if !strings.HasPrefix(p.s[p.pos:], top.qname) {
		return &SyntaxError{Reason: "an end tag that does not match"}
	}
	p.pos += len(top.qname)
	p.skipSpace()
	if p.pos >= len(p.s) || p.s[p.pos] != '>' {
		return &SyntaxError{Reason: "an end tag that does not match"}
	}
	p.pos++
	first := len(p.nodeSlab)
	p.nodeSlab = append(p.nodeSlab, p.nodes[top.nodes:]...)
	if last := len(p.nodeSlab); last > first {
		top.e.Children = p.nodeSlab[first:last:last]
	}
	p.nodes, p.scope = p.nodes[:top.nodes], p.scope[:top.scope]
	p.stack = p.stack[:len(p.stack)-1]
	if len(p.stack) > 0 {
		p.nodes = append(p.nodes, Node{Element: top.e})
	}
	return nil
}

// text parses text and CDATA sections up to the next tag, and makes one node of them.
func (p *parser) text() error {
	pieces := pieces{joined: p.joined[:0]}
	for {
		end := strings.IndexByte(p.s[p.pos:], '<')
		if end < 0 {
			return &SyntaxError{Reason: "an element without end tag"}
		}
		value, err := unescape(p.s[p.pos:p.pos+end], false)
		if err != nil {
			return err
		}
		p.pos += end
		pieces.add(value)
		if !strings.HasPrefix(p.s[p.pos:], "<![CDATA[") {
			break
		}
		p.pos += len("<![CDATA[")
		if end = strings.Index(p.s[p.pos:], "]]>"); end < 0 {
			return &SyntaxError{Reason: "a CDATA section without end"}
		}
		if value, err = literal(p.s[p.pos : p.pos+end]); err != nil {
			return err
		}
		p.pos += end + len("]]>")
		pieces.add(value)
	}
	if text := pieces.text(); text != "" {
		p.nodes = append(p.nodes, Node{Text: text})
	}
	p.joined = pieces.joined
	return nil
}

// pieces are put together to one text; a text of one piece, which is nearly every one, is not copied.
type pieces struct {
	first  string
	joined []byte // all pieces, once there are two
}

func (p *pieces) add(s string) {
	switch {
	case s == "":
	case p.first == "":
		p.first = s
	case len(p.joined) == 0:
		p.joined = append(append(p.joined, p.first...), s...)
	default:
		p.joined = append(p.joined, s...)
	}
}

func (p *pieces) text() string {
	if len(p.joined) == 0 {
		return p.first
	}
	return string(p.joined)
}

func (p *parser) skipSpace() {
	for p.pos < len(p.s) && isSpace(p.s[p.pos]) {
		p.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// checkEncoding refuses what is not UTF-8, and the two characters above ASCII that XML 1.0 §2.2 leaves out.
func checkEncoding(s string) error {
	if !utf8.ValidString(s) {
		return &SyntaxError{Reason: "invalid UTF-8"}
	}
	if strings.IndexByte(s, 0xEF) >= 0 && (strings.Contains(s, "\uFFFE") || strings.Contains(s, "\uFFFF")) {
		return &SyntaxError{Reason: "an illegal character"}
	}
	return nil
}
