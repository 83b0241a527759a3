// Package richtext holds styled text as a plain value, and translates it from and to the markup of the
// networks. It imports nothing of imgate.
package richtext

import "strings"

// A Text is styled text: a sequence of runs, in reading order. The zero value is the empty text. Runs hold
// valid UTF-8 with "\n" as the only line end; the constructors see to it.
type Text struct {
	Runs []Run
}

// A Run is a stretch of text in one style.
type Run struct {
	Text string
	Style
}

// A Style is how a run looks. The zero value is plain.
type Style struct {
	Bold, Italic, Underline, Strike bool
	Color, Background               string // "#rrggbb", or empty
	Font                            string // family name, or empty
	Size                            int    // HTML font size 1..7, or 0
	Link                            string // target address, or empty
}

// Plain makes unstyled text of s. Invalid UTF-8 becomes U+FFFD and "\r\n" and "\r" become "\n".
func Plain(s string) Text {
	s = clean(s)
	if s == "" {
		return Text{}
	}
	return Text{Runs: []Run{{Text: s}}}
}

// String is the text without its style.
func (t Text) String() string {
	if len(t.Runs) == 1 {
		return t.Runs[0].Text
	}
	var b strings.Builder
	for _, r := range t.Runs {
		b.WriteString(r.Text)
	}
	return b.String()
}

// IsPlain reports whether no run has a style.
func (t Text) IsPlain() bool {
	for _, r := range t.Runs {
		if r.Style != (Style{}) {
			return false
		}
	}
	return true
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	return s
}
