package xmltree

import (
	"strconv"
	"strings"
)

// unescape gives the value of s as it stands between tags, or between quotes: references are resolved, line
// ends become "\n" (XML 1.0 §2.11), and in attributes white space becomes a space (§3.3.3). s is valid UTF-8.
func unescape(s string, attr bool) (string, error) {
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] != '&' && s[i] != '<' && s[i] != ']' {
		i++
	}
	if i == len(s) {
		return s, nil
	}
	return unescapeSlow(s, i, attr)
}

func unescapeSlow(s string, i int, attr bool) (string, error) {
	out := append(make([]byte, 0, len(s)), s[:i]...)
	for i < len(s) {
		c := s[i]
		switch {
		case c == '&':
			r, size, err := reference(s[i:])
			if err != nil {
				return "", err
			}
			out = append(out, string(r)...)
			i += size
			continue
		case c == '<':
			return "", &SyntaxError{Reason: "a < in an attribute value"}
		case c == ']' && !attr && strings.HasPrefix(s[i:], "]]>"):
			return "", &SyntaxError{Reason: "a ]]> outside of a CDATA section"}
		case c < ' ':
			var err error
			if c, err = blank(s, i, attr); err != nil {
				return "", err
			}
		}
		if c != 0 {
			out = append(out, c)
		}
		i++
	}
	return string(out), nil
}

// blank tells what becomes of the control character at s[i]; 0 means nothing.
func blank(s string, i int, attr bool) (byte, error) {
	c := s[i]
	switch c {
	case '\r':
		if strings.HasPrefix(s[i:], "\r\n") {
			return 0, nil
		}
		c = '\n'
	case '\n', '\t':
	default:
		return 0, &SyntaxError{Reason: "an illegal character"}
	}
	if attr {
		c = ' '
	}
	return c, nil
}

// literal gives the value of the inside of a CDATA section.
func literal(s string) (string, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return "", &SyntaxError{Reason: "an illegal character"}
		}
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return s, nil
}

// maxReference is longer than any reference to a legal character without leading zeros in abundance.
const maxReference = 16

// reference resolves the reference that s begins with, and gives its length.
func reference(s string) (rune, int, error) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], ';')
	if end < 0 {
		return 0, 0, &SyntaxError{Reason: "a & that begins no reference"}
	}
	name, size := s[1:end], end+1
	switch name {
	case "lt":
		return '<', size, nil
	case "gt":
		return '>', size, nil
	case "amp":
		return '&', size, nil
	case "quot":
		return '"', size, nil
	case "apos":
		return '\'', size, nil
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || name[0] != '#' || n > 0x10FFFF || !isChar(rune(n)) {
		return 0, 0, &SyntaxError{Reason: "a reference to nothing legal"}
	}
	return rune(n), size, nil
}
