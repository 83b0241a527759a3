package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"imgate/transports"
)

// Schema is the version of the file's layout that this program writes.
const Schema = 2

// lockWait is how long Open waits for another process to let go of the file.
const lockWait = time.Second

// Errors of Open.
var (
	ErrLocked = errors.New("the registry is in use by another process")
	ErrNewer  = errors.New("the registry was written by a newer imgate")
	ErrModes  = errors.New("the registry can be read by others")
)

// Options of Open.
type Options struct {
	Sealer     *Sealer // nil: secrets are stored plainly, which wants AllowPlain
	AllowPlain bool
	ReadOnly   bool
}

// A Registry is the open file. Reads may be made from any goroutine; writes go through a Keeper.
type Registry struct {
	db     *bbolt.DB
	sealer atomic.Pointer[Sealer] // replaced by Rotate; nil: secrets are stored plainly
	plain  bool
	update func(func(*bbolt.Tx) error) error // db.Update; tests make it fail
}

// bucketNames are those of every schema, and then those of ours.
func bucketNames() []string {
	return []string{"meta", "registrations", "states", "contacts", "history"}
}

const firstBuckets = 4

// Open opens or makes the file, mode 0600. Errors: ErrLocked, ErrNewer, ErrModes, ErrPlain, ErrDamaged, or what
// the system says.
func Open(path string, o Options) (*Registry, error) {
	if o.Sealer == nil && !o.AllowPlain {
		return nil, ErrPlain
	}
	if err := checkModes(path); err != nil {
		return nil, err
	}
	var r *Registry
	err := sound(func() (err error) {
		r, err = openFile(path, o)
		return err
	})
	if errors.Is(err, ErrDamaged) {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return r, err
}

// openFile gives ErrDamaged, or faults, where the file is.
func openFile(path string, o Options) (*Registry, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, ReadOnly: o.ReadOnly, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open %s: %w", path, ErrLocked)
	}
	if err != nil {
		return nil, fmt.Errorf("open registry: %w", err)
	}
	r := &Registry{db: db, plain: o.AllowPlain, update: db.Update}
	r.sealer.Store(o.Sealer)
	prepare := func() error { return errors.Join(r.prepare(), r.checkKey()) }
	if o.ReadOnly {
		prepare = r.checkSchema
	}
	err = sound(func() error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := whole(db, info.Size()); err != nil {
			return err
		}
		return prepare()
	})
	switch {
	case errors.Is(err, ErrDamaged):
		return nil, errors.Join(err, db.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return r, nil
}

// whole reports a registry of so many bytes that ends before its last page.
func whole(db *bbolt.DB, size int64) error {
	return db.View(func(tx *bbolt.Tx) error {
		if size < tx.Size() {
			return fmt.Errorf("%w: it is cut short", ErrDamaged)
		}
		return nil
	})
}

func checkModes(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open registry: %w", err)
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: %s has mode %04o; run: chmod 600 %s", ErrModes, path, info.Mode().Perm(), path)
	}
	return nil
}

// Close flushes and releases the file.
func (r *Registry) Close() error { return r.db.Close() }

func (r *Registry) prepare() error {
	return r.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range bucketNames() {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte("meta"))
		if v := meta.Get([]byte("schema")); v != nil {
			return r.migrate(tx, v, migrations())
		}
		return meta.Put([]byte("schema"), []byte(strconv.Itoa(Schema)))
	})
}

func (r *Registry) checkSchema() error {
	return r.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		if meta == nil {
			return errors.New("not a registry: it has no schema")
		}
		_, err := schemaOf(meta.Get([]byte("schema")))
		return err
	})
}

// checkKey makes sure that the key file holds the key of this registry, before anything is read or sealed with
// another.
func (r *Registry) checkKey() error {
	s := r.sealer.Load()
	if s == nil {
		return nil
	}
	return r.db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte("meta"))
		if v := meta.Get(keyCheck()); v != nil {
			_, err := s.open(v, keyCheck(), false)
			return err
		}
		return s.putKeyCheck(meta)
	})
}

// keyCheck is the name of a sealed value that tells whether a key file belongs to a registry.
func keyCheck() []byte { return []byte("key check") }

func (s *Sealer) putKeyCheck(meta *bbolt.Bucket) error {
	v, err := s.seal(transports.NewSecret("imgate"), keyCheck())
	if err != nil {
		return err
	}
	return meta.Put(keyCheck(), v)
}

// Get reads one registration; false when there is none.
func (r *Registry) Get(key Key) (Stored, bool, error) {
	var s Stored
	found := false
	err := r.db.View(func(tx *bbolt.Tx) error {
		k := key.bytes()
		v := tx.Bucket([]byte("registrations")).Get(k)
		if v == nil {
			return nil
		}
		found = true
		var err error
		s, err = r.decode(k, v, tx.Bucket([]byte("states")).Get(k))
		return err
	})
	return s, found, err
}

func (r *Registry) decode(k, v, snap []byte) (Stored, error) {
	key, err := parseKey(k)
	if err != nil {
		return Stored{}, err
	}
	s := Stored{Registration: Registration{Key: key}}
	var rec record
	if err := json.Unmarshal(v, &rec); err != nil {
		return s, fmt.Errorf("read registration of %v: %w", key, err)
	}
	if s.Registration, err = r.sealer.Load().openRecord(key, rec, r.plain); err != nil {
		return s, err
	}
	s.State, err = decodeSnapshot(snap)
	return s, err
}

// Contacts reads what is remembered of a registration's contacts.
func (r *Registry) Contacts(key Key) (map[transports.LegacyID]Memory, error) {
	out := map[transports.LegacyID]Memory{}
	err := r.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("contacts")).Bucket(key.bytes())
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			var m Memory
			if err := json.Unmarshal(v, &m); err != nil {
				return fmt.Errorf("read contact of %v: %w", key, err)
			}
			m.ID = transports.LegacyID(k)
			out[m.ID] = m
			return nil
		})
	})
	return out, err
}
