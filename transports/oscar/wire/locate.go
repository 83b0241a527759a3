package wire

// The SNACs about users (family 02).
const (
	LocateRightsQuery Kind = 0x0002_0002
	LocateRightsReply Kind = 0x0002_0003 // TLVs
	SetInfo           Kind = 0x0002_0004 // TLVs: Info…
	InfoQuery         Kind = 0x0002_0005 // InfoWanted
	InfoReply         Kind = 0x0002_0006 // Info
	InfoQuery2        Kind = 0x0002_0015 // InfoWanted2
)

// TLVs of SNAC 02/04 and 02/06.
const (
	InfoProfileType uint16 = 0x01
	InfoProfile     uint16 = 0x02
	InfoAwayType    uint16 = 0x03
	InfoAway        uint16 = 0x04 // empty in 02/04: back again
	InfoCaps        uint16 = 0x05 // 16 bytes each
)

// Bits of what is wanted of a user; SNAC 02/05 has room for 16 of them.
const (
	WantProfile uint32 = 0x0001
	WantAway    uint32 = 0x0002
	WantCaps    uint32 = 0x0004
)

// An InfoWanted asks about a user (SNAC 02/05).
type InfoWanted struct {
	What uint16
	Name string
}

func (q InfoWanted) encode(w *writer)  { w.u16(q.What); w.str8(q.Name) }
func (q *InfoWanted) decode(r *reader) { q.What = r.u16(); q.Name = r.str8() }

// An InfoWanted2 asks about a user, and is of another rate class than InfoWanted (SNAC 02/15).
type InfoWanted2 struct {
	What uint32
	Name string
}

func (q InfoWanted2) encode(w *writer)  { w.u32(q.What); w.str8(q.Name) }
func (q *InfoWanted2) decode(r *reader) { q.What = r.u32(); q.Name = r.str8() }

// An Info answers either (SNAC 02/06).
type Info struct {
	User User
	TLVs TLVs
}

func (i Info) encode(w *writer) { i.User.encode(w); i.TLVs.encode(w) }
func (i *Info) decode(r *reader) {
	i.User.decode(r)
	i.TLVs.decode(r)
}
