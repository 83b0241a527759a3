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
	text := writer{b: make([]byte, 0, 4+len(t.Data))}
	t.encode(&text)
	value := writer{b: make([]byte, 0, 16+len(text.b))}
	Fragments{
		{ID: FragmentFeatures, Version: 1, Data: []byte{1, 1, 2}},
		{ID: FragmentText, Version: 1, Data: text.b},
	}.encode(&value)
	if value.fits(len(value.b), 0xFFFF); value.err != nil {
		return TLV{}, fmt.Errorf("message text: %w", value.err)
	}
	return TLV{MessageText, value.b}, nil
}

// TextsOf reads the texts, in order, from the value of MessageText. The error wraps ErrShort.
func TextsOf(value []byte) ([]Text, error) {
	fragments, err := Decode[Fragments](value)
	if err != nil {
		return nil, err
	}
	var texts []Text
	for _, f := range fragments {
		if f.ID != FragmentText {
			continue
		}
		t, err := Decode[Text](f.Data)
		if err != nil {
			return nil, err
		}
		texts = append(texts, t)
	}
	return texts, nil
}
