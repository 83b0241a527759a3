package richtext

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestGuess(t *testing.T) {
	cyrillic, err := CharsetOf("windows-1251")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		in       string
		fallback Charset
		want     string
	}{
		{"plain", Charset{}, "plain"},
		{"caf\xc3\xa9", Charset{}, "café"},
		{"caf\xe9", Charset{}, "café"},
		{"\x93quoted\x94", Charset{}, "“quoted”"},
		{"\xcf\xf0\xe8\xe2\xe5\xf2", cyrillic, "Привет"},
	}
	for _, tt := range tests {
		if got := Guess([]byte(tt.in), tt.fallback); got != tt.want {
			t.Errorf("Guess(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCharsetOf(t *testing.T) {
	if _, err := CharsetOf("klingon"); err == nil {
		t.Error("klingon is known")
	}
	latin, err := CharsetOf("ISO-8859-1")
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := latin.Encode("é"); !ok || string(b) != "\xe9" {
		t.Errorf("é in Latin-1: % X, %v", b, ok)
	}
	if _, ok := latin.Encode("Ж"); ok {
		t.Error("Latin-1 says Ж")
	}
}

func TestDecodeUTF16(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"\x00h\x00i":       "hi",
		"\xd8\x3d\xde\x00": "😀",
		"\xd8\x3d\x00x":    "\uFFFDx",
		"\xde\x00\xd8\x3d": "\uFFFD\uFFFD",
		"\x00h\x00":        "h\uFFFD",
		"\xfe\xff\x00h":    "h",
		"\xff\xfeh\x00":    "h",
	} {
		if got := DecodeUTF16([]byte(in)); got != want {
			t.Errorf("DecodeUTF16(% X) = %q, want %q", in, got, want)
		}
	}
}

func TestUTF16ThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if r, _ := utf8.DecodeRuneInString(s); r == 0xFEFF || r == 0xFFFE {
			t.Skip("a byte order mark is not text")
		}
		if got := DecodeUTF16(EncodeUTF16(s)); got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func FuzzCharsets(f *testing.F) {
	f.Add("windows-1252", []byte("caf\xe9"))
	f.Add("gb18030", []byte("\x81\x30\x81"))
	f.Add("iso-2022-jp", []byte("\x1b$B"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		c, err := CharsetOf(name)
		if err != nil {
			return
		}
		for _, s := range []string{Guess(b, c), DecodeUTF16(b)} {
			if !utf8.ValidString(s) || len(s) > 8*len(b)+8 {
				t.Fatalf("%d bytes of %s became %q", len(b), name, s)
			}
		}
		if utf8.Valid(b) && !bytes.Equal([]byte(Guess(b, c)), b) {
			t.Fatal("UTF-8 was not kept")
		}
	})
}
