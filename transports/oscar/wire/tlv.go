package wire

import "encoding/binary"

// A TLV is a tagged value: tag16, length16, bytes.
type TLV struct {
	Tag   uint16
	Value []byte
}

// TLVs is a list of TLVs to the end of its block, in the order of the wire; a tag may come twice.
type TLVs []TLV

// Flag is a TLV whose presence is its meaning.
func Flag(tag uint16) TLV { return TLV{Tag: tag} }

// Bytes is a TLV of raw bytes.
func Bytes(tag uint16, v []byte) TLV { return TLV{tag, v} }

// String is a TLV of text.
func String(tag uint16, v string) TLV { return TLV{tag, []byte(v)} }

// Uint8 is a TLV of one byte.
func Uint8(tag uint16, v uint8) TLV { return TLV{tag, []byte{v}} }

// Uint16 is a TLV of two bytes.
func Uint16(tag, v uint16) TLV { return TLV{tag, binary.BigEndian.AppendUint16(nil, v)} }

// Uint32 is a TLV of four bytes.
func Uint32(tag uint16, v uint32) TLV { return TLV{tag, binary.BigEndian.AppendUint32(nil, v)} }

// Get is the first value under tag.
func (l TLVs) Get(tag uint16) ([]byte, bool) {
	for _, t := range l {
		if t.Tag == tag {
			return t.Value, true
		}
	}
	return nil, false
}

// Has reports whether tag is there.
func (l TLVs) Has(tag uint16) bool {
	_, ok := l.Get(tag)
	return ok
}

// String is the first value under tag as text; empty if there is none.
func (l TLVs) String(tag uint16) string {
	v, _ := l.Get(tag)
	return string(v)
}

// Number is the first value under tag as a big-endian number of 1 to 4 bytes; servers are not of one mind
// about the width. It is not ok where the tag is missing or its value is of another length.
func (l TLVs) Number(tag uint16) (n uint32, ok bool) {
	v, ok := l.Get(tag)
	if !ok || len(v) == 0 || len(v) > 4 {
		return 0, false
	}
	for _, b := range v {
		n = n<<8 | uint32(b)
	}
	return n, true
}

// Words is the first value under tag as a list of 16-bit numbers; an odd byte at the end is overlooked.
func (l TLVs) Words(tag uint16) Words {
	v, _ := l.Get(tag)
	var words Words
	for ; len(v) >= 2; v = v[2:] {
		words = append(words, binary.BigEndian.Uint16(v))
	}
	return words
}

// With is a copy of the list in which t stands in the place of the first of its tag, or at the end; further
// ones of the tag are gone.
func (l TLVs) With(t TLV) TLVs {
	out := make(TLVs, 0, len(l)+1)
	placed := false
	for _, have := range l {
		switch {
		case have.Tag != t.Tag:
			out = append(out, have)
		case !placed:
			out, placed = append(out, t), true
		}
	}
	if !placed {
		out = append(out, t)
	}
	return out
}

// Without is a copy of the list that lacks tag.
func (l TLVs) Without(tag uint16) TLVs {
	out := make(TLVs, 0, len(l))
	for _, have := range l {
		if have.Tag != tag {
			out = append(out, have)
		}
	}
	return out
}

func (l TLVs) encode(w *writer) {
	for _, t := range l {
		w.u16(t.Tag)
		w.bytes16(t.Value)
	}
}

func (l *TLVs) decode(r *reader) {
	for r.more() {
		l.one(r)
	}
}

func (l *TLVs) one(r *reader) {
	t := TLV{Tag: r.u16()}
	t.Value = r.bytes16()
	if r.err == nil {
		*l = append(*l, t)
	}
}

// counted is a block with the number of its TLVs in front.
func (l *TLVs) decodeCounted(r *reader) {
	n := r.u16()
	*l = make(TLVs, 0, min(int(n), len(r.b)/4)) // a TLV takes four bytes at least
	for ; n > 0 && r.err == nil; n-- {
		l.one(r)
	}
}

func (l TLVs) encodeCounted(w *writer) {
	w.count16(len(l))
	l.encode(w)
}

// sized is a block with its length in bytes in front.
func (l *TLVs) decodeSized(r *reader) {
	block := reader{b: r.bytes16()}
	l.decode(&block)
	if r.err == nil {
		r.err = block.err
	}
}

func (l TLVs) encodeSized(w *writer) {
	block := writer{}
	l.encode(&block)
	w.bytes16(block.b)
	if w.err == nil {
		w.err = block.err
	}
}

// Words is a body of 16-bit numbers to its end: families (SNAC 01/03), rate classes (01/08), results (13/0E).
type Words []uint16

func (l Words) encode(w *writer) {
	for _, v := range l {
		w.u16(v)
	}
}

func (l *Words) decode(r *reader) {
	for r.more() {
		if v := r.u16(); r.err == nil {
			*l = append(*l, v)
		}
	}
}

// Names is a body of screen names to its end (SNAC 03/04, 03/05, 03/0A, 03/0F, 03/10, 09/05 to 09/08).
type Names []string

func (l Names) encode(w *writer) {
	for _, v := range l {
		w.str8(v)
	}
}

func (l *Names) decode(r *reader) {
	for r.more() {
		if v := r.str8(); r.err == nil {
			*l = append(*l, v)
		}
	}
}
