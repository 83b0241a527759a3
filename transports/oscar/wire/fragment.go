package wire

import "fmt"

// A Fragment is a piece of a channel-1 message (MessageText).
type Fragment struct {
	ID      uint8
	Version uint8
	Data    []byte
}

// IDs of fragments.
const (
	FragmentText     uint8 = 1 // Text
	FragmentFeatures uint8 = 5
)

// Fragments is the value of MessageText.
type Fragments []Fragment

func (l Fragments) encode(w *writer) {
	for _, f := range l {
		w.u8(f.ID)
		w.u8(f.Version)
		w.bytes16(f.Data)
	}
}

func (l *Fragments) decode(r *reader) {
	for r.more() {
		f := Fragment{ID: r.u8(), Version: r.u8()}
		f.Data = r.bytes16()
		if r.err == nil {
			*l = append(*l, f)
		}
	}
}

// Charsets of a Text.
const (
	CharsetASCII   uint16 = 0 // in truth whatever the sender's client meant
	CharsetUnicode uint16 = 2 // UTF-16, big-endian
	CharsetLatin1  uint16 = 3
)

// A Text is the text of a channel-1 message, as bytes of its charset.
type Text struct {
	Charset uint16
	Subset  uint16 // also called language
	Data    []byte
}

func (t Text) encode(w *writer) {
	w.u16(t.Charset)
	w.u16(t.Subset)
	w.raw(t.Data)
}

func (t *Text) decode(r *reader) {
	t.Charset = r.u16()
	t.Subset = r.u16()
	t.Data = r.rest()
}

// MessageOf is the MessageText TLV of a text, with the features that clients of AIM 5 sent. The error wraps
// ErrTooLong.
func MessageOf(t Text) (TLV, error) {
	value := writer{b: make([]byte, 0, 16+len(t.Data))}
	value.u8(FragmentFeatures)
	value.u8(1)
	value.bytes16([]byte{1, 1, 2})
	value.u8(FragmentText)
	value.u8(1)
	value.count16(4 + len(t.Data))
	t.encode(&value)
	if value.fits(len(value.b), 0xFFFF); value.err != nil {
		return TLV{}, fmt.Errorf("message text: %w", value.err)
	}
	return TLV{MessageText, value.b}, nil
}

// TextsOf reads the texts, in order, from the value of MessageText. The error wraps ErrShort.
func TextsOf(value []byte) ([]Text, error) {
	var texts []Text
	for r := (reader{b: value}); r.more(); {
		id, _ := r.u8(), r.u8() // and the version
		piece := reader{b: r.bytes16()}
		if r.err != nil {
			return nil, fmt.Errorf("read fragments: %w", r.err)
		}
		if id != FragmentText {
			continue
		}
		var t Text
		if t.decode(&piece); piece.err != nil {
			return nil, fmt.Errorf("read text: %w", piece.err)
		}
		texts = append(texts, t)
	}
	return texts, nil
}
