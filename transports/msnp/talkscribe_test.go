package msnp_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"imgate/transports/msnp/wire"
	"imgate/transports/transporttest"
)

// scribe writes MSNP and HTTP down: a command with its payload, or a request or an answer, each a line. What the server
// says anew each time stands as it was; what only we make up is a capture, and the password is one that has no value.
type scribe struct{}

// isHTTP tells requests and answers from commands, which have three letters.
func isHTTP(b []byte) bool {
	return bytes.HasPrefix(b, []byte("GET /")) || bytes.HasPrefix(b, []byte("POST /")) || bytes.HasPrefix(b, []byte("HTTP/1."))
}

var contentLength = regexp.MustCompile(`(?i)\r\nContent-Length: (\d+)\r\n`)

// Split implements transporttest.Scribe.
func (scribe) Split(from transporttest.Side, b []byte) int {
	if isHTTP(b) {
		head := bytes.Index(b, []byte("\r\n\r\n"))
		if head < 0 {
			return 0
		}
		size := head + 4
		if m := contentLength.FindSubmatch(b[:size]); m != nil {
			n, _ := strconv.Atoi(string(m[1])) // the expression takes digits alone
			size += n
		}
		return whole(size, b)
	}
	line, _, found := bytes.Cut(b, []byte("\n"))
	if !found {
		return 0
	}
	sender := wire.FromServer
	if from == transporttest.Client {
		sender = wire.FromClient
	}
	_, size, err := wire.ParseLine(string(bytes.TrimRight(line, "\r")), sender)
	if err != nil || size < 0 {
		size = 0
	}
	return whole(len(line)+1+size, b)
}

func whole(size int, b []byte) int {
	if size > len(b) {
		return 0
	}
	return size
}

// ours are the values that we make up, or must not write down.
var ours = regexp.MustCompile(`pwd=([^,]*),|X-OIM-Run-Id: (\{[0-9A-F-]*\})`)

// Spell implements transporttest.Scribe.
func (s scribe) Spell(_ int, from transporttest.Side, frame []byte) ([]transporttest.Part, string) {
	var parts []transporttest.Part
	if from == transporttest.Client && isHTTP(frame) {
		for {
			m := ours.FindSubmatchIndex(frame)
			if m == nil {
				break
			}
			name, at := "password", m[2:4]
			if m[2] < 0 {
				name, at = "run", m[4:6]
			}
			parts = append(parts, written(frame[:at[0]])...)
			parts = append(parts, transporttest.Part{Name: name, Bytes: frame[at[0]:at[1]], Text: true})
			frame = frame[at[1]:]
		}
	}
	return append(parts, written(frame)...), ""
}

// written gives text as text, line by line, and the rest in hex.
func written(b []byte) []transporttest.Part {
	var parts []transporttest.Part
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			n = len(b)
		}
		if !readable(b[:n]) {
			return append(parts, transporttest.Part{Bytes: b})
		}
		parts = append(parts, transporttest.Part{Bytes: b[:n], Text: true})
		b = b[n:]
	}
	return parts
}

func readable(b []byte) bool {
	return utf8.Valid(b) && !strings.ContainsFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) && r != '\r' && r != '\n' && r != '\t' })
}

// valueless takes the value out of the captures of a password.
func valueless(talk []byte) []byte {
	return regexp.MustCompile(`<password:(\d+)="[^"]*">`).ReplaceAllFunc(talk, func(b []byte) []byte {
		head, _, _ := bytes.Cut(b, []byte("="))
		return fmt.Appendf(nil, "%s>", head)
	})
}
