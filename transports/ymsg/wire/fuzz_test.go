package wire

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzPackets: what is read can be written, and is the bytes it was read from, as far as they were packets.
func FuzzPackets(f *testing.F) {
	f.Add([]byte("YMSG\x0a\x00\x00\x00\x00\x0a\x00\x57\x00\x00\x00\x00\x00\x00\x00\x001\xC0\x80alice\xC0\x80YMSG"))
	f.Add([]byte("YMSG\x00\x10\x00\x64\x00\x00\x00\x4c\x00\x00\x00\x01\x00\x00\x00\x07"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bytes.NewReader(b))
		at := 0
		for {
			raw, err := r.Next()
			if err != nil {
				if errors.Is(err, io.EOF) && at != len(b) {
					t.Fatalf("%d of %d bytes read, and no error", at, len(b))
				}
				return
			}
			from := at
			at += HeaderSize + len(raw.Body)
			p, err := raw.Read()
			if err != nil {
				if !errors.Is(err, ErrField) {
					t.Fatal(err)
				}
				continue
			}
			again, err := AppendPacket(nil, p)
			if err != nil {
				continue // a value that ends in half a separator: nothing that we would write
			}
			second, err := NewReader(bytes.NewReader(again)).Next()
			if err != nil || second.Service != raw.Service || second.Status != raw.Status || second.Session != raw.Session || second.Vendor != raw.Vendor {
				t.Fatalf("% X read again as %+v (%v)", b[from:at], second, err)
			}
			if v := raw.Version; v < 0x100 && second.Version != v {
				t.Fatalf("version %d is read again as %d", v, second.Version)
			}
		}
	})
}

// FuzzFields: what is read is written as the same values, and reads the same again.
func FuzzFields(f *testing.F) {
	f.Add([]byte("1\xC0\x80alice\xC0\x8014\xC0\x80hi \xC3\xA4\xC0\x80"))
	f.Add([]byte("0001\xC0\x80\xC0\x801\xC0\x80\xC0\xC0\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ParseFields(b)
		if err != nil {
			if !errors.Is(err, ErrField) {
				t.Fatal(err)
			}
			return
		}
		n := 0
		for _, r := range first.Records(KeyContact) {
			n += len(r)
			if r[0].Key != KeyContact {
				t.Fatalf("a record that begins with %d", r[0].Key)
			}
		}
		if n > len(first) {
			t.Fatalf("%d fields in the records of %d", n, len(first))
		}
		once, err := AppendFields(nil, first)
		if err != nil {
			return
		}
		if len(once) > len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(once))
		}
		second, err := ParseFields(once)
		if err != nil || len(second) != len(first) {
			t.Fatalf("% X: %d fields, then %d (%v)", once, len(first), len(second), err)
		}
		for i := range first {
			if first[i].Key != second[i].Key || !bytes.Equal(first[i].Value, second[i].Value) {
				t.Fatalf("field %d: %v, then %v", i, first[i], second[i])
			}
		}
	})
}

// FuzzList: a list cut at any place is the list in one piece, and written again reads the same.
func FuzzList(f *testing.F) {
	f.Add([]byte("Friends:bob,carol\nGr\xC3\xBC\xC3\x9Fe:dave\n"), 20)
	f.Add([]byte(":\n,,:,\n\xFF:a"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = max(0, min(cut, len(b)))
		var c Collector
		if _, done, err := c.Add(Packet{Status: More, Fields: Fields{{KeyGroups, b[:cut]}}}); done || err != nil && !errors.Is(err, ErrListTooLong) {
			t.Fatal(done, err)
		}
		list, done, err := c.Add(Packet{Fields: Fields{{KeyGroups, b[cut:]}}})
		if len(b) > MaxList {
			return
		}
		if !done || err != nil {
			t.Fatal(done, err)
		}
		want := AppendGroups(nil, ParseGroups(b))
		if got := AppendGroups(nil, list.Groups); !bytes.Equal(got, want) {
			t.Fatalf("%q cut at %d is %q, whole %q", b, cut, got, want)
		}
		if again := AppendGroups(nil, ParseGroups(want)); !bytes.Equal(again, want) {
			t.Fatalf("%q reads as %q", want, again)
		}
	})
}

// FuzzAnswers: no challenge makes it panic, and what is answered is 24 letters.
func FuzzAnswers(f *testing.F) {
	f.Add("alice", "rabbit1", "eACbF0rYRe15mcc86.SPDw--")
	f.Fuzz(func(t *testing.T, id, password, seed string) {
		if len(password) > 200 {
			return
		}
		plain, crypted, err := Answers(id, password, seed)
		if err != nil {
			if len(seed) >= seedSize {
				t.Fatal(err)
			}
			return
		}
		if len(plain) != 24 || len(crypted) != 24 || plain == crypted {
			t.Fatalf("%q and %q", plain, crypted)
		}
	})
}

// FuzzLateList: the list of versions 15 and 16 cut anywhere between its fields is the list in one piece, and holds no more than
// came in.
func FuzzLateList(f *testing.F) {
	f.Add([]byte("302\xC0\x80318\xC0\x8065\xC0\x80Gr\xC3\xBC\xC0\x807\xC0\x80bob\xC0\x80241\xC0\x802\xC0\x80302\xC0\x80320\xC0\x807\xC0\x80eve\xC0\x80"), 2)
	f.Add([]byte("7\xC0\x80bob\xC0\x8059\xC0\x80Y\tv=1; x\xC0\x80"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		fields, err := ParseFields(b)
		if err != nil {
			return
		}
		cut = max(0, min(cut, len(fields)))
		for cut > 0 && cut < len(fields) && fields[cut].Key != KeyNest && fields[cut].Key != KeyGroup { // servers do not cut a contact
			cut--
		}
		var whole, parts Collector
		want, _, err := whole.Add(Packet{Service: List15, Fields: fields})
		if err != nil {
			return
		}
		if _, _, err := parts.Add(Packet{Service: List15, Fields: fields[:cut]}); err != nil {
			t.Fatal(err)
		}
		got, done, err := parts.Add(Packet{Service: List15, Fields: fields[cut:]})
		if err != nil || !done || !bytes.Equal(AppendGroups(nil, got.Groups), AppendGroups(nil, want.Groups)) || len(got.Ignored) != len(want.Ignored) {
			t.Fatalf("%q cut at %d is %v, whole %v (%v)", b, cut, got, want, err)
		}
		n := len(got.Ignored)
		for _, g := range got.Groups {
			n += len(g.Members)
		}
		if n > len(fields.All(KeyContact)) {
			t.Fatalf("%d contacts of %d", n, len(fields.All(KeyContact)))
		}
	})
}

// FuzzReply: what is read has a number, and no value with a line end; what was written reads the same again.
func FuzzReply(f *testing.F) {
	f.Add([]byte("0\r\nymsgr=T0KEN\r\npartnerid=P\r\n"))
	f.Add([]byte("1212"))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReply(b)
		if err != nil {
			if !errors.Is(err, ErrReply) {
				t.Fatal(err)
			}
			return
		}
		if r.Code < 0 || r.Code > 999_999 || len(r.Values) > maxReplyLines {
			t.Fatalf("%+v", r)
		}
		again := strconv.AppendInt(nil, int64(r.Code), 10)
		for name, value := range r.Values {
			if strings.Contains(name+value, "\n") {
				t.Fatalf("%q: %q", name, value)
			}
			again = append(again, "\n"+name+"="+value...)
		}
		if second, err := ParseReply(again); err != nil || second.Code != r.Code || len(second.Values) != len(r.Values) {
			t.Fatalf("%q reads as %+v, again as %+v (%v)", b, r, second, err)
		}
	})
}

// What goes over HTTP is a packet, the key of a file, and the file: nothing is lost and nothing made up.
func FuzzUpload(f *testing.F) {
	head, err := AppendPacket(nil, Packet{Version: 10, Service: FileTransfer, Fields: Fields{Text(KeyUser, "alice"), Text(KeyFile, "tea.txt")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(slices.Concat(head, []byte(FileFollows), []byte("some bytes")))
	f.Add(head)
	f.Add([]byte("YMSG"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, data, err := ParseUpload(body)
		if err != nil {
			return
		}
		if !bytes.HasSuffix(body, append([]byte(FileFollows), data...)) {
			t.Fatalf("%q is not the end of %q", data, body)
		}
		raw, err := NewReader(bytes.NewReader(body)).Next()
		if err != nil || HeaderSize+len(raw.Body)+len(FileFollows)+len(data) != len(body) || p.Service != raw.Service {
			t.Fatalf("%d bytes of %d are a packet and a file (%v)", HeaderSize+len(raw.Body)+len(FileFollows)+len(data), len(body), err)
		}
	})
}
