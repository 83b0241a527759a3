package wire

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
)

// What may be seen is, and what may not is neither in the text nor in the bytes.
func TestDescribe(t *testing.T) {
	for _, tt := range []struct {
		frame string
		from  Sender
		want  string
	}{
		{"VER 1 MSNP12 CVR0\r\n", FromClient, "VER 1 MSNP12 CVR0"},
		{"CVR 2 SECRET\r\n", FromClient, "CVR 2 …"},
		{"USR 3 TWN I alice@lab.example\r\n", FromClient, "USR 3 TWN I alice@lab.example"},
		{"USR 3 TWN S SECRET\r\n", FromServer, "USR 3 TWN S …"},
		{"USR 4 TWN S t=SECRET&p=SECRET@x.y\r\n", FromClient, "USR 4 TWN S …"},
		{"USR 4 OK alice@lab.example SECRET 1 0\r\n", FromServer, "USR 4 OK alice@lab.example …"},
		{"USR 1 alice@lab.example SECRET\r\n", FromClient, "USR 1 alice@lab.example …"},
		{"XFR 8 SB 127.0.0.1:1864 CKI SECRET\r\n", FromServer, "XFR 8 SB 127.0.0.1:1864 CKI …"},
		{"RNG SECRET 127.0.0.1:1864 CKI SECRET bob@lab.example SECRET\r\n", FromServer, "RNG … 127.0.0.1:1864 CKI … bob@lab.example …"},
		{"ANS 5 alice@lab.example SECRET SECRET\r\n", FromClient, "ANS 5 alice@lab.example …"},
		{"NLN AWY bob@lab.example SECRET 0 SECRET\r\n", FromServer, "NLN AWY bob@lab.example …"},
		{"CHL 0 SECRET\r\n", FromServer, "CHL 0 …"},
		{"QRY 7 SECRET 6\r\nSECRET", FromClient, "QRY 7 …, 6 bytes"},
		{"LST N=bob@lab.example F=SECRET C=1 3 1 \r\n", FromServer, "LST N=bob@lab.example …"},
		{"MSG bob@lab.example SECRET 34\r\nContent-Type: text/plain\r\n\r\nSECRET", FromServer, "MSG bob@lab.example …, 34 bytes of text/plain"},
		{"MSG 9 A 30\r\nContent-Type: x/SECRET\r\n\r\nabcd", FromClient, "MSG 9 A, 30 bytes"},
		{"UBX bob@lab.example 6\r\nSECRET", FromServer, "UBX bob@lab.example, 6 bytes"},
		{"911 4\r\n", FromServer, "911 4"},
		{"OUT OTH\r\n", FromServer, "OUT OTH"},
		{"XYZ SECRET\r\n", FromServer, "XYZ …"},
		{"MSG SECRET\r\n", FromServer, "12 bytes that are no command"},
	} {
		text, shown := Describe([]byte(tt.frame), tt.from, 'x')
		if text != tt.want {
			t.Errorf("got  %s\nwant %s", text, tt.want)
		}
		if len(shown) != len(tt.frame) || strings.Contains(text+string(shown), "SECRET") {
			t.Errorf("%q as %q", tt.frame, shown)
		}
	}
}

// follow gives the frames of b, which comes in pieces of size, as they are told.
func follow(b []byte, from Sender, size int) (texts []string, length int) {
	f := NewFollower(from)
	for len(b) > 0 {
		piece := b[:min(size, len(b))]
		b = b[len(piece):]
		for len(piece) > 0 {
			var frame []byte
			var whole bool
			frame, whole, piece = f.Next(piece)
			if whole {
				text, shown := Describe(frame, from, 'x')
				texts, length = append(texts, text), length+len(shown)
			} else {
				length += len(frame)
			}
		}
	}
	return texts, length + f.Unfinished()
}

// FuzzTrace: no byte is lost or made up, however the stream is cut, and nothing is told with control characters in it.
func FuzzTrace(f *testing.F) {
	f.Add([]byte("VER 1 MSNP12 CVR0\r\nMSG a@b c 5\r\nhelloQNG 60\r\n"), true)
	f.Add([]byte("UUX 5 3\r\nabcPNG\r\n\r\n\xFF\r\n"), false)
	f.Add([]byte("MSG a b 99999999\r\nUSR 4 TWN S x\r\n"), true)
	f.Fuzz(func(t *testing.T, b []byte, server bool) {
		from := FromClient
		if server {
			from = FromServer
		}
		texts, length := follow(b, from, len(b)+1)
		if length != len(b) {
			t.Fatalf("%d bytes of %d", length, len(b))
		}
		for _, size := range []int{1, 7} {
			if again, length := follow(b, from, size); length != len(b) || strings.Join(again, "\n") != strings.Join(texts, "\n") {
				t.Fatalf("in pieces of %d: %q, not %q (%d bytes of %d)", size, again, texts, length, len(b))
			}
		}
		if strings.ContainsFunc(strings.Join(texts, ""), unicode.IsControl) {
			t.Fatalf("%q", texts)
		}
		late := NewFollower(from)
		late.Pass(b[:len(b)/2])
		if frame, _, rest := late.Next(b[len(b)/2:]); !bytes.HasSuffix(b, rest) || len(frame)+len(rest)+late.Unfinished() != len(b)-len(b)/2 {
			t.Fatalf("%q and %q of %q", frame, rest, b[len(b)/2:])
		}
	})
}
