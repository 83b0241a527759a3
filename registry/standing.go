package registry

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"imgate/state"
	"imgate/transports"
)

// A Standing is where a registration stands, for doors and administrators: nothing in it is secret.
type Standing struct {
	Key
	Name     transports.LegacyID
	Typed    string
	Created  time.Time
	Removed  time.Time // zero, or when it was removed and can still be restored
	Contacts int       // on the legacy list; 0 where nobody is signed on
	State    state.Snapshot
	Damage   string // why the record can't be read; empty: it can
}

// Standings yields every registration, removed ones too, in the order of service and user. It opens no secret
// and needs no key. A record that can't be read is yielded with its Damage. The caller may not wait for the
// keeper meanwhile.
func (r *Registry) Standings() iter.Seq2[Standing, error] {
	return func(yield func(Standing, error) bool) {
		err := r.db.View(func(tx *bbolt.Tx) error {
			states := tx.Bucket([]byte("states"))
			c := tx.Bucket([]byte("registrations")).Cursor()
			for k, v := c.First(); k != nil; k, v = c.Next() {
				if !yield(standing(k, v, states.Get(k)), nil) {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(Standing{}, fmt.Errorf("read registry: %w", err))
		}
	}
}

// Standing reads one; false when there is none.
func (r *Registry) Standing(key Key) (s Standing, found bool, err error) {
	err = r.db.View(func(tx *bbolt.Tx) error {
		k := key.bytes()
		v := tx.Bucket([]byte("registrations")).Get(k)
		if found = v != nil; found {
			s = standing(k, v, tx.Bucket([]byte("states")).Get(k))
		}
		return nil
	})
	return s, found, err
}

func standing(k, v, snap []byte) Standing {
	key, err := parseKey(k)
	if err != nil {
		return Standing{Key: Key{User: string(k)}, Damage: err.Error()}
	}
	s := Standing{Key: key}
	var rec record
	if err := json.Unmarshal(v, &rec); err != nil {
		s.Damage = "the record is damaged"
		return s
	}
	s.Name, s.Typed, s.Created, s.Removed = transports.LegacyID(rec.Name), rec.Typed, rec.Created, rec.Removed
	if s.State, err = decodeSnapshot(snap); err != nil {
		s.Damage = "where it stands is damaged"
	}
	return s
}
