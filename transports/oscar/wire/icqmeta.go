package wire

import "encoding/binary"

// What an ICQMeta is about: the questions, and the parts of the answers.
const (
	ICQMetaAsk   uint16 = 0x07D0 // type of an ICQData with a question
	ICQMetaReply uint16 = 0x07DA // and with an answer

	ICQShortInfo     uint16 = 0x04BA // UIN
	ICQFullInfo      uint16 = 0x04D0 // UIN; for one that nobody has, Open OSCAR Server closes the connection
	ICQSearchUIN     uint16 = 0x051F // UIN
	ICQSearchNames   uint16 = 0x0515 // first, last, nick
	ICQSearchEmail   uint16 = 0x0529 // e-mail
	ICQShortReply    uint16 = 0x0104 // nick, first, last, e-mail, …
	ICQBasicReply    uint16 = 0x00C8 // ICQBasic
	ICQMoreReply     uint16 = 0x00DC // ICQMore
	ICQNotesReply    uint16 = 0x00E6 // text
	ICQLastReply     uint16 = 0x00FA // affiliations, the end of a full answer
	ICQFoundReply    uint16 = 0x01A4 // ICQFound, and more follow
	ICQFoundLast     uint16 = 0x01AE // the last, or none
	ICQMetaOK        uint8  = 0x0A
	icqGenderFemale  uint8  = 1
	icqGenderMale    uint8  = 2
	maxICQMetaString        = 2048
)

// An ICQMeta is a question to ICQ's database, or part of an answer: the data of an ICQData. Status is an answer's.
type ICQMeta struct {
	Sub    uint16
	Status uint8
	Data   []byte
}

// ReadICQMeta reads an answer. The error wraps ErrShort.
func ReadICQMeta(b []byte) (ICQMeta, error) { return Decode[ICQMeta](b) }

func (m *ICQMeta) decode(r *reader) {
	m.Sub, m.Status = r.le16(), r.u8()
	m.Data = r.rest()
}

func (m ICQMeta) encode(w *writer) {
	w.raw(binary.LittleEndian.AppendUint16(nil, m.Sub))
	w.u8(m.Status)
	w.raw(m.Data)
}

// ICQByUIN is the data of a question about a number.
func ICQByUIN(sub uint16, uin uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(nil, sub), uin)
}

// ICQByStrings is the data of a question with strings. The error wraps ErrTooLong.
func ICQByStrings(sub uint16, list ...string) ([]byte, error) {
	w := writer{b: binary.LittleEndian.AppendUint16(nil, sub)}
	for _, s := range list {
		w.lestr([]byte(s))
	}
	return w.b, w.err
}

// ICQStrings are strings one after the other.
type ICQStrings [][]byte

// ReadICQStrings reads so many. The error wraps ErrShort.
func ReadICQStrings(b []byte, n int) (ICQStrings, error) {
	r := reader{b: b}
	var list ICQStrings
	for range n {
		s := r.lestr()
		if len(s) > maxICQMetaString {
			s = s[:maxICQMetaString]
		}
		list = append(list, s)
	}
	return list, r.err
}

func (l ICQStrings) encode(w *writer) {
	for _, s := range l {
		w.lestr(s)
	}
}

// Places in an ICQBasicReply, which begins with eleven strings.
const (
	ICQNick = iota
	ICQFirst
	ICQLast
	ICQEmail
	ICQCity
	ICQState
	ICQPhone
	ICQFax
	ICQStreet
	ICQCell
	ICQZIP
	ICQBasicStrings // how many there are
)

// An ICQMore is what an ICQMoreReply says, as far as anybody fills it in.
type ICQMore struct {
	Age      uint16
	Gender   string // "female", "male" or empty
	Homepage []byte
	Birthday [3]uint16 // year, month, day; zeros: not told
}

func (m *ICQMore) decode(r *reader) {
	m.Age = r.le16()
	switch r.u8() {
	case icqGenderFemale:
		m.Gender = "female"
	case icqGenderMale:
		m.Gender = "male"
	}
	m.Homepage = r.lestr()
	m.Birthday = [3]uint16{r.le16(), uint16(r.u8()), uint16(r.u8())}
}

func (m ICQMore) encode(w *writer) {
	w.raw(binary.LittleEndian.AppendUint16(nil, m.Age))
	w.u8(map[string]uint8{"female": icqGenderFemale, "male": icqGenderMale}[m.Gender])
	w.lestr(m.Homepage)
	w.raw(binary.LittleEndian.AppendUint16(nil, m.Birthday[0]))
	w.u8(uint8(m.Birthday[1]))
	w.u8(uint8(m.Birthday[2]))
}

// An ICQFound is one row of a search.
type ICQFound struct {
	UIN                      uint32
	Nick, First, Last, Email []byte
	Asks                     bool // wants to be asked before it is put on a list
}

func (f *ICQFound) decode(r *reader) {
	in := reader{b: r.take(int(r.le16())), err: r.err}
	f.UIN = in.le32()
	f.Nick, f.First, f.Last, f.Email = in.lestr(), in.lestr(), in.lestr(), in.lestr()
	f.Asks = in.more() && in.u8() == 0
	r.err = in.err
}

func (f ICQFound) encode(w *writer) {
	in := writer{b: binary.LittleEndian.AppendUint32(nil, f.UIN)}
	for _, s := range [][]byte{f.Nick, f.First, f.Last, f.Email} {
		in.lestr(s)
	}
	asks := uint8(1)
	if f.Asks {
		asks = 0
	}
	in.raw([]byte{asks, 0, 0, 0, 0, 0})
	w.fits(len(in.b), 0xFFFF)
	w.raw(binary.LittleEndian.AppendUint16(nil, uint16(len(in.b))))
	w.raw(in.b)
}
