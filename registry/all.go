package registry

import (
	"fmt"
	"iter"
	"runtime"
	"sync"

	"go.etcd.io/bbolt"
)

// batch is how many registrations are read at a time.
const batch = 512

// A row is a registration as it lies in the file, and what it reads as.
type row struct {
	key, record, state []byte
	stored             Stored
	err                error
}

// All yields every registration with its snapshot, removed ones too, in the order of service and user. A
// registration that cannot be read is yielded with its Key and the error; the rest follow.
func (r *Registry) All() iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		err := r.db.View(func(tx *bbolt.Tx) error {
			states := tx.Bucket([]byte("states"))
			rows := make([]row, 0, batch)
			c := tx.Bucket([]byte("registrations")).Cursor()
			for k, v := c.First(); ; k, v = c.Next() {
				if k != nil {
					rows = append(rows, row{key: k, record: v, state: states.Get(k)})
				}
				if k != nil && len(rows) < batch {
					continue
				}
				r.decodeAll(rows)
				for i := range rows {
					if !yield(rows[i].stored, rows[i].err) {
						return nil
					}
				}
				if rows = rows[:0]; k == nil {
					return nil
				}
			}
		})
		if err != nil {
			yield(Stored{}, fmt.Errorf("read registry: %w", err))
		}
	}
}

// decodeAll reads rows on every processor: opening secrets and reading JSON is half of what a start takes.
func (r *Registry) decodeAll(rows []row) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for part := range workers {
		wait.Go(func() {
			for i := part; i < len(rows); i += workers {
				w := &rows[i]
				w.stored, w.err = r.decode(w.key, w.record, w.state)
			}
		})
	}
	wait.Wait()
}
