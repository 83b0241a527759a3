package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of peer-to-peer packets over a switchboard.
const (
	p2pHeader = 48
	p2pFooter = 4
	MaxP2P    = 1202 // bytes of data in one packet
)

// Flags of a packet.
const (
	P2PAck     uint32 = 0x02
	P2PWaiting uint32 = 0x04
	P2PError   uint32 = 0x08
	P2PPicture uint32 = 0x20
	P2PReset   uint32 = 0x40
	P2PFile    uint32 = 0x01000030
)

// The applications, as in the footer and in an SLP's AppID.
const (
	AppSLP     uint32 = 0
	AppPicture uint32 = 1
	AppFile    uint32 = 2
)

// A Packet is one packet of P2P version 1 over a switchboard. Numbers are little-endian, the footer is big-endian.
type Packet struct {
	Session     uint32
	ID          uint32 // of the message that this is a piece of
	Offset      uint64
	Total       uint64
	Flags       uint32
	AckID       uint32
	AckUniqueID uint32
	AckSize     uint64
	Data        []byte
	App         uint32
}

// ErrPacket is a packet whose lengths do not fit.
var ErrPacket = errors.New("no peer-to-peer packet")

// ParsePacket reads the body of a TypeP2P message. Data is part of b.
func ParsePacket(b []byte) (Packet, error) {
	if len(b) < p2pHeader {
		return Packet{}, fmt.Errorf("%w: %d bytes", ErrPacket, len(b))
	}
	le := binary.LittleEndian
	p := Packet{
		Session: le.Uint32(b), ID: le.Uint32(b[4:]), Offset: le.Uint64(b[8:]), Total: le.Uint64(b[16:]),
		Flags: le.Uint32(b[28:]), AckID: le.Uint32(b[32:]), AckUniqueID: le.Uint32(b[36:]), AckSize: le.Uint64(b[40:]),
	}
	size := le.Uint32(b[24:])
	rest := b[p2pHeader:]
	if uint64(size) > uint64(len(rest)) || size > MaxP2P {
		return Packet{}, fmt.Errorf("%w: %d bytes of data are said", ErrPacket, size)
	}
	if p.Offset > p.Total || uint64(size) > p.Total-p.Offset && size > 0 {
		return Packet{}, fmt.Errorf("%w: %d bytes at %d of %d", ErrPacket, size, p.Offset, p.Total)
	}
	p.Data = rest[:size:size]
	if rest = rest[size:]; len(rest) >= p2pFooter {
		p.App = binary.BigEndian.Uint32(rest)
	}
	return p, nil
}

// Append appends the packet as it stands in a message's body.
func (p Packet) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, p.Session)
	b = le.AppendUint32(b, p.ID)
	b = le.AppendUint64(b, p.Offset)
	b = le.AppendUint64(b, p.Total)
	b = le.AppendUint32(b, uint32(len(p.Data)))
	b = le.AppendUint32(b, p.Flags)
	b = le.AppendUint32(b, p.AckID)
	b = le.AppendUint32(b, p.AckUniqueID)
	b = le.AppendUint64(b, p.AckSize)
	b = append(b, p.Data...)
	return binary.BigEndian.AppendUint32(b, p.App)
}

// Acknowledges is the packet that says that the whole of the message of p, its last piece, has come.
func (p Packet) Acknowledges(id uint32) Packet {
	return Packet{
		Session: p.Session, ID: id, Total: p.Total, Flags: P2PAck, AckID: p.ID, AckUniqueID: p.AckID, AckSize: p.Total,
	}
}

// IsAck reports whether p is an acknowledgement.
func (p Packet) IsAck() bool { return p.Flags&P2PAck != 0 }

// Last reports whether p is the last piece of its message.
func (p Packet) Last() bool { return p.Offset+uint64(len(p.Data)) >= p.Total }
