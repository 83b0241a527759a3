package wire

import "fmt"

// The flags of a SNAC.
const (
	FlagMore   uint16 = 0x0001 // another SNAC of the same answer follows
	FlagPrefix uint16 = 0x8000 // a TLV block with a length comes before the body
)

// A Kind is a SNAC's family and type in one word: 0x00040006 is SNAC 04/06.
type Kind uint32

// KindOf puts family and type together.
func KindOf(family, typ uint16) Kind { return Kind(family)<<16 | Kind(typ) }

// Family is the food group.
func (k Kind) Family() uint16 { return uint16(k >> 16) }

// Type is the type within the family.
func (k Kind) Type() uint16 { return uint16(k) }

// String is the kind as the papers write it: "04/06".
func (k Kind) String() string { return fmt.Sprintf("%02X/%02X", k.Family(), k.Type()) }

// A SNAC is what a frame of channel 2 carries.
type SNAC struct {
	Kind    Kind
	Flags   uint16 // FlagPrefix is set by the encoder when Prefix is not empty
	Request uint32 // the answer repeats the question's; servers set the top bit in what they begin
	Prefix  TLVs   // the block that FlagPrefix announces
	Body    []byte
}

// NewSNAC makes a SNAC of body; nil is the empty body. The error wraps ErrTooLong.
func NewSNAC(kind Kind, request uint32, body Body) (SNAC, error) {
	b, err := Encode(body)
	if err != nil {
		return SNAC{}, fmt.Errorf("SNAC %v: %w", kind, err)
	}
	return SNAC{Kind: kind, Request: request, Body: b}, nil
}

func (s SNAC) encode(w *writer) {
	flags := s.Flags
	if len(s.Prefix) > 0 {
		flags |= FlagPrefix
	}
	w.u16(s.Kind.Family())
	w.u16(s.Kind.Type())
	w.u16(flags)
	w.u32(s.Request)
	if flags&FlagPrefix != 0 {
		s.Prefix.encodeSized(w)
	}
	w.raw(s.Body)
}

func (s *SNAC) decode(r *reader) {
	family := r.u16()
	s.Kind = KindOf(family, r.u16())
	s.Flags = r.u16()
	s.Request = r.u32()
	if s.Flags&FlagPrefix != 0 {
		s.Prefix.decodeSized(r)
	}
	s.Body = r.rest()
}

// ReadSNAC is Decode of a SNAC, which every frame of data carries: without an allocation for it. The error wraps
// ErrShort.
func ReadSNAC(b []byte) (SNAC, error) {
	r := reader{b: b}
	var s SNAC
	if s.decode(&r); r.err != nil {
		return SNAC{}, fmt.Errorf("decode SNAC: %w", r.err)
	}
	return s, nil
}

// An Error is the answer of any family to a request it refuses (SNAC xx/01).
type Error struct {
	Code uint16
	TLVs TLVs // ErrorSubcode among them
}

func (e Error) encode(w *writer) { w.u16(e.Code); e.TLVs.encode(w) }
func (e *Error) decode(r *reader) {
	e.Code = r.u16()
	e.TLVs.decode(r)
}

// ErrorType is the type of an Error in every family.
const ErrorType uint16 = 0x01

// ErrorSubcode is the TLV in an Error that says more.
const ErrorSubcode uint16 = 0x08

// Codes of an Error (SNAC xx/01). Those marked (lore) were not seen from today's servers.
const (
	CodeInvalidSNAC      uint16 = 0x01
	CodeRateToHost       uint16 = 0x02 // (lore)
	CodeRateToClient     uint16 = 0x03 // (lore)
	CodeNotLoggedOn      uint16 = 0x04
	CodeServiceMissing   uint16 = 0x05
	CodeServiceUndefined uint16 = 0x06
	CodeObsolete         uint16 = 0x07 // (lore)
	CodeNotSupportedHost uint16 = 0x08
	CodeNotSupportedPeer uint16 = 0x09 // (lore)
	CodeRefusedByPeer    uint16 = 0x0A // (lore)
	CodeReplyTooBig      uint16 = 0x0B // (lore)
	CodeResponsesLost    uint16 = 0x0C // (lore)
	CodeDenied           uint16 = 0x0D
	CodeBusted           uint16 = 0x0E // malformed
	CodeNoRights         uint16 = 0x0F
	CodeInLocalDeny      uint16 = 0x10
	CodeTooEvilSender    uint16 = 0x11 // (lore)
	CodeTooEvilReceiver  uint16 = 0x12 // (lore)
	CodeUserUnavailable  uint16 = 0x13 // (lore)
	CodeNoMatch          uint16 = 0x14
	CodeListOverflow     uint16 = 0x15
	CodeRequestAmbiguous uint16 = 0x16
	CodeQueueFull        uint16 = 0x17
	CodeNotWhileOnAOL    uint16 = 0x18 // (lore)
)
