package richtext

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// A Charset is an 8-bit or multi-byte charset of the days before UTF-8. The zero value is windows-1252, which
// contains Latin-1 and is what most senders of "Latin-1" meant.
type Charset struct{ enc encoding.Encoding }

// CharsetOf finds a charset by its name in the WHATWG's table ("windows-1251", "shift_jis", "latin1"); the
// empty name is windows-1252.
func CharsetOf(name string) (Charset, error) {
	if strings.TrimSpace(name) == "" {
		return Charset{}, nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return Charset{}, fmt.Errorf("charset %q is not known", name)
	}
	return Charset{enc}, nil
}

// Name is the charset's name, as CharsetOf takes it.
func (c Charset) Name() string {
	name, err := htmlindex.Name(c.encoding())
	if err != nil {
		return "windows-1252" // all come from the same table
	}
	return name
}

func (c Charset) encoding() encoding.Encoding {
	if c.enc == nil {
		return charmap.Windows1252
	}
	return c.enc
}

// Decode reads b, whatever it holds; what is not of the charset becomes U+FFFD.
func (c Charset) Decode(b []byte) string {
	s, err := c.encoding().NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return strings.ToValidUTF8(string(s), "\uFFFD")
}

// Encode gives s in the charset; ok is false where it cannot say all of s.
func (c Charset) Encode(s string) (b []byte, ok bool) {
	b, err := c.encoding().NewEncoder().Bytes([]byte(s))
	return b, err == nil
}

// Guess reads b as UTF-8 if it is valid UTF-8, and as fallback if not. It is for text that comes without a
// charset, or under a wrong one.
func Guess(b []byte, fallback Charset) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return fallback.Decode(b)
}

// DecodeUTF16 reads big-endian UTF-16. Unpaired surrogates and a lone last byte become U+FFFD; a byte order
// mark at the start is skipped, and obeyed where it says little-endian.
func DecodeUTF16(b []byte) string {
	hi, lo := 0, 1
	switch {
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		b = b[2:]
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		b, hi, lo = b[2:], 1, 0
	}
	units := make([]uint16, 0, len(b)/2+1)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[hi])<<8|uint16(b[lo]))
	}
	if len(b) == 1 {
		units = append(units, 0xFFFD)
	}
	return string(utf16.Decode(units))
}

// EncodeUTF16 gives s in big-endian UTF-16 without a byte order mark.
func EncodeUTF16(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, r := range s {
		if r >= 0x10000 {
			a, z := utf16.EncodeRune(r)
			b = append(b, byte(a>>8), byte(a), byte(z>>8), byte(z))
			continue
		}
		b = append(b, byte(r>>8), byte(r))
	}
	return b
}

// IsASCII reports whether s has no byte above 0x7F.
func IsASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
