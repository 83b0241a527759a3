package registry

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Errors of backing up and recovering.
var (
	ErrExists  = errors.New("there is something already, and it is never overwritten")
	ErrDamaged = errors.New("the registry is damaged")
)

// Backup writes a consistent copy, as of one instant, while the registry is being used. It gives the number of
// bytes. Secrets in it are sealed as they are in the registry: it opens with the key file of that time.
func (r *Registry) Backup(ctx context.Context, w io.Writer) (int64, error) {
	var n int64
	err := r.db.View(func(tx *bbolt.Tx) error {
		var err error
		sum := sha256.New()
		if n, err = tx.WriteTo(untilDone{ctx, io.MultiWriter(w, sum)}); err != nil {
			return err
		}
		_, err = w.Write(trailer(sum.Sum(nil)))
		n += trailerSize
		return err
	})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // bbolt does not wrap it
	}
	if err != nil {
		return n, fmt.Errorf("back up: %w", err)
	}
	return n, nil
}

// BackupFile is Backup into a new file, mode 0600, that is there whole or not at all. What is at path is never
// overwritten: ErrExists.
func (r *Registry) BackupFile(ctx context.Context, path string) (int64, error) {
	if err := absent(path); err != nil {
		return 0, fmt.Errorf("back up: %w; choose another name", err)
	}
	var n int64
	err := replaceFile(path, "", func(w io.Writer) error {
		var err error
		n, err = r.Backup(ctx, w)
		return err
	})
	return n, err
}

// An untilDone ends a long copy with its context.
type untilDone struct {
	ctx context.Context
	w   io.Writer
}

func (u untilDone) Write(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.w.Write(p)
}

// Recover puts the copy at from where a registry was, after it was looked through: its schema, the key, and
// every record. It gives the number of registrations. A file at to is never overwritten: ErrExists.
func Recover(ctx context.Context, from, to string, o Options) (int, error) {
	if err := absent(to); err != nil {
		return 0, fmt.Errorf("recover: %w; stop the gateway and move it aside", err)
	}
	n, err := Verify(from, o)
	if err != nil {
		return 0, fmt.Errorf("recover: %w", err)
	}
	size, err := proven(from)
	if err != nil {
		return 0, fmt.Errorf("recover: %w", err)
	}
	err = replaceFile(to, filepath.Dir(to), func(w io.Writer) error {
		f, err := os.Open(from)
		if err != nil {
			return err
		}
		_, err = io.Copy(untilDone{ctx, w}, io.LimitReader(f, size))
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return 0, fmt.Errorf("recover: %w", err)
	}
	return n, nil
}

// Verify reads all of a registry that nobody has open for writing, and gives the number of registrations. The
// error joins one for each record that can't be read.
func Verify(path string, o Options) (n int, err error) {
	err = sound(func() error {
		n, err = verify(path, o)
		return err
	})
	if err != nil {
		n = 0
	}
	return n, err
}

func verify(path string, o Options) (n int, err error) {
	size, err := proven(path)
	if err != nil {
		return 0, err
	}
	o.ReadOnly = true
	r, err := Open(path, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := whole(r.db, size); err != nil { // without its trailer
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return r.verify()
}

func (r *Registry) verify() (int, error) {
	if s := r.sealer.Load(); s != nil {
		err := r.db.View(func(tx *bbolt.Tx) error {
			v := tx.Bucket([]byte("meta")).Get(keyCheck())
			_, err := s.open(v, keyCheck(), true)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	for _, name := range bucketNames()[:firstBuckets] {
		if err := r.hasBucket(name); err != nil {
			return 0, err
		}
	}
	n := 0
	var wrong []error
	for s, err := range r.All() {
		if err == nil {
			_, err = r.Contacts(s.Key)
		}
		if err == nil {
			_, err = r.History(s.Key)
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		n++
	}
	return n, errors.Join(wrong...)
}

func (r *Registry) hasBucket(name string) error {
	return r.db.View(func(tx *bbolt.Tx) error {
		if tx.Bucket([]byte(name)) == nil {
			return fmt.Errorf("%w: it has no %s", ErrDamaged, name)
		}
		return nil
	})
}
