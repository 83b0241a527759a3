package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// OFT is how one client gives a file to another, on a connection of their own: headers of 256 bytes or more with the file between
// them. The layout is that of "On Sending Files via OSCAR" (J. Clark, 2005), which prints a header; another is in the capture of
// the Network Forensics Puzzle Contest, no. 1 (2009). All numbers are big-endian.

// Types of an OFTHeader, in the order in which they are said. The sender connects nothing: it listens, and speaks first.
const (
	OFTPrompt OFTType = 0x0101 // the sender: this is the file
	OFTAck    OFTType = 0x0202 // the receiver: send it
	OFTDone   OFTType = 0x0204 // the receiver: it is here
	OFTResume OFTType = 0x0205 // the receiver: send it from OFTHeader.Received on
)

// An OFTType says what an OFTHeader is for.
type OFTType uint16

// Bounds of an OFTHeader, in bytes.
const (
	oftMagic   = "OFT2"
	oftPrelude = len(oftMagic) + 2 // and its length
	oftName    = 192               // where the name begins
	oftNameMin = 64                // room for a name
	MaxOFTName = 1024
	maxOFT     = oftName + MaxOFTName + 1
)

// Flags of an OFTHeader.
const (
	OFTFlag     uint8 = 0x20 // always there
	OFTFlagDone uint8 = 0x01 // with OFTDone
)

// OFTNoSum is a checksum field that nobody has filled in.
const OFTNoSum uint32 = 0xFFFF0000

// ErrNotOFT says that bytes are no header of OFT.
var ErrNotOFT = errors.New("oscar: no OFT2 header")

// An OFTHeader stands before and behind a file. Sizes are in bytes, times in Unix seconds. A fork is the resource fork of a file of Mac OS.
type OFTHeader struct {
	Type                                     OFTType
	Cookie                                   Cookie // that of the proposal; senders leave it at zero
	Encryption, Compression                  uint16 // 0: none
	Files, FilesLeft                         uint16
	Parts, PartsLeft                         uint16
	Total, Size, Modified, Checksum          uint32
	ForkReceived, ForkSize, Created, ForkSum uint32
	Received, ReceivedSum                    uint32
	Client                                   [32]byte // "Cool FileXfer", padded with zeros
	Flags, NameOffset, SizeOffset            uint8    // the offsets are those of lists: 0x1C, 0x11
	Dummy                                    [69]byte
	Mac                                      [16]byte
	NameCharset, NameSubset                  uint16 // as of Fragments
	Name                                     []byte // at most MaxOFTName bytes, without the zeros behind it
}

// NewOFT is a header for a file of that name and size, as clients send it.
func NewOFT(kind OFTType, name []byte, size, checksum uint32) OFTHeader {
	h := OFTHeader{
		Type: kind, Files: 1, FilesLeft: 1, Parts: 1, PartsLeft: 1, Total: size, Size: size, Checksum: checksum,
		ForkReceived: OFTNoSum, ForkSum: OFTNoSum, ReceivedSum: OFTNoSum, Flags: OFTFlag, NameOffset: 0x1C, SizeOffset: 0x11, Name: name,
	}
	copy(h.Client[:], "Cool FileXfer")
	return h
}

// AppendOFT appends the bytes of h. The error wraps ErrTooLong.
func AppendOFT(b []byte, h OFTHeader) ([]byte, error) {
	if len(h.Name) > MaxOFTName {
		return b, fmt.Errorf("a file's name of %d bytes: %w", len(h.Name), ErrTooLong)
	}
	room := max(oftNameMin, len(h.Name)+1)
	w := writer{b: append(b, oftMagic...)}
	w.u16(uint16(oftName + room))
	w.u16(uint16(h.Type))
	h.Cookie.encode(&w)
	for _, v := range []uint16{h.Encryption, h.Compression, h.Files, h.FilesLeft, h.Parts, h.PartsLeft} {
		w.u16(v)
	}
	for _, v := range []uint32{
		h.Total, h.Size, h.Modified, h.Checksum, h.ForkReceived, h.ForkSize, h.Created, h.ForkSum, h.Received, h.ReceivedSum,
	} {
		w.u32(v)
	}
	w.raw(h.Client[:])
	w.u8(h.Flags)
	w.u8(h.NameOffset)
	w.u8(h.SizeOffset)
	w.raw(h.Dummy[:])
	w.raw(h.Mac[:])
	w.u16(h.NameCharset)
	w.u16(h.NameSubset)
	w.raw(h.Name)
	w.raw(make([]byte, room-len(h.Name)))
	return w.b, nil
}

// ReadOFT reads one header, and not a byte more. The errors are those of from, ErrNotOFT and ErrTooLong; io.ErrUnexpectedEOF where the
// header breaks off.
func ReadOFT(from io.Reader) (OFTHeader, error) {
	var prelude [oftPrelude]byte
	if _, err := io.ReadFull(from, prelude[:]); err != nil {
		return OFTHeader{}, fmt.Errorf("read OFT header: %w", err)
	}
	size := int(prelude[4])<<8 | int(prelude[5])
	switch {
	case string(prelude[:4]) != oftMagic || size < oftName+oftNameMin:
		return OFTHeader{}, ErrNotOFT
	case size > maxOFT:
		return OFTHeader{}, fmt.Errorf("an OFT header of %d bytes: %w", size, ErrTooLong)
	}
	rest := make([]byte, size-oftPrelude)
	if _, err := io.ReadFull(from, rest); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return OFTHeader{}, fmt.Errorf("read OFT header: %w", err)
	}
	return oftOf(&reader{b: rest})
}

// oftOf takes what is behind the length; r has all of it.
func oftOf(r *reader) (h OFTHeader, err error) {
	h.Type = OFTType(r.u16())
	h.Cookie.decode(r)
	for _, v := range []*uint16{&h.Encryption, &h.Compression, &h.Files, &h.FilesLeft, &h.Parts, &h.PartsLeft} {
		*v = r.u16()
	}
	for _, v := range []*uint32{
		&h.Total, &h.Size, &h.Modified, &h.Checksum, &h.ForkReceived, &h.ForkSize, &h.Created, &h.ForkSum, &h.Received, &h.ReceivedSum,
	} {
		*v = r.u32()
	}
	copy(h.Client[:], r.take(len(h.Client)))
	h.Flags, h.NameOffset, h.SizeOffset = r.u8(), r.u8(), r.u8()
	copy(h.Dummy[:], r.take(len(h.Dummy)))
	copy(h.Mac[:], r.take(len(h.Mac)))
	h.NameCharset, h.NameSubset = r.u16(), r.u16()
	h.Name = bytes.TrimRight(r.rest(), "\x00")
	if r.err != nil {
		return OFTHeader{}, r.err
	}
	if len(h.Name) > MaxOFTName {
		return OFTHeader{}, fmt.Errorf("a file's name of %d bytes: %w", len(h.Name), ErrTooLong)
	}
	return h, nil
}

// An OFTSum is the checksum of a file: all ones, less each pair of bytes as a number, with the borrow carried around. What is left of
// the ends of pieces does not count: the bytes of a file may come in any pieces. The zero OFTSum is that of no bytes.
type OFTSum struct {
	sum uint32 // of the pairs, modulo allOnes
	odd bool   // a first byte of a pair was the last
}

const allOnes = 0xFFFF

// Write implements io.Writer; it takes everything.
func (s *OFTSum) Write(b []byte) (int, error) {
	for _, c := range b {
		v := uint32(c)
		if s.odd = !s.odd; s.odd {
			v <<= 8
		}
		s.sum = (s.sum + v) % allOnes
	}
	return len(b), nil
}

// Value is the checksum as it stands in a header: in the upper half.
func (s *OFTSum) Value() uint32 { return (allOnes - s.sum) << 16 }

// Is reports whether a checksum of a header is this one. Zero and all ones are one number here: which of them comes out depends on the
// pieces that a client has counted by.
func (s *OFTSum) Is(checksum uint32) bool { return (checksum>>16)%allOnes == (s.Value()>>16)%allOnes }
