package wire

// The SNACs of messages (family 04).
const (
	ICBMError       Kind = 0x0004_0001 // Error
	ICBMSetParams   Kind = 0x0004_0002 // ICBMParams
	ICBMParamQuery  Kind = 0x0004_0004
	ICBMParamReply  Kind = 0x0004_0005 // ICBMParams; Channel is the number of slots
	ICBMSend        Kind = 0x0004_0006 // Outgoing
	ICBMReceive     Kind = 0x0004_0007 // Incoming
	ICBMWarn        Kind = 0x0004_0008 // WarnWanted
	ICBMWarnReply   Kind = 0x0004_0009 // Words: by how much, and the level now; tenths of a percent
	ICBMMissed      Kind = 0x0004_000A // MissedList
	ICBMPeerError   Kind = 0x0004_000B // PeerError
	ICBMAck         Kind = 0x0004_000C // HostAck
	ICBMOfflineGet  Kind = 0x0004_0010
	ICBMTyping      Kind = 0x0004_0014 // TypingNote
	ICBMOfflineDone Kind = 0x0004_0017
)

// The channels of messages.
const (
	ChannelText       uint16 = 1
	ChannelRendezvous uint16 = 2
	ChannelICQ        uint16 = 4
)

// A Cookie names a message; its sender chooses it.
type Cookie [8]byte

func (c Cookie) encode(w *writer)  { w.raw(c[:]) }
func (c *Cookie) decode(r *reader) { copy(c[:], r.take(len(c))) }

// ICBMParams is what a client wants of a channel; channel 0 stands for all (SNAC 04/02), and what the server
// does by itself (04/05).
type ICBMParams struct {
	Channel     uint16
	Flags       uint32 // ICBM…
	MaxLength   uint16
	MaxSender   uint16 // warning level, tenths of a percent
	MaxReceiver uint16
	MinInterval uint32 // milliseconds
}

// Flags of ICBMParams.
const (
	ICBMAllowed uint32 = 0x01
	ICBMMissing uint32 = 0x02 // tell missed calls
	ICBMEvents  uint32 = 0x08 // typing
)

func (p ICBMParams) encode(w *writer) {
	w.u16(p.Channel)
	w.u32(p.Flags)
	w.u16(p.MaxLength)
	w.u16(p.MaxSender)
	w.u16(p.MaxReceiver)
	w.u32(p.MinInterval)
}

func (p *ICBMParams) decode(r *reader) {
	p.Channel = r.u16()
	p.Flags = r.u32()
	p.MaxLength, p.MaxSender, p.MaxReceiver = r.u16(), r.u16(), r.u16()
	p.MinInterval = r.u32()
}

// TLVs of a message.
const (
	MessageText       uint16 = 0x02 // Fragments
	MessageAck        uint16 = 0x03 // wants a HostAck
	MessageAuto       uint16 = 0x04 // automatic reply
	MessageData       uint16 = 0x05 // body of channels 2 and 4
	MessageStore      uint16 = 0x06 // keep for an absent receiver
	MessageIcon       uint16 = 0x08
	MessageIconWanted uint16 = 0x09
	MessageWantEvents uint16 = 0x0B
	MessageSent       uint16 = 0x16 // Unix seconds; marks a message that was kept
)

// An Outgoing is a message to a user (SNAC 04/06).
type Outgoing struct {
	Cookie  Cookie
	Channel uint16
	To      string
	TLVs    TLVs
}

func (m Outgoing) encode(w *writer) {
	m.Cookie.encode(w)
	w.u16(m.Channel)
	w.str8(m.To)
	m.TLVs.encode(w)
}

func (m *Outgoing) decode(r *reader) {
	m.Cookie.decode(r)
	m.Channel = r.u16()
	m.To = r.str8()
	m.TLVs.decode(r)
}

// An Incoming is a message from a user (SNAC 04/07).
type Incoming struct {
	Cookie  Cookie
	Channel uint16
	From    User
	TLVs    TLVs
}

func (m Incoming) encode(w *writer) {
	m.Cookie.encode(w)
	w.u16(m.Channel)
	m.From.encode(w)
	m.TLVs.encode(w)
}

func (m *Incoming) decode(r *reader) {
	m.Cookie.decode(r)
	m.Channel = r.u16()
	m.From.decode(r)
	m.TLVs.decode(r)
}

// A HostAck says that the server took a message (SNAC 04/0C).
type HostAck struct {
	Cookie  Cookie
	Channel uint16
	To      string
}

func (a HostAck) encode(w *writer) {
	a.Cookie.encode(w)
	w.u16(a.Channel)
	w.str8(a.To)
}

func (a *HostAck) decode(r *reader) {
	a.Cookie.decode(r)
	a.Channel = r.u16()
	a.To = r.str8()
}

// A PeerError is the refusal of a message by its receiver's client (SNAC 04/0B).
type PeerError struct {
	Cookie  Cookie
	Channel uint16
	Name    string
	Code    uint16
	Info    []byte
}

func (e PeerError) encode(w *writer) {
	e.Cookie.encode(w)
	w.u16(e.Channel)
	w.str8(e.Name)
	w.u16(e.Code)
	w.raw(e.Info)
}

func (e *PeerError) decode(r *reader) {
	e.Cookie.decode(r)
	e.Channel = r.u16()
	e.Name = r.str8()
	e.Code = r.u16()
	e.Info = r.rest()
}

// A WarnWanted warns somebody (SNAC 04/08).
type WarnWanted struct {
	Anonymous bool
	Name      string
}

func (v WarnWanted) encode(w *writer) {
	anonymous := uint16(0)
	if v.Anonymous {
		anonymous = 1
	}
	w.u16(anonymous)
	w.str8(v.Name)
}

func (v *WarnWanted) decode(r *reader) {
	v.Anonymous = r.u16() == 1
	v.Name = r.str8()
}

// Events of a TypingNote.
const (
	TypingNone   uint16 = 0
	TypingTyped  uint16 = 1
	TypingBegun  uint16 = 2
	TypingClosed uint16 = 0x0F // the window is closed (lore)
)

// A TypingNote tells what somebody's keyboard does: Name is the receiver when sent, the sender when received
// (SNAC 04/14).
type TypingNote struct {
	Cookie  Cookie
	Channel uint16
	Name    string
	Event   uint16
}

func (t TypingNote) encode(w *writer) {
	t.Cookie.encode(w)
	w.u16(t.Channel)
	w.str8(t.Name)
	w.u16(t.Event)
}

func (t *TypingNote) decode(r *reader) {
	t.Cookie.decode(r)
	t.Channel = r.u16()
	t.Name = r.str8()
	t.Event = r.u16()
}

// A Missed tells of messages that the server did not pass on (SNAC 04/0A; lore).
type Missed struct {
	Channel uint16
	From    User
	Count   uint16
	Reason  uint16 // 0 invalid, 1 too large, 2 too fast, 3 sender too evil, 4 receiver too evil
}

// MissedList is the body of SNAC 04/0A.
type MissedList []Missed

func (l MissedList) encode(w *writer) {
	for _, m := range l {
		w.u16(m.Channel)
		m.From.encode(w)
		w.u16(m.Count)
		w.u16(m.Reason)
	}
}

func (l *MissedList) decode(r *reader) {
	for r.more() {
		m := Missed{Channel: r.u16()}
		m.From.decode(r)
		m.Count, m.Reason = r.u16(), r.u16()
		if r.err == nil {
			*l = append(*l, m)
		}
	}
}
