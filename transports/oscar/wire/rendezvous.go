package wire

import "bytes"

// Types of a Rendezvous.
const (
	RendezvousPropose uint16 = 0
	RendezvousCancel  uint16 = 1
	RendezvousAccept  uint16 = 2
)

// TLVs of a Rendezvous.
const (
	RendezvousAddress  uint16 = 0x02 // IPv4 to meet at
	RendezvousClient   uint16 = 0x03 // IPv4 by the client's own account; today's servers write what they see instead
	RendezvousVerified uint16 = 0x04 // IPv4, from the server
	RendezvousPort     uint16 = 0x05
	RendezvousStep     uint16 = 0x0A // 1: the first proposal
	RendezvousReason   uint16 = 0x0B // of a RendezvousCancel
	RendezvousText     uint16 = 0x0C
	RendezvousCharset  uint16 = 0x0D
	RendezvousLang     uint16 = 0x0E
	RendezvousWait     uint16 = 0x0F // empty; clients send it with the first proposal
	RendezvousProxy    uint16 = 0x10 // empty: by way of a proxy, which has the address
	RendezvousData     uint16 = 0x2711

	RendezvousDataCharset uint16 = 0x2712 // of a FileProposal's name
)

// RendezvousDeclined is the RendezvousReason of who does not want to.
const RendezvousDeclined uint16 = 1

// The capabilities that rendezvous are about.
var (
	CapRoom = [16]byte{0x74, 0x8F, 0x24, 0x20, 0x62, 0x87, 0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00}
	CapFile = [16]byte{0x09, 0x46, 0x13, 0x43, 0x4C, 0x7F, 0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00}
	CapIcon = [16]byte{0x09, 0x46, 0x13, 0x46, 0x4C, 0x7F, 0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00}
)

// A Rendezvous is what a message of channel 2 holds (MessageData): somebody wants to meet for something.
type Rendezvous struct {
	Type   uint16
	Cookie Cookie
	About  [16]byte // a capability
	TLVs   TLVs
}

func (v Rendezvous) encode(w *writer) {
	w.u16(v.Type)
	v.Cookie.encode(w)
	w.raw(v.About[:])
	v.TLVs.encode(w)
}

func (v *Rendezvous) decode(r *reader) {
	v.Type = r.u16()
	v.Cookie.decode(r)
	copy(v.About[:], r.take(len(v.About)))
	v.TLVs.decode(r)
}

// A FileProposal says what somebody wants to send (RendezvousData of CapFile).
type FileProposal struct {
	Many  bool   // several files, or a folder
	Count uint16 // of files
	Size  uint32 // bytes of all
	Name  []byte // in the sender's charset; what is behind a NUL is none of it
}

func (p FileProposal) encode(w *writer) {
	many := uint16(1)
	if p.Many {
		many = 2
	}
	w.u16(many)
	w.u16(p.Count)
	w.u32(p.Size)
	w.raw(p.Name)
	w.u8(0)
}

func (p *FileProposal) decode(r *reader) {
	p.Many = r.u16() != 1
	p.Count = r.u16()
	p.Size = r.u32()
	p.Name = bytes.TrimRight(r.rest(), "\x00") // of UTF-16 half a character may go
}
