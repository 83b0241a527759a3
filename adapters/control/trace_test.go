package control

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
)

// A trace gives bytes only to who asks for them, ends when who looks goes away, and does not hold up the end.
func TestTraceEndsWithItsReader(t *testing.T) {
	d := &desk{endless: true}
	path := serve(t, d)
	for _, bytes := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		var seen []Event
		_, err := Ask(ctx, path, Request{Verb: "trace", User: mona.User, Service: mona.Service, Bytes: bytes}, func(l Line) {
			if l.Event != nil {
				seen = append(seen, *l.Event)
				cancel()
			}
		})
		if err == nil || len(seen) == 0 {
			t.Fatalf("%v %v", seen, err)
		}
		if e := seen[0]; e.Text != "seen" || e.Length != 5 || e.Conn != 3 || string(e.Bytes) != map[bool]string{true: "xxxxx"}[bytes] {
			t.Errorf("%+v", e)
		}
	}
	// One who asks and never reads: the socket closes in the test's end all the same, and the trace with it.
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(`{"verb":"trace","user":"mona@example.org","service":"aim"}` + "\n")); err != nil {
		t.Fatal(err)
	}
}

// Whatever a client sends ends its trace.
func TestTraceEndsWhenItIsToldTo(t *testing.T) {
	d := &desk{endless: true}
	conn, err := net.Dial("unix", serve(t, d))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte(`{"verb":"trace","user":"mona@example.org","service":"aim"}` + "\n")); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(conn)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no end: %v", err)
		}
		if strings.Contains(line, `"end":true`) {
			break
		}
	}
	if _, err := lines.ReadString('\n'); err == nil {
		t.Error("the connection goes on")
	}
}
