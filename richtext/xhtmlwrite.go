package richtext

import (
	"strings"
	"unicode/utf8"
)

// XHTML gives the text as the content of a body element of XHTML-IM (XEP-0071), well-formed whatever it holds:
// characters that XML forbids become U+FFFD. Every space that a browser would take away is a non-breaking one.
func (t Text) XHTML() string {
	var b strings.Builder
	start := true // a space here would be lost
	for _, r := range t.Runs {
		open, shut := xhtmlTagsOf(r.Style)
		b.WriteString(open)
		start = writeXHTML(&b, clean(r.Text), start)
		b.WriteString(shut)
	}
	return b.String()
}

// writeXHTML writes text, and reports whether a space behind it would be lost.
func writeXHTML(b *strings.Builder, s string, start bool) bool {
	for i, r := range s {
		last := i+utf8.RuneLen(r) == len(s)
		switch {
		case r == '\n':
			b.WriteString("<br/>")
		case r == ' ' && (start || last || s[i+1] == '\n'):
			b.WriteString("\u00A0")
		case r == '\t':
			b.WriteString("\u00A0\u00A0\u00A0\u00A0")
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r < 0x20 || r == 0xFFFE || r == 0xFFFF:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
		start = r == '\n' || r == ' ' && !start
	}
	return start
}

// xhtmlTagsOf gives what stands before and after a run of that style, in elements and properties that XEP-0071
// recommends.
func xhtmlTagsOf(s Style) (open, shut string) {
	add := func(name, attrs string) {
		open += "<" + name + attrs + ">"
		shut = "</" + name + ">" + shut
	}
	if link := safeLink(s.Link); link != "" {
		add("a", attribute("href", printable(link)))
	}
	if style := cssOf(s); style != "" {
		add("span", attribute("style", style))
	}
	if s.Bold {
		add("strong", "")
	}
	if s.Italic {
		add("em", "")
	}
	return open, shut
}

// printable is s without what XML forbids.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}

// cssOf is the style attribute of what has no element.
func cssOf(s Style) string {
	var list []string
	if c := color(s.Color); c != "" {
		list = append(list, "color: "+c)
	}
	if c := color(s.Background); c != "" {
		list = append(list, "background-color: "+c)
	}
	if f := fontName(s.Font); f != "" {
		list = append(list, "font-family: "+printable(f))
	}
	if s.Size >= 1 && s.Size <= len(sizeNames) {
		list = append(list, "font-size: "+sizeNames[s.Size-1])
	}
	switch {
	case s.Underline && s.Strike:
		list = append(list, "text-decoration: underline line-through")
	case s.Underline:
		list = append(list, "text-decoration: underline")
	case s.Strike:
		list = append(list, "text-decoration: line-through")
	}
	return strings.Join(list, "; ")
}
