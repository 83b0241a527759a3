package richtext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Bounds of a text in markup. A stranger may nest and repeat.
const (
	maxNesting = 64
	maxRuns    = 4096
)

// attributes are those of one tag, by name.
type attributes map[string]string

// A parser gathers runs while a tokenizer goes through markup.
type parser struct {
	rules map[string]tagRule
	runs  []Run  // but for the last
	last  []byte // the text of the last run
	look  Style  // and its style
	stack []openTag
	style Style
	begun bool // something visible, or BODY, has come
}

type openTag struct {
	name   string
	before Style
}

// A tagRule says what a tag does: change the style until its end, break the line, or both.
type tagRule struct {
	style func(*Style, attributes)
	void  bool // has no end tag
	line  bool // begins a new line
}

func (p *parser) open(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := string(name)
	rule, known := p.rules[tag]
	if !known {
		return
	}
	attrs := attributes{}
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		attrs[string(k)] = string(v)
	}
	if rule.line && (rule.void || p.begun) {
		p.put("\n")
	}
	if tag == "body" {
		p.runs, p.last, p.begun = nil, nil, false
	}
	if rule.void || len(p.stack) >= maxNesting {
		return
	}
	p.stack = append(p.stack, openTag{tag, p.style})
	if rule.style != nil {
		rule.style(&p.style, attrs)
	}
}

// close ends the innermost tag of that name, and with it whatever was opened inside and never closed.
func (p *parser) close(name string) {
	for i := len(p.stack) - 1; i >= 0; i-- {
		if p.stack[i].name == name {
			p.style = p.stack[i].before
			p.stack = p.stack[:i]
			return
		}
	}
}

func (p *parser) add(s string) {
	s = clean(unpadded(s))
	if !p.begun && len(p.stack) > 0 {
		s = strings.TrimLeft(s, "\n") // between <HTML> and what it holds
	}
	p.put(s)
}

// unpadded is s with the spaces that HTML keeps from being taken together as plain ones.
func unpadded(s string) string { return strings.ReplaceAll(s, "\u00A0", " ") }

func (p *parser) put(s string) {
	if s == "" {
		return
	}
	p.begun = true
	if p.look != p.style && len(p.last) > 0 && len(p.runs) < maxRuns-1 {
		p.flush()
	}
	if len(p.last) == 0 {
		p.look = p.style
	}
	p.last = append(p.last, s...)
}

// flush ends the last run.
func (p *parser) flush() {
	if len(p.last) > 0 {
		p.runs = append(p.runs, Run{string(p.last), p.look})
		p.last = p.last[:0]
	}
}

func (p *parser) text() Text {
	p.flush()
	return Text{Runs: p.runs}
}

func set(field *string, value string) {
	if value != "" {
		*field = value
	}
}

func fontStyle(s *Style, a attributes) {
	set(&s.Color, color(a["color"]))
	set(&s.Background, color(a["back"]))
	set(&s.Font, clean(a["face"]))
	if n, err := strconv.Atoi(a["size"]); err == nil {
		if strings.HasPrefix(a["size"], "+") || n < 0 {
			n += 3
		}
		s.Size = min(max(n, 1), 7)
	}
}

// safeLink lets only the schemes through that a click may open without harm.
func safeLink(href string) string {
	href = strings.TrimSpace(clean(href))
	scheme, _, found := strings.Cut(href, ":")
	if !found || strings.ContainsAny(href, "\n\t\x00") {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "mailto":
		return href
	}
	return ""
}

var colorNames = map[string]string{
	"black": "#000000", "silver": "#c0c0c0", "gray": "#808080", "white": "#ffffff", "maroon": "#800000",
	"red": "#ff0000", "purple": "#800080", "fuchsia": "#ff00ff", "green": "#008000", "lime": "#00ff00",
	"olive": "#808000", "yellow": "#ffff00", "navy": "#000080", "blue": "#0000ff", "teal": "#008080",
	"aqua": "#00ffff",
}

// color gives "#rrggbb", or nothing for what is no colour.
func color(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if named, ok := colorNames[s]; ok {
		return named
	}
	digits := strings.TrimPrefix(s, "#")
	if len(digits) != 6 || strings.Trim(digits, "0123456789abcdef") != "" {
		return ""
	}
	return "#" + digits
}
