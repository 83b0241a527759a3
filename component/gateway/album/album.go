// Package album keeps pictures of contacts in files, so that none is fetched twice. A file is named by a hash of
// ours, never by anything that a network says, and is checked when it is read. The album is bounded: the files
// that were used longest ago go first. It is a cache: losing it loses nothing.
package album

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of an album.
const (
	maxPicture = 256 << 10 // bytes of one
	maxFiles   = 20_000
	maxBytes   = 512 << 20
)

// ErrMissing means that the album has no such picture.
var ErrMissing = errors.New("not in the album")

// A Print is a picture in the album.
type Print struct {
	Type string // as "image/png"
	Data []byte
	Hash string // SHA-1 of Data in hexadecimal, as XEP-0153 and XEP-0084 name pictures
}

// An Album is a directory of prints. Its methods wait for the disk, and are safe for use by several goroutines.
type Album struct {
	dir string

	mu    sync.Mutex // for the counts; not held while a file is read or written
	files int
	bytes int64
}

// Open makes the directory if need be, and counts what is in it.
func Open(dir string) (*Album, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("album: %w", err)
	}
	a := &Album{dir: dir}
	list, err := a.list()
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		a.files++
		a.bytes += f.size
	}
	return a, a.prune(list)
}

// name is the file of a picture that a service knows by this hash of its own.
func (a *Album) name(service, hash string) string {
	sum := sha256.Sum256([]byte(service + "\x00" + hash))
	text := hex.EncodeToString(sum[:])
	return filepath.Join(a.dir, text[:2], text)
}

// Get gives a picture. The error is ErrMissing, or the system's.
func (a *Album) Get(service, hash string) (Print, error) {
	name := a.name(service, hash)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > maxPicture+1000 {
		return Print{}, ErrMissing
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return Print{}, fmt.Errorf("album: %w", err)
	}
	p, ok := parse(b)
	if !ok { // the disk was full, or somebody has been at it
		a.drop(name, int64(len(b)))
		return Print{}, ErrMissing
	}
	now := time.Now()
	_ = os.Chtimes(name, now, now) // only the order of going
	return p, nil
}

// parse reads a file: the SHA-1 of all that follows its line, the type, the data.
func parse(b []byte) (Print, bool) {
	head, data, found := strings.Cut(string(b), "\n")
	hash, kind, two := strings.Cut(head, " ")
	p := Print{Type: kind, Data: []byte(data), Hash: hash}
	return p, found && two && hash == sum(p.Data)
}

func sum(data []byte) string {
	s := sha1.Sum(data)
	return hex.EncodeToString(s[:])
}

// Put keeps a picture and gives it as it will be found again. It is written beside its place and moved there, so
// that a file is whole or not there.
func (a *Album) Put(service, hash, kind string, data []byte) (Print, error) {
	p := Print{Type: kind, Data: data, Hash: sum(data)}
	if len(data) > maxPicture || strings.ContainsAny(kind, "\n ") {
		return p, fmt.Errorf("album: a picture of %d bytes, %q", len(data), kind)
	}
	name := a.name(service, hash)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return p, fmt.Errorf("album: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "new-*")
	if err != nil {
		return p, fmt.Errorf("album: %w", err)
	}
	_, err = f.WriteString(p.Hash + " " + kind + "\n" + string(data))
	err = errors.Join(err, f.Close())
	size := int64(0)
	if old, e := os.Stat(name); e == nil {
		size = -old.Size()
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return p, fmt.Errorf("album: %w", err)
	}
	return p, a.count(name, size)
}

// count takes the new file into account, and makes room when there are too many.
func (a *Album) count(name string, replaced int64) error {
	info, err := os.Stat(name)
	if err != nil {
		return nil // somebody has made room already
	}
	a.mu.Lock()
	if replaced == 0 {
		a.files++
	}
	a.bytes += info.Size() + replaced
	full := a.full(0)
	a.mu.Unlock()
	if !full {
		return nil
	}
	list, err := a.list()
	if err != nil {
		return err
	}
	return a.prune(list)
}

// full reports whether there is more than a part of the bounds: of tenths fewer.
func (a *Album) full(tenths int) bool {
	return a.files > maxFiles*(10-tenths)/10 || a.bytes > maxBytes*int64(10-tenths)/10
}

// prune removes what was used longest ago until a tenth is free, where the album is full.
func (a *Album) prune(list []file) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.full(0) {
		return nil
	}
	slices.SortFunc(list, func(x, y file) int { return x.used.Compare(y.used) })
	for _, f := range list {
		if !a.full(1) {
			break
		}
		if err := os.Remove(f.name); err != nil {
			continue
		}
		a.files--
		a.bytes -= f.size
	}
	return nil
}

func (a *Album) drop(name string, size int64) {
	if os.Remove(name) == nil {
		a.mu.Lock()
		a.files--
		a.bytes -= size
		a.mu.Unlock()
	}
}

// A file is one of the directory.
type file struct {
	name string
	size int64
	used time.Time
}

// list is what is in the directory; what a crash has left half written goes.
func (a *Album) list() ([]file, error) {
	var list []file
	err := filepath.WalkDir(a.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		if strings.HasPrefix(d.Name(), "new-") {
			if time.Since(info.ModTime()) > time.Hour {
				_ = os.Remove(name)
			}
			return nil
		}
		list = append(list, file{name, info.Size(), info.ModTime()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("album: %w", err)
	}
	return list, nil
}
