package album

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPutAndGet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "avatars")
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if _, err := a.Get("aim", "h"); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	put, err := a.Put("aim", "../../etc/passwd\n", "image/png", []byte("data\nand more"))
	if err != nil || put.Hash != sum([]byte("data\nand more")) {
		t.Error(put, err)
	}
	got, err := a.Get("aim", "../../etc/passwd\n")
	if err != nil || got.Type != "image/png" || !bytes.Equal(got.Data, put.Data) || got.Hash != put.Hash {
		t.Error(got, err)
	}
	if _, err := a.Get("icq", "../../etc/passwd\n"); !errors.Is(err, ErrMissing) {
		t.Error("another service has it too")
	}
	for kind, size := range map[string]int{"image/png": maxPicture + 1, "image/x y": 1} {
		if _, err := a.Put("aim", "big", kind, make([]byte, size)); err == nil {
			t.Error("put", kind, size)
		}
	}
	again, err := Open(dir)
	if err != nil || again.files != 1 || again.bytes != a.bytes {
		t.Errorf("%d files, %d bytes, %v; before %d %d", again.files, again.bytes, err, a.files, a.bytes)
	}
}

func TestDamagedPrintsAreNotGiven(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i, damage := range []string{"", "x", "abc image/png\ndata", strings.Repeat("a", 2*maxPicture)} {
		if _, err := a.Put("aim", "h", "image/png", []byte("data")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(a.name("aim", "h"), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := a.Get("aim", "h"); !errors.Is(err, ErrMissing) {
			t.Errorf("%d: %v %v", i, p, err)
		}
	}
}

func TestTheOldestGo(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if _, err := a.Put("aim", name, "image/png", []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := a.list()
	if err != nil {
		t.Fatal(err)
	}
	a.bytes, a.files = 0, maxFiles+1 // as if there were as many; nine tenths may stay
	all := a.files
	if err := a.prune(list); err != nil {
		t.Fatal(err)
	}
	if a.files != all-len(list) {
		t.Errorf("%d of %d are left", a.files, all)
	}
	a.files = 0
	for _, name := range []string{"x", "y", "z"} {
		if _, err := a.Put("aim", name, "image/png", []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"y", "z", "x"} {
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(a.name("aim", name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Get("aim", "y"); err != nil { // used now
		t.Fatal(err)
	}
	if list, err = a.list(); err != nil {
		t.Fatal(err)
	}
	a.bytes, a.files = maxBytes+1, 3
	list[0].size, list[1].size, list[2].size = maxBytes/19, maxBytes/19, maxBytes/19 // two of them free a tenth
	if err := a.prune(list); err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{"x": false, "y": true, "z": false} {
		if _, err := os.Stat(a.name("aim", name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
	left := filepath.Join(a.dir, "new-1")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := a.list(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what a crash left is still there")
	}
}
