package registry

import (
	"bytes"
	"errors"

	"go.etcd.io/bbolt"
)

// A writing is one write transaction, which knows whether it has changed anything: what is there already costs
// no write to the disk.
type writing struct {
	tx    *bbolt.Tx
	wrote bool
}

var errUnchanged = errors.New("nothing to write")

// change runs f in a write transaction, which is given up with errUnchanged when f has changed nothing.
func (r *Registry) change(f func(*writing) error) error {
	return r.update(func(tx *bbolt.Tx) error {
		w := &writing{tx: tx}
		if err := f(w); err != nil {
			return err
		}
		if !w.wrote {
			return errUnchanged
		}
		return nil
	})
}

func (w *writing) bucket(name string) *bbolt.Bucket { return w.tx.Bucket([]byte(name)) }

// inner gives the bucket of one registration, made if need be.
func (w *writing) inner(name string, k []byte) (*bbolt.Bucket, error) {
	outer := w.bucket(name)
	if b := outer.Bucket(k); b != nil {
		return b, nil
	}
	w.wrote = true
	return outer.CreateBucket(k)
}

func (w *writing) put(b *bbolt.Bucket, k, v []byte) error {
	if bytes.Equal(b.Get(k), v) {
		return nil
	}
	w.wrote = true
	return b.Put(k, v)
}

func (w *writing) drop(b *bbolt.Bucket, k []byte) error {
	if b.Get(k) == nil {
		return nil
	}
	w.wrote = true
	return b.Delete(k)
}
