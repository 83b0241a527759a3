package registry

import (
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
)

// All yields every registration with its snapshot, removed ones too, in the order of service and user. A
// registration that cannot be read is yielded with its Key and the error; the rest follow. It reads in the caller's
// goroutine: of a file that is damaged, a read may end in a fault of memory, which only that goroutine can recover
// from (Verify).
func (r *Registry) All() iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		err := r.db.View(func(tx *bbolt.Tx) error {
			states := tx.Bucket([]byte("states"))
			c := tx.Bucket([]byte("registrations")).Cursor()
			for k, v := c.First(); k != nil; k, v = c.Next() {
				if !yield(r.decode(k, v, states.Get(k))) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(Stored{}, fmt.Errorf("read registry: %w", err))
		}
	}
}
