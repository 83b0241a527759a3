package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/transports"
)

// sealed makes a registry with a key file.
func sealed(t *testing.T) (r *Registry, path, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	path, keyFile = filepath.Join(dir, "imgate.db"), filepath.Join(dir, "seal.key")
	text, err := NewKey()
	must(t, err)
	must(t, os.WriteFile(keyFile, []byte("# ours\n"+text), 0o600))
	return open(t, path, Options{Sealer: keysOf(t, keyFile)}), path, keyFile
}

func keysOf(t *testing.T, keyFile string) *Sealer {
	t.Helper()
	text, err := os.ReadFile(keyFile)
	must(t, err)
	s, err := ParseKeys(string(text))
	must(t, err)
	return s
}

func numbered(i int) Registration {
	reg := alice()
	reg.User = fmt.Sprintf("user%04d@example.org", i)
	reg.Password = transports.NewSecret(reg.User)
	return reg
}

func TestRotateSealsEverythingAnew(t *testing.T) {
	r, path, keyFile := sealed(t)
	k, ctx := running(t, r), context.Background()
	var all []Change
	for i := range 3*resealAtOnce - 1 {
		all = append(all, Put{Registration: numbered(i)})
	}
	must(t, k.Do(ctx, all...))
	before := keysOf(t, keyFile)
	got, err := k.Rotate(ctx, keyFile)
	must(t, err)
	after := keysOf(t, keyFile)
	if got.Resealed != len(all) || got.Unreadable != 0 || len(got.Dropped) != 1 || len(after.keys) != 1 || after.current == before.current {
		t.Errorf("%+v, %d keys in the file", got, len(after.keys))
	}
	if text, _ := os.ReadFile(keyFile); !strings.Contains(string(text), "# ours\n") {
		t.Error("the comment of the key file is gone")
	}
	must(t, k.Do(ctx, Put{Registration: alice()}))
	must(t, r.Close())
	if n, err := Verify(path, Options{Sealer: after}); err != nil || n != len(all)+1 {
		t.Errorf("with the new key: %d, %v", n, err)
	}
	if _, err := Verify(path, Options{Sealer: before}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("with the old key: %v", err)
	}
}

// A key that something still needs stays in the file.
func TestRotateKeepsTheKeyOfWhatItCannotRead(t *testing.T) {
	r, _, keyFile := sealed(t)
	k, ctx := running(t, r), context.Background()
	must(t, k.Do(ctx, Put{Registration: alice()}, Put{Registration: numbered(1)}))
	must(t, r.change(func(w *writing) error {
		b := w.bucket("registrations")
		return w.put(b, numbered(2).Key.bytes(), b.Get(alice().Key.bytes())) // a record that was moved
	}))
	got, err := k.Rotate(ctx, keyFile)
	must(t, err)
	if got.Resealed != 2 || got.Unreadable != 1 || len(got.Kept) != 1 || len(got.Dropped) != 0 || len(keysOf(t, keyFile).keys) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestRotateRefuses(t *testing.T) {
	r, _, keyFile := sealed(t)
	k, ctx := running(t, r), context.Background()
	other, err := NewKey()
	must(t, err)
	wrong := filepath.Join(t.TempDir(), "wrong.key")
	must(t, os.WriteFile(wrong, []byte(other), 0o600))
	if _, err := k.Rotate(ctx, wrong); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a file of other keys: %v", err)
	}
	if text, _ := os.ReadFile(wrong); string(text) != other {
		t.Error("the other file was changed")
	}
	k.rotating.Lock()
	if _, err := k.Rotate(ctx, keyFile); !errors.Is(err, ErrRotating) {
		t.Errorf("twice at once: %v", err)
	}
	plain := open(t, filepath.Join(t.TempDir(), "db"), Options{AllowPlain: true})
	if _, err := NewKeeper(plain, quiet()).Rotate(ctx, keyFile); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

const rotatePath = "IMGATE_ROTATE_TEST_PATH"

// TestKilledRotation is not a test of its own: it is the child that TestARotationMayBeKilled kills.
func TestKilledRotation(t *testing.T) {
	path := os.Getenv(rotatePath)
	if path == "" {
		return
	}
	keyFile := filepath.Join(filepath.Dir(path), "seal.key")
	r, err := Open(path, Options{Sealer: keysOf(t, keyFile)})
	must(t, err)
	k := NewKeeper(r, quiet())
	go k.Run(context.Background())
	fmt.Fprintln(os.Stdout, "rotating")
	for {
		_, err := k.Rotate(context.Background(), keyFile)
		must(t, err)
	}
}

func TestARotationMayBeKilled(t *testing.T) {
	r, path, keyFile := sealed(t)
	k := running(t, r)
	var all []Change
	for i := range 3 * resealAtOnce {
		all = append(all, Put{Registration: numbered(i)})
	}
	must(t, k.Do(context.Background(), all...))
	must(t, r.Close())
	first := keysOf(t, keyFile).current
	for range 25 {
		killRotation(t, path)
		n, err := Verify(path, Options{Sealer: keysOf(t, keyFile)})
		if err != nil || n != len(all) {
			t.Fatalf("%d of %d open after the kill: %v", n, len(all), err)
		}
	}
	if keysOf(t, keyFile).current == first {
		t.Error("no rotation ever began: the test proves nothing")
	}
}

func killRotation(t *testing.T, path string) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledRotation$")
	child.Env = append(os.Environ(), rotatePath+"="+path)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "rotating" {
		t.Fatalf("the child says %q", lines.Text())
	}
	kill := time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = child.Process.Kill() })
	defer kill.Stop()
	for lines.Scan() {
		t.Fatalf("the child says %q", lines.Text())
	}
	_ = child.Wait() // it was killed: it says so
}
