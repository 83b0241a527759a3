package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sizes of a packet.
const (
	HeaderSize = 20
	MaxBody    = 0xFFFF // bytes of fields: the length has two bytes
)

// littleUpTo is the last version whose number stands in the header with its low byte first.
const littleUpTo = 10

// The errors of reading and writing packets.
var (
	ErrNoPacket = errors.New("not a YMSG packet")
	ErrTooLong  = errors.New("longer than a packet holds")
	ErrField    = errors.New("not a field")
)

const mark = "YMSG"

// A Packet is one message of the protocol, either way.
type Packet struct {
	Version uint16 // servers say 0
	Vendor  uint16
	Service Service
	Status  Status
	Session uint32
	Fields  Fields
}

// A Raw is a packet whose fields are not read yet, so that one that cannot be read costs no more than itself.
type Raw struct {
	Packet // without Fields
	Body   []byte
}

// Read reads the fields. The error wraps ErrField.
func (r *Raw) Read() (Packet, error) {
	p := r.Packet
	var err error
	p.Fields, err = ParseFields(r.Body)
	return p, err
}

// AppendPacket appends p. The error wraps ErrTooLong or ErrField.
func AppendPacket(b []byte, p Packet) ([]byte, error) {
	from := len(b)
	b = append(b, mark...)
	b = appendVersion(b, p.Version)
	b = binary.BigEndian.AppendUint16(b, p.Vendor)
	b = binary.BigEndian.AppendUint16(b, 0) // the length, once it is known
	b = binary.BigEndian.AppendUint16(b, uint16(p.Service))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Status))
	b = binary.BigEndian.AppendUint32(b, p.Session)
	whole, err := AppendFields(b, p.Fields)
	if err != nil {
		return b[:from], err
	}
	length := len(whole) - from - HeaderSize
	if length > MaxBody {
		return b[:from], fmt.Errorf("%d bytes: %w", length, ErrTooLong)
	}
	binary.BigEndian.PutUint16(whole[from+8:], uint16(length))
	return whole, nil
}

func appendVersion(b []byte, version uint16) []byte {
	if version <= littleUpTo {
		return binary.LittleEndian.AppendUint16(b, version)
	}
	return binary.BigEndian.AppendUint16(b, version)
}

// readVersion reads what stands in either order: no version has reached 256.
func readVersion(b []byte) uint16 {
	if v := binary.BigEndian.Uint16(b); v < 0x100 {
		return v
	}
	return binary.LittleEndian.Uint16(b)
}

// parseHeader reads a header, and how long the body is that follows.
func parseHeader(b []byte) (r Raw, length int, err error) {
	if string(b[:4]) != mark {
		return Raw{}, 0, ErrNoPacket
	}
	r.Version = readVersion(b[4:])
	r.Vendor = binary.BigEndian.Uint16(b[6:])
	r.Service = Service(binary.BigEndian.Uint16(b[10:]))
	r.Status = Status(binary.BigEndian.Uint32(b[12:]))
	r.Session = binary.BigEndian.Uint32(b[16:])
	return r, int(binary.BigEndian.Uint16(b[8:])), nil
}

// A Reader reads packets from a stream.
type Reader struct{ in *bufio.Reader }

// NewReader reads from r. Its buffer is small; a session is idle most of the time.
func NewReader(r io.Reader) *Reader { return &Reader{bufio.NewReaderSize(r, 512)} }

// Next reads a packet. The error is io.EOF between packets, io.ErrUnexpectedEOF within one, ErrNoPacket for what is
// none, or that of the stream.
func (r *Reader) Next() (Raw, error) {
	var head [HeaderSize]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return Raw{}, err
	}
	raw, length, err := parseHeader(head[:])
	if err != nil || length == 0 {
		return raw, err
	}
	raw.Body = make([]byte, length)
	if _, err := io.ReadFull(r.in, raw.Body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Raw{}, err
	}
	return raw, nil
}
