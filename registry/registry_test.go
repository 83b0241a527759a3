package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"imgate/state"
	"imgate/transports"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func testSealer(t *testing.T) *Sealer {
	t.Helper()
	text, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, path string, o Options) *Registry {
	t.Helper()
	r, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// running starts a keeper that stops with the test.
func running(t *testing.T, r *Registry) *Keeper {
	t.Helper()
	k := NewKeeper(r, quiet())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); k.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return k
}

func alice() Registration {
	return Registration{
		Key: Key{"alice@example.org", "aim"}, Name: "aliceliddell", Typed: "Alice Liddell",
		Password: transports.NewSecret("rabbit1"), Kept: map[string]transports.Secret{"cookie": transports.NewSecret("Y=1")},
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Settings: map[string]string{"policy": "always"},
		Subs: Subscription{To: true},
	}
}

var compare = cmp.Comparer(func(a, b transports.Secret) bool { return a.Reveal() == b.Reveal() })

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestARegistrationComesBackWhole(t *testing.T) {
	path, sealer := filepath.Join(t.TempDir(), "imgate.db"), testSealer(t)
	r := open(t, path, Options{Sealer: sealer})
	k := running(t, r)
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC)
	snap := state.Snapshot{
		State: state.Disabled, Reason: state.OtherLocation, Text: "signed on elsewhere", Since: at, Attempt: 3,
		NextAttempt: at.Add(time.Minute), NotBefore: at, LastOnline: at, Policy: state.Always, BrokenInRow: 1, Version: "1",
		LastFailure: state.Fault{Kind: transports.Replaced, Text: "elsewhere", At: at},
		Trial:       &state.Trial{State: state.BadAuth, Text: "refused"},
	}
	ctx := context.Background()
	must(t, k.Do(ctx, Put{Registration: alice(), State: snap}))
	must(t, k.Do(ctx, Remember{Key: alice().Key, Changed: []Memory{{ID: "bob", Name: "Bob", Groups: []string{"Pals"}, Asked: true}}}))
	want := Stored{alice(), snap}
	for got, err := range r.All() {
		must(t, err)
		if d := cmp.Diff(want, got, compare); d != "" {
			t.Error(d)
		}
	}
	contacts, err := r.Contacts(alice().Key)
	must(t, err)
	if d := cmp.Diff(map[transports.LegacyID]Memory{"bob": {ID: "bob", Name: "Bob", Groups: []string{"Pals"}, Asked: true}}, contacts); d != "" {
		t.Error(d)
	}
	raw, err := os.ReadFile(path)
	must(t, err)
	if strings.Contains(string(raw), "rabbit1") || strings.Contains(string(raw), "Y=1") {
		t.Error("the file holds a secret in the clear")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestNewCredentialsStandBesideTheOld(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k, ctx := running(t, r), context.Background()
	reg := alice()
	reg.Old, reg.Password = reg.Password, transports.NewSecret("new")
	must(t, k.Do(ctx, Put{Registration: reg}))
	must(t, k.Do(ctx, TakeBack{reg.Key}))
	expect := func(password, old string) {
		t.Helper()
		got, ok, err := r.Get(reg.Key)
		if err != nil || !ok || got.Password.Reveal() != password || got.Old.Reveal() != old {
			t.Errorf("%v %v: passwords differ from the expected", ok, err)
		}
	}
	expect("rabbit1", "")
	must(t, k.Do(ctx, TakeBack{reg.Key}))
	expect("rabbit1", "")
	must(t, k.Do(ctx, Put{Registration: reg}, Prove{reg.Key}))
	expect("new", "")
}

func TestRemoveRestoreWipe(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k, ctx, key := running(t, r), context.Background(), alice().Key
	must(t, k.Do(ctx, Put{Registration: alice()}, Remember{Key: key, Changed: []Memory{{ID: "bob", To: true}, {ID: "eve", Gone: true}}}))
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	must(t, k.Do(ctx, Remove{Key: key, At: at}))
	if got, _, _ := r.Get(key); !got.Removed.Equal(at) {
		t.Errorf("removed at %v", got.Removed)
	}
	must(t, k.Do(ctx, Restore{Key: key, At: at}))
	if got, _, _ := r.Get(key); !got.Removed.IsZero() || got.Password.Reveal() != "rabbit1" {
		t.Error("restore did not bring the registration back")
	}
	if left, _ := r.Contacts(key); len(left) != 1 || !left["eve"].Gone {
		t.Errorf("contacts after it: %v", left)
	}
	if err := k.Do(ctx, Restore{Key: key, At: at}); !errors.Is(err, ErrNotRemoved) {
		t.Errorf("restored twice: %v", err)
	}
	must(t, k.Do(ctx, Remove{Key: key, Wipe: true}))
	if _, ok, _ := r.Get(key); ok {
		t.Error("still there after the wipe")
	}
	if left, _ := r.Contacts(key); len(left) != 0 {
		t.Error("contacts outlived the wipe")
	}
	if err := k.Do(ctx, Remove{Key: key, Wipe: true}); !errors.Is(err, ErrNotRegistered) {
		t.Errorf("second wipe: %v", err)
	}
}

func TestARefusedChangeLeavesOthersAlone(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k := NewKeeper(r, quiet())
	good, bad := make(chan error, 1), make(chan error, 1)
	stranger := Key{"eve@example.org", "aim"}
	k.Submit(bad, Prove{stranger})
	k.Submit(good, Put{Registration: alice()})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k.Run(ctx)
	if err := <-bad; !errors.Is(err, ErrNotRegistered) {
		t.Errorf("stranger: %v", err)
	}
	must(t, <-good)
	k.Submit(bad, Put{Registration: alice()})
	if err := <-bad; !errors.Is(err, ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestALaterSnapshotWins(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k, key := NewKeeper(r, quiet()), alice().Key
	k.Submit(nil, Put{Registration: alice(), State: state.Snapshot{State: state.Start}})
	k.Later(SetState{Key: key, State: state.Snapshot{State: state.Online, Attempt: 1}})
	k.Submit(nil, SetState{Key: key, State: state.Snapshot{State: state.BadAuth}})
	k.Later(SetState{Key: key, State: state.Snapshot{State: state.Online, Attempt: 2}})
	k.Later(SetState{Key: Key{"gone@example.org", "aim"}, State: state.Snapshot{State: state.Online}})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k.Run(ctx)
	if got, _, err := r.Get(key); err != nil || got.State.State != state.Online || got.State.Attempt != 2 {
		t.Errorf("%+v %v", got.State, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir, sealer := t.TempDir(), testSealer(t)
	path := filepath.Join(dir, "db")
	r := open(t, path, Options{Sealer: sealer})
	if _, err := Open(path, Options{Sealer: sealer}); !errors.Is(err, ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	must(t, r.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("99"))
	}))
	must(t, r.Close())
	if _, err := Open(path, Options{Sealer: sealer}); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	if _, err := Open(path, Options{Sealer: testSealer(t)}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("another key: %v", err)
	}
	must(t, os.Chmod(path, 0o644))
	if _, err := Open(path, Options{Sealer: sealer}); !errors.Is(err, ErrModes) {
		t.Errorf("modes: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "other"), Options{}); !errors.Is(err, ErrPlain) {
		t.Errorf("no key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "junk"), []byte(strings.Repeat("junk", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "junk"), Options{Sealer: sealer}); err == nil {
		t.Error("junk was opened")
	}
}

func TestSealedValuesOpenOnlyInTheirPlace(t *testing.T) {
	s, secret := testSealer(t), transports.NewSecret("rabbit1")
	a, b := alice().Key, Key{"bob@example.org", "aim"}
	sealed, err := s.seal(secret, place(a, "password"))
	must(t, err)
	if got, err := s.open(sealed, place(a, "password"), false); err != nil || got.Reveal() != "rabbit1" {
		t.Errorf("open: %v", err)
	}
	if _, err := s.open(sealed, place(b, "password"), false); !errors.Is(err, ErrUnsealable) {
		t.Errorf("another registration: %v", err)
	}
	if _, err := s.open(sealed, place(a, "old"), false); !errors.Is(err, ErrUnsealable) {
		t.Errorf("another field: %v", err)
	}
	if _, err := testSealer(t).open(sealed, place(a, "password"), false); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("another key: %v", err)
	}
	var none *Sealer
	plain, err := none.seal(secret, nil)
	must(t, err)
	if _, err := s.open(plain, nil, false); !errors.Is(err, ErrPlain) {
		t.Errorf("plain: %v", err)
	}
	if got, err := s.open(plain, nil, true); err != nil || got.Reveal() != "rabbit1" {
		t.Errorf("plain allowed: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	text, _ := NewKey()
	s, _ := ParseKeys(text)
	sealed, _ := s.seal(transports.NewSecret("x"), []byte("place"))
	f.Add(sealed)
	f.Add([]byte{sealX})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := s.open(b, []byte("place"), false); err == nil && len(b) > 0 && string(b) != string(sealed) {
			t.Errorf("opened %x as %d bytes", b, len(got.Reveal()))
		}
	})
}

func TestParseKeys(t *testing.T) {
	one, _ := NewKey()
	two, _ := NewKey()
	if s, err := ParseKeys("# mine\n\n" + one + two); err != nil || len(s.keys) != 2 {
		t.Errorf("two keys: %v", err)
	}
	secretive := "imgate-key-1 00000000 c2hvcnQ="
	for _, bad := range []string{"", "# only words\n", "key", "imgate-key-1 xyz abc", secretive, strings.Replace(one, "1 ", "2 ", 1)} {
		_, err := ParseKeys(bad)
		if !errors.Is(err, ErrKeyFile) {
			t.Errorf("%q: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("the error quotes the key file: %v", err)
		}
	}
}

func TestDamagedRegistrationsDoNotHideOthers(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k, ctx := running(t, r), context.Background()
	for i := range 3 {
		reg := alice()
		reg.User = fmt.Sprintf("user%d@example.org", i)
		must(t, k.Do(ctx, Put{Registration: reg}))
	}
	must(t, r.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("registrations")).Put(Key{"user1@example.org", "aim"}.bytes(), []byte("{broken"))
	}))
	good, bad := 0, 0
	for s, err := range r.All() {
		if err != nil {
			bad++
			if s.User != "user1@example.org" {
				t.Errorf("error for %q", s.User)
			}
			continue
		}
		good++
	}
	if good != 2 || bad != 1 {
		t.Errorf("%d good, %d bad", good, bad)
	}
}

// A wipe that was decided upon before the user registered again does not touch what is there now.
func TestAWipeMeansWhatWasRemovedThen(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "imgate.db"), Options{Sealer: testSealer(t)})
	k := running(t, r)
	do := func(c Change) {
		t.Helper()
		if err := k.Do(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Now().UTC()
	do(Put{Registration: alice()})
	do(Remove{Key: alice().Key, At: at})
	do(Put{Registration: alice()})
	do(Remove{Key: alice().Key, Wipe: true, If: at})
	if _, ok, err := r.Get(alice().Key); !ok || err != nil {
		t.Errorf("the new registration is there: %v, %v", ok, err)
	}
	do(Remove{Key: alice().Key, At: at})
	do(Remove{Key: alice().Key, Wipe: true, If: at})
	if _, ok, _ := r.Get(alice().Key); ok {
		t.Error("what was removed is still there")
	}
}

// Whether a name is another is seen where it is stored: two registrations may follow each other quickly.
func TestAnotherNameTakesNothingAlong(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "imgate.db"), Options{Sealer: testSealer(t)})
	k := running(t, r)
	reg := alice()
	reg.Kept = map[string]transports.Secret{"cookie": transports.NewSecret("c")}
	if err := k.Do(context.Background(), Put{Registration: reg},
		Remember{Key: reg.Key, Changed: []Memory{{ID: "bob", To: true}}},
		SetCredentials{Key: reg.Key, Name: "other", Typed: "Other", Password: transports.NewSecret("p2")}); err != nil {
		t.Fatal(err)
	}
	s, _, err := r.Get(reg.Key)
	contacts, err2 := r.Contacts(reg.Key)
	if err != nil || err2 != nil || !s.Old.Empty() || len(s.Kept) != 0 || len(contacts) != 0 {
		t.Errorf("old %v, kept %v, contacts %v, %v, %v", s.Old.Empty(), s.Kept, contacts, err, err2)
	}
}
