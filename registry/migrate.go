package registry

import (
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// A migration brings a file from one schema to the next. It runs in the transaction that also writes the new
// number, so that a file is of one schema or of the other.
type migration func(r *Registry, tx *bbolt.Tx) error

// migrations are by the schema that they start from. testdata has a file of each older schema.
func migrations() map[int]migration { return map[int]migration{1: historyBegins} }

// migrate brings the file from its stored schema to ours.
func (r *Registry) migrate(tx *bbolt.Tx, stored []byte, table map[int]migration) error {
	n, err := schemaOf(stored)
	if err != nil || n == Schema {
		return err
	}
	for ; n < Schema; n++ {
		step := table[n]
		if step == nil {
			return fmt.Errorf("schema %d is too old: no migration begins there", n)
		}
		if err := step(r, tx); err != nil {
			return fmt.Errorf("migrate from schema %d: %w", n, err)
		}
	}
	return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte(strconv.Itoa(Schema)))
}

// schemaOf reads the stored number and refuses one that is not ours to read.
func schemaOf(v []byte) (int, error) {
	n, err := strconv.Atoi(string(v))
	if err != nil {
		return 0, fmt.Errorf("schema %.20q: %w", v, err)
	}
	if n > Schema {
		return 0, fmt.Errorf("%w: schema %d, this one knows up to %d", ErrNewer, n, Schema)
	}
	return n, nil
}
