package registry

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func TestBackupWhileItIsWritten(t *testing.T) {
	r, path, keyFile := sealed(t)
	k, ctx := running(t, r), t.Context()
	must(t, k.Do(ctx, Put{Registration: alice()}, Remember{Key: alice().Key, Changed: []Memory{{ID: "bob"}}}))
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				stopped <- i
				return
			default:
				if err := k.Do(ctx, Put{Registration: numbered(i)}); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	sealer := keysOf(t, keyFile)
	last := 0
	for i := range 10 {
		to := filepath.Join(t.TempDir(), "copy")
		size, err := r.BackupFile(ctx, to)
		must(t, err)
		info, err := os.Stat(to)
		must(t, err)
		if info.Size() != size || info.Mode().Perm() != 0o600 {
			t.Errorf("%d bytes, mode %v; told %d", info.Size(), info.Mode(), size)
		}
		n, err := Verify(to, Options{Sealer: sealer})
		if err != nil || n < 1 || n < last {
			t.Fatalf("copy %d: %d registrations, %v", i, n, err)
		}
		last = n
	}
	close(stop)
	t.Logf("%d registrations written meanwhile", <-stopped)
	if _, err := r.BackupFile(ctx, path); !errors.Is(err, ErrExists) {
		t.Errorf("over the registry: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	dir := t.TempDir()
	if _, err := r.BackupFile(canceled, filepath.Join(dir, "copy")); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a backup that failed leaves %v", left)
	}
}

func TestRecover(t *testing.T) {
	r, path, keyFile := sealed(t)
	k, ctx, o := running(t, r), t.Context(), Options{Sealer: keysOf(t, keyFile)}
	must(t, k.Do(ctx, Put{Registration: alice()}))
	dir := t.TempDir()
	from, to := filepath.Join(dir, "copy"), filepath.Join(dir, "imgate.db")
	_, err := r.BackupFile(ctx, from)
	must(t, err)
	if _, err := Recover(ctx, from, path, o); !errors.Is(err, ErrExists) {
		t.Errorf("over a registry: %v", err)
	}
	if _, err := Recover(ctx, from, to, Options{Sealer: testSealer(t)}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("with another key: %v", err)
	}
	must(t, os.Chmod(from, 0o644))
	if _, err := Recover(ctx, from, to, o); !errors.Is(err, ErrModes) {
		t.Errorf("a copy that others can read: %v", err)
	}
	must(t, os.Chmod(from, 0o600))
	if n, err := Recover(ctx, from, to, o); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	got, ok, err := open(t, to, o).Get(alice().Key)
	if err != nil || !ok || got.Password.Reveal() != "rabbit1" {
		t.Errorf("recovered: %v %v", ok, err)
	}
}

// A damaged copy is refused, or reads as it should; it never ends the program.
func TestDamagedCopiesAreRefused(t *testing.T) {
	r, _, keyFile := sealed(t)
	k, o := running(t, r), Options{Sealer: keysOf(t, keyFile)}
	var all []Change
	for i := range 100 {
		all = append(all, Put{Registration: numbered(i)})
	}
	must(t, k.Do(t.Context(), all...))
	var whole bytes.Buffer
	_, err := r.Backup(t.Context(), &whole)
	must(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "copy")
	refused := 0
	for i := range 400 {
		b := bytes.Clone(whole.Bytes())
		if i%2 == 0 {
			b = b[:random.IntN(len(b))]
		} else {
			for range 1 + i/2 {
				b[random.IntN(len(b))] ^= byte(1 + random.IntN(255))
			}
		}
		must(t, os.WriteFile(path, b, 0o600))
		switch n, err := Verify(path, o); {
		case err != nil:
			refused++
		case n != len(all):
			t.Fatalf("a damaged copy was taken with %d of %d registrations", n, len(all))
		}
	}
	t.Logf("%d of 400 refused", refused)
	if refused < 390 { // some cuts take only what follows the last page
		t.Errorf("only %d refused", refused)
	}
}
