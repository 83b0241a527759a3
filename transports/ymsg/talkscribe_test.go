package ymsg_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"imgate/transports/transporttest"
	"imgate/transports/ymsg/wire"
)

// scribe writes YMSG down: a line for each packet, its header in hex and its fields as text, and captures where the
// next time brings other bytes.
type scribe struct {
	seeds  int                 // challenges so far
	values map[string][]string // the values so far, by what they are
}

// Split implements transporttest.Scribe.
func (*scribe) Split(_ transporttest.Side, b []byte) int {
	if len(b) < wire.HeaderSize {
		return 0
	}
	n := wire.HeaderSize + int(binary.BigEndian.Uint16(b[8:]))
	if n > len(b) {
		return 0
	}
	return n
}

const separator = "\xC0\x80"

// Spell implements transporttest.Scribe.
func (s *scribe) Spell(_ int, _ transporttest.Side, frame []byte) ([]transporttest.Part, string) {
	raw, err := wire.NewReader(bytes.NewReader(frame)).Next()
	if err != nil {
		return []transporttest.Part{{Bytes: frame}}, "no packet"
	}
	parts := []transporttest.Part{{Bytes: frame[:4], Text: true}}
	for _, cut := range [...][2]int{{4, 6}, {6, 8}, {8, 10}, {10, 12}, {12, 16}, {16, 20}} {
		parts = append(parts, transporttest.Part{Bytes: frame[cut[0]:cut[1]]})
	}
	note := fmt.Sprintf("%v %s", raw.Service, raw.Service.Name())
	p, err := raw.Read()
	if err != nil {
		return append(parts, transporttest.Part{Bytes: frame[wire.HeaderSize:]}), note
	}
	if p.Service == wire.Auth && p.Fields.Has(wire.KeyChallenge) {
		s.seeds++
	}
	for _, f := range p.Fields {
		parts = append(parts, s.field(p.Service, f)...)
	}
	return parts, note
}

func text(s string) transporttest.Part { return transporttest.Part{Bytes: []byte(s), Text: true} }

func capture(name, value string) transporttest.Part {
	return transporttest.Part{Name: name, Bytes: []byte(value), Text: true}
}

// field spells a field, which holds a capture if its value differs each time.
func (s *scribe) field(service wire.Service, f wire.Field) []transporttest.Part {
	key, value := strconv.Itoa(int(f.Key))+separator, string(f.Value)
	around := func(inside ...transporttest.Part) []transporttest.Part {
		return slices.Concat([]transporttest.Part{text(key)}, inside, []transporttest.Part{text(separator)})
	}
	switch {
	case f.Key == wire.KeyChallenge:
		return around(capture(fmt.Sprintf("challenge-%d", s.seeds), value))
	case f.Key == wire.KeyAnswer:
		return around(capture(fmt.Sprintf("answer-%d", s.seeds), value))
	case f.Key == wire.KeyAnswer2:
		return around(capture(fmt.Sprintf("crypted-%d", s.seeds), value))
	case f.Key == wire.KeyTime:
		return around(s.named("time", value))
	case f.Key == wire.KeyCookie && service == wire.List && strings.Contains(value, "expires="):
		return around(s.cookie(value)...)
	}
	return []transporttest.Part{text(key + value + separator)}
}

// cookie spells "Y\tvalue; expires=date; path=/; domain=…".
func (s *scribe) cookie(value string) []transporttest.Part {
	name, rest, _ := strings.Cut(value, "\t")
	value, rest, _ = strings.Cut(rest, "; expires=")
	date, rest, _ := strings.Cut(rest, ";")
	return []transporttest.Part{text(name + "\t"), s.named("cookie-"+name, value), text("; expires="), s.named("expires", date), text(";" + rest)}
}

// named is a capture with the name of what it is, with a number when it is not the first value of that name.
func (s *scribe) named(what, value string) transporttest.Part {
	if s.values == nil {
		s.values = map[string][]string{}
	}
	n := slices.Index(s.values[what], value)
	if n < 0 {
		n = len(s.values[what])
		s.values[what] = append(s.values[what], value)
	}
	if n > 0 {
		what = fmt.Sprintf("%s-%d", what, n+1)
	}
	return capture(what, value)
}
