package registry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"imgate/state"
	"imgate/transports"
)

// A disk that can be full.
type disk struct {
	mu     sync.Mutex
	full   bool
	writes int
}

var errFull = &os.PathError{Op: "write", Path: "imgate.db", Err: syscall.ENOSPC}

func (d *disk) set(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func (d *disk) under(r *Registry) {
	r.update = func(f func(*bbolt.Tx) error) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		return r.db.Update(func(tx *bbolt.Tx) error {
			if err := f(tx); err != nil {
				return err
			}
			if d.full {
				return errFull
			}
			d.writes++
			return nil
		})
	}
}

func TestAFullDiskIsToldAndSurvived(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := open(t, path, Options{Sealer: testSealer(t)})
		d := &disk{}
		d.under(r)
		k := NewKeeper(r, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); k.Run(ctx) }()
		key := alice().Key
		must(t, k.Do(ctx, Put{Registration: alice()}))
		d.set(true)
		for range 3 {
			if err := k.Do(ctx, Put{Registration: numbered(1)}); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("on a full disk: %v", err)
			}
		}
		if err := k.Do(ctx, Prove{numbered(9).Key}); !errors.Is(err, ErrNotRegistered) {
			t.Errorf("what is refused on a full disk is refused for what it asks: %v", err)
		}
		if err := k.Do(ctx, SetState{Key: key, State: state.Snapshot{State: state.BadAuth}}); err == nil {
			t.Error("a durable snapshot was stored on a full disk")
		}
		k.Submit(nil, Remember{Key: key, Changed: []Memory{{ID: "bob", Asked: true}}})
		k.Later(SetState{Key: key, State: state.Snapshot{State: state.Online, Attempt: 7}})
		k.Later(SetState{Key: key, State: state.Snapshot{State: state.Online, Attempt: 8}})
		time.Sleep(time.Minute)
		if k.Trouble() == nil {
			t.Error("no trouble on a full disk")
		}
		d.set(false)
		time.Sleep(retryWait)
		synctest.Wait()
		got, _, err := r.Get(key)
		must(t, err)
		memory, err := r.Contacts(key)
		must(t, err)
		if got.State.Attempt != 8 || !memory["bob"].Asked || k.Trouble() != nil {
			t.Errorf("after it: %+v, %v, %v", got.State, memory, k.Trouble())
		}
		must(t, k.Do(ctx, Put{Registration: numbered(1)}))
		cancel()
		<-done
		if n := strings.Count(log.String(), "can't be written"); n != 1 {
			t.Errorf("told %d times:\n%s", n, log.String())
		}
		if n := strings.Count(log.String(), "can be written again"); n != 1 {
			t.Errorf("the end was told %d times:\n%s", n, log.String())
		}
	})
}

// A real file system that is full, and then is not.
func TestATinyFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("only root may mount:", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	path, sealer := filepath.Join(dir, "db"), testSealer(t)
	r := open(t, path, Options{Sealer: sealer})
	k, ctx := running(t, r), t.Context()
	stored := 0
	var full error
	for full == nil && stored < 10_000 {
		if full = k.Do(ctx, Put{Registration: numbered(stored)}); full == nil {
			stored++
		}
	}
	if !errors.Is(full, syscall.ENOSPC) || k.Trouble() == nil {
		t.Fatalf("after %d: %v", stored, full)
	}
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
	for i := range 100 {
		must(t, k.Do(ctx, Put{Registration: numbered(stored + i)}))
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if _, err := r.BackupFile(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if n, err := Verify(copied, Options{Sealer: sealer}); err != nil || n != stored+100 {
		t.Errorf("%d of %d registrations, %v", n, stored+100, err)
	}
	t.Logf("full after %d registrations, %d after it grew", stored, stored+100)
}

func TestOnlyDifferencesAreWritten(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	d := &disk{}
	d.under(r)
	k, ctx, key := running(t, r), t.Context(), alice().Key
	writes := func() int {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.writes
	}
	must(t, k.Do(ctx, Put{Registration: alice()}))
	list := []Memory{{ID: "bob", Name: "Bob"}, {ID: "eve"}}
	must(t, k.Do(ctx, Remember{Key: key, Changed: list}))
	before := writes()
	must(t, k.Do(ctx, Remember{Key: key, Changed: list, Gone: []transports.LegacyID{"nobody"}}))
	if n := writes() - before; n != 0 {
		t.Errorf("the same contacts cost %d writes", n)
	}
	list[1].Asked = true
	must(t, k.Do(ctx, Remember{Key: key, Changed: list}))
	if n := writes() - before; n != 1 {
		t.Errorf("a difference costs %d writes", n)
	}
}
