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

// An ICQBasic is what an ICQBasicReply says first.
type ICQBasic struct {
	Texts   [ICQBasicStrings][]byte
	Country uint16 // as in telephone numbers; 0: not told
}

func (v *ICQBasic) decode(r *reader) {
	for i := range v.Texts {
		text := r.lestr()
		v.Texts[i] = text[:min(len(text), maxICQMetaString)]
	}
	if r.more() {
		v.Country = r.le16()
	}
}

func (v ICQBasic) encode(w *writer) {
	for _, text := range v.Texts {
		w.lestr(text)
	}
	w.raw(binary.LittleEndian.AppendUint16(nil, v.Country))
}

// Places in an ICQBasic.
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

// Questions with TLVs, whose numbers are little-endian as everything of ICQ's database.
const (
	ICQSearchPages uint16 = 0x055F // white pages: ICQTLVs
	ICQSetInfo     uint16 = 0x0C3A // one's own details: ICQTLVs
	ICQSetReply    uint16 = 0x0C3F
)

// TLVs of ICQSearchPages and ICQSetInfo. Where nothing else is said they hold an ICQString.
const (
	ICQTagFirst    uint16 = 0x0140
	ICQTagLast     uint16 = 0x014A
	ICQTagNick     uint16 = 0x0154
	ICQTagEmail    uint16 = 0x015E // to set: and a byte, 0 to show it
	ICQTagGender   uint16 = 0x017C // byte
	ICQTagCity     uint16 = 0x0190
	ICQTagState    uint16 = 0x019A
	ICQTagCompany  uint16 = 0x01AE
	ICQTagPosition uint16 = 0x01C2
	ICQTagHomepage uint16 = 0x0213
	ICQTagKeyword  uint16 = 0x0226
	ICQTagBirthday uint16 = 0x023A // year, month, day: 16 bits each
	ICQTagAbout    uint16 = 0x0258
	ICQTagStreet   uint16 = 0x0262
	ICQTagPhone    uint16 = 0x0276
)

// ICQString is the value of a TLV of ICQ's that holds text. Longer than 2,047 bytes it is cut.
func ICQString(text []byte) []byte {
	w := writer{}
	w.lestr(text[:min(len(text), maxICQMetaString-1)])
	return w.b
}

// ICQByTLVs is the data of a question with TLVs. The error wraps ErrTooLong.
func ICQByTLVs(sub uint16, tlvs TLVs) ([]byte, error) {
	w := writer{b: binary.LittleEndian.AppendUint16(nil, sub)}
	ICQTLVs(tlvs).encode(&w)
	return w.b, w.err
}

// ICQTLVs are TLVs whose tags and lengths are little-endian, to the end of their block.
type ICQTLVs TLVs

func (l ICQTLVs) encode(w *writer) {
	for _, t := range l {
		if !w.fits(len(t.Value), 0xFFFF) {
			return
		}
		w.raw(binary.LittleEndian.AppendUint16(nil, t.Tag))
		w.raw(binary.LittleEndian.AppendUint16(nil, uint16(len(t.Value))))
		w.raw(t.Value)
	}
}

func (l *ICQTLVs) decode(r *reader) {
	for r.more() {
		t := TLV{Tag: r.le16()}
		t.Value = r.take(int(r.le16()))
		if r.err == nil {
			*l = append(*l, t)
		}
	}
}
