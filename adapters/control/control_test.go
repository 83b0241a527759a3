package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imgate/registry"
	"imgate/state"
	"imgate/transports"
)

// A desk is a gateway of one registration that notes what it is told.
type desk struct {
	heard []string
	fails error
	panic bool

	endless bool // a trace goes on until nobody looks
}

var mona = registry.Standing{Key: registry.Key{User: "mona@example.org", Service: "aim"}, Name: "mona", State: state.Snapshot{State: state.Online}}

func (d *desk) hear(what string) (string, error) {
	if d.panic {
		panic("at the desk")
	}
	d.heard = append(d.heard, what)
	return what, d.fails
}

func (d *desk) Standings() iter.Seq2[registry.Standing, error] {
	return func(yield func(registry.Standing, error) bool) { _ = yield(mona, d.fails) }
}
func (d *desk) Standing(registry.Key) (registry.Standing, error) { return mona, d.fails }
func (d *desk) Explain(registry.Key) (registry.Standing, []registry.Transition, error) {
	return mona, []registry.Transition{{State: state.Start}, {State: state.Online}}, d.fails
}
func (d *desk) Wish(_ context.Context, k registry.Key, in state.Input) (string, error) {
	return d.hear(fmt.Sprintf("%v %T", k, in))
}
func (d *desk) Remove(_ context.Context, k registry.Key) (string, error) { return d.hear("remove") }
func (d *desk) Restore(_ context.Context, k registry.Key) (string, error) {
	return d.hear("restore")
}
func (d *desk) Trace(ctx context.Context, k registry.Key, each func(transports.TraceEvent) bool) error {
	if _, err := d.hear("trace"); err != nil {
		return err
	}
	for each(transports.TraceEvent{Kind: transports.TraceFrame, Conn: 3, Frame: transports.Hide("seen", 5)}) && d.endless && ctx.Err() == nil {
	}
	return nil
}
func (d *desk) Backup(_ context.Context, path string) (int64, error) {
	_, err := d.hear("backup " + path)
	return 7, err
}
func (d *desk) Rotate(context.Context) (registry.Rotation, error) {
	_, err := d.hear("rotate")
	return registry.Rotation{Key: "00000001"}, err
}
func (d *desk) Links() []Link { return []Link{{Service: "aim", Up: true}} }

// serve opens a socket until the test ends.
func serve(t *testing.T, v Verbs) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Socket)
	s, err := Listen(path, v, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if _, err := os.Stat(path); err == nil {
			t.Error("the socket was left behind")
		}
	})
	return path
}

func TestEveryVerb(t *testing.T) {
	d := &desk{}
	path := serve(t, d)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	for name, v := range verbs() {
		r := Request{Verb: name}
		if v.named {
			r.User, r.Service = mona.User, mona.Service
		}
		if name == "backup" {
			r.Path = "/tmp/x"
		}
		var lines []Line
		text, err := Ask(t.Context(), path, r, func(l Line) { lines = append(lines, l) })
		if err != nil || len(lines) == 0 && text == "" {
			t.Errorf("%s: %q %v %v", name, text, lines, err)
		}
	}
	slices.Sort(d.heard)
	want := "backup /tmp/x|mona@example.org on aim state.Disable|mona@example.org on aim state.Enable|mona@example.org on aim state.Reconnect|remove|restore|rotate|trace"
	if got := strings.Join(d.heard, "|"); got != want {
		t.Errorf("heard %s", got)
	}
	d.fails = errors.New("not today")
	var refused *RefusedError
	if _, err := Ask(t.Context(), path, Request{Verb: "rotate"}, nil); !errors.As(err, &refused) || refused.Text != "not today" {
		t.Errorf("a refusal: %v", err)
	}
	d.panic = true
	if _, err := Ask(t.Context(), path, Request{Verb: "rotate"}, nil); !errors.As(err, &refused) {
		t.Errorf("a panic: %v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	path := filepath.Join(t.TempDir(), Socket)
	if _, err := Ask(t.Context(), path, Request{Verb: "list"}, nil); !errors.Is(err, ErrNotRunning) {
		t.Error(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := Ask(t.Context(), path, Request{Verb: "list"}, nil); !errors.Is(err, ErrNotRunning) {
		t.Error(err)
	}
	s, err := Listen(path, &desk{}, slog.Default())
	if err != nil {
		t.Fatalf("over the socket of one that died: %v", err)
	}
	s.l.Close()
	if _, err := Listen("/"+strings.Repeat("x", 200), &desk{}, nil); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Error(err)
	}
}

// A connection may ask again; what is wrong or too long is told, and there is room for so many.
func TestConnections(t *testing.T) {
	path := serve(t, &desk{})
	dial := func() net.Conn {
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := dial()
	for range 3 {
		fmt.Fprintln(c, `{"verb":"links"}`)
		if text, err := readAnswer(c, func(Line) {}); err != nil || text != "" {
			t.Error(text, err)
		}
		fmt.Fprintln(c, `{"verb":"sing"}`)
		if _, err := readAnswer(c, nil); err == nil || !strings.Contains(err.Error(), "unknown verb") {
			t.Error(err)
		}
	}
	fmt.Fprintln(c, strings.Repeat("x", 2*maxRequest))
	if _, err := readAnswer(c, nil); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Error(err)
	}
	c.Close()
	var full []net.Conn
	refused := false
	for range 2 * maxClients {
		c := dial()
		full = append(full, c)
		fmt.Fprintln(c, `{"verb":"links"}`)
		if _, err := readAnswer(c, func(Line) {}); err != nil {
			refused = true
			break
		}
	}
	if !refused || len(full) < maxClients-1 {
		t.Errorf("%d connections, refused %v", len(full), refused)
	}
	for _, c := range full {
		c.Close()
	}
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		`{"verb":"list"}`, `{"verb":"show","user":"a@b","service":"aim"}`, `{"verb":"backup","path":"/x"}`,
		`{"verb":"disable","user":"a@b","service":"aim","text":"why"}`, `{"verb":"show","user":"a\u0000"}`, `{}{}`, `[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRequest(b)
		if err != nil {
			if !errors.Is(err, ErrRequest) || r != (Request{}) {
				t.Errorf("%+v %v", r, err)
			}
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseRequest(again); err != nil || back != r {
			t.Errorf("%+v, then %+v: %v", r, back, err)
		}
	})
}
