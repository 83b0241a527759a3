package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMD5Crypt has what `openssl passwd -1 -salt _2S43d5f` says.
func TestMD5Crypt(t *testing.T) {
	for password, want := range map[string]string{
		"rabbit1":               "$1$_2S43d5f$61M0eP7Ez7XwPqTP9oHPY1",
		"":                      "$1$_2S43d5f$iPqEy9jfn2CpKVOs9WGE70",
		"pässword":              "$1$_2S43d5f$RBLIMCL.NedGRdchwmOnA1",
		strings.Repeat("x", 40): "$1$_2S43d5f$Fg/59hNsx2oCxVSLsAsib.",
	} {
		if got := md5Crypt(password, cryptSalt); got != want {
			t.Errorf("%q: %s, want %s", password, got, want)
		}
	}
}

// TestAnswers has one challenge of each of the five orders. The answers are those that the Escargot server
// (1f5a190) awaits.
func TestAnswers(t *testing.T) {
	for order, c := range []struct{ seed, plain, crypted string }{
		{"eACbF0rYRe15mcc86.SPDw--", "s8CxRRduxiuZtCRx3_xgdA--", "eBbLn3aEkHufGdCuO8TNXQ--"},
		{"komUH4pCAP1sBfEfq2vIZw--", "cqOpNqygkIaenZtDddvC1w--", "aOo93eXLuOJVUDBbtYR32w--"},
		{"Otxr3K0d8C.dzvjRBhsAvw--", "_e7INkb.HKnRbvLyImN1UA--", "3vEd_LBKhnnkvr_uYeDJLw--"},
		{"isG_B5pzkmXUxRpCJ6H7IA--", "tqBDNXCcW5E30sWLcizvmQ--", "qLtSssshwh.0H9R8YOq_Yg--"},
		{"mQe0Tn.ZtqK4bLx4xCX1zg--", "nGJdJ9OLhpcAhbbkfnxN9w--", ".fzdvq4Pma66ycm98Hxxug--"},
	} {
		if got := c.seed[15] % 8 % 5; int(got) != order {
			t.Errorf("the challenge %q is of order %d, not %d", c.seed, got, order)
		}
		plain, crypted, err := Answers("alicewonder", "rabbit1", c.seed)
		if err != nil || plain != c.plain || crypted != c.crypted {
			t.Errorf("order %d: %s %s %v, want %s %s", order, plain, crypted, err, c.plain, c.crypted)
		}
	}
	if _, _, err := Answers("a", "b", "too short"); !errors.Is(err, ErrChallenge) {
		t.Errorf("a short challenge: %v", err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPacket(t *testing.T) {
	p := Packet{Version: 10, Service: Auth, Status: Available, Fields: Fields{Text(KeyMe, "alice")}}
	b, err := AppendPacket(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	want := unhex(t, "594D5347 0A00 0000 000A 0057 00000000 00000000 31C080 616C696365C080")
	if !bytes.Equal(b, want) {
		t.Errorf("\n% X, want\n% X", b, want)
	}
	p.Version = 16
	if b, _ = AppendPacket(nil, p); b[4] != 0 || b[5] != 16 {
		t.Errorf("version 16 is % X", b[4:6])
	}
	raw, err := NewReader(bytes.NewReader(want)).Next()
	if err != nil {
		t.Fatal(err)
	}
	p.Version = 10
	if got, err := raw.Read(); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%s %v", cmp.Diff(p, got), err)
	}
}

func TestBadPackets(t *testing.T) {
	for what, c := range map[string]struct {
		bytes string
		err   error
	}{
		"nothing":               {"", io.EOF},
		"half a header":         {"YMSG\x0a\x00", io.ErrUnexpectedEOF},
		"another protocol":      {"HTTP/1.1 400 Bad Request\r\n\r\n", ErrNoPacket},
		"a length that lies":    {"YMSG\x0a\x00\x00\x00\xff\xff\x00\x06" + strings.Repeat("\x00", 8) + "14\xC0\x80", io.ErrUnexpectedEOF},
		"a length, and no body": {"YMSG\x0a\x00\x00\x00\x00\x01\x00\x06" + strings.Repeat("\x00", 8), io.ErrUnexpectedEOF},
	} {
		if _, err := NewReader(strings.NewReader(c.bytes)).Next(); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", what, err, c.err)
		}
	}
}

func TestBadFields(t *testing.T) {
	for _, body := range []string{
		"1", "1\xC0", "1\xC0\x80", "1\xC0\x80a", "1\xC0\x80a\xC0", "\xC0\x80a\xC0\x80", "x\xC0\x80a\xC0\x80",
		"1\xC0\x80a\xC0\x802\xC0\x80", "-1\xC0\x80a\xC0\x80", "99999999999999999999\xC0\x80a\xC0\x80", strings.Repeat("7", MaxBody),
	} {
		if f, err := ParseFields([]byte(body)); !errors.Is(err, ErrField) {
			t.Errorf("%.20q: %v, %v", body, f, err)
		}
	}
	for _, value := range []string{"a\xC0\x80b", "a\xC0"} {
		if _, err := AppendFields(nil, Fields{Text(14, value)}); !errors.Is(err, ErrField) {
			t.Errorf("%q: %v", value, err)
		}
	}
	if _, err := AppendPacket(nil, Packet{Fields: Fields{Text(14, strings.Repeat("x", MaxBody-5))}}); !errors.Is(err, ErrTooLong) {
		t.Errorf("a body of 65,536 bytes: %v", err)
	}
	if b, err := AppendPacket(nil, Packet{Fields: Fields{Text(14, strings.Repeat("x", MaxBody-6))}}); err != nil || len(b) != HeaderSize+MaxBody {
		t.Errorf("a body of 65,535 bytes: %d, %v", len(b), err)
	}
}

func TestRecords(t *testing.T) {
	f := Fields{Text(0, "me"), Text(7, "bob"), Text(10, "0"), Text(13, "1"), Text(7, "carol"), Text(10, "99"), Text(19, "out"), Text(7, "dave")}
	want := []Fields{f[1:4], f[4:7], f[7:8]}
	if d := cmp.Diff(want, f.Records(KeyContact)); d != "" {
		t.Error(d)
	}
	if got := f[:1].Records(KeyContact); got != nil {
		t.Errorf("%v", got)
	}
	if n, ok := (Fields{Text(15, "1795280000.1234")}).Number(15); !ok || n != 1795280000 {
		t.Error(n, ok)
	}
	for _, bad := range []string{"", "x", "1e3", "9999999999999999999", "."} {
		if n, ok := (Fields{Text(15, bad)}).Number(15); ok {
			t.Errorf("%q is %d", bad, n)
		}
	}
}

// parts cuts a list into packets of so many bytes.
func parts(key Key, whole string, size int) []Packet {
	var list []Packet
	for len(whole) > size {
		list = append(list, Packet{Service: List, Status: More, Fields: Fields{Text(key, whole[:size])}})
		whole = whole[size:]
	}
	return append(list, Packet{Service: List, Fields: Fields{Text(key, whole), Text(KeyCookie, "Y\tv=1&n=1; expires=never"), Text(KeyCookie, "z=2")}})
}

func TestListParts(t *testing.T) {
	const whole = "Freunde:bob,Carol\nGrüße: ☃:dave,\nleer:\nno group\n"
	want := ContactList{
		Groups: []Group{
			{Name: []byte("Freunde"), Members: []string{"bob", "Carol"}},
			{Name: []byte("Grüße: ☃"), Members: []string{"dave"}},
			{Name: []byte("leer")},
		},
		Grouped: true,
		Cookies: []Cookie{{"Y", "v=1&n=1"}, {"", "z=2"}},
	}
	for size := 1; size <= len(whole); size++ { // within every name and every character
		var c Collector
		var got ContactList
		for _, p := range parts(KeyGroups, whole, size) {
			list, done, err := c.Add(p)
			if err != nil || done != (p.Status == 0) {
				t.Fatalf("size %d: %v %v", size, done, err)
			}
			got = list
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("size %d: %s", size, d)
		}
	}
	var c Collector
	for range MaxList/MaxBody + 1 {
		_, _, err := c.Add(Packet{Service: List, Status: More, Fields: Fields{Text(KeyIgnored, strings.Repeat("x", MaxBody-10))}})
		if errors.Is(err, ErrListTooLong) {
			return
		}
	}
	t.Error("a list without end")
}

func TestReply(t *testing.T) {
	got, err := ParseReply([]byte("0\r\ncrumb=a=b\r\nnonsense\r\nY=v=1\r\n"))
	if d := cmp.Diff(Reply{Values: map[string]string{"crumb": "a=b", "Y": "v=1"}}, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, bad := range []string{"", "\r\n", "ymsgr=x", "-1", "+1", "1000000", "0x10", "<html>", "0" + strings.Repeat("\na=b", 65)} {
		if r, err := ParseReply([]byte(bad)); !errors.Is(err, ErrReply) {
			t.Errorf("%q: %+v, %v", bad, r, err)
		}
	}
}

func TestLateListBounds(t *testing.T) {
	var c Collector
	for range MaxList/60000 + 1 {
		if _, _, err := c.Add(Packet{Service: List15, Fields: Fields{Text(KeyGroup, strings.Repeat("x", 60000))}}); errors.Is(err, ErrListTooLong) {
			return
		}
	}
	t.Error("a list without end")
}

// Fields that say nothing take memory too, and a list of them ends as any other does.
func TestLateListOfNothing(t *testing.T) {
	var c Collector
	empty := make(Fields, 10_000)
	for i := range empty {
		empty[i] = Text(KeyGroup, "")
	}
	for range MaxList / len(empty) {
		if _, _, err := c.Add(Packet{Service: List15, Fields: empty}); errors.Is(err, ErrListTooLong) {
			return
		}
	}
	t.Error("the list has no end")
}

// The numbers are from the same count done apart from this code, with 32-bit numbers that have a sign.
func TestPictureSum(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for data, want := range map[string]int{
		"": 0, "a": 97, "GIF89a": 79535089, "The quick brown fox jumps over the lazy dog": 1016840407,
		string(all): 146646463, strings.Repeat("\xff", 100): 120995599,
	} {
		if got := PictureSum([]byte(data)); got != want {
			t.Errorf("%.10q: %d, want %d", data, got, want)
		}
	}
}
