package wire

import (
	"encoding/binary"
	"time"
)

// The SNACs of ICQ's own database and its stored messages (family 15). What is in their TLV 1 is little-endian.
const (
	ICQError Kind = 0x0015_0001
	ICQQuery Kind = 0x0015_0002 // ICQData
	ICQReply Kind = 0x0015_0003 // ICQData
)

// What an ICQData is about.
const (
	ICQOfflineGet    uint16 = 0x003C // asks for stored messages
	ICQOfflineDelete uint16 = 0x003E // lets the server forget them; no answer
	ICQOffline       uint16 = 0x0041 // one of them: ICQStored
	ICQOfflineEnd    uint16 = 0x0042 // there are no more
)

// tagICQ is the TLV that holds an ICQData.
const tagICQ uint16 = 0x01

// An ICQData is a question to ICQ's servers, or part of an answer (SNAC 15/02, 15/03): TLV 1 with a length of its own,
// the owner's UIN, the type and a number that the answer repeats.
type ICQData struct {
	UIN  uint32
	Type uint16
	Seq  uint16
	Data []byte
}

func (d ICQData) encode(w *writer) {
	b := make([]byte, 0, 10+len(d.Data))
	if !w.fits(8+len(d.Data), 0xFFFF-2) {
		return
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(8+len(d.Data)))
	b = binary.LittleEndian.AppendUint32(b, d.UIN)
	b = binary.LittleEndian.AppendUint16(b, d.Type)
	b = binary.LittleEndian.AppendUint16(b, d.Seq)
	TLVs{Bytes(tagICQ, append(b, d.Data...))}.encode(w)
}

func (d *ICQData) decode(r *reader) {
	var tlvs TLVs
	tlvs.decode(r)
	value, ok := tlvs.Get(tagICQ)
	if !ok && r.err == nil {
		r.err = ErrShort
	}
	in := reader{b: value, err: r.err}
	in.b = in.take(int(in.le16()))
	d.UIN, d.Type, d.Seq = in.le32(), in.le16(), in.le16()
	d.Data = in.rest()
	r.err = in.err
}

// Types of an ICQ message, beside which the highest bit marks one to many receivers (lore).
const (
	ICQPlain       uint8 = 0x01
	ICQURL         uint8 = 0x04 // description, 0xFE, address
	ICQAuthAsked   uint8 = 0x06 // nick, first, last, e-mail, "1", reason; 0xFE between them
	ICQAuthRefused uint8 = 0x07 // reason
	ICQAuthGranted uint8 = 0x08
	ICQAdded       uint8 = 0x0C // as ICQAuthAsked, without a reason
)

// An ICQStored is a message that waited (SNAC 15/03, type 0x41).
type ICQStored struct {
	From uint32
	Sent time.Time // to the minute, UTC
	Type uint8     // ICQ…
	Text []byte    // without the NUL at its end
}

func (m ICQStored) encode(w *writer) {
	w.raw(binary.LittleEndian.AppendUint32(nil, m.From))
	t := m.Sent.UTC()
	w.raw(binary.LittleEndian.AppendUint16(nil, uint16(t.Year())))
	w.raw([]byte{byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), m.Type, 0})
	w.lestr(m.Text)
}

func (m *ICQStored) decode(r *reader) {
	m.From = r.le32()
	year := r.le16()
	month, day, hour, minute := r.u8(), r.u8(), r.u8(), r.u8()
	if month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 {
		m.Sent = time.Date(int(year), time.Month(month), int(day), int(hour), int(minute), 0, 0, time.UTC)
	}
	m.Type = r.u8()
	r.u8() // flags
	m.Text = r.lestr()
}

// An ICQMessage is what a message of channel 4 holds (SNAC 04/07 TLV 5).
type ICQMessage struct {
	From uint32
	Type uint8
	Text []byte
}

func (m ICQMessage) encode(w *writer) {
	w.raw(binary.LittleEndian.AppendUint32(nil, m.From))
	w.u8(m.Type)
	w.u8(0) // flags
	w.lestr(m.Text)
}

func (m *ICQMessage) decode(r *reader) {
	m.From = r.le32()
	m.Type = r.u8()
	r.u8()
	m.Text = r.lestr()
}

func (r *reader) le16() uint16 {
	if v := r.take(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

func (r *reader) le32() uint32 {
	if v := r.take(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// lestr is a string with its length before it and a NUL at its end, both of which count.
func (r *reader) lestr() []byte {
	b := r.take(int(r.le16()))
	if n := len(b); n > 0 && b[n-1] == 0 {
		return b[:n-1]
	}
	return b
}

func (w *writer) lestr(b []byte) {
	if w.fits(len(b)+1, 0xFFFF) {
		w.raw(binary.LittleEndian.AppendUint16(nil, uint16(len(b)+1)))
		w.raw(b)
		w.u8(0)
	}
}
