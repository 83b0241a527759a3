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
		if o.asked != nil {
			x.a.informOfLeave(wire.FeedbagAuthAsked, *o.asked)
			continue
		}
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

// icqMeta answers questions to the database.
func (x *session) icqMeta(q wire.SNAC, d wire.ICQData) error {
	if len(d.Data) < 2 {
		return errUnknownICQ
	}
	sub, rest := binary.LittleEndian.Uint16(d.Data), d.Data[2:]
	answer := func(m wire.ICQMeta, more bool) { x.metaAnswer(q, d, m, more) }
	switch sub {
	case wire.ICQShortInfo, wire.ICQFullInfo, wire.ICQSearchUIN:
		return x.aboutUIN(sub, rest, answer)
	case wire.ICQSearchNames, wire.ICQSearchEmail:
		tags := map[uint16][]uint16{wire.ICQSearchNames: {wire.ICQTagFirst, wire.ICQTagLast, wire.ICQTagNick}, wire.ICQSearchEmail: {wire.ICQTagEmail}}[sub]
		list, err := wire.ReadICQStrings(rest, len(tags))
		if err != nil {
			return err
		}
		var wanted wire.ICQTLVs
		for i, tag := range tags {
			if len(list[i]) > 0 {
				wanted = append(wanted, wire.Bytes(tag, wire.ICQString(list[i])))
			}
		}
		found(answer, x.s.search(wanted)...)
	case wire.ICQSearchPages:
		wanted, err := wire.Decode[wire.ICQTLVs](rest)
		if err != nil {
			return err
		}
		found(answer, x.s.search(wanted)...)
	case wire.ICQSetInfo:
		said, err := wire.Decode[wire.ICQTLVs](rest)
		if err != nil {
			return err
		}
		x.a.details.set(said)
		answer(wire.ICQMeta{Sub: wire.ICQSetReply, Status: wire.ICQMetaOK, Data: make([]byte, 25)}, false)
	default:
		return errUnknownICQ
	}
	return nil
}

// metaAnswer tells a part of an answer.
func (x *session) metaAnswer(q wire.SNAC, d wire.ICQData, m wire.ICQMeta, more bool) {
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

// aboutUIN answers a question about one number. A question for the full details of one that nobody has ends the
// connection, as seen.
func (x *session) aboutUIN(sub uint16, rest []byte, answer func(wire.ICQMeta, bool)) error {
	var a *account
	if len(rest) >= 4 {
		a = x.s.accounts[strconv.FormatUint(uint64(binary.LittleEndian.Uint32(rest)), 10)]
	}
	switch {
	case sub == wire.ICQSearchUIN:
		found(answer, a)
	case sub == wire.ICQFullInfo && a == nil:
		return errUnknownICQ
	case sub == wire.ICQFullInfo:
		parts := a.details.full(a.asks)
		for i, m := range parts {
			answer(m, i < len(parts)-1)
		}
	case a == nil:
		answer(wire.ICQMeta{Sub: wire.ICQShortReply, Status: 0x14, Data: make([]byte, 11)}, false)
	default:
		answer(wire.ICQMeta{Sub: wire.ICQShortReply, Status: wire.ICQMetaOK, Data: a.details.short(a.asks)}, false)
	}
	return nil
}

// search gives the numbers whose details match, in order.
func (s *Server) search(wanted wire.ICQTLVs) []*account {
	var hits []*account
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		if a := s.accounts[id]; a.network == icq && a.details.matches(wanted) {
			hits = append(hits, a)
		}
	}
	return hits
}

// found tells the rows of a search.
func found(answer func(wire.ICQMeta, bool), hits ...*account) {
	var rows []wire.ICQMeta
	for _, a := range hits {
		if a == nil {
			continue
		}
		if data, ok := a.found(); ok {
			rows = append(rows, wire.ICQMeta{Sub: wire.ICQFoundReply, Status: wire.ICQMetaOK, Data: data})
		}
	}
	if len(rows) == 0 {
		none := append([]byte{18, 0}, make([]byte, 30)...)
		answer(wire.ICQMeta{Sub: wire.ICQFoundLast, Status: 0x32, Data: none}, false)
		return
	}
	last := &rows[len(rows)-1]
	last.Sub, last.Data = wire.ICQFoundLast, append(last.Data, make([]byte, 12)...)
	for i, m := range rows {
		answer(m, i < len(rows)-1)
	}
}
