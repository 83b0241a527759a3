package wire

import (
	"strings"
)

const hexDigits = "0123456789ABCDEF"

// Escape makes a word of a text: all but letters, digits and the marks that every client leaves alone becomes %XX, byte
// by byte of its UTF-8.
func Escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if isPlain(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

func isPlain(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("-_.!~*'()@{},$:", c) >= 0
}

// Unescape reads a word. Servers escape little and send raw UTF-8 besides; what is no %XX stays as it is. Bytes that are no
// UTF-8 become U+FFFD.
func Unescape(word string) string {
	if strings.IndexByte(word, '%') >= 0 {
		b := make([]byte, 0, len(word))
		for i := 0; i < len(word); i++ {
			if word[i] == '%' && i+2 < len(word) {
				high, low := nibble(word[i+1]), nibble(word[i+2])
				if high < 16 && low < 16 {
					b = append(b, high<<4|low)
					i += 2
					continue
				}
			}
			b = append(b, word[i])
		}
		word = string(b)
	}
	return strings.ToValidUTF8(word, "\uFFFD")
}

// nibble is the value of a hex digit; 16 for what is none.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// Cut is the longest beginning of text, of whole characters, that takes no more than max bytes when escaped.
func Cut(text string, max int) string {
	n := 0
	for i, r := range text {
		for _, c := range []byte(string(r)) {
			if n++; !isPlain(c) {
				n += 2
			}
		}
		if n > max {
			return text[:i]
		}
	}
	return text
}
