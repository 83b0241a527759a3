package transporttest

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
)

// lines is a Scribe of lines; digits after "seq" are a sequence number, what follows "key" is a capture.
type lines struct{}

func (lines) Split(_ Side, b []byte) int { return bytes.IndexByte(b, '\n') + 1 }

func (lines) Spell(_ int, _ Side, line []byte) ([]Part, string) {
	if rest, ok := bytes.CutPrefix(line, []byte("key")); ok {
		return []Part{{Bytes: line[:3], Text: true}, {Name: "key", Bytes: rest[:8]}, {Bytes: rest[8:], Text: true}}, "a key"
	}
	if rest, ok := bytes.CutPrefix(line, []byte("seq")); ok {
		return []Part{{Bytes: line[:3], Text: true}, {Name: "seq", Bytes: rest[:1]}, {Bytes: rest[1:], Text: true}}, ""
	}
	return []Part{{Bytes: line, Text: true}}, ""
}

// TestRecorder records a conversation and plays it again, with another key.
func TestRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRecorder(Talk{Server: "s", Version: "v", Date: "2026-11-21", How: "in a test"}, lines{})
		dial := r.Dial(func(context.Context, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				io.WriteString(server, "hello\nkeyABCDEFGH\n")
				io.ReadFull(server, make([]byte, len("seq0\nseq1\nmy ABCDEFGH!\n")))
				io.WriteString(server, "bye\ncut")
				server.Close()
			}()
			return client, nil
		})
		r.Words(Do, "sign on")
		talkLines(t, dial)
		var b bytes.Buffer
		r.WriteTo(&b)
		const want = `talk "s" "v" 2026-11-21 "in a test"
do sign on
connection 1
S: "hello\n"
S: "key" <key:8=4142434445464748> "\n"   # a key
C: "seq" <seq:1=30> "\n"
C: "seq" <seq+1> "\n"
C: "my " <key> "!\n"
S: "bye\n"
S: 637574   # and no more
S: close
`
		if b.String() != want {
			t.Fatalf("recorded\n%s\nwant\n%s", &b, want)
		}
		talk, err := ParseTalk(strings.NewReader(strings.Replace(b.String(), "4142434445464748", "5152535455565758", 1)))
		if err != nil {
			t.Fatal(err)
		}
		p := Play(t, talk, Options{Settle: synctest.Wait})
		talkLines(t, p.Dial)
		if err := p.Finish(); err != nil {
			t.Error(err)
		}
	})
}

// talkLines is a client: it repeats the server's key.
func talkLines(t *testing.T, dial func(context.Context, string) (net.Conn, error)) {
	t.Helper()
	c, err := dial(t.Context(), "x:1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	head := make([]byte, len("hello\nkeyABCDEFGH\n"))
	if _, err := io.ReadFull(c, head); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "seq0\ns")
	io.WriteString(c, "eq1\nmy "+string(head[9:17])+"!\n")
	rest, err := io.ReadAll(c)
	if err != nil || string(rest) != "bye\ncut" {
		t.Errorf("%q %v", rest, err)
	}
}

// TestRecordCrossing: what the server says when the client has closed, and the client when the server has, may
// or may not be said the next time.
func TestRecordCrossing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRecorder(Talk{Date: "2026-11-21"}, lines{})
		ends := make(chan net.Conn, 2)
		dial := r.Dial(func(context.Context, string) (net.Conn, error) {
			client, server := net.Pipe()
			ends <- server
			return client, nil
		})
		a, _ := dial(t.Context(), "x:1")
		server := <-ends
		go func() { io.WriteString(server, "late\n"); server.Close() }()
		a.Close()
		b, _ := dial(t.Context(), "y:2")
		(<-ends).Close()
		b.Read(make([]byte, 1))
		b.Write([]byte("bye\n"))
		b.Close()
		var out bytes.Buffer
		r.WriteTo(&out)
		const want = "connection 1\nS?: \"late\\n\"\nC: close\nconnection 2 \"y:2\"\nC?: 6279650A\nS: close\n"
		if _, got, _ := strings.Cut(out.String(), "\n"); got != want {
			t.Errorf("recorded\n%s\nwant\n%s", got, want)
		}
	})
}
