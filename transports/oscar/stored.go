package oscar

import (
	"strconv"
	"strings"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// stored is how far ICQ's stored messages have come. The server forgets all of them at one word, which is said once
// all that were told are with the user's server.
type stored struct {
	told   transports.Seq // the last that was given to the gateway
	proven transports.Seq // the last that is handed over
	any    bool           // there was at least one
	ended  bool           // the server has told all
	gone   bool           // the word was said
}

// askStored asks for what was sent to us in our absence: SNAC 04/10, and on ICQ 15/02 type 3C.
func (s *session) askStored() {
	if !s.dialect.storedByICQ || !s.has(wire.FamilyICQ) {
		s.stored.ended = true // what comes is forgotten already
		if err := s.ask(wire.ICBMOfflineGet, nil, 0, nil); err != nil {
			s.log.Warn("offline messages are not asked for", "err", err)
		}
		return
	}
	s.askICQ(wire.ICQOfflineGet)
}

// askICQ asks something that has no further data.
func (s *session) askICQ(kind uint16) {
	body := wire.ICQData{UIN: s.uin, Type: kind, Seq: uint16(s.nextID())}
	if err := s.ask(wire.ICQQuery, body, 0, nil); err != nil {
		s.log.Warn("not asked", "icq", kind, "err", err)
	}
}

// tellsStored reports whether the server is telling what it has stored, and notes that there is something. Between the
// question and the end come messages of AIM's names as others do (SNAC 04/07), and what is about authorisation (13/19,
// 13/1B, 13/1C): the server tells them again at each sign-on too, until it is to forget.
func (s *session) tellsStored() bool {
	if !s.dialect.storedByICQ || !s.announced || s.stored.ended {
		return false
	}
	s.stored.any = true
	return true
}

// icqReply takes an answer of ICQ's servers (SNAC 15/03).
func (s *session) icqReply(_ wire.SNAC, d wire.ICQData) {
	switch d.Type {
	case wire.ICQOffline:
		m, err := wire.Decode[wire.ICQStored](d.Data)
		if err != nil {
			s.log.Warn("stored message cannot be read", "err", err)
			return
		}
		s.stored.any = true
		s.icqMessage(m)
	case wire.ICQMetaReply:
		s.metaReply(d)
	case wire.ICQOfflineEnd:
		s.stored.ended = true
		s.forgetStored()
	}
}

// icqMessage tells of a stored message, or of a question of authorisation that was stored.
func (s *session) icqMessage(m wire.ICQStored) {
	from, ok := s.id(strconv.FormatUint(uint64(m.From), 10))
	if !ok {
		return
	}
	if s.icqEvent(from, m.Type, m.Text) {
		return
	}
	body := richtext.Plain(s.icqText(from, m.Type, m.Text))
	if len(body.Runs) == 0 {
		return
	}
	s.stored.told++
	s.tell(transports.Message{Seq: s.stored.told, From: from, Body: body, Sent: m.Sent, Stored: true})
}

// icqText is what a message says; an address comes with a description.
func (s *session) icqText(from transports.LegacyID, kind uint8, text []byte) string {
	if kind&0x7F == wire.ICQURL {
		parts := strings.SplitN(s.textOf(from, text), icqSeparator, 2)
		return strings.TrimSpace(strings.Join(parts, " "))
	}
	return s.textOf(from, text)
}

// icqSeparator is what stands between the parts of a text, once it is read: the byte 0xFE is no UTF-8, and "þ" in
// windows-1252.
const icqSeparator = "\u00FE"

// icqEvent tells of what is no message; false: it is one.
func (s *session) icqEvent(from transports.LegacyID, kind uint8, text []byte) bool {
	switch kind & 0x7F {
	case wire.ICQAuthAsked:
		parts := strings.Split(string(text), "\xFE")
		part := func(i int) string {
			if i < len(parts) {
				return s.textOf(from, []byte(parts[i]))
			}
			return ""
		}
		s.tell(transports.AuthRequest{From: from, Nick: part(0), Reason: part(len(parts) - 1)})
	case wire.ICQAuthRefused:
		s.tell(transports.AuthAnswer{From: from, Reason: s.textOf(from, text)})
	case wire.ICQAuthGranted:
		s.tell(transports.AuthAnswer{From: from, Granted: true})
	case wire.ICQAdded:
		s.tell(transports.AddedYou{From: from})
	default:
		return false
	}
	return true
}

// handedOver notes which messages are with the user's server.
func (s *session) handedOver(c transports.HandedOver) {
	s.stored.proven = max(s.stored.proven, c.Seq)
	s.forgetStored()
}

// forgetStored lets the server forget, once (15/02 type 3E). Those that it did not tell at this sign-on it would forget
// too, so it is said only after its last.
func (s *session) forgetStored() {
	st := &s.stored
	if st.gone || !st.ended || !st.any || st.proven < st.told {
		return
	}
	st.gone = true
	s.askICQ(wire.ICQOfflineDelete)
}

// answerAuth grants or refuses (SNAC 13/1A).
func (s *session) answerAuth(c transports.AnswerAuth) {
	body := wire.AuthReply{Name: string(c.To), Granted: c.Allow, Reason: c.Reason}
	err := s.ask(wire.FeedbagAuthReply, body, 0, func(s *session, _ wire.SNAC, err error) { s.done(c.Tag, transports.Written, err) })
	if err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// received4 takes a message of channel 4, ICQ's own: a plain one, or a question of authorisation.
func (s *session) received4(from transports.LegacyID, m wire.Incoming) {
	value, _ := m.TLVs.Get(wire.MessageData)
	msg, err := wire.Decode[wire.ICQMessage](value)
	if err != nil {
		s.log.Warn("message of ICQ's cannot be read", "err", err)
		return
	}
	if s.icqEvent(from, msg.Type, msg.Text) {
		return
	}
	if body := richtext.Plain(s.icqText(from, msg.Type, msg.Text)); len(body.Runs) > 0 {
		s.tellMessage(m, transports.Message{From: from, Body: body})
	}
}
