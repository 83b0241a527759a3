package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrShort says that a value ends before its length says so.
var ErrShort = errors.New("oscar: value is cut short")

// ErrTooLong says that a value does not fit the length field in front of it.
var ErrTooLong = errors.New("oscar: value is too long for its length field")

// A Body is what a SNAC can carry: one of this package's structs, or TLVs, Words or Names.
type Body interface{ encode(w *writer) }

// Encode gives the bytes of body; nil is the empty body. The error wraps ErrTooLong.
func Encode(body Body) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	w := writer{b: make([]byte, 0, 64)}
	body.encode(&w)
	if w.err != nil {
		return nil, fmt.Errorf("encode %T: %w", body, w.err)
	}
	return w.b, nil
}

// Decodable is what Decode can read: a pointer to one of the bodies.
type Decodable[T any] interface {
	*T
	decode(r *reader)
}

// Decode reads a T from the front of b. The error wraps ErrShort.
func Decode[T any, P Decodable[T]](b []byte) (T, error) {
	var v T
	r := reader{b: b}
	P(&v).decode(&r)
	if r.err != nil {
		var zero T
		return zero, fmt.Errorf("decode %T: %w", v, r.err)
	}
	return v, nil
}

// A reader takes values from the front of b. After its first error all it gives is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) more() bool { return r.err == nil && len(r.b) > 0 }

func (r *reader) take(n int) []byte {
	if r.err != nil || n > len(r.b) {
		if r.err == nil {
			r.err = ErrShort
		}
		r.b = nil
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) rest() []byte { return r.take(len(r.b)) }

func (r *reader) u8() uint8 {
	if v := r.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if v := r.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if v := r.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (r *reader) bytes16() []byte { return r.take(int(r.u16())) }
func (r *reader) str8() string    { return string(r.take(int(r.u8()))) }
func (r *reader) str16() string   { return string(r.bytes16()) }

// A writer appends values to b. Its first error stays.
type writer struct {
	b   []byte
	err error
}

func (w *writer) fits(n, max int) bool {
	if n > max && w.err == nil {
		w.err = fmt.Errorf("%d of at most %d: %w", n, max, ErrTooLong)
	}
	return n <= max
}

func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *writer) raw(v []byte) { w.b = append(w.b, v...) }

func (w *writer) count16(n int) {
	if w.fits(n, 0xFFFF) {
		w.u16(uint16(n))
	}
}

func (w *writer) bytes16(v []byte) {
	if w.fits(len(v), 0xFFFF) {
		w.u16(uint16(len(v)))
		w.raw(v)
	}
}

func (w *writer) str16(v string) {
	if w.fits(len(v), 0xFFFF) {
		w.u16(uint16(len(v)))
		w.b = append(w.b, v...)
	}
}

func (w *writer) str8(v string) {
	if w.fits(len(v), 0xFF) {
		w.u8(uint8(len(v)))
		w.b = append(w.b, v...)
	}
}
