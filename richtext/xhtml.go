package richtext

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// FromXHTML reads the body element of XHTML-IM (XEP-0071 §6), as a string. Only what a Style can hold is taken:
// of elements those of XEP-0071 and their older like, of CSS the properties of §7.4 that tell a style, of links
// those that a click may open without harm. Scripts, comments and their like vanish with what they enclose. It
// never fails; white space is one space, as in a browser, but for non-breaking spaces, which become spaces.
func FromXHTML(body string) Text {
	p := xhtmlParser{parser: parser{rules: xhtmlTags}}
	z := html.NewTokenizer(strings.NewReader(body))
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return p.text()
		case html.TextToken:
			if p.mute == 0 {
				p.say(html.UnescapeString(string(z.Raw())))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.begin(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.end(string(name))
		}
	}
}

// maxToken bounds one tag or one stretch of text, in bytes.
const maxToken = 1 << 20

var xhtmlTags = map[string]tagRule{
	"body": {style: css}, "span": {style: css}, "p": {style: css, line: true}, "div": {style: css, line: true},
	"blockquote": {style: css, line: true}, "address": {style: css, line: true}, "pre": {style: css, line: true},
	"h1": {style: heading, line: true}, "h2": {style: heading, line: true}, "h3": {style: heading, line: true},
	"h4": {style: heading, line: true}, "h5": {style: heading, line: true}, "h6": {style: heading, line: true},
	"ul": {line: true}, "ol": {line: true}, "dl": {line: true}, "li": {style: css, line: true}, "dt": {line: true}, "dd": {line: true},
	"strong": {style: bold}, "b": {style: bold}, "em": {style: italic}, "i": {style: italic}, "cite": {style: italic},
	"dfn": {style: italic}, "var": {style: italic}, "u": {style: underline}, "ins": {style: underline},
	"s": {style: strike}, "strike": {style: strike}, "del": {style: strike},
	"code": {style: css}, "kbd": {style: css}, "samp": {style: css}, "abbr": {style: css}, "acronym": {style: css}, "q": {style: css},
	"font": {style: fontStyle},
	"a":    {style: func(s *Style, a attributes) { css(s, a); set(&s.Link, safeLink(a["href"])) }},
	"br":   {void: true}, "hr": {void: true}, "img": {void: true},
}

// muted are the elements of which nothing is shown. They are none of XHTML-IM's.
var muted = []string{"script", "style", "title", "textarea", "iframe", "noscript", "template", "object", "head"}

// An xhtmlParser is a parser that lays out white space and blocks as a browser would.
type xhtmlParser struct {
	parser
	mute   int   // depth in elements of which nothing is shown
	pre    int   // depth in elements that keep white space
	gap    bool  // a space is due before more text of this line
	gapped Style // of that space
	line   bool  // a line end is due before more text
}

func (p *xhtmlParser) begin(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := string(name)
	attrs := attributes{}
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		attrs[string(k)] = string(v)
	}
	if slices.Contains(muted, tag) {
		p.mute++
		return
	}
	rule, known := p.rules[tag]
	switch {
	case !known || p.mute > 0:
		return
	case tag == "br":
		p.breakLine()
		return
	case tag == "hr":
		p.line = p.begun
		return
	case tag == "img":
		p.image(attrs)
		return
	}
	if rule.line {
		p.line, p.gap = p.begun, false
	}
	if len(p.stack) >= maxNesting {
		return
	}
	p.stack = append(p.stack, openTag{tag, p.style})
	if rule.style != nil {
		rule.style(&p.style, attrs)
	}
	switch tag {
	case "pre":
		p.pre++
	case "li":
		p.say("•")
		p.space()
	}
}

func (p *xhtmlParser) end(tag string) {
	if slices.Contains(muted, tag) {
		p.mute = max(0, p.mute-1)
		return
	}
	if p.mute > 0 {
		return
	}
	if tag == "pre" {
		p.pre = max(0, p.pre-1)
	}
	if p.rules[tag].line {
		p.line, p.gap = p.begun, false
	}
	p.close(tag)
}

// breakLine is a line end in the text, and not between blocks.
func (p *xhtmlParser) breakLine() {
	p.flushLine()
	p.put("\n")
	p.gap = false
}

func (p *xhtmlParser) flushLine() {
	if p.line {
		p.put("\n")
		p.line, p.gap = false, false
	}
}

// image shows a picture by its text, and by its address where a click may open it.
func (p *xhtmlParser) image(a attributes) {
	alt, before := a["alt"], p.style
	if link := safeLink(a["src"]); link != "" {
		set(&p.style.Link, link)
		if strings.TrimSpace(alt) == "" {
			alt = link
		}
	}
	p.say(alt)
	p.style = before
}

// say adds text as a browser would show it.
func (p *xhtmlParser) say(s string) {
	s = clean(s)
	if p.pre > 0 {
		if s != "" {
			p.flushLine()
			p.put(s)
		}
		return
	}
	for word := range strings.FieldsFuncSeq(s, isSpace) {
		if i := strings.Index(s, word); i > 0 {
			p.space()
			s = s[i:]
		}
		s = s[len(word):]
		p.flushLine()
		if p.gap && !p.atStart() {
			outer := p.style
			p.style = p.gapped
			p.put(" ")
			p.style = outer
		}
		p.gap = false
		p.put(strings.ReplaceAll(word, "\u00A0", " "))
	}
	if s != "" {
		p.space()
	}
}

// space is white space: one space, where more text of the same line follows.
func (p *xhtmlParser) space() {
	if !p.gap && !p.line {
		p.gap, p.gapped = true, p.style
	}
}

// isSpace is the white space that a browser collapses.
func isSpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\f' }

// atStart reports whether nothing stands in this line yet.
func (p *xhtmlParser) atStart() bool {
	return len(p.last) == 0 || p.last[len(p.last)-1] == '\n'
}

func bold(s *Style, a attributes)      { s.Bold = true; css(s, a) }
func italic(s *Style, a attributes)    { s.Italic = true; css(s, a) }
func underline(s *Style, a attributes) { s.Underline = true; css(s, a) }
func strike(s *Style, a attributes)    { s.Strike = true; css(s, a) }
func heading(s *Style, a attributes)   { bold(s, a) }

// css reads a style attribute (XEP-0071 §7.4).
func css(s *Style, a attributes) {
	for declaration := range strings.SplitSeq(a["style"], ";") {
		name, value, _ := strings.Cut(declaration, ":")
		value = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important")))
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "color":
			set(&s.Color, cssColor(value))
		case "background-color", "background":
			set(&s.Background, cssColor(value))
		case "font-family":
			first, _, _ := strings.Cut(value, ",")
			set(&s.Font, fontName(first))
		case "font-size":
			if n := cssSize(value); n != 0 {
				s.Size = n
			}
		case "font-style":
			s.Italic = value == "italic" || value == "oblique" || s.Italic && value != "normal"
		case "font-weight":
			n, _ := strconv.Atoi(value)
			s.Bold = value == "bold" || value == "bolder" || n >= 600 || s.Bold && value != "normal" && value != "lighter" && n == 0
		case "text-decoration", "text-decoration-line":
			s.Underline = strings.Contains(value, "underline") || s.Underline && value != "none"
			s.Strike = strings.Contains(value, "line-through") || s.Strike && value != "none"
		}
	}
}

// fontName is a family name with nothing in it that could be more than a name.
func fontName(s string) string {
	s = strings.Trim(clean(s), " '\"")
	if len(s) > 64 || strings.ContainsAny(s, "<>&\"';:{}\\\n") {
		return ""
	}
	return s
}

// cssColor gives "#rrggbb", or nothing for what it does not know.
func cssColor(s string) string {
	if c := color(s); c != "" {
		return c
	}
	if digits := strings.TrimPrefix(s, "#"); len(digits) == 3 && digits != s {
		return color(string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]}))
	}
	inner, ok := strings.CutPrefix(strings.TrimSuffix(s, ")"), "rgb(")
	parts := strings.Split(inner, ",")
	if !ok || len(parts) != 3 {
		return ""
	}
	out := []byte("#")
	for _, part := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 8)
		if err != nil {
			return ""
		}
		out = append(out, hexDigits[n>>4], hexDigits[n&15])
	}
	return string(out)
}

const hexDigits = "0123456789abcdef"

// sizeNames are the CSS names of the HTML font sizes 1 to 7.
var sizeNames = [...]string{"x-small", "small", "medium", "large", "x-large", "xx-large", "300%"}

// cssSize gives the HTML font size 1 to 7 that is nearest, or 0.
func cssSize(s string) int {
	if i := slices.Index(sizeNames[:], s); i >= 0 {
		return i + 1
	}
	if s == "xx-small" {
		return 1
	}
	number := strings.TrimRight(s, "%abcdefghijklmnopqrstuvwxyz")
	points, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return 0
	}
	switch s[len(number):] {
	case "pt":
	case "px":
		points *= 0.75
	case "em":
		points *= 12
	case "%":
		points *= 0.12
	default:
		return 0
	}
	for i, most := range []float64{9, 11, 13, 16, 20, 28} {
		if points < most {
			return i + 1
		}
	}
	return 7
}
