package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func TestFramesComeAsTheyWereSent(t *testing.T) {
	frames := []Frame{
		{Channel: SignOn, Seq: 100, Data: []byte{0, 0, 0, 1}},
		{Channel: KeepAlive, Seq: 0xFFFF},
		{Channel: Data, Seq: 0, Data: bytes.Repeat([]byte{7}, MaxFrame)},
		{Channel: SignOff, Seq: 2, Cut: true},
	}
	var b []byte
	for _, f := range frames {
		var err error
		if b, err = AppendFrame(b, f); err != nil {
			t.Fatal(err)
		}
	}
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(b), "byte by byte": iotest.OneByteReader(bytes.NewReader(b))} {
		fr := NewFrameReader(r)
		for i, want := range frames {
			got, err := fr.Next()
			if err != nil || got.Channel != want.Channel || got.Seq != want.Seq || got.Cut != want.Cut || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("%s: frame %d: got channel %d seq %d cut %v (%v)", name, i, got.Channel, got.Seq, got.Cut, err)
			}
		}
		if _, err := fr.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after the last frame: %v", name, err)
		}
	}
}

func TestHowAStreamEnds(t *testing.T) {
	reset := iotest.ErrReader(syscall.ECONNRESET)
	tests := []struct {
		name string
		hex  string
		then io.Reader
		cut  bool
		err  error
	}{
		{"between frames", "", nil, false, io.EOF},
		{"cut sign-off, then EOF", "2A 04 0102", nil, true, nil},
		{"cut sign-off, then reset", "2A 04 0102", reset, true, nil},
		{"cut data frame", "2A 02 0102", nil, false, io.ErrUnexpectedEOF},
		{"cut header", "2A 04 01", nil, false, io.ErrUnexpectedEOF},
		{"cut payload", "2A 02 0102 0005 AA", nil, false, io.ErrUnexpectedEOF},
		{"no payload", "2A 02 0102 0005", nil, false, io.ErrUnexpectedEOF},
		{"reset", "", reset, false, syscall.ECONNRESET},
		{"no FLAP", "48 54 54 50 2F 31", nil, false, ErrNoFrame},
		{"no FLAP, short", "48", nil, false, ErrNoFrame},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r io.Reader = bytes.NewReader(unhex(t, tt.hex))
			if tt.then != nil {
				r = io.MultiReader(r, tt.then)
			}
			f, err := NewFrameReader(r).Next()
			if f.Cut != tt.cut || !errors.Is(err, tt.err) {
				t.Errorf("got cut %v, %v; want %v, %v", f.Cut, err, tt.cut, tt.err)
			}
		})
	}
}

func TestALyingLengthAllocatesLittle(t *testing.T) {
	lie := unhex(t, "2A 02 0102 FFFF AA")
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = NewFrameReader(bytes.NewReader(lie)).Next()
		}
	}).AllocedBytesPerOp()
	if allocated > 4096 {
		t.Errorf("a frame that claims 65535 bytes and brings one takes %d bytes", allocated)
	}
}

func TestEncodersRefuseWhatDoesNotFit(t *testing.T) {
	long8, long16 := strings.Repeat("x", 256), strings.Repeat("x", 65536)
	for _, body := range []Body{
		Names{long8}, Outgoing{To: long8}, User{Name: long8}, BARTs{{Data: []byte(long8)}}, InfoWanted{Name: long8},
		TLVs{String(1, long16)}, LoginKey{[]byte(long16)}, AuthAsk{Reason: long16}, Item{Name: long16},
		Item{TLVs: TLVs{String(1, long16[4:]), Flag(2)}},
		SNAC{Prefix: TLVs{String(1, long16)}},
		User{TLVs: make(TLVs, 65536)}, Feedbag{Items: make(Items, 65536)}, Fragments{{Data: []byte(long16)}},
	} {
		if b, err := Encode(body); !errors.Is(err, ErrTooLong) || b != nil {
			t.Errorf("%T: %d bytes, %v; want ErrTooLong", body, len(b), err)
		}
	}
	if _, err := AppendFrame(nil, Frame{Data: []byte(long16)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("frame: %v", err)
	}
	if _, err := MessageOf(Text{Data: []byte(long16[:65530])}); !errors.Is(err, ErrTooLong) {
		t.Errorf("message: %v", err)
	}
}

func TestTLVsLookup(t *testing.T) {
	l := TLVs{Uint16(1, 0x0102), String(2, "first"), String(2, "second"), Uint8(3, 9), Bytes(4, []byte{0, 1, 0, 2, 9})}
	if got := l.String(2); got != "first" {
		t.Errorf("String(2) = %q", got)
	}
	for tag, want := range map[uint16]uint32{1: 0x0102, 3: 9} {
		if got, ok := l.Number(tag); !ok || got != want {
			t.Errorf("Number(%d) = %d, %v", tag, got, ok)
		}
	}
	for _, tag := range []uint16{2, 99} {
		if _, ok := l.Number(tag); ok {
			t.Errorf("Number(%d) is ok", tag)
		}
	}
	if got := l.Words(4); !reflect.DeepEqual(got, Words{1, 2}) {
		t.Errorf("Words(4) = %v", got)
	}
	changed := l.With(String(2, "third")).Without(1).With(Flag(7))
	want := TLVs{String(2, "third"), l[3], l[4], Flag(7)}
	if !reflect.DeepEqual(changed, want) || l.String(2) != "first" {
		t.Errorf("changed to %v, want %v", changed, want)
	}
}

func TestLoginSecrets(t *testing.T) {
	// MD5("1234" + "secret" + salt), and with MD5("secret") in the middle; computed with md5sum.
	if got := LoginHash([]byte("1234"), "secret", false); !bytes.Equal(got, unhex(t, plainHash)) {
		t.Errorf("plain form: %x", got)
	}
	if got := LoginHash([]byte("1234"), "secret", true); !bytes.Equal(got, unhex(t, hashedHash)) {
		t.Errorf("hashed form: %x", got)
	}
	roasted := Roast([]byte("a secret of twenty b"))
	if !bytes.Equal(roasted[:4], []byte{'a' ^ 0xF3, ' ' ^ 0x26, 's' ^ 0x81, 'e' ^ 0xC4}) || string(Roast(roasted)) != "a secret of twenty b" {
		t.Errorf("roasted: % X", roasted)
	}
}

func TestMessageOfAndTextsOf(t *testing.T) {
	tlv, err := MessageOf(Text{Charset: CharsetUnicode, Data: []byte{0, 'h'}})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := TextsOf(tlv.Value)
	if err != nil || len(texts) != 1 || texts[0].Charset != CharsetUnicode || string(texts[0].Data) != "\x00h" {
		t.Errorf("got %v, %v", texts, err)
	}
	for _, bad := range []string{"01 01 0003 0000", "01 01 0003 0000 00", "01"} {
		if _, err := TextsOf(unhex(t, bad)); !errors.Is(err, ErrShort) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestOddForms(t *testing.T) {
	if v, err := Decode[FeedbagVersion](unhex(t, "00000009 03")); err != nil || v.Count != 3 {
		t.Errorf("13/0F with a count of 8 bits: %+v, %v", v, err)
	}
	if f, err := Decode[Feedbag](unhex(t, "00 0000")); err != nil || f.Changed != 0 {
		t.Errorf("13/06 without a time: %+v, %v", f, err)
	}
	if ICBMSend.String() != "04/06" {
		t.Errorf("kind is spelled %q", ICBMSend)
	}
}

const (
	plainHash  = "36d5a3b23ff10b8b64e47c9ebb5d2f64"
	hashedHash = "fdc677bbf451a610b610abb309a1db56"
)
