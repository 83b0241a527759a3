package tap

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"imgate/registry"
	"imgate/transports"
)

var juliet, romeo = registry.Key{User: "juliet@example.org", Service: "tin"}, registry.Key{User: "romeo@example.org", Service: "tin"}

// tin is a network whose frames are lines, and whose words after a colon are secret.
type tin struct{ transports.Network }

func (tin) Describe(bool) transports.Describer { return &lines{} }

type lines struct{ line []byte }

func (l *lines) Pass([]byte)     { l.line = nil }
func (l *lines) Unfinished() int { return len(l.line) }
func (l *lines) Describe(b []byte) (list []transports.Frame) {
	for _, c := range b {
		if l.line = append(l.line, c); c == '\n' {
			word, _, _ := strings.Cut(string(l.line), ":")
			list = append(list, transports.Hide(word, len(l.line)))
			l.line = nil
		}
	}
	return list
}

// pair dials for key; the other end takes and gives.
func pair(t *testing.T, h *Hub, key registry.Key, n transports.Network) (ours, theirs net.Conn) {
	t.Helper()
	ours, theirs = net.Pipe()
	conn, err := h.Dialled(key, n, func(context.Context, string) (net.Conn, error) { return ours, nil })(t.Context(), "tin.example:1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); _ = theirs.Close() })
	return conn, theirs
}

func say(t *testing.T, from, to net.Conn, words string) {
	t.Helper()
	done := make(chan error, 1)
	go func() { _, err := from.Write([]byte(words)); done <- err }()
	if _, err := to.Read(make([]byte, len(words))); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A trace sees the registration it is of and no other, from connections that were open before too, at the right
// place in the stream; when it ends nobody looks any more.
func TestATraceSeesOneRegistration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hub{}
		ours, theirs := pair(t, h, juliet, tin{})
		other, others := pair(t, h, romeo, tin{})
		say(t, ours, theirs, "before:x\n")
		ctx, cancel := context.WithCancel(t.Context())
		var seen []transports.TraceEvent
		done := make(chan error, 1)
		go func() {
			done <- h.Trace(ctx, juliet, func(ev transports.TraceEvent) bool { seen = append(seen, ev); return true })
		}()
		synctest.Wait()
		say(t, ours, theirs, "login:secret\nhalf")
		say(t, other, others, "unseen:\n")
		say(t, theirs, ours, "welcome:secret\n")
		refused := h.Dialled(juliet, tin{}, func(context.Context, string) (net.Conn, error) { return nil, errors.New("no route") })
		if _, err := refused(t.Context(), "tin.example:2"); err == nil {
			t.Error("a connection that could not be made")
		}
		_ = theirs.Close()
		if _, err := ours.Write([]byte("x")); err == nil {
			t.Error("a write to nobody")
		}
		_ = ours.Close()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ev := range seen {
			got = append(got, strings.TrimSpace(string(ev.Kind)+" "+ev.Frame.Text))
			if strings.Contains(string(ev.Frame.Bytes)+ev.Frame.Text, "secret") {
				t.Errorf("%+v", ev)
			}
		}
		want := "begun|frame login|frame welcome|refused tin.example:2: no route|frame 5 bytes of an unfinished frame|ended io: read/write on closed pipe|closed"
		if strings.Join(got, "|") != want {
			t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
		}
		if first := seen[1]; !first.Out || first.Offset != uint64(len("before:x\n")) || first.Conn != 1 || len(first.Frame.Bytes) != len("login:secret\n") {
			t.Errorf("%+v", first)
		}
		if h.looks.Load() != nil || h.count != 0 {
			t.Error("somebody still looks")
		}
	})
}

// Who looks too slowly is told how much is missing, and the session has waited for nobody.
func TestASlowReaderLosesEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hub{}
		ours, theirs := pair(t, h, juliet, nil)
		ctx, cancel := context.WithCancel(t.Context())
		wake, done := make(chan struct{}), make(chan error, 1)
		frames, lost := 0, 0
		go func() {
			done <- h.Trace(ctx, juliet, func(ev transports.TraceEvent) bool {
				if ev.Kind != transports.TraceBegun {
					<-wake
				}
				lost += ev.Lost
				if ev.Kind == transports.TraceFrame {
					frames++
				}
				return true
			})
		}()
		synctest.Wait()
		const said = maxEvents + 300
		for range said {
			say(t, ours, theirs, "some words")
		}
		close(wake)
		synctest.Wait()
		if frames+lost != said || lost < 200 {
			t.Errorf("%d frames and %d lost of %d", frames, lost, said)
		}
		frames, lost = 0, 0
		big := strings.Repeat("x", blindPiece)
		for range 3 {
			say(t, ours, theirs, big)
		}
		synctest.Wait()
		if frames != 3 || lost != 0 {
			t.Errorf("%d frames and %d lost after it has caught up", frames, lost)
		}
		cancel()
		<-done
	})
}

func TestTracesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Hub{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, maxTraces)
		for i := range maxTraces {
			key := juliet
			if i%2 == 0 {
				key = romeo
			}
			go func() { done <- h.Trace(ctx, key, func(transports.TraceEvent) bool { return true }) }()
		}
		synctest.Wait()
		if err := h.Trace(ctx, juliet, nil); !errors.Is(err, ErrBusy) {
			t.Errorf("one too many: %v", err)
		}
		cancel()
		for range maxTraces {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if h.looks.Load() != nil {
			t.Error("somebody still looks")
		}
	})
}

// idle is a connection on which nothing costs anything.
type idle struct{ net.Conn }

func (idle) Read(b []byte) (int, error) { return len(b), nil }

// What a trace costs nobody while nobody looks.
func BenchmarkReadUntraced(b *testing.B) {
	h := &Hub{}
	conn, err := h.Dialled(juliet, nil, func(context.Context, string) (net.Conn, error) { return idle{}, nil })(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 128)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = conn.Read(buf)
	}
}
