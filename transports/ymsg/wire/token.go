package wire

import (
	"bytes"
	"errors"
	"strconv"
)

// ErrReply is an answer of the sign-on service that is none: a page of a proxy, perhaps.
var ErrReply = errors.New("not an answer of the sign-on service")

// A Reply is what the sign-on service of versions 11 to 16 says over HTTP: a number, 0 for yes, and values by their names
// ("ymsgr", "crumb", "Y", "T").
type Reply struct {
	Code   int
	Values map[string]string
}

// maxReplyLines bounds the lines of a Reply; there are five.
const maxReplyLines = 64

// ParseReply reads a line with the number, and lines "name=value"; others are passed over. The error is ErrReply.
func ParseReply(b []byte) (Reply, error) {
	first, rest, _ := bytes.Cut(bytes.TrimLeft(b, "\r\n"), []byte("\n"))
	first = bytes.TrimRight(first, "\r")
	code, err := strconv.Atoi(string(first))
	if err != nil || len(first) > 6 || code < 0 || first[0] == '+' {
		return Reply{}, ErrReply
	}
	r := Reply{Code: code, Values: map[string]string{}}
	n := 0
	for line := range bytes.SplitSeq(rest, []byte("\n")) {
		if n++; n > maxReplyLines {
			return Reply{}, ErrReply
		}
		if name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r"), []byte("=")); ok {
			r.Values[string(name)] = string(value)
		}
	}
	return r, nil
}

// CrumbAnswer is the answer to the challenge of kinds 1 and 2, for KeyCrumb: what the sign-on service has given, hashed
// with what the pager server asked.
func CrumbAnswer(crumb, seed string) string { return hash64(crumb, seed) }
