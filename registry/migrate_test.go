package registry

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"go.etcd.io/bbolt"

	"imgate/state"
)

// fixture is a copy of a file of an older schema. schema1.db was written by github.com/boltdb/bolt v1.3.1.
func fixture(t *testing.T, schema int) (path string, s *Sealer) {
	t.Helper()
	name := filepath.Join("testdata", "schema"+strconv.Itoa(schema))
	b, err := os.ReadFile(name + ".db")
	must(t, err)
	path = filepath.Join(t.TempDir(), "imgate.db")
	must(t, os.WriteFile(path, b, 0o600))
	return path, keysOf(t, name+".key")
}

func TestOlderFilesAreRead(t *testing.T) {
	path, sealer := fixture(t, 1)
	if n, err := Verify(path, Options{Sealer: sealer}); err != nil || n != 3 {
		t.Fatalf("before: %d, %v", n, err)
	}
	r := open(t, path, Options{Sealer: sealer})
	got, ok, err := r.Get(alice().Key)
	if err != nil || !ok || got.Password.Reveal() != "rabbit1" || got.Kept["cookie"].Reveal() != "Y=1" || got.State.State != state.Online {
		t.Errorf("alice: %v %v %+v", ok, err, got)
	}
	contacts, err := r.Contacts(alice().Key)
	if err != nil || !contacts["echobot"].To || contacts["echobot"].Name != "Echo" {
		t.Errorf("her contacts: %v %v", contacts, err)
	}
	bob, _, err := r.Get(Key{"bob@example.org", "aim"})
	if err != nil || bob.Old.Reveal() != "rabbit0" || bob.State.Reason != state.OtherLocation {
		t.Errorf("bob: %v %+v", err, bob)
	}
	carol, _, err := r.Get(Key{"carol@example.org", "aim"})
	if err != nil || carol.Removed.IsZero() {
		t.Errorf("carol: %v %+v", err, carol)
	}
	story, err := r.History(bob.Key)
	if err != nil || len(story) != 1 || story[0].Reason != state.OtherLocation || story[0].Text != "signed on elsewhere" {
		t.Errorf("bob's history: %v %+v", err, story)
	}
	must(t, running(t, r).Do(t.Context(), Put{Registration: numbered(1)}))
	must(t, r.db.View(func(tx *bbolt.Tx) error {
		if v := string(tx.Bucket([]byte("meta")).Get([]byte("schema"))); v != strconv.Itoa(Schema) {
			t.Errorf("schema %s after it was opened", v)
		}
		return nil
	}))
}

// A migration that fails leaves the file as it was.
func TestMigrationsGoStepByStep(t *testing.T) {
	path, sealer := fixture(t, 1)
	r := open(t, path, Options{Sealer: sealer})
	var took []int
	table := map[int]migration{}
	for n := -2; n < Schema; n++ {
		table[n] = func(*Registry, *bbolt.Tx) error {
			took = append(took, n)
			return nil
		}
	}
	try := func(from string) error {
		took = nil
		return r.db.Update(func(tx *bbolt.Tx) error { return r.migrate(tx, []byte(from), table) })
	}
	if err := try("-2"); err != nil || len(took) != Schema+2 || took[0] != -2 {
		t.Errorf("steps %v, %v", took, err)
	}
	if err := try(strconv.Itoa(Schema)); err != nil || len(took) != 0 {
		t.Errorf("steps %v, %v", took, err)
	}
	if err := try("-3"); err == nil {
		t.Error("a schema without a migration was taken")
	}
	if err := try("99"); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	wrong := errors.New("wrong")
	table[Schema-1] = func(_ *Registry, tx *bbolt.Tx) error { return errors.Join(wrong, tx.DeleteBucket([]byte("contacts"))) }
	if err := try("-2"); !errors.Is(err, wrong) {
		t.Errorf("a failing migration: %v", err)
	}
	if left, err := r.Contacts(alice().Key); err != nil || len(left) != 1 {
		t.Errorf("after a failing migration: %v, %v", left, err)
	}
}
