package wire

import (
	"crypto/md5" // the protocol's own choice
)

// A Hello is the payload of a sign-on frame (FLAP channel 1): the version alone, a cookie (TagCookie) for a
// service, or a roasted password (TagName, TagRoasted) for FLAP login.
type Hello struct {
	Version uint32 // 1
	TLVs    TLVs
}

func (h Hello) encode(w *writer) { w.u32(h.Version); h.TLVs.encode(w) }
func (h *Hello) decode(r *reader) {
	h.Version = r.u32()
	h.TLVs.decode(r)
}

// The SNACs of signing on (family 17, BUCP). LoginRequest, LoginReply and KeyRequest carry TLVs.
const (
	LoginRequest Kind = 0x0017_0002
	LoginReply   Kind = 0x0017_0003
	KeyRequest   Kind = 0x0017_0006
	KeyReply     Kind = 0x0017_0007
)

// TLVs of signing on: of Hello, SNAC 17/02, 17/03, 17/06 and of sign-off frames.
const (
	TagName         uint16 = 0x01
	TagRoasted      uint16 = 0x02
	TagClient       uint16 = 0x03 // client's name, text
	TagErrorURL     uint16 = 0x04
	TagServer       uint16 = 0x05 // host:port
	TagCookie       uint16 = 0x06
	TagLoginError   uint16 = 0x08
	TagReason       uint16 = 0x09 // in a sign-off: 1 byte from today's servers, 2 from AOL's
	TagReasonURL    uint16 = 0x0B
	TagFamily       uint16 = 0x0D // SNAC 01/04, 01/05: the service
	TagCountry      uint16 = 0x0E
	TagLanguage     uint16 = 0x0F
	TagEmail        uint16 = 0x11
	TagDistribution uint16 = 0x14
	TagClientID     uint16 = 0x16
	TagMajor        uint16 = 0x17
	TagMinor        uint16 = 0x18
	TagPoint        uint16 = 0x19
	TagBuild        uint16 = 0x1A
	TagHash         uint16 = 0x25
	TagMultiple     uint16 = 0x4A // see Multiple…
	TagHashOfHash   uint16 = 0x4C // empty: the password was hashed before it was hashed with the key
	TagUseTLS       uint16 = 0x8E
)

// Values of TagMultiple.
const (
	MultipleNever  uint8 = 0 // one session, told nothing when it ends
	MultipleMany   uint8 = 1 // up to five sessions of one name
	MultipleSingle uint8 = 3 // one session, told why it ends
)

// ReasonReplaced is the value of TagReason for a sign-on elsewhere, but also for a flood and for an
// administrator's kick.
const ReasonReplaced = 1

// Codes under TagLoginError (SNAC 17/03 and sign-off frames).
const (
	LoginNoSuchUser     uint16 = 0x01
	LoginServiceOut     uint16 = 0x02
	LoginWrong4         uint16 = 0x04
	LoginWrongPassword  uint16 = 0x05
	LoginInvalidAccount uint16 = 0x07
	LoginDeleted        uint16 = 0x08
	LoginExpired        uint16 = 0x09
	LoginSuspended      uint16 = 0x11
	LoginTooOften       uint16 = 0x18
	LoginWarned         uint16 = 0x19
	LoginClientTooOld   uint16 = 0x1C // (lore)
	LoginRateLimit      uint16 = 0x1D
	LoginSecurID        uint16 = 0x20
	LoginSuspendedAge   uint16 = 0x22
)

// A LoginKey is the challenge (SNAC 17/07).
type LoginKey struct{ Key []byte }

func (k LoginKey) encode(w *writer)  { w.bytes16(k.Key) }
func (k *LoginKey) decode(r *reader) { k.Key = r.bytes16() }

const hashSalt = "AOL Instant Messenger (SM)"

// LoginHash is the answer to key, for TagHash: MD5 of key, password and the protocol's salt. With hashFirst
// the password is hashed by itself before, which TagHashOfHash announces.
func LoginHash(key []byte, password string, hashFirst bool) []byte {
	secret := []byte(password)
	if hashFirst {
		sum := md5.Sum(secret)
		secret = sum[:]
	}
	h := md5.New()
	h.Write(key)
	h.Write(secret)
	h.Write([]byte(hashSalt))
	return h.Sum(nil)
}

// Roast hides a password, or shows it again, by the XOR of FLAP login (TagRoasted).
func Roast(password []byte) []byte {
	pad := [16]byte{0xF3, 0x26, 0x81, 0xC4, 0x39, 0x86, 0xDB, 0x92, 0x71, 0xA3, 0xB9, 0xE6, 0x53, 0x7A, 0x95, 0x7C}
	out := make([]byte, len(password))
	for i, b := range password {
		out[i] = b ^ pad[i%len(pad)]
	}
	return out
}
