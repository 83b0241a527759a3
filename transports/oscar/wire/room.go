package wire

// The SNACs that find and make rooms (family 0D), on a connection of their own.
const (
	NavRightsQuery Kind = 0x000D_0002
	NavRoomQuery   Kind = 0x000D_0004 // RoomQuery
	NavRoomCreate  Kind = 0x000D_0008 // RoomInfo
	NavReply       Kind = 0x000D_0009 // TLVs: NavMaxRooms, NavExchange, NavRoom
)

// TLVs of SNAC 0D/09.
const (
	NavMaxRooms uint16 = 0x02
	NavExchange uint16 = 0x03
	NavRoom     uint16 = 0x04 // RoomInfo
)

// The SNACs of one room (family 0E), each on a connection of its own.
const (
	RoomUpdate  Kind = 0x000E_0002 // RoomInfo
	RoomEntered Kind = 0x000E_0003 // Users
	RoomGone    Kind = 0x000E_0004 // Users
	RoomSay     Kind = 0x000E_0005 // RoomWords
	RoomHear    Kind = 0x000E_0006 // RoomWords
)

// A RoomRef names a room: in SNAC 01/04 (ServiceRoom) and in invitations (RendezvousData).
type RoomRef struct {
	Exchange uint16
	Cookie   string
	Instance uint16
}

func (v RoomRef) encode(w *writer) {
	w.u16(v.Exchange)
	w.str8(v.Cookie)
	w.u16(v.Instance)
}

func (v *RoomRef) decode(r *reader) {
	v.Exchange = r.u16()
	v.Cookie = r.str8()
	v.Instance = r.u16()
}

// ServiceRoom is the TLV of SNAC 01/04 that holds the RoomRef of the room that is wanted.
const ServiceRoom uint16 = 0x01

// The exchanges of today's servers.
const (
	ExchangePrivate uint16 = 4 // whoever enters a room makes it
	ExchangePublic  uint16 = 5 // rooms that operators have made
)

// RoomCreate is the cookie of a RoomInfo that asks for a room by name; RoomLast the instance that it asks for.
const (
	RoomCreate        = "create"
	RoomLast   uint16 = 0xFFFF
)

// TLVs of a RoomInfo.
const (
	RoomMaxText uint16 = 0xD1 // bytes of what is said
	RoomName    uint16 = 0xD3
	RoomCharset uint16 = 0xD6
	RoomLang    uint16 = 0xD7
)

// A RoomInfo describes a room (SNAC 0D/08, 0D/09, 0E/02).
type RoomInfo struct {
	RoomRef
	Detail uint8
	TLVs   TLVs
}

func (v RoomInfo) encode(w *writer) {
	v.RoomRef.encode(w)
	w.u8(v.Detail)
	v.TLVs.encodeCounted(w)
}

func (v *RoomInfo) decode(r *reader) {
	v.RoomRef.decode(r)
	v.Detail = r.u8()
	v.TLVs.decodeCounted(r)
}

// A RoomQuery asks what a room is like (SNAC 0D/04).
type RoomQuery struct {
	RoomRef
	Detail uint8
}

func (v RoomQuery) encode(w *writer) { v.RoomRef.encode(w); w.u8(v.Detail) }
func (v *RoomQuery) decode(r *reader) {
	v.RoomRef.decode(r)
	v.Detail = r.u8()
}

// TLVs of a RoomWords, and of its text.
const (
	WordsPublic  uint16 = 0x01 // everybody may hear it
	WordsTo      uint16 = 0x02 // a whisper
	WordsFrom    uint16 = 0x03 // User
	WordsMessage uint16 = 0x05 // TLVs: WordsText, WordsCharset, WordsLang
	WordsReflect uint16 = 0x06 // the speaker wants to hear it too

	WordsText    uint16 = 0x01
	WordsCharset uint16 = 0x02 // us-ascii, unicode-2-0, iso-8859-1, utf-8
	WordsLang    uint16 = 0x03
)

// ChannelRoom is the channel of what is said in rooms.
const ChannelRoom uint16 = 3

// A RoomWords is something said in a room (SNAC 0E/05, 0E/06).
type RoomWords struct {
	Cookie  Cookie
	Channel uint16
	TLVs    TLVs
}

func (v RoomWords) encode(w *writer) {
	v.Cookie.encode(w)
	w.u16(v.Channel)
	v.TLVs.encode(w)
}

func (v *RoomWords) decode(r *reader) {
	v.Cookie.decode(r)
	v.Channel = r.u16()
	v.TLVs.decode(r)
}
