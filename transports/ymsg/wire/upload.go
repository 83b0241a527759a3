package wire

import (
	"bytes"
	"fmt"
)

// ParseUpload takes what goes over HTTP apart: a packet, and behind it the bytes of a file, which its length does not count. The errors
// are those of a Reader and of Raw.Read, and ErrField.
func ParseUpload(body []byte) (Packet, []byte, error) {
	in := bytes.NewReader(body)
	raw, err := NewReader(in).Next()
	if err != nil {
		return Packet{}, nil, err
	}
	rest, found := bytes.CutPrefix(body[HeaderSize+len(raw.Body):], []byte(FileFollows))
	if !found {
		return Packet{}, nil, fmt.Errorf("no file follows: %w", ErrField)
	}
	p, err := raw.Read()
	return p, rest, err
}
