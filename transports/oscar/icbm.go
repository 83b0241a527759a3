package oscar

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// maxText is the longest text of a message in bytes of its charset; we ask for it by SNAC 04/02.
const maxText = 8000

// sendMessage sends a channel-1 message and asks for the server's acknowledgement (SNAC 04/06 TLV 3), which
// is the only proof that it was taken. The server keeps it for a contact who is away (TLV 6).
func (s *session) sendMessage(c transports.SendMessage) {
	text, err := s.encodeText(c.To, c.Body)
	if err != nil {
		s.done(c.Tag, transports.Written, err)
		return
	}
	message, err := wire.MessageOf(text)
	if err != nil {
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	}
	id, tag, kind := s.nextID(), c.Tag, wire.MessageStore
	if c.Auto {
		kind = wire.MessageAuto
	}
	body := wire.Outgoing{
		Cookie: cookieFor(id), Channel: wire.ChannelText, To: string(c.To),
		TLVs: wire.TLVs{message, wire.Flag(wire.MessageAck), wire.Flag(kind)},
	}
	err = s.askAs(id, wire.ICBMSend, body, wire.ICBMAck, func(s *session, _ wire.SNAC, err error) {
		s.done(tag, transports.Accepted, err)
	})
	if err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// cookieFor makes a message's cookie: four bytes that nobody guesses, then the number of its request.
func cookieFor(id uint32) wire.Cookie {
	var c wire.Cookie
	_, _ = rand.Read(c[:4]) // never fails (crypto/rand)
	binary.BigEndian.PutUint32(c[4:], id)
	return c
}

// encodeText chooses the narrowest charset that every client reads: ASCII, else UTF-16. Where the style makes
// it too long, the style goes.
func (s *session) encodeText(to transports.LegacyID, body transports.Body) (wire.Text, error) {
	text := s.textFor(to, body)
	if len(text.Data) > maxText {
		text = s.textFor(to, richtext.Plain(body.String()))
	}
	if len(text.Data) > maxText {
		return wire.Text{}, transports.ErrTooLong
	}
	return text, nil
}

func (s *session) textFor(to transports.LegacyID, body transports.Body) wire.Text {
	markup := s.dialect.encode(to, body)
	if richtext.IsASCII(markup) && (s.dialect.wide == nil || !s.dialect.wide(to, markup)) {
		return wire.Text{Charset: wire.CharsetASCII, Data: []byte(markup)}
	}
	return wire.Text{Charset: wire.CharsetUnicode, Data: richtext.EncodeUTF16(markup)}
}

// receivedMessage takes a message (SNAC 04/07). Channel 4 is ICQ's own, channel 2 rendezvous.
func (s *session) receivedMessage(_ wire.SNAC, m wire.Incoming) {
	from, ok := s.id(m.From.Name)
	switch {
	case !ok || string(from) == s.dialect.system:
		return
	case m.Channel == wire.ChannelICQ:
		s.received4(from, m)
		return
	case m.Channel == wire.ChannelRendezvous:
		s.received2(from, m)
		return
	case m.Channel != wire.ChannelText:
		return
	}
	value, _ := m.TLVs.Get(wire.MessageText)
	texts, err := wire.TextsOf(value)
	if err != nil {
		s.log.Warn("message cannot be read", "err", err)
		return
	}
	var markup string
	for _, t := range texts {
		markup += s.decodeText(from, t)
	}
	body := s.dialect.decode(from, markup)
	if len(body.Runs) == 0 {
		return
	}
	s.tellMessage(m, transports.Message{From: from, Body: body, Auto: m.TLVs.Has(wire.MessageAuto)})
}

// tellMessage adds when it was sent, where the server had kept it.
func (s *session) tellMessage(m wire.Incoming, e transports.Message) {
	if sent, ok := m.TLVs.Number(wire.MessageSent); ok {
		e.Sent, e.Stored = time.Unix(int64(sent), 0).UTC(), true
		if s.tellsStored() {
			s.stored.told++
			e.Seq = s.stored.told
		}
	}
	s.tell(e)
}

// missed tells the user of messages that the server did not pass on (SNAC 04/0A).
func (s *session) missed(_ wire.SNAC, l wire.MissedList) {
	reasons := map[uint16]string{1: "too long", 2: "sent too fast", 3: "the sender was warned too often", 4: "you were warned too often"}
	for _, m := range l {
		why, known := reasons[m.Reason]
		if !known {
			why = "not valid"
		}
		if from, ok := s.id(m.From.Name); ok {
			s.notice("missed "+string(from), fmt.Sprintf("%d messages from %s did not reach you: %s.", m.Count, m.From.Name, why))
		}
	}
}

// sendTyping tells what the keyboard does (SNAC 04/14), if there is room for it: stale news is no news.
func (s *session) sendTyping(c transports.SendTyping) {
	if !s.lanes.spare(wire.ICBMTyping, time.Now()) {
		return
	}
	events := map[transports.Typing]uint16{
		transports.TypingStopped: wire.TypingNone,
		transports.TypingPaused:  wire.TypingTyped,
		transports.TypingActive:  wire.TypingBegun,
	}
	body := wire.TypingNote{Channel: wire.ChannelText, Name: string(c.To), Event: events[c.State]}
	if err := s.ask(wire.ICBMTyping, body, 0, nil); err != nil {
		s.log.Debug("typing is not told", "err", err)
	}
}

// typing takes what a contact's keyboard does (SNAC 04/14).
func (s *session) typing(_ wire.SNAC, t wire.TypingNote) {
	from, ok := s.id(t.Name)
	if !ok {
		return
	}
	state := transports.TypingStopped
	switch t.Event {
	case wire.TypingBegun:
		state = transports.TypingActive
	case wire.TypingTyped:
		state = transports.TypingPaused
	}
	s.tell(transports.TypingFrom{From: from, State: state})
}
