package richtext

import (
	"fmt"
	"strconv"
	"strings"
)

// AIM gives the text as AIM's HTML. A plain text is only escaped, so that a client that knows no HTML shows
// the least of it.
func (t Text) AIM() string {
	var b strings.Builder
	for _, r := range t.Runs {
		open, shut := aimTagsOf(r.Style)
		b.WriteString(open)
		b.WriteString(escapeAIM(clean(r.Text)))
		b.WriteString(shut)
	}
	return b.String()
}

// escapeAIM gives text that shows as s. Most texts have nothing to escape.
func escapeAIM(s string) string {
	if !strings.ContainsAny(s, "&<>\"\n") {
		return s
	}
	return aimEscaper.Replace(s)
}

var aimEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "<BR>")

// aimTagsOf gives what stands before and after a run of that style.
func aimTagsOf(s Style) (open, shut string) {
	add := func(on bool, name, attrs string) {
		if on {
			open += "<" + name + attrs + ">"
			shut = "</" + name + ">" + shut
		}
	}
	if link := safeLink(s.Link); link != "" {
		add(true, "A", attribute("HREF", link))
	}
	font := attribute("FACE", clean(s.Font)) + attribute("COLOR", color(s.Color)) + attribute("BACK", color(s.Background))
	if s.Size >= 1 && s.Size <= 7 {
		font += attribute("SIZE", strconv.Itoa(s.Size))
	}
	add(font != "", "FONT", font)
	add(s.Bold, "B", "")
	add(s.Italic, "I", "")
	add(s.Underline, "U", "")
	add(s.Strike, "S", "")
	return open, shut
}

func attribute(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(` %s="%s"`, name, strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;").Replace(value))
}
