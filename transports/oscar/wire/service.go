package wire

// The families of SNACs (food groups).
const (
	FamilyService uint16 = 0x01
	FamilyLocate  uint16 = 0x02
	FamilyBuddy   uint16 = 0x03
	FamilyICBM    uint16 = 0x04
	FamilyInvite  uint16 = 0x06
	FamilyAdmin   uint16 = 0x07
	FamilyPopup   uint16 = 0x08
	FamilyPrivacy uint16 = 0x09
	FamilyLookup  uint16 = 0x0A
	FamilyStats   uint16 = 0x0B
	FamilyRoomNav uint16 = 0x0D
	FamilyRoom    uint16 = 0x0E
	FamilyDir     uint16 = 0x0F
	FamilyIcons   uint16 = 0x10
	FamilyFeedbag uint16 = 0x13
	FamilyICQ     uint16 = 0x15
	FamilyBUCP    uint16 = 0x17
	FamilyAlert   uint16 = 0x18
)

// The SNACs that every service has (family 01).
const (
	ClientReady    Kind = 0x0001_0002 // ReadyFamilies
	HostFamilies   Kind = 0x0001_0003 // Words
	ServiceRequest Kind = 0x0001_0004 // ServiceWanted
	ServiceReply   Kind = 0x0001_0005 // TLVs: TagServer, TagCookie, TagFamily
	RateQuery      Kind = 0x0001_0006
	RateReply      Kind = 0x0001_0007 // Rates
	RateAck        Kind = 0x0001_0008 // Words: the classes
	RateChange     Kind = 0x0001_000A // RateChanged
	ServicePause   Kind = 0x0001_000B
	PauseAck       Kind = 0x0001_000C
	ServiceResume  Kind = 0x0001_000D
	SelfQuery      Kind = 0x0001_000E
	SelfReply      Kind = 0x0001_000F // Users: the session, and the account where it is another
	Warned         Kind = 0x0001_0010 // WarnedBy
	SetIdle        Kind = 0x0001_0011 // Idle
	Migrate        Kind = 0x0001_0012 // Migration
	MessageOfDay   Kind = 0x0001_0013 // Motd
	ClientVersions Kind = 0x0001_0017 // Versions
	HostVersions   Kind = 0x0001_0018 // Versions
	SetStatus      Kind = 0x0001_001E // TLVs: UserStatus, UserDirect, UserIconOrText
	IconReply      Kind = 0x0001_0021 // BART: the user's own picture, and whether it is to be uploaded
)

// A Version is the version of a family that a side speaks.
type Version struct{ Family, Version uint16 }

// Versions is the body of SNAC 01/17 and 01/18.
type Versions []Version

func (l Versions) encode(w *writer) {
	for _, v := range l {
		w.u16(v.Family)
		w.u16(v.Version)
	}
}

func (l *Versions) decode(r *reader) {
	for r.more() {
		v := Version{Family: r.u16()}
		v.Version = r.u16()
		if r.err == nil {
			*l = append(*l, v)
		}
	}
}

// A ReadyFamily is one family that the client will use, and the version of the client's tool for it.
type ReadyFamily struct{ Family, Version, Tool, ToolVersion uint16 }

// ReadyFamilies is the body of SNAC 01/02.
type ReadyFamilies []ReadyFamily

func (l ReadyFamilies) encode(w *writer) {
	for _, v := range l {
		w.u16(v.Family)
		w.u16(v.Version)
		w.u16(v.Tool)
		w.u16(v.ToolVersion)
	}
}

func (l *ReadyFamilies) decode(r *reader) {
	for r.more() {
		v := ReadyFamily{Family: r.u16()}
		v.Version, v.Tool, v.ToolVersion = r.u16(), r.u16(), r.u16()
		if r.err == nil {
			*l = append(*l, v)
		}
	}
}

// A ServiceWanted asks where a family is served (SNAC 01/04).
type ServiceWanted struct {
	Family uint16
	TLVs   TLVs
}

func (s ServiceWanted) encode(w *writer) { w.u16(s.Family); s.TLVs.encode(w) }
func (s *ServiceWanted) decode(r *reader) {
	s.Family = r.u16()
	s.TLVs.decode(r)
}

// An Idle tells for how many seconds the user has been idle; 0 ends it (SNAC 01/11).
type Idle struct{ Seconds uint32 }

func (i Idle) encode(w *writer)  { w.u32(i.Seconds) }
func (i *Idle) decode(r *reader) { i.Seconds = r.u32() }

// A Motd is the message of the day (SNAC 01/13). Its text is under MotdText.
type Motd struct {
	Type uint16
	TLVs TLVs
}

// MotdText is the TLV of a Motd's text.
const MotdText uint16 = 0x0B

func (m Motd) encode(w *writer) { w.u16(m.Type); m.TLVs.encode(w) }
func (m *Motd) decode(r *reader) {
	m.Type = r.u16()
	m.TLVs.decode(r)
}

// A WarnedBy tells the user's new warning level, in tenths of a percent, and who warned; By has no name when
// the warning was anonymous (SNAC 01/10).
type WarnedBy struct {
	Level uint16
	By    User
}

func (v WarnedBy) encode(w *writer) {
	w.u16(v.Level)
	if v.By.Name != "" {
		v.By.encode(w)
	}
}

func (v *WarnedBy) decode(r *reader) {
	v.Level = r.u16()
	if r.more() {
		v.By.decode(r)
	}
}

// A Migration asks the client to go on at another server for the families named (SNAC 01/12; lore: TagServer
// and TagCookie are among the TLVs, and today's servers do not send it).
type Migration struct {
	Families Words
	TLVs     TLVs
}

func (m Migration) encode(w *writer) {
	w.count16(len(m.Families))
	m.Families.encode(w)
	m.TLVs.encode(w)
}

func (m *Migration) decode(r *reader) {
	for n := r.u16(); n > 0 && r.err == nil; n-- {
		if v := r.u16(); r.err == nil {
			m.Families = append(m.Families, v)
		}
	}
	m.TLVs.decode(r)
}
