package registry

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// A backup ends with this and the SHA-256 of all before it: a damaged page can lead bbolt in circles, so that a
// copy is proven whole before it is read. bbolt does not look at what follows the last page.
const trailerMark = "imgate-backup-1\n"

const trailerSize = int64(len(trailerMark) + sha256.Size)

func trailer(sum []byte) []byte { return append([]byte(trailerMark), sum...) }

// proven gives how many bytes of a file are registry, and ErrDamaged where its trailer says otherwise. A file
// without trailer, such as the registry itself, is taken as it is.
func proven(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	size := info.Size() - trailerSize
	end := make([]byte, trailerSize)
	if size < 0 {
		return info.Size(), nil
	}
	if _, err := f.ReadAt(end, size); err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(end, []byte(trailerMark)) {
		return info.Size(), nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, size)); err != nil {
		return 0, err
	}
	if !bytes.Equal(end, trailer(sum.Sum(nil))) {
		return 0, fmt.Errorf("%s: %w: its checksum is wrong", path, ErrDamaged)
	}
	return size, nil
}
