package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

// FuzzBodies holds every decoder to one law: what it reads can be written, and reads the same again.
func FuzzBodies(f *testing.F) {
	for _, v := range vectors {
		for i, c := range codecs {
			if c.name == fmt.Sprintf("%T", v.body) {
				f.Add(uint8(i), unhex(f, v.hex))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		c := codecs[int(which)%len(codecs)]
		first, err := c.decode(b)
		if err != nil {
			return
		}
		once, err := Encode(first)
		if err != nil {
			t.Fatalf("%s: decoded %+v cannot be encoded: %v", c.name, first, err)
		}
		if len(once) > len(b)+16 {
			t.Fatalf("%s: %d bytes became %d", c.name, len(b), len(once))
		}
		second, err := c.decode(once)
		if err != nil {
			t.Fatalf("%s: % X encoded from %+v cannot be decoded: %v", c.name, once, first, err)
		}
		twice, err := Encode(second)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%s: % X, then % X (%v)", c.name, once, twice, err)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("\x2a\x02\x00\x01\x00\x02hi\x2a\x04\x00\x02"))
	f.Add([]byte("\x2a\x04\x00\x02\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewFrameReader(bytes.NewReader(b))
		var again []byte
		for {
			frame, err := r.Next()
			if err != nil {
				if errors.Is(err, io.EOF) && !bytes.Equal(again, b) {
					t.Fatalf("% X read as % X", b, again)
				}
				break
			}
			if again, err = AppendFrame(again, frame); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.HasPrefix(b, again) {
			t.Fatalf("% X read as % X", b, again)
		}
	})
}

func FuzzTexts(f *testing.F) {
	f.Add(unhex(f, "05 01 0003 010102 01 01 0006 0000 0000 6869"))
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, err := TextsOf(b)
		if err != nil {
			return
		}
		for _, text := range texts {
			tlv, err := MessageOf(text)
			if err != nil {
				continue // the features need room too
			}
			again, err := TextsOf(tlv.Value)
			if err != nil || len(again) != 1 || !bytes.Equal(again[0].Data, text.Data) || again[0].Charset != text.Charset {
				t.Fatalf("%+v came back as %+v (%v)", text, again, err)
			}
		}
	})
}
