package transporttest

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// A Side is one end of a connection.
type Side uint8

// The sides.
const (
	Client Side = iota
	Server
)

// String is the side's letter in a talk: C or S.
func (s Side) String() string {
	if s == Client {
		return "C"
	}
	return "S"
}

// A Talk is what two programs said to each other on the wire, over one or more connections.
type Talk struct {
	Server  string // the server program
	Version string // its version, commit or the date of its source
	Date    string // when it was recorded, YYYY-MM-DD
	How     string // how it was recorded; "by hand" for a talk that nobody ever heard
	Steps   []Step
}

// ByHand is the How of a talk that was written and not recorded.
const ByHand = "by hand"

// An Act says what a Step is.
type Act uint8

// The acts. Do and See are between the client and its user, Meanwhile is somebody else's doing: a player passes
// over them unless its Options take them.
const (
	Connect   Act = iota // the client connects; Parts spell the address, empty for any
	Say                  // Who says Parts
	Close                // Who closes the connection
	Reset                // Who resets the connection
	Pause                // nothing happens for For
	Do                   // the user wants Words
	See                  // the user sees Words
	Meanwhile            // somebody else does Words: another user, the server's operator
)

// A Step is one line of a talk.
type Step struct {
	Line  int // in the file; 0 when made by a program
	Conn  int // number of the connection, from 1
	Act   Act
	Who   Side
	Maybe bool // of a Say: the connection may have ended before
	Parts []Part
	For   time.Duration
	Words string
	Note  string // the comment that ends the line
}

// A Part is some bytes of a Say or Connect: literal when Name is empty, else a capture.
type Part struct {
	Name  string
	Bytes []byte // literal bytes, or the value as it was recorded; nil in a reference
	Size  int    // of a capture's definition in bytes; AnySize: up to the literal that follows
	Plus  int    // a reference to the captured big-endian number plus this, wrapping at its size
	Ref   bool   // a capture that was defined before
	Text  bool   // spelt as "text"
}

// AnySize is the Size of a capture that ends where the next literal begins.
const AnySize = -1

// String spells the part as in a talk.
func (p Part) String() string {
	switch {
	case p.Name == "":
		return spell(p.Bytes, p.Text)
	case p.Ref && p.Plus != 0:
		return "<" + p.Name + "+" + strconv.Itoa(p.Plus) + ">"
	case p.Ref:
		return "<" + p.Name + ">"
	}
	size := "*"
	if p.Size != AnySize {
		size = strconv.Itoa(p.Size)
	}
	if p.Bytes == nil {
		return "<" + p.Name + ":" + size + ">"
	}
	return "<" + p.Name + ":" + size + "=" + spell(p.Bytes, p.Text) + ">"
}

func spell(b []byte, text bool) string {
	if text {
		return quote(b)
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// quote spells b between double quotes: printable ASCII as it is, \r \n \t \" \\ and \xHH for the rest.
func quote(b []byte) string {
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			s.WriteByte('\\')
			s.WriteByte(c)
		case c >= ' ' && c < 0x7F:
			s.WriteByte(c)
		default:
			s.WriteString(escape(c))
		}
	}
	s.WriteByte('"')
	return s.String()
}

func escape(c byte) string {
	switch c {
	case '\r':
		return `\r`
	case '\n':
		return `\n`
	case '\t':
		return `\t`
	}
	return `\x` + strings.ToUpper(hex.EncodeToString([]byte{c}))
}
