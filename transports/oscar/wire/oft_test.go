package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// The header of a client of AIM that is printed in "On Sending Files via OSCAR": the file cygwin.bat, of 57 bytes.
const cygwinHex = "4F465432 0100 0101 F8FA0200686B0000 0000 0000 0001 0001 0001 0001 00000039 00000039 42D937C4 EEAF0000 FFFF0000" +
	"00000000 00000000 FFFF0000 00000000 FFFF0000 436F6F6C2046696C65586665720000000000000000000000000000000000000020 1C 11"

// cygwin is that file: it comes with Cygwin.
const cygwin = "@echo off\r\n\r\nC:\r\nchdir C:\\cygwin\\bin\r\n\r\nbash --login -i\r\n"

// The beginning of what a client of AIM said in the capture of the Network Forensics Puzzle Contest, no. 1: a sender leaves the cookie
// at zero.
const recipeHex = "4F465432 0100 0101 0000000000000000 0000 0000 0001 0001 0001 0001 00002EE8 00002EE8 00000000 B1640000 FFFF0000" +
	"00000000 00000000 FFFF0000 00000000 FFFF0000 436F6F6C2046696C6558666572"

// printed is a header out of its first bytes and its name; all between is zeros.
func printed(t testing.TB, first, name string) []byte {
	t.Helper()
	b := make([]byte, oftName+oftNameMin)
	copy(b, unhex(t, first))
	copy(b[oftName:], name)
	return b
}

func TestOFTHeadersOfClients(t *testing.T) {
	recipe := NewOFT(OFTPrompt, []byte("recipe.docx"), 12008, 0xB1640000)
	recipe.Flags, recipe.NameOffset, recipe.SizeOffset = 0, 0, 0 // which nobody has printed
	file := NewOFT(OFTPrompt, []byte("cygwin.bat"), 57, 0xEEAF0000)
	file.Cookie, file.Modified = Cookie{0xF8, 0xFA, 2, 0, 0x68, 0x6B}, 0x42D937C4
	for _, tt := range []struct {
		first string
		want  OFTHeader
	}{{cygwinHex, file}, {recipeHex, recipe}} {
		b := printed(t, tt.first, string(tt.want.Name))
		got, err := ReadOFT(bytes.NewReader(b))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%+v, %v; want %+v", got, err, tt.want)
		}
		if again, err := AppendOFT(nil, got); err != nil || !bytes.Equal(again, b) {
			t.Errorf("% X, %v; want % X", again, err, b)
		}
	}
}

// The checksum that the printed header has is that of the file that it names, in whatever pieces it comes.
func TestOFTSum(t *testing.T) {
	for n := 1; n <= len(cygwin); n++ {
		var s OFTSum
		for rest := cygwin; rest != ""; {
			piece := rest[:min(n, len(rest))]
			rest = rest[len(piece):]
			if got, err := s.Write([]byte(piece)); got != len(piece) || err != nil {
				t.Fatal(got, err)
			}
		}
		if s.Value() != 0xEEAF0000 || !s.Is(0xEEAF0000) || s.Is(0xEEAE0000) {
			t.Errorf("in pieces of %d: %08X", n, s.Value())
		}
	}
	for _, tt := range []struct {
		data string
		is   []uint32
		not  uint32
	}{
		{"", []uint32{OFTNoSum, 0}, 0x00010000},
		{"\x00\x00\x00", []uint32{OFTNoSum, 0}, 0xFFFE0000},
		{"\xff\xff", []uint32{0, OFTNoSum}, 0x00010000},
		{"\x01", []uint32{0xFEFF0000}, 0xFFFE0000},
		{"\x00\x01", []uint32{0xFFFE0000}, 0xFEFF0000},
	} {
		var s OFTSum
		_, _ = s.Write([]byte(tt.data)) // never fails
		for _, v := range tt.is {
			if !s.Is(v) {
				t.Errorf("%q: %08X is not %08X", tt.data, s.Value(), v)
			}
		}
		if s.Is(tt.not) {
			t.Errorf("%q is %08X", tt.data, tt.not)
		}
	}
}

func TestOFTBounds(t *testing.T) {
	whole := printed(t, cygwinHex, "cygwin.bat")
	sized := func(n int) []byte {
		b := append(bytes.Clone(whole), bytes.Repeat([]byte("x"), 70000)...)
		b[4], b[5] = byte(n>>8), byte(n)
		return b
	}
	for _, tt := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, io.EOF},
		{"four bytes", whole[:4], io.ErrUnexpectedEOF},
		{"no end", whole[:100], io.ErrUnexpectedEOF},
		{"only the length", whole[:6], io.ErrUnexpectedEOF},
		{"other magic", append([]byte("ODC2"), whole[4:]...), ErrNotOFT},
		{"length 0", sized(0), ErrNotOFT},
		{"length 255", sized(255), ErrNotOFT},
		{"length 1218", sized(maxOFT + 1), ErrTooLong},
		{"length 65535", sized(0xFFFF), ErrTooLong},
		{"a name without an end", sized(maxOFT), ErrTooLong},
	} {
		from := bytes.NewReader(tt.b)
		if h, err := ReadOFT(from); !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v, %v", tt.name, h, err)
		}
		if taken := len(tt.b) - from.Len(); taken > maxOFT {
			t.Errorf("%s: %d bytes taken", tt.name, taken)
		}
	}
	if _, err := AppendOFT(nil, NewOFT(OFTAck, bytes.Repeat([]byte("n"), MaxOFTName+1), 1, 1)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	long := NewOFT(OFTAck, []byte(strings.Repeat("n", MaxOFTName)), 1, 1)
	b, err := AppendOFT([]byte("before"), long)
	if err != nil || len(b) != len("before")+maxOFT {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	if got, err := ReadOFT(bytes.NewReader(b[len("before"):])); err != nil || !reflect.DeepEqual(got, long) {
		t.Errorf("%+v, %v", got, err)
	}
}

// FuzzOFT: a header that was read can be written and reads the same again; never more than its bound is taken, and nothing behind it.
func FuzzOFT(f *testing.F) {
	f.Add(printed(f, cygwinHex, "cygwin.bat"))
	f.Add(printed(f, recipeHex, "recipe.docx"))
	f.Add(append(printed(f, recipeHex, "recipe.docx"), "and then the file"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		from := bytes.NewReader(b)
		first, err := ReadOFT(from)
		taken := len(b) - from.Len()
		if taken > maxOFT {
			t.Fatalf("%d bytes taken", taken)
		}
		if err != nil {
			return
		}
		if said := int(b[4])<<8 | int(b[5]); taken != said || len(first.Name) > MaxOFTName {
			t.Fatalf("%d bytes taken of %d, a name of %d", taken, said, len(first.Name))
		}
		once, err := AppendOFT(nil, first)
		if err != nil || len(once) > taken+1 {
			t.Fatalf("%d bytes became %d, %v", taken, len(once), err)
		}
		second, err := ReadOFT(bytes.NewReader(once))
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%+v came back as %+v, %v", first, second, err)
		}
	})
}
