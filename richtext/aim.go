package richtext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Bounds of FromAIM. A message on the wire is 8,000 bytes at most; a stranger may still nest and repeat.
const (
	maxNesting = 64
	maxRuns    = 4096
)

// FromAIM reads the HTML that AIM's clients send: FONT, B, I, U, S, A, BR, BODY, in any case and order, often
// without end tags. Unknown tags vanish and what they enclose stays. It never fails: what is no HTML is text.
func FromAIM(s string) Text {
	p := aimParser{}
	if isBare(s) {
		p.add(s)
		return p.text()
	}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return p.text()
		case html.TextToken:
			p.add(html.UnescapeString(string(z.Raw())))
		case html.StartTagToken, html.SelfClosingTagToken:
			p.open(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.close(string(name))
		}
	}
}

// isBare reports whether s can hold neither tag nor entity: a tokenizer, whose buffer alone is 4 KiB, would
// find nothing in it.
func isBare(s string) bool { return !strings.ContainsAny(s, "<&") }

// HasAIMMarkup reports whether s has at least one tag or entity that FromAIM understands; a text without is
// better taken as plain.
func HasAIMMarkup(s string) bool {
	if isBare(s) {
		return false
	}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return false
		case html.TextToken:
			if raw := string(z.Raw()); html.UnescapeString(raw) != raw {
				return true
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if _, known := aimTags[string(name)]; known {
				return true
			}
		}
	}
}

type attributes map[string]string

type aimParser struct {
	runs  []Run
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

var aimTags = map[string]tagRule{
	"html":   {},
	"body":   {style: func(s *Style, a attributes) { set(&s.Background, color(a["bgcolor"])) }},
	"font":   {style: fontStyle},
	"b":      {style: func(s *Style, _ attributes) { s.Bold = true }},
	"strong": {style: func(s *Style, _ attributes) { s.Bold = true }},
	"i":      {style: func(s *Style, _ attributes) { s.Italic = true }},
	"em":     {style: func(s *Style, _ attributes) { s.Italic = true }},
	"u":      {style: func(s *Style, _ attributes) { s.Underline = true }},
	"s":      {style: func(s *Style, _ attributes) { s.Strike = true }},
	"strike": {style: func(s *Style, _ attributes) { s.Strike = true }},
	"del":    {style: func(s *Style, _ attributes) { s.Strike = true }},
	"a":      {style: func(s *Style, a attributes) { set(&s.Link, safeLink(a["href"])) }},
	"span":   {},
	"pre":    {},
	"br":     {void: true, line: true},
	"hr":     {void: true, line: true},
	"p":      {line: true},
	"div":    {line: true},
	"li":     {line: true},
}

func (p *aimParser) open(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := string(name)
	rule, known := aimTags[tag]
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
		p.runs, p.begun = nil, false
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
func (p *aimParser) close(name string) {
	for i := len(p.stack) - 1; i >= 0; i-- {
		if p.stack[i].name == name {
			p.style = p.stack[i].before
			p.stack = p.stack[:i]
			return
		}
	}
}

func (p *aimParser) add(s string) {
	s = clean(strings.ReplaceAll(s, "\u00A0", " "))
	if !p.begun && len(p.stack) > 0 {
		s = strings.TrimLeft(s, "\n") // between <HTML> and what it holds
	}
	p.put(s)
}

func (p *aimParser) put(s string) {
	if s == "" {
		return
	}
	p.begun = true
	n := len(p.runs)
	if n > 0 && (p.runs[n-1].Style == p.style || n >= maxRuns) {
		p.runs[n-1].Text += s
		return
	}
	p.runs = append(p.runs, Run{s, p.style})
}

func (p *aimParser) text() Text { return Text{Runs: p.runs} }

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
