package wire

import (
	"bytes"
	"strings"
	"testing"
)

func packed(t testing.TB, p Packet) []byte {
	t.Helper()
	b, err := AppendPacket(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What may be seen is, and what may not is neither in the text nor in the bytes.
func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		want   string
	}{
		{packed(t, Packet{Version: 10, Service: Handshake}), "YMSG 10, service 4C handshake, status 0"},
		{packed(t, Packet{Service: Auth, Status: 1, Fields: Fields{Text(KeyMe, "alice"), Text(KeyChallenge, "SECRET")}}),
			`YMSG 0, service 57 challenge, status 1, 1 me "alice", 94 challenge (6 bytes)`},
		{packed(t, Packet{Version: 9, Service: AuthAnswer, Fields: Fields{Text(KeyAnswer, "SECRET"), Text(KeyAnswer2, "SECRET"), Text(KeyUser, "a\x1b"),
			Text(KeyVersion, "5, 6"), Text(KeyCookie, "Y=SECRET"), Text(KeyCookie, "SECRET")}}),
			`YMSG 9, service 54 challenge answer, status 0, 6 answer (6 bytes), 96 answer (6 bytes), 0 user "a\x1b", 135 client "5, 6", 59 cookie (8 bytes), 59 cookie (6 bytes)`},
		{packed(t, Packet{Service: Message, Status: 1, Session: 7, Fields: Fields{Text(KeyFrom, "bob"), Text(KeyText, "SECRET words"), Text(KeyUTF8, "1"), Text(KeyTime, "1700000000")}}),
			`YMSG 0, service 06 message, status 1, session 7, 4 from "bob", 14 text (12 bytes), 97 utf-8 1, 15 time 1700000000`},
		{packed(t, Packet{Service: List, Fields: Fields{Text(KeyGroups, "SECRET:bob\n"), Text(4711, "SECRET"), Text(KeyResult, "SECRET"), Text(KeyTime, "12345678901")}}),
			`YMSG 0, service 55 list, status 0, 87 groups (11 bytes), 4711 (6 bytes), 66 result (6 bytes), 15 time (11 bytes)`},
		{packed(t, Packet{Service: Service(0x9999), Fields: Fields{Text(KeyFrom, strings.Repeat("SECRET", 20))}}),
			`YMSG 0, service 9999, status 0, 4 from (120 bytes)`},
		{[]byte("YMSG\x0a\x00\x00\x00\x00\x0d\x00\x06\x00\x00\x00\x00\x00\x00\x00\x0014SECRET\xC0\x80abc"),
			"YMSG 10, service 06 message, status 0, 13 bytes that are no fields"},
		{[]byte("SECRET"), "6 bytes that are no packet"},
	} {
		text, shown := Describe(c.packet, '#')
		if text != c.want {
			t.Errorf("got  %s\nwant %s", text, c.want)
		}
		if len(shown) != len(c.packet) || strings.Contains(text+string(shown), "SECRET") {
			t.Errorf("%s\n%q\nas %q", text, c.packet, shown)
		}
	}
	if _, shown := Describe(packed(t, Packet{Fields: Fields{Text(KeyFrom, "bob")}}), '#'); !bytes.HasSuffix(shown, []byte("4\xC0\x80bob\xC0\x80")) {
		t.Errorf("a name is not shown: %q", shown)
	}
}

// FuzzDescribe holds the description to its promise: the text says nothing that is not in the bytes that are shown. So
// what was shown, described again, reads the same.
func FuzzDescribe(f *testing.F) {
	f.Add(packed(f, Packet{Version: 10, Service: AuthAnswer, Fields: Fields{Text(KeyUser, "alice"), Text(KeyAnswer, "secret"), Text(KeyCookie, "cookie")}}))
	f.Add(packed(f, Packet{Service: Message, Fields: Fields{Text(KeyFrom, "bob"), Text(KeyText, "hello"), Text(KeyResult, "x1")}}))
	f.Add([]byte("YMSG\x0a\x00\x00\x00\x00\x0d\x00\x06\x00\x00\x00\x00\x00\x00\x00\x0014hello"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		text, shown := Describe(packet, 'x')
		if len(shown) != len(packet) {
			t.Fatalf("%d bytes became %d", len(packet), len(shown))
		}
		for i, b := range shown {
			if b != 'x' && b != packet[i] {
				t.Fatalf("byte %d of %q is %#x", i, packet, b)
			}
		}
		if again, same := Describe(shown, 'x'); again != text || !bytes.Equal(same, shown) {
			t.Fatalf("%q\nis  %s\nand %s", packet, text, again)
		}
		if len(text) > 4*maxTold {
			t.Fatalf("a text of %d bytes", len(text))
		}
	})
}

// FuzzFollow cuts a stream into pieces and looks at some of them: whole packets are those of a reader, and no byte
// comes twice or is lost.
func FuzzFollow(f *testing.F) {
	stream := append(packed(f, Packet{Version: 10, Service: Handshake}), packed(f, Packet{Service: Auth, Fields: Fields{Text(1, "alice")}})...)
	f.Add(stream, uint8(3), uint8(0))
	f.Add(stream[:30], uint8(5), uint8(1))
	f.Add(append(stream, "GET / HTTP/1.0"...), uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, piece, passed uint8) {
		var from, to Follower // one sees all, the other passes over some pieces
		var all, told []byte
		size := int(piece) + 1
		for i := 0; i < len(b); i += size {
			part := b[i:min(i+size, len(b))]
			for rest := part; len(rest) > 0; {
				var packet []byte
				var whole bool
				packet, whole, rest = from.Next(rest)
				all = append(all, packet...)
				if whole && len(packet) < HeaderSize {
					t.Fatalf("a packet of %d bytes", len(packet))
				}
			}
			if i/size < int(passed) {
				to.Pass(part)
				told = append(told, part...)
				continue
			}
			for rest := part; len(rest) > 0; {
				var packet []byte
				packet, _, rest = to.Next(rest)
				told = append(told, packet...)
			}
		}
		if len(all)+from.Unfinished() != len(b) || !bytes.HasPrefix(b, all) {
			t.Fatalf("%q came as %q and %d", b, all, from.Unfinished())
		}
		if len(told)+to.Unfinished() != len(b) || !bytes.HasPrefix(b, told) || from.Lost() != to.Lost() {
			t.Fatalf("%q came as %q and %d", b, told, to.Unfinished())
		}
	})
}
