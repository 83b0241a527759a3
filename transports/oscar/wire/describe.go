package wire

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Describe says what a whole FLAP frame is, and gives it with everything written over by hidden that is not on
// the list of what may be shown (layouts): headers, lengths and tags, numbers, names of users and servers. The
// text is made of what is shown and of nothing else.
func Describe(frame []byte, hidden byte) (text string, shown []byte) {
	t := teller{in: frame, out: make([]byte, len(frame))}
	for i := range t.out {
		t.out[i] = hidden
	}
	t.flap()
	if n := len(t.in) - t.at; t.short || n > 0 {
		t.sayf(", %d bytes", n)
	}
	return t.text.String(), t.out
}

const (
	maxTold = 2000 // bytes of text
	maxName = 97   // bytes of a name that is shown
)

// A teller goes over a frame once. What it does not show stays hidden, and it looks at nothing that it does not
// show.
type teller struct {
	in, out []byte
	at      int
	short   bool // a length leads past the end: what is left is hidden
	text    strings.Builder
}

func (t *teller) sayf(format string, args ...any) {
	switch n := t.text.Len(); {
	case n < maxTold:
		fmt.Fprintf(&t.text, format, args...)
	case n < maxTold+4:
		t.text.WriteString(" ...")
	}
}

// show gives the next n bytes, which may be seen; nil when there are not so many.
func (t *teller) show(n int) []byte {
	from := t.at
	if !t.hide(n) {
		return nil
	}
	copy(t.out[from:t.at], t.in[from:t.at])
	return t.in[from:t.at]
}

func (t *teller) hide(n int) bool {
	if t.short || n > len(t.in)-t.at {
		t.short = true
		return false
	}
	t.at += n
	return true
}

func (t *teller) more() bool { return !t.short && t.at < len(t.in) }

// number shows an unsigned number of 1 to 4 bytes.
func (t *teller) number(size int) uint32 {
	var n uint32
	for _, b := range t.show(size) {
		n = n<<8 | uint32(b)
	}
	return n
}

// name shows n bytes of text.
func (t *teller) name(n int) {
	if n > maxName {
		t.hide(n)
		t.sayf(" (%d bytes)", n)
		return
	}
	if b := t.show(n); !t.short {
		t.sayf(" %s", strconv.QuoteToASCII(string(b)))
	}
}

func (t *teller) flap() {
	head := t.show(flapHeader)
	if head == nil {
		return
	}
	channel := Channel(head[1])
	t.sayf("FLAP %d, seq %d", channel, binary.BigEndian.Uint16(head[2:]))
	switch channel {
	case SignOn:
		t.sayf(", sign-on")
		t.each(long("version"), tlvs(signOnTags))
	case SignOff:
		t.sayf(", sign-off")
		t.each(tlvs(signOnTags))
	case KeepAlive:
		t.sayf(", keep-alive")
	case Data:
		t.snac()
	}
}

func (t *teller) snac() {
	head := t.show(10)
	if head == nil {
		return
	}
	kind := KindOf(binary.BigEndian.Uint16(head), binary.BigEndian.Uint16(head[2:]))
	flags := binary.BigEndian.Uint16(head[4:])
	t.sayf(", SNAC %v", kind)
	if name := kind.Name(); name != "" {
		t.sayf(" %s", name)
	}
	t.sayf(", request %d", binary.BigEndian.Uint32(head[6:]))
	if flags != 0 {
		t.sayf(", flags %#x", flags)
	}
	if flags&FlagPrefix != 0 {
		t.within(int(t.number(2)), tlvs(nil))
	}
	switch layout, known := layouts[kind]; {
	case known:
		t.each(layout...)
	case kind.Type() == ErrorType:
		t.each(word("code"), tlvs(errorTags))
	}
}

// A part shows what may be seen of one part of a body.
type part func(*teller)

func (t *teller) each(parts ...part) {
	for _, p := range parts {
		p(t)
	}
}

// within shows parts in the next n bytes.
func (t *teller) within(n int, parts ...part) {
	from := t.at
	if !t.hide(n) {
		return
	}
	inner := teller{in: t.in[:t.at], out: t.out[:t.at], at: from}
	inner.each(parts...)
	t.sayf("%s", inner.text.String())
}

func number(label string, size int) part {
	return func(t *teller) {
		if n := t.number(size); !t.short {
			t.sayf(", %s %d", label, n)
		}
	}
}

func octet(label string) part { return number(label, 1) }
func word(label string) part  { return number(label, 2) }
func long(label string) part  { return number(label, 4) }

// name is a text with its length in a byte before it.
func name(label string) part {
	return func(t *teller) {
		if n := int(t.number(1)); !t.short {
			t.sayf(", %s", label)
			t.name(n)
		}
	}
}

// sized is something with its length in two bytes before it, of which only the length is shown.
func sized(label string) part {
	return func(t *teller) {
		if n := int(t.number(2)); t.hide(n) {
			t.sayf(", %s %d bytes", label, n)
		}
	}
}

// sized8 is something with its length in a byte before it, of which only the length is shown.
func sized8(label string) part {
	return func(t *teller) {
		if n := int(t.number(1)); t.hide(n) {
			t.sayf(", %s %d bytes", label, n)
		}
	}
}

// hidden is a field of so many bytes of which nothing is shown.
func hidden(n int) part { return func(t *teller) { t.hide(n) } }

// repeated is the same again until the body's end.
func repeated(parts ...part) part {
	return func(t *teller) {
		for t.more() {
			t.each(parts...)
		}
	}
}

// words are numbers to the body's end.
func words(t *teller) {
	t.sayf(",")
	for t.more() {
		if n := t.number(2); !t.short {
			t.sayf(" %02X", n)
		}
	}
}

// user is the block of a User.
func user(t *teller) {
	t.each(name("user"), word("warning"))
	for n := t.number(2); n > 0 && t.more(); n-- {
		t.tlv(userTags)
	}
}

// item is an Item of the contact list. It shows the name of what is a user; those of groups are the user's own
// words.
func item(t *teller) {
	length := int(t.number(2))
	from := t.at
	if !t.hide(length) {
		return
	}
	t.each(word("item group"), word("id"))
	class := uint16(t.number(2))
	if t.short {
		return
	}
	t.sayf(", class %d", class)
	switch class {
	case BuddyItem, PermitItem, DenyItem, IgnoreItem:
		inner := teller{in: t.in[:from+length], out: t.out[:from+length], at: from}
		inner.name(length)
		t.sayf("%s", inner.text.String())
	default:
		t.sayf(" (%d bytes)", length)
	}
	t.within(int(t.number(2)), tlvs(itemTags))
}

func tlvs(tags tags) part {
	return func(t *teller) {
		for t.more() {
			t.tlv(tags)
		}
	}
}

func (t *teller) tlv(tags tags) {
	tag := uint16(t.number(2))
	n := int(t.number(2))
	if t.short {
		return
	}
	known := tags[tag]
	t.sayf(", %02X", tag)
	if known.name != "" {
		t.sayf(" %s", known.name)
	}
	switch {
	case known.shown == asNumber && n > 0 && n <= 4:
		if v := t.number(n); !t.short {
			t.sayf(" %d", v)
		}
	case known.shown == asText:
		t.name(n)
	default:
		if t.hide(n) {
			t.sayf(" (%d bytes)", n)
		}
	}
}
