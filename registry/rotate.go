package registry

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
)

// resealAtOnce is how many registrations are sealed anew in one transaction.
const resealAtOnce = 200

// Errors of Rotate.
var (
	ErrRotating = errors.New("the key is being rotated already")
	ErrNoKey    = errors.New("the registry is not sealed: there is no key to rotate")
)

// A Rotation is what Rotate has done. Keys are named by their ids, which are no secret.
type Rotation struct {
	Key        string   `json:"key"`               // seals from now on
	Resealed   int      `json:"resealed"`          // registrations
	Unreadable int      `json:"unreadable"`        // registrations that no key opens, left as they were
	Dropped    []string `json:"dropped,omitempty"` // taken out of the key file: nothing uses them
	Kept       []string `json:"kept,omitempty"`    // older keys that something still uses
}

// Rotate puts a fresh key first into the key file, seals everything anew with it, and then takes out of the file
// the keys that nothing uses any more. Each step leaves file and registry so that everything opens: whenever it
// is stopped, run it again. The file keeps its owner; what is written meanwhile is sealed with the new key.
func (k *Keeper) Rotate(ctx context.Context, keyFile string) (Rotation, error) {
	if !k.rotating.TryLock() {
		return Rotation{}, ErrRotating
	}
	defer k.rotating.Unlock()
	r := k.registry
	if r.sealer.Load() == nil {
		return Rotation{}, ErrNoKey
	}
	keyFile, err := filepath.EvalSymlinks(keyFile)
	if err != nil {
		return Rotation{}, fmt.Errorf("rotate: %w", err)
	}
	if err := r.addKey(keyFile); err != nil {
		return Rotation{}, fmt.Errorf("rotate: %w", err)
	}
	out := Rotation{Key: keyName(r.sealer.Load().current)}
	for after := []byte(nil); ; {
		batch := &reseal{after: after}
		if err := k.Do(ctx, batch); err != nil {
			return out, fmt.Errorf("rotate: %w; the old keys stay in the file, run it again", err)
		}
		out.Resealed, out.Unreadable = out.Resealed+batch.done, out.Unreadable+batch.failed
		if after = batch.last; after == nil {
			break
		}
	}
	if err := r.dropKeys(keyFile, &out); err != nil {
		return out, fmt.Errorf("rotate: everything is sealed anew; take the old keys out of the file: %w", err)
	}
	return out, nil
}

func keyName(id uint32) string { return fmt.Sprintf("%08x", id) }

// addKey puts a fresh key into the file and into use.
func (r *Registry) addKey(keyFile string) error {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	inFile, err := ParseKeys(string(text))
	if err != nil {
		return err
	}
	used, err := r.keysInUse()
	if err != nil {
		return err
	}
	running := r.sealer.Load()
	for id := range used {
		if running.keys[id] != nil && inFile.keys[id] == nil {
			return fmt.Errorf("%w: key %s is in use and not in %s", ErrUnknownKey, keyName(id), keyFile)
		}
	}
	fresh, err := NewKey()
	if err != nil {
		return err
	}
	return r.useKeys(keyFile, fresh+string(text))
}

// useKeys replaces the key file, and then the keys in use.
func (r *Registry) useKeys(keyFile, text string) error {
	s, err := ParseKeys(text)
	if err != nil {
		return err
	}
	err = replaceFile(keyFile, keyFile, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		return err
	}
	r.sealer.Store(s)
	return nil
}

// dropKeys takes out of the file what nothing is sealed with.
func (r *Registry) dropKeys(keyFile string, out *Rotation) error {
	used, err := r.keysInUse()
	if err != nil {
		return err
	}
	s := r.sealer.Load()
	for id := range s.keys {
		switch {
		case id == s.current:
		case used[id]:
			out.Kept = append(out.Kept, keyName(id))
		default:
			out.Dropped = append(out.Dropped, keyName(id))
		}
	}
	slices.Sort(out.Kept)
	slices.Sort(out.Dropped)
	if len(out.Dropped) == 0 {
		return nil
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) > 1 && f[0] == keyPrefix && slices.Contains(out.Dropped, strings.ToLower(f[1])) {
			continue
		}
		b.WriteString(line)
	}
	return r.useKeys(keyFile, b.String())
}

// keysInUse are the ids of the keys that something in the file is sealed with.
func (r *Registry) keysInUse() (map[uint32]bool, error) {
	used := map[uint32]bool{}
	note := func(sealed []byte) {
		if len(sealed) >= sealHeader && sealed[0] == sealX {
			used[binary.BigEndian.Uint32(sealed[1:])] = true
		}
	}
	err := r.db.View(func(tx *bbolt.Tx) error {
		note(tx.Bucket([]byte("meta")).Get(keyCheck()))
		return tx.Bucket([]byte("registrations")).ForEach(func(_, v []byte) error {
			var rec record
			if json.Unmarshal(v, &rec) != nil {
				return nil // no key helps what is not a record
			}
			note(rec.Password)
			note(rec.Old)
			for _, sealed := range rec.Kept {
				note(sealed)
			}
			return nil
		})
	})
	return used, err
}

// A reseal seals some registrations anew, in the order of their keys.
type reseal struct {
	after []byte // the last one of the transaction before; nil: none was

	done, failed int
	last         []byte // the last one looked at; nil: there are no more
}

func (c *reseal) apply(r *Registry, w *writing) error {
	c.done, c.failed, c.last = 0, 0, nil
	s, b := r.sealer.Load(), w.bucket("registrations")
	if c.after == nil {
		w.wrote = true
		if err := s.putKeyCheck(w.bucket("meta")); err != nil {
			return err
		}
	}
	// What is put while a cursor stands may move it, hence first the keys.
	var keys [][]byte
	cur := b.Cursor()
	k, _ := cur.Seek(c.after)
	if c.after != nil && bytes.Equal(k, c.after) {
		k, _ = cur.Next()
	}
	for ; k != nil && len(keys) < resealAtOnce; k, _ = cur.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		stored, err := r.decode(k, b.Get(k), nil)
		if err != nil {
			c.failed++
			continue
		}
		if err := r.write(w, stored.Registration); err != nil {
			return err
		}
		c.done++
	}
	if len(keys) == resealAtOnce {
		c.last = keys[len(keys)-1]
	}
	return nil
}
