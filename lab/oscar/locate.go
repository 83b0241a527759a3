package oscar

import (
	"bytes"
	"slices"

	"imgate/transports/oscar/wire"
)

// Rights are answered as the real server answers them.
var (
	locateRights = wire.TLVs{
		wire.Uint16(1, 1000), wire.Uint16(2, 1000), wire.Uint16(3, 1000), wire.Uint16(4, 1000), wire.Uint16(5, 1000),
	}
	buddyRights   = wire.TLVs{wire.Uint16(1, 100), wire.Uint16(2, 100), wire.Uint16(3, 100), wire.Uint16(4, 100)}
	privacyRights = wire.TLVs{wire.Uint16(2, 100), wire.Uint16(1, 100), wire.Uint16(3, 100)}
)

// rights answers every question of a kind with the same.
func rights(kind wire.Kind, body wire.Body) handler {
	return func(x *session, q wire.SNAC) error {
		x.reply(q, kind, body)
		return nil
	}
}

// setInfo takes SNAC 02/04: profile, away text and capabilities.
func (x *session) setInfo(q wire.SNAC) error {
	t, err := wire.Decode[wire.TLVs](q.Body)
	if err != nil {
		return err
	}
	changed := false
	if v, ok := t.Get(wire.InfoProfile); ok {
		x.profile, x.profileType = bytes.Clone(v), t.String(wire.InfoProfileType)
	}
	if v, ok := t.Get(wire.InfoCaps); ok {
		x.caps, x.capsSet, changed = sorted(v), true, true
	}
	if v, ok := t.Get(wire.InfoAway); ok {
		x.awayText, changed = bytes.Clone(v), true
	}
	if changed {
		x.s.announce(x.a)
	}
	return nil
}

func (x *session) infoQuery(q wire.SNAC) error {
	w, err := wire.Decode[wire.InfoWanted](q.Body)
	if err != nil {
		return err
	}
	x.info(q, uint32(w.What), w.Name)
	return nil
}

func (x *session) infoQuery2(q wire.SNAC) error {
	w, err := wire.Decode[wire.InfoWanted2](q.Body)
	if err != nil {
		return err
	}
	x.info(q, w.What, w.Name)
	return nil
}

// asciiType is what the real server says of every away text, whatever its bytes are.
const asciiType = `text/aolrtf; charset="us-ascii"`

// info answers SNAC 02/05 and 02/15.
func (x *session) info(q wire.SNAC, what uint32, name string) {
	a := x.s.accounts[canonical(name)]
	if a == nil || !x.a.sees(a) {
		x.refuse(q, wire.CodeNotLoggedOn)
		return
	}
	here := a.here()
	y := here[len(here)-1]
	out := wire.Info{User: a.user(x.s.now())}
	if what&wire.WantProfile != 0 {
		out.TLVs = append(out.TLVs, wire.String(wire.InfoProfileType, y.profileType), wire.Bytes(wire.InfoProfile, y.profile))
	}
	if away := a.away(); what&wire.WantAway != 0 && away != nil {
		out.TLVs = append(out.TLVs, wire.String(wire.InfoAwayType, asciiType), wire.Bytes(wire.InfoAway, away.awayText))
	}
	if what&wire.WantCaps != 0 {
		out.TLVs = append(out.TLVs, wire.Bytes(wire.InfoCaps, y.caps))
	}
	x.reply(q, wire.InfoReply, out)
}

// sorted are capabilities in the order in which the server tells them, each once; what is left of one at the end is dropped.
func sorted(caps []byte) []byte {
	list := slices.SortedFunc(slices.Chunk(caps[:len(caps)/capSize*capSize], capSize), bytes.Compare)
	return slices.Concat(slices.CompactFunc(list, bytes.Equal)...)
}

const capSize = len(wire.CapFile)
