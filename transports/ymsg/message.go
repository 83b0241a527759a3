package ymsg

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// The longest message: 800 characters as Yahoo's clients had it, and as many bytes as others found its servers to take. A longer
// one goes in several.
const (
	maxTextBytes = 948
	maxTextRunes = 800
	maxPieces    = 100
)

// sendMessage sends a message (06), in several where it is too long for one. The server keeps it for somebody who is away,
// and tells nothing: it is done when it is written.
func (s *session) sendMessage(c transports.SendMessage) {
	pieces := piecesOf(c.Body)
	if len(pieces) > maxPieces {
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	}
	packets := make([]wire.Fields, len(pieces))
	for i, text := range pieces {
		packets[i] = s.messageTo(c.To, text)
	}
	if err := s.sayAll(wire.Message, wire.Offline, packets, func() { s.done(c.Tag, transports.Written, nil) }); err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

func (s *session) messageTo(to transports.LegacyID, text string) wire.Fields {
	return wire.Fields{
		wire.Text(wire.KeyUser, s.me), wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyTo, string(to)), wire.Text(wire.KeyText, text),
		wire.Text(wire.KeyUTF8, "1"), wire.Text(wire.KeyImvironment, ";0"), wire.Text(wire.KeyImvFlag, "0"),
	}
}

// piecesOf gives the messages that say a text: one, with its style, or where that is too long several without.
func piecesOf(body transports.Body) []string {
	text := body.Yahoo()
	if fits(text) {
		return []string{text}
	}
	text = richtext.Plain(body.String()).Yahoo()
	var pieces []string
	for !fits(text) {
		n := cutAt(text)
		pieces = append(pieces, text[:n])
		text = text[n:]
	}
	return append(pieces, text)
}

func fits(text string) bool {
	return len(text) <= maxTextBytes && utf8.RuneCountInString(text) <= maxTextRunes
}

// cutAt is where a text that does not fit is cut: behind the last space of what does, if there is one in its second half.
func cutAt(text string) int {
	end, runes := 0, 0
	for i, r := range text {
		if size := utf8.RuneLen(r); runes == maxTextRunes || i+size > maxTextBytes {
			break
		} else {
			end, runes = i+size, runes+1
		}
	}
	if space := strings.LastIndexAny(text[:end], " \n"); space > end/2 {
		return space + 1
	}
	return end
}

// sendAttention buzzes (06 with a text of its own).
func (s *session) sendAttention(c transports.SendAttention) {
	s.sayFor(c.Tag, wire.Message, wire.Offline, s.messageTo(c.To, wire.Buzz))
}

// notSent is the status of a message of ours that comes back.
const notSent = wire.Busy

// messages takes a message, or several that were kept (06): a record for each. Kept ones come in no order.
func (s *session) messages(p wire.Packet) {
	if p.Status == notSent {
		s.cameBack(p.Fields)
		return
	}
	var list []said
	for _, r := range p.Fields.Records(wire.KeyFrom) {
		m := said{}
		m.taking, m.asks = s.takingOf(r)
		if m.asks && s.takings.again(m.taking) {
			continue
		}
		if m.event, m.at = s.messageOf(r, p.Status == wire.More); m.event != nil {
			list = append(list, m)
		} else if m.asks {
			s.taken(m.taking)
		}
	}
	slices.SortStableFunc(list, func(a, b said) int { return cmp.Compare(a.at, b.at) })
	for _, m := range list {
		s.tellSaid(m)
	}
}

// A said is what one record of a packet says, and when, in seconds since 1970.
type said struct {
	event  transports.Event
	at     int64
	taking taking
	asks   bool // taking is there
}

func (s *session) tellSaid(m said) {
	e, message := m.event.(transports.Message)
	switch {
	case !m.asks:
		s.tell(m.event)
	case message:
		s.tell(s.keep(e, m.taking))
	default: // a buzz is not kept anywhere
		s.taken(m.taking)
		s.tell(m.event)
	}
}

// cameBack tells that a message of ours did not get there. Who it was for need not be said.
func (s *session) cameBack(f wire.Fields) {
	text := "A message did not get there."
	if to, ok := s.id(f.String(wire.KeyTo)); ok {
		text = fmt.Sprintf("A message to %s did not get there.", to)
	}
	s.tell(transports.Notice{Text: text})
}

// messageOf reads a record, and tells when it was sent, in seconds since 1970; nil: it says nothing.
func (s *session) messageOf(r wire.Fields, stored bool) (transports.Event, int64) {
	from, ok := s.id(r.String(wire.KeyFrom))
	if !ok || string(from) == s.me {
		return nil, 0
	}
	at, _ := r.Number(wire.KeyTime)
	s.typists.ended(from)
	text := s.text(r, wire.KeyText)
	if text == wire.Buzz {
		if stored {
			return nil, 0 // it called for attention then, not now
		}
		return transports.Attention{From: from}, at
	}
	body := richtext.FromYahoo(text)
	if len(body.Runs) == 0 {
		return nil, 0
	}
	e := transports.Message{From: from, Body: body, Stored: stored}
	if stored && at > 0 && at < maxTime {
		e.Sent = time.Unix(at, 0).UTC()
	}
	return e, at
}

// maxTime is the year 9999, the last that has a date of four digits.
const maxTime = 253402300799
