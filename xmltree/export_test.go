package xmltree

import (
	"strings"
	"unicode/utf8"
)

// AsWritten is e as it is read back after Append: with legal names, values and texts, and text in one piece.
func AsWritten(e *Element) *Element {
	out := &Element{Name: Name{legalSpace(e.Name.Space), legalName(e.Name.Local)}}
	for i, a := range e.Attrs {
		if a.Name.Space != xmlnsSpace && !e.hasLegal(i) {
			out.Attrs = append(out.Attrs, Attr{Name{legalSpace(a.Name.Space), legalAttr(a.Name)}, legalText(a.Value)})
		}
	}
	for _, n := range e.Children {
		last := len(out.Children) - 1
		switch {
		case n.Element != nil:
			out.Children = append(out.Children, Node{Element: AsWritten(n.Element)})
		case n.Text == "":
		case last >= 0 && out.Children[last].Element == nil:
			out.Children[last].Text += legalText(n.Text)
		default:
			out.Children = append(out.Children, Node{Text: legalText(n.Text)})
		}
	}
	return out
}

// legalText is s as it is read back after it was written.
func legalText(s string) string {
	return strings.Map(func(r rune) rune {
		if isChar(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}
