package transporttest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A lexer takes one line of a talk apart.
type lexer struct {
	rest  string
	note  string         // the comment, once met
	sizes map[string]int // of the captures defined so far
}

// space skips white space, and a comment to the end of the line.
func (l *lexer) space() {
	l.rest = strings.TrimLeft(l.rest, " \t")
	if strings.HasPrefix(l.rest, "#") {
		l.note = strings.TrimSpace(l.rest[1:])
		l.rest = ""
	}
}

func (l *lexer) done() bool { return l.rest == "" }

func (l *lexer) end() error {
	if l.space(); !l.done() {
		return fmt.Errorf("%q was not expected", l.rest)
	}
	return nil
}

func (l *lexer) peekWord() string {
	if i := strings.IndexAny(l.rest, " \t"); i >= 0 {
		return l.rest[:i]
	}
	return l.rest
}

func (l *lexer) word() string {
	w := l.peekWord()
	l.rest = l.rest[len(w):]
	return w
}

// field takes a word, or a text between quotes.
func (l *lexer) field() (string, error) {
	if strings.HasPrefix(l.rest, `"`) {
		b, err := l.text()
		return string(b), err
	}
	if w := l.word(); w != "" {
		return w, nil
	}
	return "", errors.New("the line ends too early")
}

// parts takes bytes and captures up to the end of the line, and adds them to parts.
func (l *lexer) parts(parts ...Part) ([]Part, error) {
	for l.space(); !l.done(); l.space() {
		p, err := l.part()
		if err != nil {
			return nil, err
		}
		n := len(parts)
		if n > 0 && p.Name == "" && !p.Text && parts[n-1].Name == "" && !parts[n-1].Text {
			parts[n-1].Bytes = append(parts[n-1].Bytes, p.Bytes...) // hex goes on
			continue
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (l *lexer) part() (Part, error) {
	if l.rest[0] == '<' {
		return l.capture()
	}
	return l.literal()
}

// literal takes hex digits or a text between quotes.
func (l *lexer) literal() (Part, error) {
	if strings.HasPrefix(l.rest, `"`) {
		b, err := l.text()
		return Part{Bytes: b, Text: true}, err
	}
	n := 0
	for n < len(l.rest) && isHex(l.rest[n]) {
		n++
	}
	if n == 0 {
		return Part{}, fmt.Errorf("%q: hex digits, a \"text\" or a <capture> was expected", l.peekWord())
	}
	b, err := hex.DecodeString(l.rest[:n])
	if err != nil {
		return Part{}, fmt.Errorf("hex %q: an even number of digits was expected", l.rest[:n])
	}
	l.rest = l.rest[n:]
	return Part{Bytes: b}, nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// text takes a text between quotes, with the escapes that quote makes.
func (l *lexer) text() ([]byte, error) {
	out := []byte{}
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; c {
		case '"':
			l.rest = l.rest[i+1:]
			return out, nil
		case '\\':
			b, n, err := unescape(l.rest[i+1:])
			if err != nil {
				return nil, err
			}
			out = append(out, b)
			i += n
		default:
			out = append(out, c)
		}
	}
	return nil, errors.New("a text without its closing quote")
}

// unescape gives the byte that s spells after a backslash, and how many characters that took.
func unescape(s string) (b byte, n int, err error) {
	if s == "" {
		return 0, 0, errors.New("a text without its closing quote")
	}
	if i := strings.IndexByte(`rnt"\`, s[0]); i >= 0 {
		return "\r\n\t\"\\"[i], 1, nil
	}
	if s[0] == 'x' && len(s) >= 3 {
		if v, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			return byte(v), 3, nil
		}
	}
	return 0, 0, fmt.Errorf(`unknown escape \%c; \r \n \t \" \\ \xHH are known`, s[0])
}

// capture takes <name>, <name+N>, <name:size>, <name:size=value>.
func (l *lexer) capture() (Part, error) {
	n := 1
	for n < len(l.rest) && isName(l.rest[n]) {
		n++
	}
	name := l.rest[1:n]
	l.rest = l.rest[n:]
	if name == "" || l.done() {
		return Part{}, errors.New("a capture is <name>, <name+N>, <name:size> or <name:size=value>")
	}
	if l.rest[0] == ':' {
		return l.define(name)
	}
	return l.refer(name)
}

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

func (l *lexer) refer(name string) (Part, error) {
	size, known := l.sizes[name]
	if !known {
		return Part{}, fmt.Errorf("<%s> was not defined before", name)
	}
	p := Part{Name: name, Ref: true}
	inside, rest, ok := strings.Cut(l.rest, ">")
	if !ok {
		return Part{}, fmt.Errorf("<%s without its >", name)
	}
	l.rest = rest
	if inside == "" {
		return p, nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(inside, "+"))
	if err != nil || inside[0] != '+' || n < 0 || size < 1 || size > 8 {
		return Part{}, fmt.Errorf("<%s%s>: + and a number was expected, and a capture of 1 to 8 bytes", name, inside)
	}
	p.Plus = n
	return p, nil
}

// maxCapture is the largest capture of a fixed size, in bytes.
const maxCapture = 1 << 16

func (l *lexer) define(name string) (Part, error) {
	if _, twice := l.sizes[name]; twice {
		return Part{}, fmt.Errorf("<%s> was defined before", name)
	}
	p := Part{Name: name, Size: AnySize}
	l.rest = l.rest[1:]
	end := strings.IndexAny(l.rest, "=>")
	if end < 0 {
		return Part{}, fmt.Errorf("<%s without its >", name)
	}
	if size := l.rest[:end]; size != "*" {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 || n > maxCapture {
			return Part{}, fmt.Errorf("<%s:%s>: a number of bytes or * was expected", name, size)
		}
		p.Size = n
	}
	if l.rest[end] == '=' {
		l.rest = l.rest[end+1:]
		v, err := l.value(name, p.Size)
		if err != nil {
			return Part{}, err
		}
		p.Bytes, p.Text = v.Bytes, v.Text
		end = 0
	}
	l.rest = l.rest[end+1:]
	if l.sizes != nil {
		l.sizes[name] = p.Size
	}
	return p, nil
}

// value takes the recorded value of a capture, up to its >.
func (l *lexer) value(name string, size int) (Part, error) {
	v, err := l.literal()
	if err != nil {
		return Part{}, err
	}
	if !strings.HasPrefix(l.rest, ">") {
		return Part{}, fmt.Errorf("<%s without its >", name)
	}
	if size != AnySize && len(v.Bytes) != size {
		return Part{}, fmt.Errorf("<%s>: %d bytes for a capture of %d", name, len(v.Bytes), size)
	}
	return v, nil
}
