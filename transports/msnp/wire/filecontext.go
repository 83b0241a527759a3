package wire

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
)

// A FileContext says which file is offered: the context of a session of GUIDFile.
type FileContext struct {
	Name string
	Size uint64
}

// ErrContext is a context that cannot be read.
var ErrContext = errors.New("no file context")

// The layout: length, version, size, type, 260 UTF-16 of a name, 30 bytes, a mark.
const (
	contextSize = 574
	nameAt      = 20
	nameUnits   = 260
	noPreview   = 1
)

// ParseFileContext reads the base64 of an SLP's field. Behind the known part previews may follow.
func ParseFileContext(field string) (FileContext, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(field))
	if err != nil || len(b) < nameAt+2*nameUnits {
		return FileContext{}, ErrContext
	}
	c := FileContext{Size: binary.LittleEndian.Uint64(b[8:])}
	var units []uint16
	for i := range nameUnits {
		u := binary.LittleEndian.Uint16(b[nameAt+2*i:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	if c.Name = strings.TrimSpace(printable(string(utf16.Decode(units)))); c.Name == "" {
		return FileContext{}, ErrContext
	}
	return c, nil
}

// String is the base64 for an SLP's field. A name that is too long loses its beginning: the end says what it is.
func (c FileContext) String() string {
	b := make([]byte, contextSize)
	binary.LittleEndian.PutUint32(b, contextSize)
	binary.LittleEndian.PutUint32(b[4:], 2)
	binary.LittleEndian.PutUint64(b[8:], c.Size)
	binary.LittleEndian.PutUint32(b[16:], noPreview)
	units := utf16.Encode([]rune(c.Name))
	if over := len(units) - (nameUnits - 1); over > 0 {
		units = units[over:]
		if utf16.IsSurrogate(rune(units[0])) && len(units) > 1 {
			units = units[1:]
		}
	}
	for i, u := range units {
		binary.LittleEndian.PutUint16(b[nameAt+2*i:], u)
	}
	binary.LittleEndian.PutUint32(b[contextSize-4:], 0xFFFFFFFF)
	return base64.StdEncoding.EncodeToString(b)
}
