package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"imgate/component"
	"imgate/component/componenttest"
)

// twoServices is a gateway with two services behind one XMPP server of that personality.
func twoServices(t *testing.T, p componenttest.Personality) (*componenttest.Server, *upDown) {
	t.Helper()
	x, address := listens(t, p, "one.example.org", "two.example.org")
	source := fmt.Sprintf("data_dir = %q\n[xmpp]\nserver = %q\nsecret = \"s3cret\"\nusers = [\"example.org\"]\n[seal]\nallow_plain = true\n[http]\nlisten = \"\"\n",
		filepath.Join(t.TempDir(), "data"), address)
	for _, name := range []string{"one", "two"} {
		source += fmt.Sprintf("[[service]]\nname = %q\ntype = \"aim\"\ndomain = \"%s.example.org\"\n[service.network]\nserver = \"127.0.0.1:1\"\n", name, name)
	}
	c, err := parseConfig("two.toml", source, networks())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	seen := &upDown{up: map[string]bool{}}
	s.up = seen.note
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return x, seen
}

// upDown is which domains are up.
type upDown struct {
	mu sync.Mutex
	up map[string]bool
}

func (u *upDown) note(domain string, st component.State) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.up[domain] = st.Up
}

func (u *upDown) both(want bool) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.up["one.example.org"] == want && u.up["two.example.org"] == want
}

// eventually waits for a condition, with a deadline.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		if condition() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// attempts is how long a test waits for a link.
const attempts = 20 * time.Second

// comes is the next link within a time; nil: none came.
func comes(x *componenttest.Server, within time.Duration) *componenttest.Peer {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	p, err := x.Accept(ctx)
	if err != nil {
		return nil
	}
	return p
}

// accepted is the next link.
func accepted(t *testing.T, x *componenttest.Server) *componenttest.Peer {
	t.Helper()
	p := comes(x, attempts)
	if p == nil {
		t.Fatal("no link has come")
	}
	return p
}

// Where one connection is a route for all hosts, there is one connection.
func TestOneLinkWhereOneServesAll(t *testing.T) {
	x, seen := twoServices(t, componenttest.Ejabberd())
	first := accepted(t, x)
	eventually(t, "both domains are up", func() bool { return seen.both(true) })
	if comes(x, 300*time.Millisecond) != nil {
		t.Error("a second link was opened")
	}
	first.Kill()
	eventually(t, "both domains are down", func() bool { return seen.both(false) })
	accepted(t, x) // it comes back
	eventually(t, "both domains are up again", func() bool { return seen.both(true) })
}

// Where each domain wants its own, each has it.
func TestALinkEachWhereEachNeedsOne(t *testing.T) {
	x, seen := twoServices(t, componenttest.Prosody())
	for range 2 {
		accepted(t, x)
	}
	eventually(t, "both domains are up", func() bool { return seen.both(true) })
}
