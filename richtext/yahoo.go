package richtext

import (
	"strconv"
	"strings"
)

// FromYahoo reads what Yahoo's clients send: escape codes for styles and colours ("\x1b[1m"), and a few tags (B, I, U, FONT,
// FADE, ALT) in any case. It is no HTML: there are no entities, and what is none of these tags is text. It never fails.
func FromYahoo(s string) Text {
	p := parser{}
	if !strings.ContainsAny(s, "<\x1b") {
		p.put(clean(s))
		return p.text()
	}
	s = clean(s)
	var fonts []Style // as it was before each FONT
	for s != "" {
		at := strings.IndexAny(s, "<\x1b")
		if at < 0 {
			p.put(s)
			break
		}
		p.put(s[:at])
		s = s[at:]
		if n := p.yahooCode(s); n > 0 {
			s = s[n:]
			continue
		}
		if n := p.yahooTag(s, &fonts); n > 0 {
			s = s[n:]
			continue
		}
		if strings.HasPrefix(s, "<"+guard) {
			p.put("<")
			s = s[len("<"+guard):]
			continue
		}
		if s[0] == '<' {
			p.put("<")
		} // a lone escape shows nothing
		s = s[1:]
	}
	return p.text()
}

// guard stands behind a "<" that would begin a tag if it were left alone: it is seen by nobody, and the tag is none.
const guard = "\u200B"

// maxCode is how long an escape code may be, without its beginning.
const maxCode = 10

// yahooCode takes an escape code and gives its length; 0: there is none.
func (p *parser) yahooCode(s string) int {
	rest, ok := strings.CutPrefix(s, "\x1b[")
	if !ok {
		return 0
	}
	end := strings.IndexByte(rest, 'm')
	if end < 0 || end > maxCode {
		return 0
	}
	code := rest[:end]
	on := !strings.HasPrefix(code, "x")
	switch name := strings.TrimPrefix(code, "x"); {
	case name == "1":
		p.style.Bold = on
	case name == "2":
		p.style.Italic = on
	case name == "4":
		p.style.Underline = on
	case strings.HasPrefix(name, "#"):
		set(&p.style.Color, color(name))
	case yahooColors[name] != "":
		p.style.Color = yahooColors[name]
	}
	return len("\x1b[") + end + 1
}

// yahooColors are the colours that have a number. Black is what a text has anyway.
var yahooColors = map[string]string{
	"30": "#000000", "31": "#0000ff", "32": "#008080", "33": "#808080", "34": "#008000", "35": "#ff0080",
	"36": "#800080", "37": "#ff8000", "38": "#ff0000", "39": "#808000",
}

// maxTag is how long a tag may be.
const maxTag = 512

// yahooTag takes a tag and gives its length; 0: there is none that is known.
func (p *parser) yahooTag(s string, fonts *[]Style) int {
	name, inside, n := cutTag(s)
	switch name {
	case "b", "/b":
		p.style.Bold = name == "b"
	case "i", "/i":
		p.style.Italic = name == "i"
	case "u", "/u":
		p.style.Underline = name == "u"
	case "font":
		if len(*fonts) < maxNesting {
			*fonts = append(*fonts, p.style)
			p.yahooFont(inside)
		}
	case "/font":
		if last := len(*fonts) - 1; last >= 0 {
			before := (*fonts)[last]
			p.style.Font, p.style.Size, p.style.Color = before.Font, before.Size, before.Color
			*fonts = (*fonts)[:last]
		}
	case "fade", "/fade", "alt", "/alt":
	default:
		return 0
	}
	return n
}

// cutTag gives the name of the tag with which s begins, small, what it holds beside, and its length.
func cutTag(s string) (name, inside string, n int) {
	end := strings.IndexByte(s, '>')
	if s[0] != '<' || end < 0 || end > maxTag {
		return "", "", 0
	}
	name, inside, _ = strings.Cut(s[1:end], " ")
	return strings.ToLower(name), inside, end + 1
}

// yahooFont reads the attributes of FONT. The size is in points.
func (p *parser) yahooFont(inside string) {
	for inside = strings.TrimSpace(inside); inside != ""; inside = strings.TrimSpace(inside) {
		name, rest, ok := strings.Cut(inside, "=")
		if !ok {
			return
		}
		var value string
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			value, inside, _ = strings.Cut(quoted, `"`)
		} else {
			value, inside, _ = strings.Cut(rest, " ")
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "face":
			set(&p.style.Font, value)
		case "color":
			set(&p.style.Color, color(value))
		case "size":
			if points, err := strconv.Atoi(value); err == nil {
				p.style.Size = sizeOfPoints(points)
			}
		}
	}
}

// pointsOfSize are the points of HTML's sizes 1 to 7.
var pointsOfSize = [...]int{8, 10, 12, 14, 18, 24, 36}

func sizeOfPoints(points int) int {
	for i, p := range pointsOfSize {
		if points <= p {
			return i + 1
		}
	}
	return len(pointsOfSize)
}

// Yahoo gives the text as Yahoo's clients read it. A plain text is itself, but that what would be taken for a tag is not.
func (t Text) Yahoo() string {
	var b strings.Builder
	for i, r := range t.Runs {
		open, shut := yahooCodesOf(r.Style)
		b.WriteString(open)
		said := guarded(clean(r.Text))
		b.WriteString(said)
		if strings.HasSuffix(said, "<") && i < len(t.Runs)-1 {
			b.WriteString(guard) // the tag may be in the next run
		}
		b.WriteString(shut)
		if link := safeLink(r.Link); link != "" && link != r.Text {
			b.WriteString(" (" + guarded(link) + ")")
		}
	}
	return b.String()
}

// guarded takes the escapes out of s, and the meaning out of its tags.
func guarded(s string) string {
	if !strings.ContainsAny(s, "<\x1b") {
		return s
	}
	s = strings.ReplaceAll(s, "\x1b", "")
	var b strings.Builder
	for {
		at := strings.IndexByte(s, '<')
		if at < 0 || at == len(s)-1 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at+1])
		s = s[at+1:]
		if c := s[0] | 0x20; c >= 'a' && c <= 'z' || s[0] == '/' || strings.HasPrefix(s, guard) {
			b.WriteString(guard)
		}
	}
}

// yahooCodesOf gives what stands before and after a run of that style.
func yahooCodesOf(s Style) (open, shut string) {
	add := func(on bool, before, after string) {
		if on {
			open += before
			shut = after + shut
		}
	}
	var font string
	if face := strings.Map(noMarkup, clean(s.Font)); face != "" {
		font += ` face="` + face + `"`
	}
	if s.Size >= 1 && s.Size <= len(pointsOfSize) {
		font += ` size="` + strconv.Itoa(pointsOfSize[s.Size-1]) + `"`
	}
	add(font != "", "<font"+font+">", "</font>")
	if c := color(s.Color); c != "" {
		add(true, "\x1b["+c+"m", "\x1b[30m")
	}
	add(s.Bold, "\x1b[1m", "\x1b[x1m")
	add(s.Italic, "\x1b[2m", "\x1b[x2m")
	add(s.Underline, "\x1b[4m", "\x1b[x4m")
	return open, shut
}

// noMarkup leaves out of a font's name what could end it.
func noMarkup(r rune) rune {
	if r < ' ' || strings.ContainsRune(`<>"`, r) {
		return -1
	}
	return r
}
