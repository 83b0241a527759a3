package registry

import (
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// All opens several pieces at a time; what comes out is in the file's order all the same, and whoever has seen
// enough leaves nothing behind that holds the transaction.
func TestManyRegistrationsComeInOrder(t *testing.T) {
	const count = 20*pieceSize + 1
	r := open(t, filepath.Join(t.TempDir(), "db"), Options{Sealer: testSealer(t)})
	k := running(t, r)
	user := func(i int) string { return fmt.Sprintf("user%05d@example.org", i) }
	for i := range count {
		reg := alice()
		reg.User = user(i)
		k.Submit(nil, Put{Registration: reg})
	}
	last := alice()
	last.User = "zoe@example.org"
	must(t, k.Do(t.Context(), Put{Registration: last})) // and so all before it
	const broken = 3*pieceSize + 7
	must(t, r.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("registrations")).Put(Key{user(broken), alice().Service}.bytes(), []byte("{broken"))
	}))
	n := 0
	for s, err := range r.All() {
		if n < count && s.User != user(n) {
			t.Fatalf("number %d is %s", n, s.User)
		}
		if (err != nil) != (n == broken) {
			t.Errorf("number %d: %v", n, err)
		}
		if err == nil && s.Password.Reveal() != alice().Password.Reveal() {
			t.Errorf("number %d has another password", n)
		}
		n++
	}
	if n != count+1 {
		t.Errorf("%d of %d", n, count+1)
	}
	for _, enough := range []int{1, pieceSize, 2*pieceSize + 1} {
		n = 0
		for range r.All() {
			if n++; n == enough {
				break
			}
		}
		if open := r.db.Stats().OpenTxN; open != 0 {
			t.Errorf("after %d: %d transactions are open", enough, open)
		}
	}
}
