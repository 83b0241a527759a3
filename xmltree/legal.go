package xmltree

import (
	"strings"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// isChar reports whether r may stand in a document (XML 1.0 §2.2).
func isChar(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return true
	case r < 0x20:
		return false
	case r < 0xD800:
		return true
	}
	return r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// appendEscaped appends s as text, or as a value between single quotes.
func appendEscaped(dst []byte, s string, attr bool) []byte {
	last := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || !isChar(r) {
				dst = append(append(dst, s[last:i]...), replacement...)
				last = i + size
			}
			i += size
			continue
		}
		if escapeClass[c] == plain || escapeClass[c] == attrOnly && !attr {
			i++
			continue
		}
		dst = append(append(dst, s[last:i]...), escapeOf(c)...)
		i++
		last = i
	}
	return append(dst, s[last:]...)
}

// The classes of escapeClass.
const (
	plain    = iota
	always   // escaped everywhere
	attrOnly // escaped in attribute values only
)

var escapeClass = func() (t [utf8.RuneSelf]uint8) {
	for c := range 0x20 {
		t[c] = always
	}
	for _, c := range "<>&\r" {
		t[c] = always
	}
	for _, c := range "\t\n'\"" {
		t[c] = attrOnly
	}
	return t
}()

func escapeOf(c byte) string {
	switch c {
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '&':
		return "&amp;"
	case '\'':
		return "&apos;"
	case '"':
		return "&quot;"
	case '\r':
		return "&#xD;"
	case '\n':
		return "&#xA;"
	case '\t':
		return "&#x9;"
	}
	return replacement
}

// legalName makes an NCName of ASCII of s.
func legalName(s string) string {
	if isASCIIName(s) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if !isASCIINameByte(c) {
			b[i] = '_'
		}
	}
	if len(b) == 0 || !isASCIINameStart(b[0]) {
		b = append([]byte{'_'}, b...)
	}
	return string(b)
}

// legalSpace makes a namespace of s: only the characters of a URI (RFC 3986 §2), others become "_". Servers put
// name and namespace together with a separator ("|" in jabberd2, a line feed in ejabberd), and expat ends the
// stream over a namespace that holds it.
func legalSpace(s string) string {
	for i := range len(s) {
		if !isURIByte(s[i]) {
			return strings.Map(func(r rune) rune {
				if r < utf8.RuneSelf && isURIByte(byte(r)) {
					return r
				}
				return '_'
			}, s)
		}
	}
	if s == xmlnsSpace { // may be bound to no prefix
		return s + "#"
	}
	return s
}

func isURIByte(c byte) bool {
	return isASCIINameByte(c) || c < utf8.RuneSelf && strings.IndexByte("~:/?#[]@!$&'()*+,;=%", c) >= 0
}

// legalAttr is legalName for an attribute: without a namespace, xmlns would be a declaration.
func legalAttr(n Name) string {
	if n.Space == "" && n.Local == "xmlns" {
		return "_xmlns"
	}
	return legalName(n.Local)
}

func isASCIIName(s string) bool {
	if s == "" || !isASCIINameStart(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isASCIINameByte(s[i]) {
			return false
		}
	}
	return true
}

func isASCIINameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func isASCIINameByte(c byte) bool {
	return isASCIINameStart(c) || c >= '0' && c <= '9' || c == '-' || c == '.'
}
