package registry

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// hundred is the path of a registry with a hundred registrations, whose keys are in o.
func hundred(t *testing.T) (path string, o Options) {
	t.Helper()
	r, path, keyFile := sealed(t)
	k := running(t, r)
	var all []Change
	for i := range 100 {
		all = append(all, Put{Registration: numbered(i)})
	}
	must(t, k.Do(t.Context(), all...))
	must(t, r.Close())
	return path, Options{Sealer: keysOf(t, keyFile)}
}

// A registry that is damaged is refused, or gives what can be read of it; it never ends the program.
func TestADamagedRegistryIsRefused(t *testing.T) {
	path, o := hundred(t)
	file, err := os.ReadFile(path)
	must(t, err)
	var used int64
	must(t, open(t, path, o).db.View(func(tx *bbolt.Tx) error { used = tx.Size(); return nil }))
	random := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for i := range 200 {
		b := append([]byte(nil), file...)
		if i%2 == 0 {
			b = b[:1+random.IntN(len(b)-1)] // of an empty file a new registry is made
		} else {
			for range 1 + i%20 {
				b[random.IntN(len(b))] ^= byte(1 + random.IntN(255))
			}
		}
		broken := filepath.Join(t.TempDir(), "broken.db")
		must(t, os.WriteFile(broken, b, 0o600))
		r, err := Open(broken, o)
		if err != nil {
			refused++
			if len(err.Error()) > 400 {
				t.Errorf("%d bytes of error: %.100s", len(err.Error()), err)
			}
			continue
		}
		if i%2 == 0 && int64(len(b)) < used {
			t.Errorf("taken with %d of %d bytes", len(b), used)
		}
		for range r.All() { // that it ends is what counts
		}
		must(t, r.Close())
	}
	t.Logf("%d of 200 refused", refused)
}

// A file that is cut short under way ends the reading, after what could be read.
func TestAFileThatIsCutShortUnderWay(t *testing.T) {
	path, o := hundred(t)
	r := open(t, path, o)
	must(t, os.Truncate(path, 2*int64(os.Getpagesize())))
	var last error
	n := 0
	for _, err := range r.All() {
		n++
		last = err
	}
	if !errors.Is(last, ErrDamaged) {
		t.Errorf("%d read, then %v", n, last)
	}
	must(t, os.Truncate(path, 1<<20)) // so that it can be closed
}
