package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"imgate/state"
	"imgate/transports"
)

// A Change is one write. The set is closed; the changes of one Submit are stored all or none.
type Change interface {
	apply(r *Registry, w *writing) error
}

// Errors of changes.
var (
	ErrNotRegistered = errors.New("there is no such registration")
	ErrNotRemoved    = errors.New("the registration was not removed")
)

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

		passed []state.Snapshot // those that it replaced before they were stored
	}
	// SetSubscription stores how far the presence handshake has come.
	SetSubscription struct {
		Key  Key
		Subs Subscription
	}
	// SetSettings stores the user's own settings, all of them.
	SetSettings struct {
		Key      Key
		Settings map[string]string
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
	// Restore undoes Remove. Since the removal took gateway and contacts off the user's roster, what is
	// remembered of them goes too, but for contacts that the user had taken off. ErrNotRemoved when there is
	// nothing to undo.
	Restore struct {
		Key Key
		At  time.Time
	}
)

func (c Put) apply(r *Registry, w *writing) error {
	if err := r.write(w, c.Registration); err != nil {
		return err
	}
	if c.Forget {
		k := c.Registration.Key
		if err := errors.Join(forgetContacts(w, k), w.drop(w.bucket("history"), k.bytes())); err != nil {
			return err
		}
	}
	return SetState{Key: c.Registration.Key, State: c.State}.apply(r, w)
}

func (c SetCredentials) apply(r *Registry, w *writing) error {
	fresh := false
	err := r.edit(w, c.Key, func(reg *Registration) {
		fresh = reg.Name != c.Name
		reg.Replace(c.Name, c.Typed, c.Password, fresh)
	})
	if err != nil || !fresh {
		return err
	}
	return forgetContacts(w, c.Key)
}

func (c SetSettings) apply(r *Registry, w *writing) error {
	return r.edit(w, c.Key, func(reg *Registration) { reg.Settings = c.Settings })
}

func (c SetState) apply(_ *Registry, w *writing) error {
	k := c.Key.bytes()
	if w.bucket("registrations").Get(k) == nil {
		return ErrNotRegistered
	}
	b, err := encodeSnapshot(c.State)
	if err != nil {
		return err
	}
	if err := w.put(w.bucket("states"), k, b); err != nil {
		return err
	}
	steps := make([]Transition, 0, len(c.passed)+1)
	for _, s := range append(c.passed, c.State) {
		steps = append(steps, transitionOf(s))
	}
	return note(w, c.Key, steps...)
}

func (c SetSubscription) apply(r *Registry, w *writing) error {
	return r.edit(w, c.Key, func(reg *Registration) { reg.Subs = c.Subs })
}

func (c Keep) apply(r *Registry, w *writing) error {
	return r.edit(w, c.Key, func(reg *Registration) {
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

func (c Prove) apply(r *Registry, w *writing) error {
	return r.edit(w, c.Key, func(reg *Registration) { reg.Old = transports.Secret{} })
}

func (c TakeBack) apply(r *Registry, w *writing) error {
	return r.edit(w, c.Key, func(reg *Registration) {
		if !reg.Old.Empty() {
			reg.Password, reg.Old = reg.Old, transports.Secret{}
		}
	})
}

func (c Remember) apply(_ *Registry, w *writing) error {
	k := c.Key.bytes()
	if w.bucket("registrations").Get(k) == nil {
		return ErrNotRegistered
	}
	b, err := w.inner("contacts", k)
	if err != nil {
		return fmt.Errorf("store contacts: %w", err)
	}
	for _, m := range c.Changed {
		v, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if err := w.put(b, []byte(m.ID), v); err != nil {
			return fmt.Errorf("store contact: %w", err)
		}
	}
	for _, id := range c.Gone {
		if err := w.drop(b, []byte(id)); err != nil {
			return fmt.Errorf("drop contact: %w", err)
		}
	}
	return nil
}

func (c Remove) apply(r *Registry, w *writing) error {
	if !c.Wipe {
		err := r.edit(w, c.Key, func(reg *Registration) { reg.Removed = c.At })
		return errors.Join(err, note(w, c.Key, Transition{At: c.At, State: state.Shutdown, Text: "removed"}))
	}
	k := c.Key.bytes()
	v := w.bucket("registrations").Get(k)
	if v == nil {
		return ErrNotRegistered
	}
	if !c.If.IsZero() {
		var rec record
		if err := json.Unmarshal(v, &rec); err != nil || !rec.Removed.Equal(c.If) {
			return err
		}
	}
	for _, name := range []string{"registrations", "states", "history"} {
		if err := w.drop(w.bucket(name), k); err != nil {
			return err
		}
	}
	return forgetContacts(w, c.Key)
}

func (c Restore) apply(r *Registry, w *writing) error {
	removed := false
	err := r.edit(w, c.Key, func(reg *Registration) {
		removed = !reg.Removed.IsZero()
		reg.Removed, reg.Subs = time.Time{}, Subscription{}
	})
	switch {
	case err != nil:
		return err
	case !removed:
		return ErrNotRemoved
	}
	if err := forgetRoster(w, c.Key); err != nil {
		return err
	}
	s, err := decodeSnapshot(w.bucket("states").Get(c.Key.bytes()))
	if err != nil {
		return err
	}
	return note(w, c.Key, Transition{At: c.At, State: s.State, Reason: s.Reason, Text: "restored", Attempt: s.Attempt})
}

// edit reads a registration, changes it and writes it back.
func (r *Registry) edit(w *writing, key Key, change func(*Registration)) error {
	k := key.bytes()
	v := w.bucket("registrations").Get(k)
	if v == nil {
		return ErrNotRegistered
	}
	s, err := r.decode(k, v, nil)
	if err != nil {
		return err
	}
	change(&s.Registration)
	return r.write(w, s.Registration)
}

func (r *Registry) write(w *writing, reg Registration) error {
	rec, err := r.sealer.Load().sealRecord(reg)
	if err != nil {
		return err
	}
	v, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	return w.put(w.bucket("registrations"), reg.Key.bytes(), v)
}

func forgetContacts(w *writing, key Key) error {
	b := w.bucket("contacts")
	if b.Bucket(key.bytes()) == nil {
		return nil
	}
	w.wrote = true
	return b.DeleteBucket(key.bytes())
}

// forgetRoster is forgetContacts but for those that the user took off the roster, who are not asked about again.
func forgetRoster(w *writing, key Key) error {
	b := w.bucket("contacts").Bucket(key.bytes())
	if b == nil {
		return nil
	}
	var back [][]byte
	err := b.ForEach(func(k, v []byte) error {
		var m Memory
		if err := json.Unmarshal(v, &m); err != nil || !m.Gone {
			back = append(back, k)
		}
		return nil
	})
	for _, k := range back {
		err = errors.Join(err, w.drop(b, k))
	}
	return err
}
