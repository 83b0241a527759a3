package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"imgate/state"
	"imgate/transports"
)

// A Change is one write. The set is closed; the changes of one Submit are stored all or none.
type Change interface {
	apply(r *Registry, tx *bbolt.Tx) error
}

// ErrNotRegistered answers a change of a registration that is not there.
var ErrNotRegistered = errors.New("there is no such registration")

// The changes.
type (
	// Put creates or replaces a registration with its machine's snapshot, in one transaction: there is no
	// moment in which it is absent. Forget drops what is remembered of contacts and kept values, for another
	// legacy name.
	Put struct {
		Registration Registration
		State        state.Snapshot
		Forget       bool
	}
	// SetCredentials replaces name and password of a registration. The password before is kept beside the new
	// one, unless the name is another: then nothing comes back, and kept values and what is remembered of
	// contacts go too.
	SetCredentials struct {
		Key      Key
		Name     transports.LegacyID
		Typed    string
		Password transports.Secret
	}
	// SetState stores a machine's snapshot.
	SetState struct {
		Key   Key
		State state.Snapshot
	}
	// SetSubscription stores how far the presence handshake has come.
	SetSubscription struct {
		Key  Key
		Subs Subscription
	}
	// Keep seals a value for the network's next sign-on; an empty secret forgets it.
	Keep struct {
		Key    Key
		Name   string
		Secret transports.Secret
	}
	// Prove forgets the password from before the trial.
	Prove struct{ Key Key }
	// TakeBack brings the password from before the trial back.
	TakeBack struct{ Key Key }
	// Remember stores what changed about contacts; only what differs is written.
	Remember struct {
		Key     Key
		Changed []Memory
		Gone    []transports.LegacyID
	}
	// Remove marks a registration as unregistered at that time; Wipe takes it out with all that hangs on it. If,
	// where it is not zero, wipes only what was removed at that time, and not what has come after.
	Remove struct {
		Key  Key
		At   time.Time
		Wipe bool
		If   time.Time
	}
	// Restore undoes Remove.
	Restore struct{ Key Key }
)

func (c Put) apply(r *Registry, tx *bbolt.Tx) error {
	if err := r.write(tx, c.Registration); err != nil {
		return err
	}
	if c.Forget {
		if err := forgetContacts(tx, c.Registration.Key); err != nil {
			return err
		}
	}
	return SetState{c.Registration.Key, c.State}.apply(r, tx)
}

func (c SetCredentials) apply(r *Registry, tx *bbolt.Tx) error {
	fresh := false
	err := r.edit(tx, c.Key, func(reg *Registration) {
		fresh = reg.Name != c.Name
		reg.Replace(c.Name, c.Typed, c.Password, fresh)
	})
	if err != nil || !fresh {
		return err
	}
	return forgetContacts(tx, c.Key)
}

func (c SetState) apply(_ *Registry, tx *bbolt.Tx) error {
	k := c.Key.bytes()
	if tx.Bucket([]byte("registrations")).Get(k) == nil {
		return ErrNotRegistered
	}
	b, err := encodeSnapshot(c.State)
	if err != nil {
		return err
	}
	return tx.Bucket([]byte("states")).Put(k, b)
}

func (c SetSubscription) apply(r *Registry, tx *bbolt.Tx) error {
	return r.edit(tx, c.Key, func(reg *Registration) { reg.Subs = c.Subs })
}

func (c Keep) apply(r *Registry, tx *bbolt.Tx) error {
	return r.edit(tx, c.Key, func(reg *Registration) {
		if c.Secret.Empty() {
			delete(reg.Kept, c.Name)
			return
		}
		if reg.Kept == nil {
			reg.Kept = map[string]transports.Secret{}
		}
		reg.Kept[c.Name] = c.Secret
	})
}

func (c Prove) apply(r *Registry, tx *bbolt.Tx) error {
	return r.edit(tx, c.Key, func(reg *Registration) { reg.Old = transports.Secret{} })
}

func (c TakeBack) apply(r *Registry, tx *bbolt.Tx) error {
	return r.edit(tx, c.Key, func(reg *Registration) {
		if !reg.Old.Empty() {
			reg.Password, reg.Old = reg.Old, transports.Secret{}
		}
	})
}

func (c Remember) apply(_ *Registry, tx *bbolt.Tx) error {
	k := c.Key.bytes()
	if tx.Bucket([]byte("registrations")).Get(k) == nil {
		return ErrNotRegistered
	}
	b, err := tx.Bucket([]byte("contacts")).CreateBucketIfNotExists(k)
	if err != nil {
		return fmt.Errorf("store contacts: %w", err)
	}
	for _, m := range c.Changed {
		v, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if err := b.Put([]byte(m.ID), v); err != nil {
			return fmt.Errorf("store contact: %w", err)
		}
	}
	for _, id := range c.Gone {
		if err := b.Delete([]byte(id)); err != nil {
			return fmt.Errorf("drop contact: %w", err)
		}
	}
	return nil
}

func (c Remove) apply(r *Registry, tx *bbolt.Tx) error {
	if !c.Wipe {
		return r.edit(tx, c.Key, func(reg *Registration) { reg.Removed = c.At })
	}
	k := c.Key.bytes()
	v := tx.Bucket([]byte("registrations")).Get(k)
	if v == nil {
		return ErrNotRegistered
	}
	if !c.If.IsZero() {
		var rec record
		if err := json.Unmarshal(v, &rec); err != nil || !rec.Removed.Equal(c.If) {
			return err
		}
	}
	for _, name := range []string{"registrations", "states"} {
		if err := tx.Bucket([]byte(name)).Delete(k); err != nil {
			return err
		}
	}
	return forgetContacts(tx, c.Key)
}

func (c Restore) apply(r *Registry, tx *bbolt.Tx) error {
	return r.edit(tx, c.Key, func(reg *Registration) { reg.Removed = time.Time{} })
}

// edit reads a registration, changes it and writes it back.
func (r *Registry) edit(tx *bbolt.Tx, key Key, change func(*Registration)) error {
	k := key.bytes()
	v := tx.Bucket([]byte("registrations")).Get(k)
	if v == nil {
		return ErrNotRegistered
	}
	s, err := r.decode(k, v, nil)
	if err != nil {
		return err
	}
	change(&s.Registration)
	return r.write(tx, s.Registration)
}

func (r *Registry) write(tx *bbolt.Tx, reg Registration) error {
	rec, err := r.sealer.sealRecord(reg)
	if err != nil {
		return err
	}
	v, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	return tx.Bucket([]byte("registrations")).Put(reg.Key.bytes(), v)
}

func forgetContacts(tx *bbolt.Tx, key Key) error {
	b := tx.Bucket([]byte("contacts"))
	if b.Bucket(key.bytes()) == nil {
		return nil
	}
	return b.DeleteBucket(key.bytes())
}
