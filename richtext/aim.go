package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// FromAIM reads the HTML that AIM's clients send: FONT, B, I, U, S, A, BR, BODY, in any case and order, often
// without end tags. Unknown tags vanish and what they enclose stays. It never fails: what is no HTML is text.
func FromAIM(s string) Text {
	if isBare(s) {
		return Plain(unpadded(s))
	}
	p := parser{rules: aimTags}
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
