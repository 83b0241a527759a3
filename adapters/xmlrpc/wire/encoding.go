package wire

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// declared finds the encoding in an XML declaration.
var declared = regexp.MustCompile(`^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']`)

// decode makes UTF-8 of a document, which says how it is encoded: UTF-8, or what older libraries send where nobody has
// told them otherwise, US-ASCII (Perl's RPC::XML) and ISO-8859-1 (PHP).
func decode(body []byte) (string, error) {
	text, encoding := string(body), "utf-8"
	if m := declared.FindStringSubmatch(text); m != nil {
		encoding = strings.ToLower(m[2])
		text = m[1] + text[len(m[0]):]
	}
	switch encoding {
	case "utf-8", "us-ascii", "ascii":
		if !utf8.ValidString(text) {
			return "", errors.New("the call is not the UTF-8 that it says to be")
		}
		return text, nil
	case "iso-8859-1", "latin1":
		var b strings.Builder
		for i := range len(text) {
			b.WriteRune(rune(text[i]))
		}
		return b.String(), nil
	}
	return "", fmt.Errorf("the encoding %q is not understood; send UTF-8", encoding)
}
