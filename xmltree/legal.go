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

// legalText is s as it is read back after it was written.
func legalText(s string) string {
	if allPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isChar(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}

func allPlain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
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
