package wire

// The SNACs of pictures (family 10), on a connection of their own.
const (
	IconUpload  Kind = 0x0010_0002 // IconData
	IconStored  Kind = 0x0010_0003 // IconStatus
	IconQuery   Kind = 0x0010_0004 // IconWanted
	IconAnswer  Kind = 0x0010_0005 // IconFound
	maxIconData      = 60 << 10    // bytes; with its head it must fit a frame
)

// Flags of a BART.
const (
	BARTCustom uint8 = 0x01 // a picture of the user's own
	BARTUpload uint8 = 0x40 // the server does not have it yet, and wants it
)

// BARTCleared is the hash that stands for no picture.
var BARTCleared = [...]byte{0x02, 0x01, 0xD2, 0x04, 0x72}

func (v BART) encode(w *writer) {
	w.u16(v.Type)
	w.u8(v.Flags)
	if w.fits(len(v.Data), 0xFF) {
		w.u8(uint8(len(v.Data)))
		w.raw(v.Data)
	}
}

func (v *BART) decode(r *reader) {
	v.Type, v.Flags = r.u16(), r.u8()
	v.Data = r.take(int(r.u8()))
}

// A BARTInfo is the value of ItemIcon: a BART whose type is the item's name.
type BARTInfo struct {
	Flags uint8
	Hash  []byte
}

func (v BARTInfo) encode(w *writer) {
	w.u8(v.Flags)
	if w.fits(len(v.Hash), 0xFF) {
		w.u8(uint8(len(v.Hash)))
		w.raw(v.Hash)
	}
}

func (v *BARTInfo) decode(r *reader) {
	v.Flags = r.u8()
	v.Hash = r.take(int(r.u8()))
}

// An IconData is a picture on its way to the server (SNAC 10/02).
type IconData struct {
	Type uint16 // BARTIcon
	Data []byte
}

func (d IconData) encode(w *writer) {
	w.u16(d.Type)
	if w.fits(len(d.Data), maxIconData) {
		w.bytes16(d.Data)
	}
}

func (d *IconData) decode(r *reader) {
	d.Type = r.u16()
	if d.Data = r.bytes16(); len(d.Data) > maxIconData {
		r.err = ErrTooLong
	}
}

// An IconStatus says whether the server took a picture, and how it calls it (SNAC 10/03). Code 0: it did.
type IconStatus struct {
	Code uint8
	Icon BART
}

func (s IconStatus) encode(w *writer) { w.u8(s.Code); s.Icon.encode(w) }
func (s *IconStatus) decode(r *reader) {
	s.Code = r.u8()
	s.Icon.decode(r)
}

// An IconWanted asks for the picture of somebody (SNAC 10/04).
type IconWanted struct {
	Name string
	Icon BART
}

func (q IconWanted) encode(w *writer) {
	w.str8(q.Name)
	w.u8(1) // unknown; clients send it
	q.Icon.encode(w)
}

func (q *IconWanted) decode(r *reader) {
	q.Name = r.str8()
	r.u8()
	q.Icon.decode(r)
}

// An IconFound is the answer; of a picture that is not there the data are empty (SNAC 10/05).
type IconFound struct {
	Name string
	Icon BART
	Data []byte
}

func (f IconFound) encode(w *writer) {
	w.str8(f.Name)
	f.Icon.encode(w)
	w.bytes16(f.Data)
}

func (f *IconFound) decode(r *reader) {
	f.Name = r.str8()
	f.Icon.decode(r)
	f.Data = r.bytes16()
}
