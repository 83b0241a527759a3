package wire

// A User is the block that tells of somebody: in SNAC 01/0F, 02/06, 03/0B, 03/0C and 04/07.
type User struct {
	Name    string // as its owner spells it
	Warning uint16 // in tenths of a percent
	TLVs    TLVs
}

func (u User) encode(w *writer) {
	w.str8(u.Name)
	w.u16(u.Warning)
	u.TLVs.encodeCounted(w)
}

func (u *User) decode(r *reader) {
	u.Name = r.str8()
	u.Warning = r.u16()
	u.TLVs.decodeCounted(r)
}

// Users is a body of user blocks to its end (SNAC 01/0F, 03/0B, 03/0C).
type Users []User

func (l Users) encode(w *writer) {
	for _, u := range l {
		u.encode(w)
	}
}

func (l *Users) decode(r *reader) {
	for r.more() {
		u := User{}
		u.decode(r)
		if r.err == nil {
			*l = append(*l, u)
		}
	}
}

// TLVs of a user block, and of SNAC 01/1E.
const (
	UserClass        uint16 = 0x01 // 16 or 32 bits of Class…
	UserMemberSince  uint16 = 0x02 // Unix seconds
	UserSignedOn     uint16 = 0x03 // Unix seconds
	UserIdle         uint16 = 0x04 // minutes
	UserMemberSince5 uint16 = 0x05
	UserStatus       uint16 = 0x06 // flags16, Status…16; AIM sends 16 bits only
	UserAddress      uint16 = 0x0A // external IPv4
	UserDirect       uint16 = 0x0C // ICQ direct connection
	UserCaps         uint16 = 0x0D // 16 bytes each
	UserOnlineFor    uint16 = 0x0F // seconds
	UserInstance     uint16 = 0x14
	UserShortCaps    uint16 = 0x19 // 2 bytes each
	UserIconOrText   uint16 = 0x1D // BART items: icon hash, status text
)

// Bits of UserClass.
const (
	ClassUnconfirmed   uint16 = 0x0001
	ClassAdministrator uint16 = 0x0002
	ClassStaff         uint16 = 0x0004
	ClassPaid          uint16 = 0x0008
	ClassFree          uint16 = 0x0010
	ClassAway          uint16 = 0x0020
	ClassICQ           uint16 = 0x0040
	ClassWireless      uint16 = 0x0080
	ClassBot           uint16 = 0x0400
)

// Bits of UserStatus, its lower half.
const (
	StatusAway      uint32 = 0x0001
	StatusDND       uint32 = 0x0002
	StatusNA        uint32 = 0x0004
	StatusOccupied  uint32 = 0x0010
	StatusChat      uint32 = 0x0020
	StatusInvisible uint32 = 0x0100
)

// A BART is one item of UserIconOrText: a picture's hash, a status text.
type BART struct {
	Type  uint16
	Flags uint8
	Data  []byte
}

// BARTs is the list under UserIconOrText.
type BARTs []BART

// Types of BART.
const (
	BARTIconSmall  uint16 = 0x0000
	BARTIcon       uint16 = 0x0001
	BARTStatusText uint16 = 0x0002
)

func (l BARTs) encode(w *writer) {
	for _, v := range l {
		v.encode(w)
	}
}

func (l *BARTs) decode(r *reader) {
	for r.more() {
		v := BART{}
		if v.decode(r); r.err == nil {
			*l = append(*l, v)
		}
	}
}
