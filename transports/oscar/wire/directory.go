package wire

// The SNACs of AIM's directory: one's own entry (family 02), and the search (family 0F), on a connection of its own.
const (
	DirSet      Kind = 0x0002_0009 // TLVs: Dir…
	DirSetReply Kind = 0x0002_000A // Words: 1
	DirQuery    Kind = 0x0002_000B // DirWanted
	DirReply    Kind = 0x0002_000C // DirEntry

	DirSearch Kind = 0x000F_0002 // TLVs: Dir…
	DirFound  Kind = 0x000F_0003 // DirResults
)

// TLVs of an entry of the directory.
const (
	DirFirst    uint16 = 0x01
	DirLast     uint16 = 0x02
	DirMiddle   uint16 = 0x03
	DirMaiden   uint16 = 0x04
	DirEmail    uint16 = 0x05
	DirCountry  uint16 = 0x06
	DirState    uint16 = 0x07
	DirCity     uint16 = 0x08
	DirName     uint16 = 0x09 // screen name
	DirKind     uint16 = 0x0A // of the search: 0 by names, 1 by e-mail address or interest
	DirInterest uint16 = 0x0B
	DirNick     uint16 = 0x0C
	DirZIP      uint16 = 0x0D
	DirCharset  uint16 = 0x1C
	DirStreet   uint16 = 0x21
)

// A DirWanted asks for somebody's entry (SNAC 02/0B).
type DirWanted struct{ Name string }

func (q DirWanted) encode(w *writer)  { w.str8(q.Name) }
func (q *DirWanted) decode(r *reader) { q.Name = r.str8() }

// A DirEntry is somebody's entry (SNAC 02/0C).
type DirEntry struct {
	Status uint16 // 1: here it is
	TLVs   TLVs
}

func (e DirEntry) encode(w *writer) { w.u16(e.Status); e.TLVs.encodeCounted(w) }
func (e *DirEntry) decode(r *reader) {
	e.Status = r.u16()
	e.TLVs.decodeCounted(r)
}

// DirOK is the Status of DirResults that are whole; the others say why there are none.
const DirOK uint16 = 0x05

// DirResults are the rows of a search (SNAC 0F/03).
type DirResults struct {
	Status  uint16
	Unknown uint16
	Rows    []TLVs
}

func (v DirResults) encode(w *writer) {
	w.u16(v.Status)
	w.u16(v.Unknown)
	w.count16(len(v.Rows))
	for _, t := range v.Rows {
		t.encodeCounted(w)
	}
}

func (v *DirResults) decode(r *reader) {
	v.Status = r.u16()
	if !r.more() { // a refusal is no longer than that on some servers
		return
	}
	v.Unknown = r.u16()
	if !r.more() {
		return
	}
	for n := r.u16(); n > 0 && r.err == nil; n-- {
		var t TLVs
		if t.decodeCounted(r); r.err == nil {
			v.Rows = append(v.Rows, t)
		}
	}
}
