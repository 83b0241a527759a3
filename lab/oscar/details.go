package oscar

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"imgate/transports/oscar/wire"
)

// details are an account's entry in ICQ's database: text by tag of a SNAC 15/02 type 0C3A.
type details map[uint16][]byte

// inventions are the details of the lab's accounts: everybody has a nickname and lives in Oxford.
func inventions(id string) details {
	return details{
		wire.ICQTagNick: []byte("Nick" + id[max(0, len(id)-3):]), wire.ICQTagCity: []byte("Oxford"), wire.ICQTagAbout: []byte("an invention"),
	}
}

// detailTags are what the database keeps as text.
var detailTags = [...]uint16{
	wire.ICQTagNick, wire.ICQTagFirst, wire.ICQTagLast, wire.ICQTagEmail, wire.ICQTagCity, wire.ICQTagState,
	wire.ICQTagPhone, wire.ICQTagStreet, wire.ICQTagHomepage, wire.ICQTagAbout, wire.ICQTagCompany, wire.ICQTagPosition,
}

// textOf is the text of a TLV: a string with its length and a NUL.
func textOf(value []byte) []byte {
	if len(value) < 3 {
		return nil
	}
	return bytes.Clone(value[2 : len(value)-1])
}

// set takes what is said and leaves the rest. An e-mail address comes with a byte that says who may see it.
func (d details) set(tlvs wire.ICQTLVs) {
	for _, t := range tlvs {
		switch {
		case t.Tag == wire.ICQTagEmail && len(t.Value) > 0:
			d[t.Tag] = textOf(t.Value[:len(t.Value)-1])
		case t.Tag == wire.ICQTagGender, t.Tag == wire.ICQTagBirthday:
			d[t.Tag] = bytes.Clone(t.Value)
		case slices.Contains(detailTags[:], t.Tag):
			d[t.Tag] = textOf(t.Value)
		}
	}
}

// matches reports whether all that is asked for is there; of a keyword, whether it is anywhere.
func (d details) matches(tlvs wire.ICQTLVs) bool {
	for _, t := range tlvs {
		want := string(textOf(t.Value))
		if t.Tag != wire.ICQTagKeyword {
			if !strings.EqualFold(want, string(d[t.Tag])) {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(d)), func(v []byte) bool { return strings.EqualFold(want, string(v)) }) {
			return false
		}
	}
	return len(tlvs) > 0
}

// texts writes strings as the real server does: an empty one without a NUL.
func (d details) texts(b []byte, tags ...uint16) []byte {
	for _, tag := range tags {
		text := d[tag]
		if len(text) == 0 {
			b = append(b, 0, 0)
			continue
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(len(text)+1))
		b = append(append(b, text...), 0)
	}
	return b
}

const noText uint16 = 0 // is the tag of nothing

func (d details) gender() byte {
	if g := d[wire.ICQTagGender]; len(g) == 1 {
		return g[0]
	}
	return 0
}

// short is the data of SNAC 15/03 type 0104: asks says whether the account wants to be asked before it is put on a list.
func (d details) short(asks bool) []byte {
	b := d.texts(nil, wire.ICQTagNick, wire.ICQTagFirst, wire.ICQTagLast, wire.ICQTagEmail)
	return append(b, leave(asks), 0, d.gender())
}

// leave is how the database says whether an account wants to be asked.
func leave(asks bool) byte {
	if asks {
		return 0
	}
	return 1
}

// full are the eight parts of the answer to 04D0, by their types.
func (d details) full(asks bool) []wire.ICQMeta {
	basic := d.texts(nil, wire.ICQTagNick, wire.ICQTagFirst, wire.ICQTagLast, wire.ICQTagEmail, wire.ICQTagCity, wire.ICQTagState,
		wire.ICQTagPhone, noText, wire.ICQTagStreet, noText, noText)
	basic = append(basic, 0, 0, 0, leave(asks), 0, 0, 0)
	more := d.texts([]byte{0, 0, d.gender()}, wire.ICQTagHomepage)
	if day := d[wire.ICQTagBirthday]; len(day) == 6 {
		more = append(more, day[0], day[1], day[2], day[4])
	} else {
		more = append(more, 0, 0, 0, 0)
	}
	more = append(d.texts(append(more, 0, 0, 0, 0, 0), wire.ICQTagCity, wire.ICQTagState), make([]byte, 7)...)
	lists := func(n byte) []byte { return append([]byte{n}, make([]byte, 4*int(n))...) }
	var parts []wire.ICQMeta
	for _, p := range []struct {
		sub  uint16
		data []byte
	}{
		{wire.ICQBasicReply, basic}, {wire.ICQMoreReply, more}, {0x00EB, []byte{0}}, {0x010E, make([]byte, 6)},
		{0x00D2, make([]byte, 24)}, {wire.ICQNotesReply, d.texts(nil, wire.ICQTagAbout)},
		{0x00F0, lists(4)}, {wire.ICQLastReply, append(lists(3), lists(3)...)},
	} {
		parts = append(parts, wire.ICQMeta{Sub: p.sub, Status: wire.ICQMetaOK, Data: p.data})
	}
	return parts
}

// found is a row of a search, as the real server writes it.
func (a *account) found() ([]byte, bool) {
	uin, err := strconv.ParseUint(a.id, 10, 32)
	if err != nil {
		return nil, false
	}
	online := uint16(0)
	if a.visible() {
		online = 1
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(uin))
	b = a.details.texts(b, wire.ICQTagNick, wire.ICQTagFirst, wire.ICQTagLast, wire.ICQTagEmail)
	b = binary.LittleEndian.AppendUint16(append(b, leave(a.asks)), online)
	b = append(b, a.details.gender(), 0, 0)
	return append(binary.LittleEndian.AppendUint16(nil, uint16(len(b))), b...), true
}
