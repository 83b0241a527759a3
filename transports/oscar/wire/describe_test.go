package wire

import (
	"bytes"
	"strings"
	"testing"
)

func framed(t testing.TB, kind Kind, body Body) []byte {
	t.Helper()
	snac, err := NewSNAC(kind, 7, body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := AppendSNAC(nil, 9, snac)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func helloFrame(t testing.TB, tlvs TLVs) []byte {
	t.Helper()
	data, err := Encode(Hello{Version: 1, TLVs: tlvs})
	if err != nil {
		t.Fatal(err)
	}
	b, err := AppendFrame(nil, Frame{Channel: SignOn, Seq: 1, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What may be seen is, and what may not is neither in the text nor in the bytes.
func TestDescribe(t *testing.T) {
	text, err := MessageOf(Text{Data: []byte("SECRET words")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		frame []byte
		want  string
	}{
		{[]byte("\x2a\x05\x00\x03\x00\x00"), "FLAP 5, seq 3, keep-alive"},
		{[]byte("\x2a\x09\x00\x03\x00\x06SECRET"), "FLAP 9, seq 3, 6 bytes"},
		{helloFrame(t, TLVs{String(TagCookie, "SECRET"), String(TagRoasted, "SECRET"), String(0x77, "SECRET")}),
			"FLAP 1, seq 1, sign-on, version 1, 06 cookie (6 bytes), 02 password (6 bytes), 77 (6 bytes)"},
		{framed(t, LoginRequest, TLVs{String(TagName, "alice\x1b"), String(TagHash, "SECRET"), Uint16(TagMajor, 5), Flag(TagHashOfHash)}),
			`FLAP 2, seq 9, SNAC 17/02 login, request 7, 01 name "alice\x1b", 25 hash (6 bytes), 17 major 5, 4C hash of hash (0 bytes)`},
		{framed(t, LoginReply, TLVs{String(TagServer, "127.0.0.1:5190"), String(TagCookie, "SECRET"), Uint16(TagLoginError, 5)}),
			`FLAP 2, seq 9, SNAC 17/03 login reply, request 7, 05 server "127.0.0.1:5190", 06 cookie (6 bytes), 08 error 5`},
		{framed(t, KeyReply, LoginKey{[]byte("SECRET")}), "FLAP 2, seq 9, SNAC 17/07 key, request 7, key 6 bytes"},
		{framed(t, ICBMSend, Outgoing{Cookie: Cookie([]byte("SECRET12")), Channel: 1, To: "bob", TLVs: TLVs{text, Flag(MessageAck)}}),
			`FLAP 2, seq 9, SNAC 04/06 send, request 7, channel 1, to "bob", 02 text (27 bytes), 03 wants ack (0 bytes)`},
		{framed(t, FeedbagInsert, Items{
			{Name: "bob", Group: 1, ID: 2, Class: BuddyItem, TLVs: TLVs{String(ItemAlias, "SECRET")}},
			{Name: "SECRET", Group: 1, Class: GroupItem}}),
			`FLAP 2, seq 9, SNAC 13/08 insert, request 7, item group 1, id 2, class 0 "bob", 131 alias (6 bytes), item group 1, id 0, class 1 (6 bytes)`},
		{framed(t, IconQuery, IconWanted{Name: "bob", Icon: BART{Type: 1, Data: []byte("SECRET")}}),
			`FLAP 2, seq 9, SNAC 10/04 picture query, request 7, of "bob", command 1, type 1, flags 0, hash 6 bytes`},
		{framed(t, NavRoomCreate, RoomInfo{RoomRef: RoomRef{Exchange: 4, Cookie: "SECRET"}, TLVs: TLVs{String(RoomName, "SECRET")}}),
			`FLAP 2, seq 9, SNAC 0D/08 find room, request 7, exchange 4, room 6 bytes, instance 0, detail 0, TLVs 1, D3 name (6 bytes)`},
		{framed(t, RoomSay, RoomWords{Cookie: Cookie([]byte("SECRET12")), Channel: 3, TLVs: TLVs{Flag(WordsReflect), String(WordsMessage, "SECRET")}}),
			`FLAP 2, seq 9, SNAC 0E/05 say, request 7, channel 3, 06 wants it back (0 bytes), 05 message (6 bytes)`},
		{framed(t, DirSearch, TLVs{String(DirFirst, "SECRET")}), `FLAP 2, seq 9, SNAC 0F/02 search, request 7, 01 (6 bytes)`},
		{framed(t, KindOf(0x15, 2), TLVs{String(1, "SECRET")}), "FLAP 2, seq 9, SNAC 15/02, request 7, 10 bytes"},
		{framed(t, KindOf(0x13, ErrorType), Error{Code: 5}), "FLAP 2, seq 9, SNAC 13/01, request 7, code 5"},
		// A length that leads past the end: the rest is hidden.
		{framed(t, BuddyAdd, Names{"bob"})[:18], `FLAP 2, seq 9, SNAC 03/04 add buddies, request 7, user, 1 bytes`},
	} {
		text, shown := Describe(c.frame, '#')
		if text != c.want {
			t.Errorf("got  %s\nwant %s", text, c.want)
		}
		if len(shown) != len(c.frame) || strings.Contains(text+string(shown), "SECRET") {
			t.Errorf("%s\n% X\nas % X", text, c.frame, shown)
		}
	}
	if _, shown := Describe(framed(t, BuddyAdd, Names{"bob"}), '#'); !bytes.HasSuffix(shown, []byte("\x03bob")) {
		t.Errorf("a name is not shown: % X", shown)
	}
}

// FuzzDescribe holds the description to its promise: the text says nothing that is not in the bytes that are shown. So
// what was shown, described again, reads the same.
func FuzzDescribe(f *testing.F) {
	f.Add(framed(f, LoginRequest, TLVs{String(TagName, "alice"), String(TagHash, "secret")}))
	f.Add(framed(f, FeedbagInsert, Items{{Name: "bob", Class: BuddyItem, TLVs: TLVs{Flag(ItemPending)}}}))
	f.Add(framed(f, ICBMReceive, Incoming{Channel: 1, From: User{Name: "bob", TLVs: TLVs{Uint16(UserClass, 1)}}, TLVs: TLVs{String(MessageText, "hello")}}))
	f.Add(helloFrame(f, TLVs{String(TagCookie, "cookie")}))
	for _, v := range vectors {
		f.Add(append([]byte("\x2a\x02\x00\x01\x00\x00\x00\x04\x00\x07\x00\x00\x00\x00\x00\x01"), unhex(f, v.hex)...))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		text, shown := Describe(frame, 'x')
		if len(shown) != len(frame) {
			t.Fatalf("%d bytes became %d", len(frame), len(shown))
		}
		for i, b := range shown {
			if b != 'x' && b != frame[i] {
				t.Fatalf("byte %d of % X is %#x", i, frame, b)
			}
		}
		if again, same := Describe(shown, 'x'); again != text || !bytes.Equal(same, shown) {
			t.Fatalf("% X\nis  %s\nand %s", frame, text, again)
		}
		if len(text) > 4*maxTold {
			t.Fatalf("a text of %d bytes", len(text))
		}
	})
}

// FuzzFollow cuts a stream into pieces and looks at some of them: whole frames are those of a reader, and no byte
// comes twice or is lost.
func FuzzFollow(f *testing.F) {
	f.Add([]byte("\x2a\x02\x00\x01\x00\x02hi\x2a\x05\x00\x02\x00\x00\x2a\x04\x00\x02"), uint8(3), uint8(0))
	f.Add([]byte("\x2a\x02\x00\x01\x00\x02hi\x2a\x05\x00\x02\x00\x00"), uint8(5), uint8(1))
	f.Add([]byte("\x2a\x02\x00\x01\x00\x02hiGET / HTTP/1.0"), uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, piece, passed uint8) {
		var from, to Follower // one sees all, the other passes over some pieces
		var all, told []byte
		size := int(piece) + 1
		for i := 0; i < len(b); i += size {
			part := b[i:min(i+size, len(b))]
			for rest := part; len(rest) > 0; {
				var frame []byte
				var whole bool
				frame, whole, rest = from.Next(rest)
				all = append(all, frame...)
				if whole && len(frame) < flapHeader {
					t.Fatalf("a frame of %d bytes", len(frame))
				}
			}
			if i/size < int(passed) {
				to.Pass(part)
				told = append(told, part...)
				continue
			}
			for rest := part; len(rest) > 0; {
				var frame []byte
				frame, _, rest = to.Next(rest)
				told = append(told, frame...)
			}
		}
		if len(all)+from.Unfinished() != len(b) || !bytes.HasPrefix(b, all) {
			t.Fatalf("% X came as % X and %d", b, all, from.Unfinished())
		}
		if len(told)+to.Unfinished() != len(b) || !bytes.HasPrefix(b, told) || from.Lost() != to.Lost() {
			t.Fatalf("% X came as % X and %d", b, told, to.Unfinished())
		}
	})
}
