package wire

import (
	"bytes"
	"fmt"
	"strconv"
)

// separator ends keys and values. It is no UTF-8, so that a text in UTF-8 never holds it.
const separator = "\xC0\x80"

// maxKey is the highest key that is taken; the highest that is known has four digits.
const maxKey = 0xFFFF

// A Key says what a field is.
type Key uint16

// A Field is a key and its value. Keys repeat, and their order has a meaning.
type Field struct {
	Key   Key
	Value []byte
}

// Fields are the fields of a packet, in their order.
type Fields []Field

// Text makes a field of a text.
func Text(k Key, value string) Field { return Field{k, []byte(value)} }

// Number makes a field of a number.
func Number(k Key, value int) Field { return Field{k, strconv.AppendInt(nil, int64(value), 10)} }

// ParseFields reads the body of a packet. Values share its memory. The error wraps ErrField: a key without a value,
// one that is no number, or a rest without its end.
func ParseFields(body []byte) (Fields, error) {
	if len(body) == 0 {
		return nil, nil
	}
	fields := make(Fields, 0, bytes.Count(body, []byte(separator))/2)
	for len(body) > 0 {
		key, rest, ok := bytes.Cut(body, []byte(separator))
		if !ok {
			return nil, fmt.Errorf("%d bytes at the end: %w", len(body), ErrField)
		}
		k, err := parseKey(key)
		if err != nil {
			return nil, err
		}
		value, rest, ok := bytes.Cut(rest, []byte(separator))
		if !ok {
			return nil, fmt.Errorf("key %d without a value: %w", k, ErrField)
		}
		fields = append(fields, Field{k, value})
		body = rest
	}
	return fields, nil
}

// parseKey reads a decimal number. What it refuses is not quoted: it may be anything, a cookie as well.
func parseKey(b []byte) (Key, error) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("a key of %d bytes that is no number: %w", len(b), ErrField)
		}
		if n = n*10 + int(c-'0'); n > maxKey {
			return 0, fmt.Errorf("a key above %d: %w", maxKey, ErrField)
		}
	}
	if len(b) == 0 {
		return 0, fmt.Errorf("an empty key: %w", ErrField)
	}
	return Key(n), nil
}

// AppendFields appends the fields. A value that holds what ends values is refused with ErrField.
func AppendFields(b []byte, fields Fields) ([]byte, error) {
	for _, f := range fields {
		// A value's last byte and the separator's first may make one too.
		if bytes.Contains(f.Value, []byte(separator)) || bytes.HasSuffix(f.Value, []byte(separator[:1])) {
			return b, fmt.Errorf("the value of key %d holds a separator: %w", f.Key, ErrField)
		}
		b = strconv.AppendUint(b, uint64(f.Key), 10)
		b = append(b, separator...)
		b = append(b, f.Value...)
		b = append(b, separator...)
	}
	return b, nil
}

// Get gives the first value of k; nil and false if there is none.
func (l Fields) Get(k Key) ([]byte, bool) {
	for _, f := range l {
		if f.Key == k {
			return f.Value, true
		}
	}
	return nil, false
}

// Has reports whether there is a field of k.
func (l Fields) Has(k Key) bool {
	_, ok := l.Get(k)
	return ok
}

// String gives the first value of k; empty if there is none.
func (l Fields) String(k Key) string {
	value, _ := l.Get(k)
	return string(value)
}

// Number gives the first value of k as a number; false if there is none, or it is no number of up to 18 digits. It may
// have decimals, which do not count.
func (l Fields) Number(k Key) (int64, bool) {
	value, ok := l.Get(k)
	if !ok {
		return 0, false
	}
	whole, _, _ := bytes.Cut(value, []byte("."))
	if len(whole) > 18 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	return n, err == nil
}

// All gives the values of k in their order.
func (l Fields) All(k Key) [][]byte {
	var all [][]byte
	for _, f := range l {
		if f.Key == k {
			all = append(all, f.Value)
		}
	}
	return all
}

// Records cuts the fields before each that has the key lead: one record for each contact, or message, in a packet. What
// stands before the first of them belongs to none and is left out.
func (l Fields) Records(lead Key) []Fields {
	var records []Fields
	for i, f := range l {
		switch {
		case f.Key == lead:
			records = append(records, l[i:i+1:i+1])
		case len(records) > 0:
			last := &records[len(records)-1]
			*last = l[i-len(*last) : i+1 : i+1]
		}
	}
	return records
}
