package oscar

import (
	"encoding/binary"
	"errors"
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
