package registry

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// replaceFile writes a file that is there whole or not at all, whatever happens meanwhile: a temporary file
// beside it, flushed, then renamed. Its mode is 0600; its owner is that of like, so that what the administrator
// writes stays readable for the gateway's user.
func replaceFile(path, like string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close(), sameOwner(f.Name(), like)); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func sameOwner(path, like string) error {
	if like == "" {
		return nil
	}
	want, err := os.Stat(like)
	if err != nil {
		return err
	}
	have, err := os.Stat(path)
	if err != nil {
		return err
	}
	w, ok := want.Sys().(*syscall.Stat_t)
	h, ok2 := have.Sys().(*syscall.Stat_t)
	if !ok || !ok2 || w.Uid == h.Uid && w.Gid == h.Gid {
		return nil
	}
	err = os.Chown(path, int(w.Uid), int(w.Gid))
	if err != nil && w.Uid == h.Uid {
		return nil // the group does not count: the mode is 0600
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// absent refuses a path at which there is something.
func absent(path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s: %w", path, ErrExists)
	}
	return err
}
