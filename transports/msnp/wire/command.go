package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of what is read. No command of the dialects 8 to 12 comes near them.
const (
	MaxLine    = 16 << 10  // bytes of a line with its end
	MaxPayload = 128 << 10 // bytes of a payload
)

// The errors of reading. They are wrapped with what was read.
var (
	ErrTooLong = errors.New("longer than the protocol allows")
	ErrSyntax  = errors.New("no command of MSNP")
)

// A Sender is who says a command: whether a payload follows depends on it.
type Sender uint8

// The senders.
const (
	FromServer Sender = iota
	FromClient
)

// A Command is one line and its payload. Args are words as they stand on the wire, still escaped; Text reads one.
type Command struct {
	Name    string // three letters, or three digits: an error
	Args    []string
	Payload []byte // not nil: the command has one, and its length is not among Args
}

// New makes a command without a payload; args are words, escaped where need be.
func New(name string, args ...string) Command { return Command{Name: name, Args: args} }

// With gives the command a payload.
func (c Command) With(payload []byte) Command {
	if payload == nil {
		payload = []byte{}
	}
	c.Payload = payload
	return c
}

// Arg is a word as it stands; empty where there is none.
func (c Command) Arg(i int) string {
	if i < 0 || i >= len(c.Args) {
		return ""
	}
	return c.Args[i]
}

// Text is a word, read.
func (c Command) Text(i int) string { return Unescape(c.Arg(i)) }

// TrID is the number that joins an answer to its question; 0 where there is none, and for what nobody asked.
func (c Command) TrID() uint32 {
	n, err := strconv.ParseUint(c.Arg(0), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// Code is the number of an error; false: the command is none.
func (c Command) Code() (int, bool) {
	if len(c.Name) != 3 || !isDigits(c.Name) {
		return 0, false
	}
	n, err := strconv.Atoi(c.Name)
	return n, err == nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Append appends the command as it goes over the wire. Words that would break the line are escaped; an empty one is
// left out, as it could not be told from none.
func (c Command) Append(b []byte) []byte {
	b = append(b, c.Name...)
	for _, a := range c.Args {
		if a != "" {
			b = append(append(b, ' '), tidy(a)...)
		}
	}
	if c.Payload != nil {
		b = strconv.AppendInt(append(b, ' '), int64(len(c.Payload)), 10)
	}
	b = append(b, "\r\n"...)
	return append(b, c.Payload...)
}

// tidy escapes what would end a word; a word that was escaped already has nothing of it.
func tidy(word string) string {
	if strings.ContainsAny(word, " \r\n\t\x00\v\f") {
		return strings.NewReplacer(" ", "%20", "\r", "%0D", "\n", "%0A", "\t", "%09", "\x00", "%00", "\v", "%0B", "\f", "%0C").Replace(word)
	}
	return word
}

// payloads are the commands that are followed by a payload, by who says them.
var payloads = [...]map[string]bool{
	FromServer: set("MSG", "NOT", "UBX", "GCF", "UBN", "NFY", "SDG", "FQY", "IPG", "UBM"),
	FromClient: set("MSG", "QRY", "UUX", "UUN", "UUM", "FQY", "PUT", "SDG", "VAS", "SDC", "NOT"),
}

// mayHave are those that have one only where the last word of several is a number: "ADL 5 OK" has none.
var mayHave = set("ADL", "RML")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// ParseLine reads a line without its end. size is the length of the payload that follows, or -1.
func ParseLine(line string, from Sender) (c Command, size int, err error) {
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' }) // others' spaces stand in names, as they are
	if len(words) == 0 || len(words[0]) != 3 || !isName(words[0]) {
		return Command{}, 0, fmt.Errorf("%w: the line begins with no name", ErrSyntax)
	}
	c = Command{Name: strings.ToUpper(words[0]), Args: words[1:]}
	last := c.Arg(len(c.Args) - 1)
	switch {
	case payloads[from][c.Name]:
	case mayHave[c.Name] && len(c.Args) > 1 && isDigits(last):
	default:
		return c, -1, nil
	}
	if !isDigits(last) {
		return Command{}, 0, fmt.Errorf("%w: %s has no length", ErrSyntax, c.Name)
	}
	if size, err = strconv.Atoi(last); err != nil || size > MaxPayload {
		return Command{}, 0, fmt.Errorf("%s: a payload of %.12s bytes: %w", c.Name, last, ErrTooLong)
	}
	c.Args = c.Args[:len(c.Args)-1]
	return c, size, nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// A Reader reads commands from a stream.
type Reader struct {
	in   *bufio.Reader
	from Sender
}

// readerSize is small: there is one for each of many sessions, most of which are quiet.
const readerSize = 512

// NewReader reads what from says on r.
func NewReader(r io.Reader, from Sender) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, readerSize), from: from}
}

// Next gives the next command. Its error is that of the stream, io.EOF between commands, or is or wraps ErrSyntax or
// ErrTooLong.
func (r *Reader) Next() (Command, error) {
	line, err := r.line()
	if err != nil {
		return Command{}, err
	}
	c, size, err := ParseLine(string(line), r.from)
	if err != nil || size < 0 {
		return c, err
	}
	c.Payload, err = r.payload(size)
	return c, err
}

// line reads to the end of a line. Empty lines are passed over, as some servers put them behind payloads.
func (r *Reader) line() ([]byte, error) {
	var whole []byte
	for {
		piece, err := r.in.ReadSlice('\n')
		if len(whole)+len(piece) > MaxLine {
			return nil, fmt.Errorf("a line: %w", ErrTooLong)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			whole = append(whole, piece...)
			continue
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(whole)+len(piece) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if whole != nil {
			piece = append(whole, piece...)
		}
		if piece = bytes.TrimRight(piece, "\r\n"); len(piece) > 0 {
			return piece, nil
		}
		whole = nil
	}
}

// payload takes no more memory than has come: a length may lie.
func (r *Reader) payload(size int) ([]byte, error) {
	const piece = 4 << 10
	b := make([]byte, 0, min(size, piece))
	for len(b) < size {
		n := min(size-len(b), piece)
		b = append(b, make([]byte, n)...)
		if _, err := io.ReadFull(r.in, b[len(b)-n:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return b, nil
}
