package oscar

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"imgate/transports/oscar/wire"
)

// icqQuery takes SNAC 15/02. The stored messages of UINs are told at the asking, and forgotten only at another word;
// those of AIM users come as ordinary messages. On any other type the real server closes the connection.
func (x *session) icqQuery(q wire.SNAC) error {
	d, err := wire.Decode[wire.ICQData](q.Body)
	if err != nil {
		return err
	}
	switch d.Type {
	case wire.ICQOfflineGet:
		return x.icqOffline(q, d)
	case wire.ICQMetaAsk:
		return x.icqMeta(q, d)
	case wire.ICQOfflineDelete:
		x.a.offline = nil
		return nil
	}
	return errUnknownICQ
}

func (x *session) icqOffline(q wire.SNAC, d wire.ICQData) error {
	answer := func(kind uint16, data []byte) {
		snac, err := wire.NewSNAC(wire.ICQReply, q.Request, wire.ICQData{UIN: d.UIN, Type: kind, Seq: d.Seq, Data: data})
		if err != nil || x.l == nil || x.gone {
			return
		}
		if kind == wire.ICQOffline {
			snac.Flags = wire.FlagMore
		}
		x.l.snac(snac)
	}
	for _, o := range x.a.offline {
		from, err := strconv.ParseUint(o.from.id, 10, 32)
		if err != nil {
			x.push(wire.ICBMReceive, wire.Incoming{
				Cookie: o.m.Cookie, Channel: o.m.Channel, From: wire.User{Name: o.from.name},
				TLVs: append(o.m.TLVs, wire.Uint32(wire.MessageSent, uint32(o.at.Unix()))),
			})
			continue
		}
		data, err := wire.Encode(wire.ICQStored{From: uint32(from), Sent: o.at, Type: wire.ICQPlain, Text: []byte(utf8Of(o.m))})
		if err != nil {
			return err
		}
		answer(wire.ICQOffline, data)
	}
	answer(wire.ICQOfflineEnd, []byte{0})
	return nil
}

// errUnknownICQ ends the connection.
var errUnknownICQ = errors.New("an unknown question to ICQ's servers")

// utf8Of is the text of a message as the real server keeps it for a UIN: in UTF-8, without a mark.
func utf8Of(m wire.Outgoing) string {
	value, _ := m.TLVs.Get(wire.MessageText)
	texts, err := wire.TextsOf(value)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, t := range texts {
		if t.Charset != wire.CharsetUnicode {
			b.Write(t.Data)
			continue
		}
		units := make([]uint16, len(t.Data)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(t.Data[2*i:])
		}
		b.WriteString(string(utf16.Decode(units)))
	}
	return b.String()
}

// icqMeta answers questions to the database. Everybody has a nickname and lives in Oxford.
func (x *session) icqMeta(q wire.SNAC, d wire.ICQData) error {
	if len(d.Data) < 2 {
		return errUnknownICQ
	}
	sub, rest := binary.LittleEndian.Uint16(d.Data), d.Data[2:]
	answer := func(m wire.ICQMeta, more bool) {
		data, err := wire.Encode(m)
		if err != nil {
			return
		}
		snac, err := wire.NewSNAC(wire.ICQReply, q.Request, wire.ICQData{UIN: d.UIN, Type: wire.ICQMetaReply, Seq: d.Seq, Data: data})
		if err != nil || x.l == nil || x.gone {
			return
		}
		if more {
			snac.Flags = wire.FlagMore
		}
		x.l.snac(snac)
	}
	var a *account
	if len(rest) >= 4 {
		a = x.s.accounts[strconv.FormatUint(uint64(binary.LittleEndian.Uint32(rest)), 10)]
	}
	switch sub {
	case wire.ICQShortInfo:
		m := wire.ICQMeta{Sub: wire.ICQShortReply, Status: 0x14}
		if a != nil {
			m.Status, m.Data = wire.ICQMetaOK, stringsOf(nickOf(a), "", "", "")
		}
		answer(m, false)
	case wire.ICQFullInfo:
		if a == nil {
			return errUnknownICQ // the real server closes the connection
		}
		list := make([]string, wire.ICQBasicStrings)
		list[wire.ICQNick], list[wire.ICQCity] = nickOf(a), "Oxford"
		answer(wire.ICQMeta{Sub: wire.ICQBasicReply, Status: wire.ICQMetaOK, Data: stringsOf(list...)}, true)
		answer(wire.ICQMeta{Sub: wire.ICQNotesReply, Status: wire.ICQMetaOK, Data: stringsOf("an invention")}, true)
		answer(wire.ICQMeta{Sub: wire.ICQLastReply, Status: wire.ICQMetaOK, Data: []byte{0, 0}}, false)
	case wire.ICQSearchUIN:
		x.found(answer, a)
	case wire.ICQSearchNames:
		list, err := wire.ReadICQStrings(rest, 3)
		if err != nil {
			return err
		}
		var hits []*account
		for _, id := range slices.Sorted(maps.Keys(x.s.accounts)) {
			if b := x.s.accounts[id]; b.network == icq && len(list[2]) > 0 && nickOf(b) == string(list[2]) {
				hits = append(hits, b)
			}
		}
		x.found(answer, hits...)
	case wire.ICQSearchEmail:
		x.found(answer)
	default:
		return errUnknownICQ
	}
	return nil
}

// nickOf is the nickname of an account: "Nick" and the last digits of its number.
func nickOf(a *account) string { return "Nick" + a.id[max(0, len(a.id)-3):] }

// found tells the rows of a search.
func (x *session) found(answer func(wire.ICQMeta, bool), hits ...*account) {
	var rows []wire.ICQMeta
	for _, a := range hits {
		if a == nil {
			continue
		}
		uin, err := strconv.ParseUint(a.id, 10, 32)
		if err != nil {
			continue
		}
		data, err := wire.Encode(wire.ICQFound{UIN: uint32(uin), Nick: []byte(nickOf(a)), Asks: a.asks})
		if err == nil {
			rows = append(rows, wire.ICQMeta{Sub: wire.ICQFoundReply, Status: wire.ICQMetaOK, Data: data})
		}
	}
	if len(rows) == 0 {
		answer(wire.ICQMeta{Sub: wire.ICQFoundLast, Status: 0x32}, false)
		return
	}
	last := &rows[len(rows)-1]
	last.Sub, last.Data = wire.ICQFoundLast, append(last.Data, 0, 0, 0, 0)
	for i, m := range rows {
		answer(m, i < len(rows)-1)
	}
}

// stringsOf are strings as the database writes them.
func stringsOf(list ...string) []byte {
	var l wire.ICQStrings
	for _, s := range list {
		l = append(l, []byte(s))
	}
	b, err := wire.Encode(l)
	if err != nil {
		return nil
	}
	return b
}
