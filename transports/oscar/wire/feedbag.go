package wire

// The SNACs of the list kept by the server (family 13, feedbag). Changes carry Items.
const (
	FeedbagRightsQuery Kind = 0x0013_0002
	FeedbagRightsReply Kind = 0x0013_0003 // TLVs
	FeedbagQuery       Kind = 0x0013_0004
	FeedbagQueryNewer  Kind = 0x0013_0005 // FeedbagVersion
	FeedbagReply       Kind = 0x0013_0006 // Feedbag; FlagMore when more of it follows
	FeedbagUse         Kind = 0x0013_0007
	FeedbagInsert      Kind = 0x0013_0008 // Items
	FeedbagUpdate      Kind = 0x0013_0009 // Items
	FeedbagDelete      Kind = 0x0013_000A // Items
	FeedbagStatus      Kind = 0x0013_000E // Words: one result for each item
	FeedbagNotNewer    Kind = 0x0013_000F // FeedbagVersion
	FeedbagBegin       Kind = 0x0013_0011 // TLVs
	FeedbagEnd         Kind = 0x0013_0012
	FeedbagPreAuth     Kind = 0x0013_0014 // AuthAsk
	FeedbagPreAuthed   Kind = 0x0013_0015 // AuthAsk
	FeedbagAuthAsk     Kind = 0x0013_0018 // AuthAsk
	FeedbagAuthAsked   Kind = 0x0013_0019 // AuthAsk
	FeedbagAuthReply   Kind = 0x0013_001A // AuthReply
	FeedbagAuthReplied Kind = 0x0013_001B // AuthReply
	FeedbagAdded       Kind = 0x0013_001C // AddedBy
)

// Results in SNAC 13/0E. Those marked (lore) were not seen from today's servers.
const (
	FeedbagOK        uint16 = 0x0000
	FeedbagMissing   uint16 = 0x0002 // (lore) no such item
	FeedbagExists    uint16 = 0x0003 // (lore)
	FeedbagInvalid   uint16 = 0x000A // (lore)
	FeedbagFull      uint16 = 0x000C // (lore) too many items of the class
	FeedbagICQToAIM  uint16 = 0x000D // (lore)
	FeedbagNeedsAuth uint16 = 0x000E
)

// Classes of Item.
const (
	BuddyItem      uint16 = 0x00
	GroupItem      uint16 = 0x01 // group 0, item 0 is the root
	PermitItem     uint16 = 0x02
	DenyItem       uint16 = 0x03
	PrivacyItem    uint16 = 0x04
	PrefsItem      uint16 = 0x05
	IgnoreItem     uint16 = 0x0E
	LastUpdateItem uint16 = 0x0F
	IconItem       uint16 = 0x14
)

// TLVs of an Item.
const (
	ItemPending uint16 = 0x0066 // waits for authorisation
	ItemMembers uint16 = 0x00C8 // of a group: its items; of the root: the groups; in order
	ItemPrivacy uint16 = 0x00CA // 1 all, 2 none, 3 permitted, 4 not denied, 5 on the list
	ItemPrefs   uint16 = 0x00C9
	ItemIcon    uint16 = 0x00D5
	ItemAlias   uint16 = 0x0131
	ItemNote    uint16 = 0x013C
)

// An Item is one entry of the list. Group and ID together name it.
type Item struct {
	Name  string // a screen name, a group's name; UTF-8
	Group uint16
	ID    uint16
	Class uint16
	TLVs  TLVs
}

func (i Item) encode(w *writer) {
	w.str16(i.Name)
	w.u16(i.Group)
	w.u16(i.ID)
	w.u16(i.Class)
	i.TLVs.encodeSized(w)
}

func (i *Item) decode(r *reader) {
	i.Name = r.str16()
	i.Group, i.ID, i.Class = r.u16(), r.u16(), r.u16()
	i.TLVs.decodeSized(r)
}

// Items is a body of items to its end (SNAC 13/08, 13/09, 13/0A).
type Items []Item

func (l Items) encode(w *writer) {
	for _, i := range l {
		i.encode(w)
	}
}

func (l *Items) decode(r *reader) {
	for r.more() {
		l.one(r)
	}
}

func (l *Items) one(r *reader) {
	i := Item{}
	i.decode(r)
	if r.err == nil {
		*l = append(*l, i)
	}
}

// A Feedbag is the list, or a part of it (SNAC 13/06).
type Feedbag struct {
	Version uint8
	Items   Items
	Changed uint32 // Unix seconds; some servers leave it out of all parts but the last
}

func (f Feedbag) encode(w *writer) {
	w.u8(f.Version)
	w.count16(len(f.Items))
	f.Items.encode(w)
	w.u32(f.Changed)
}

func (f *Feedbag) decode(r *reader) {
	f.Version = r.u8()
	for n := r.u16(); n > 0 && r.err == nil; n-- {
		f.Items.one(r)
	}
	if r.more() {
		f.Changed = r.u32()
	}
}

// A FeedbagVersion says which state of the list a side knows (SNAC 13/05, 13/0F).
type FeedbagVersion struct {
	Changed uint32
	Count   uint16 // of items; some servers send 8 bits
}

func (v FeedbagVersion) encode(w *writer) { w.u32(v.Changed); w.u16(v.Count) }

func (v *FeedbagVersion) decode(r *reader) {
	v.Changed = r.u32()
	if len(r.b) == 1 {
		v.Count = uint16(r.u8())
		return
	}
	v.Count = r.u16()
}

// An AuthAsk asks for authorisation, or gives it beforehand: Name is the receiver from the client, the sender
// from the server (SNAC 13/18, 13/19; 13/14, 13/15).
type AuthAsk struct {
	Name   string
	Reason string
	Flags  uint16
}

func (a AuthAsk) encode(w *writer) {
	w.str8(a.Name)
	w.str16(a.Reason)
	w.u16(a.Flags)
}

func (a *AuthAsk) decode(r *reader) {
	a.Name = r.str8()
	a.Reason = r.str16()
	if r.more() {
		a.Flags = r.u16()
	}
}

// An AuthReply grants or refuses it (SNAC 13/1A, 13/1B).
type AuthReply struct {
	Name    string
	Granted bool
	Reason  string
}

func (a AuthReply) encode(w *writer) {
	w.str8(a.Name)
	granted := uint8(0)
	if a.Granted {
		granted = 1
	}
	w.u8(granted)
	w.str16(a.Reason)
}

func (a *AuthReply) decode(r *reader) {
	a.Name = r.str8()
	a.Granted = r.u8() != 0
	if r.more() {
		a.Reason = r.str16()
	}
}

// An AddedBy says who put the user on a list (SNAC 13/1C).
type AddedBy struct{ Name string }

func (a AddedBy) encode(w *writer)  { w.str8(a.Name); w.u16(0) }
func (a *AddedBy) decode(r *reader) { a.Name = r.str8() }
