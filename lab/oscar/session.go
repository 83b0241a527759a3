package oscar

import (
	"slices"
	"time"

	"imgate/transports/oscar/wire"
)

// pushed is the request number of what the server begins by itself, as seen.
const pushed = 0x8000_0000

// A session is one sign-on: a client's, a bot's, or one that the control API put up.
type session struct {
	s        *Server
	a        *account
	l        *link // nil without a client
	multiple uint8
	since    time.Time
	from     string
	serves   bool // 13/07 was said: the list counts
	ready    bool // 1/02 was said
	long     bool // speaks version 2 or higher of family 01

	awayText, profile []byte
	profileType       string
	caps              []byte
	capsSet           bool
	status            uint32
	idle              time.Time // zero: not idle
	buddies           map[string]bool
	rates             levels
	gone              bool

	branches []*session // its connections to other services
	home     *session   // of a branch: the session on BOS; else nil
	family   uint16     // of a branch
	room     *room      // of a branch of family 0E

	editing bool     // between 13/11 and 13/12
	toShow  []string // ids put on the list, of whom it is to be told whether they are there
}

func (x *session) isAway() bool { return len(x.awayText) > 0 || x.status&awayBits != 0 }

// awayBits are the ICQ statuses that count as away.
const awayBits = wire.StatusAway | wire.StatusDND | wire.StatusNA | wire.StatusOccupied

func (x *session) class(away bool) uint16 {
	class := wire.ClassUnconfirmed | wire.ClassFree
	if x.a.network == icq {
		class |= wire.ClassICQ
	}
	if away {
		class |= wire.ClassAway
	}
	return class
}

// unknown1E is a TLV that the real server puts into every user block.
const unknown1E uint16 = 0x1E

// directInfo is how an ICQ client can be reached without the server. The real server tells what the client said of it,
// which for one that says nothing is zeros.
const directInfo uint16 = 0x0C

// userTLVs are the TLVs of the account as seen through this session.
func (x *session) userTLVs(now time.Time, away, caps bool) wire.TLVs {
	t := wire.TLVs{
		wire.Uint32(wire.UserSignedOn, uint32(x.since.Unix())),
		wire.Uint16(wire.UserClass, x.class(away)),
		wire.Uint32(wire.UserStatus, x.status),
	}
	if !x.idle.IsZero() {
		t = append(t, wire.Uint16(wire.UserIdle, uint16(min(now.Sub(x.idle)/time.Minute, 0xFFFF))))
	}
	if x.a.icon != nil {
		if icon, err := wire.Encode(*x.a.icon); err == nil {
			t = append(t, wire.Bytes(wire.UserIconOrText, icon))
		}
	}
	if x.a.network == icq {
		t = append(t, wire.Bytes(directInfo, make([]byte, 37)))
	}
	if caps {
		t = append(t, wire.Bytes(wire.UserCaps, x.caps))
	}
	return append(t, wire.Uint32(unknown1E, 0))
}

// reply answers q.
func (x *session) reply(q wire.SNAC, kind wire.Kind, body wire.Body) {
	x.say(kind, q.Request, body)
}

// push tells the client something it did not ask for.
func (x *session) push(kind wire.Kind, body wire.Body) { x.say(kind, pushed, body) }

func (x *session) say(kind wire.Kind, request uint32, body wire.Body) {
	if x.l == nil || x.gone {
		return
	}
	snac, err := wire.NewSNAC(kind, request, body)
	if err != nil {
		x.s.o.Log.Error("encode", "kind", kind.String(), "err", err)
		return
	}
	x.l.snac(snac)
}

// refuse answers q with an error of its family.
func (x *session) refuse(q wire.SNAC, code uint16) {
	x.reply(q, wire.KindOf(q.Kind.Family(), wire.ErrorType), wire.Error{Code: code})
}

// join puts x among its account's sessions, and ends those that cannot stand beside it. mu is held.
func (s *Server) join(x *session) {
	for _, old := range slices.Clone(x.a.sessions) {
		if old.l == nil && x.l != nil {
			s.part(old) // a bot or a scripted one makes way
			continue
		}
		if x.multiple != wire.MultipleMany || old.multiple != wire.MultipleMany {
			old.replaced()
		}
	}
	x.a.sessions = append(x.a.sessions, x)
}

// maxSessions is how many sessions one name may have, where they all allow it.
const maxSessions = 5

// crowded reports whether another session with that flag would be one too many.
func (a *account) crowded(multiple uint8) bool {
	if multiple != wire.MultipleMany || len(a.sessions) < maxSessions {
		return false
	}
	for _, x := range a.sessions {
		if x.multiple != wire.MultipleMany {
			return false
		}
	}
	return true
}

// part takes x off its account and tells others. It may be called again. mu is held.
func (s *Server) part(x *session) {
	if x.gone {
		return
	}
	for _, b := range slices.Clone(x.branches) {
		b.cutOff()
	}
	x.gone = true
	x.a.sessions = slices.DeleteFunc(x.a.sessions, func(y *session) bool { return y == x })
	for id := range x.buddies {
		s.unwatch(id, x.a)
	}
	s.announce(x.a)
}

// moreInfo is the address that the real server gives with a replaced session.
const moreInfo = "https://github.com/mk6i/open-oscar-server"

// replaced ends x as the real server ends a session that another takes over, or that an administrator or the
// rate limit ends: it tells no difference. mu is held.
func (x *session) replaced() {
	x.signOff(wire.TLVs{wire.Uint8(wire.TagReason, wire.ReasonReplaced), wire.String(wire.TagReasonURL, moreInfo)})
}

// signOff ends x with a sign-off frame: cut short for clients that know of no reasons. mu is held.
func (x *session) signOff(reasons wire.TLVs) {
	if x.l != nil {
		data, _ := wire.Encode(reasons) // a few short TLVs
		x.l.frame(wire.SignOff, data, x.multiple == wire.MultipleNever)
		x.l.Close(false)
	}
	x.s.part(x)
}
