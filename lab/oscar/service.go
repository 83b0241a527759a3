package oscar

import (
	"time"

	"imgate/transports/oscar/wire"
)

// welcome is the message of the day.
const welcome = "Welcome to the imgate lab..."

// versions answers SNAC 01/17 with the same, and then gives the message of the day (01/13).
func (x *session) versions(q wire.SNAC) error {
	v, err := wire.Decode[wire.Versions](q.Body)
	if err != nil {
		return err
	}
	for _, f := range v {
		if f.Family == wire.FamilyService && f.Version > 1 {
			x.long = true
		}
	}
	x.reply(q, wire.HostVersions, v)
	x.push(wire.MessageOfDay, wire.Motd{Type: 4, TLVs: wire.TLVs{wire.String(wire.MotdText, welcome)}})
	return nil
}

// unknown28 is a TLV in the second block of SNAC 01/0F.
const unknown28 uint16 = 0x28

// self answers SNAC 01/0E with two blocks: the account's and the session's.
func (x *session) self(q wire.SNAC) error {
	x.reply(q, wire.SelfReply, x.selves())
	return nil
}

func (x *session) selves() wire.Users {
	now := time.Now()
	since := uint32(x.since.Unix())
	first := x.userTLVs(now, x.isAway(), x.capsSet)
	first = append(first,
		wire.Uint32(wire.UserMemberSince5, since),
		wire.Uint32(wire.UserSignedOn, since),
		wire.Uint32(wire.UserOnlineFor, uint32(now.Sub(x.since)/time.Second)),
		wire.Uint8(wire.UserInstance, 1))
	second := append(x.userTLVs(now, x.isAway(), true).Without(directInfo), wire.Uint8(unknown28, 1))
	return wire.Users{{Name: x.a.name, TLVs: first}, {Name: x.a.name, TLVs: second}}
}

// setIdle takes SNAC 01/11.
func (x *session) setIdle(q wire.SNAC) error {
	idle, err := wire.Decode[wire.Idle](q.Body)
	if err != nil {
		return err
	}
	x.idle = time.Time{}
	if idle.Seconds > 0 {
		x.idle = time.Now().Add(-time.Duration(idle.Seconds) * time.Second)
	}
	x.s.announce(x.a)
	return nil
}

// setStatus takes SNAC 01/1E: the ICQ status. The answer is the client's own block.
func (x *session) setStatus(q wire.SNAC) error {
	t, err := wire.Decode[wire.TLVs](q.Body)
	if err != nil {
		return err
	}
	if status, ok := t.Number(wire.UserStatus); ok {
		x.status = status
		x.reply(q, wire.SelfReply, wire.Users{{Name: x.a.name, TLVs: x.userTLVs(time.Now(), x.isAway(), x.capsSet)}})
		x.s.announce(x.a)
	}
	return nil
}

// reportInterval is SNAC 0B/02: how often the client is to report statistics, in hours.
const reportInterval wire.Kind = 0x000B_0002

// setReady takes SNAC 01/02: from now on others see the account, and it sees them.
func (x *session) setReady(q wire.SNAC) error {
	if _, err := wire.Decode[wire.ReadyFamilies](q.Body); err != nil {
		return err
	}
	if x.ready {
		return nil
	}
	x.ready = true
	x.a.inform(reportInterval, wire.Words{1}) // the account's other sessions hear it again, as seen
	x.s.announce(x.a)
	x.showList()
	x.tellStored()
	x.s.strikeReady(x)
	return nil
}
