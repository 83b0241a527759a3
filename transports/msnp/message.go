package msnp

import (
	"errors"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// An outgoing is a text on its way, in parts.
type outgoing struct {
	tag  transports.Tag
	left int
	err  error
}

// settled notes what became of a part. The text is done when all are.
func (s *session) part(o *outgoing, err error) {
	if err != nil && o.err == nil {
		o.err = err
	}
	if o.left--; o.left > 0 {
		return
	}
	var lost lostError
	if errors.As(o.err, &lost) {
		o.err = lost.err
	}
	if errors.Is(o.err, errClosed) {
		o.err = transports.ErrUnavailable
	}
	s.done(o.tag, transports.Accepted, o.err)
}

// sendMessage sends a text: on a switchboard, whose server acknowledges it; or to the store of offline messages, where the
// contact is not there.
func (s *session) sendMessage(c transports.SendMessage) {
	payloads, texts, err := payloadsOf(c.Body)
	if err != nil {
		s.done(c.Tag, transports.Written, err)
		return
	}
	s.typing.said(c.To)
	o := &outgoing{tag: c.Tag, left: len(payloads)}
	if s.powers.Has(transports.CanOffline) && s.isOffline(c.To) && s.boardWith(c.To) == nil {
		for _, text := range texts {
			s.store(c.To, text, func(err error) { s.part(o, err) })
		}
		return
	}
	b := s.call(c.To)
	for i, payload := range payloads {
		s.send(b, &letter{class: "A", payload: payload, finish: func(err error) { s.sent(c.To, texts[i], o, err) }})
	}
}

// sent takes the end of a part. One that surely was not delivered goes to the store.
func (s *session) sent(to transports.LegacyID, text string, o *outgoing, err error) {
	var lost lostError
	if err == nil || !errors.As(err, &lost) || isCode(err, codeHidden) || !s.powers.Has(transports.CanOffline) || s.over.Err() != nil {
		s.part(o, err)
		return
	}
	s.store(to, text, func(err error) { s.part(o, err) })
}

// heardMessage is MSG who nick, with a message.
func (s *session) heardMessage(b *board, c wire.Command) {
	from, err := canonical(c.Text(0))
	if err != nil {
		return
	}
	b.used = time.Now()
	m := wire.ParseMessage(c.Payload)
	switch m.Type() {
	case wire.TypeText:
		s.heardText(b, from, c.Text(1), m)
	case wire.TypeControl:
		if m.Get("TypingUser") != "" && b.room == nil {
			s.typing.heard(s, from)
		}
	case wire.TypeDatacast:
		if wire.ParseMessage(m.Body).Get("ID") == "1" {
			s.typing.stop(s, from)
			s.tell(transports.Attention{From: from})
		}
	case wire.TypeP2P:
		s.heardPacket(b, from, m)
	case wire.TypeInvite:
		s.heardInvite(b, m)
	}
}

// heardText tells a text. Where a room's user has not come in yet, it comes from who said it, so that nothing is lost.
func (s *session) heardText(b *board, from transports.LegacyID, nick string, m wire.Message) {
	body := bodyOf(m)
	if len(body.Runs) == 0 || quiet(body.String()) {
		return
	}
	s.typing.forget(from)
	if r := b.room; r != nil && r.joined {
		s.tell(transports.RoomMessage{Room: r.id, From: from, Nick: r.nickOf(from, nick), Body: body})
		return
	}
	s.tell(transports.Message{From: from, Body: body})
}

// heardInvite declines what only the oldest clients offer: files and talks by a protocol of their own.
func (s *session) heardInvite(b *board, m wire.Message) {
	f := wire.ParseMessage(m.Body)
	if f.Get("Invitation-Command") != "INVITE" {
		return
	}
	body := "Invitation-Command: CANCEL\r\nInvitation-Cookie: " + cutText(f.Get("Invitation-Cookie"), 32) +
		"\r\nCancel-Code: REJECT_NOT_INSTALLED\r\n\r\n"
	s.send(b, &letter{class: "N", payload: wire.NewMessage(wire.TypeInvite+"; charset=UTF-8", []byte(body)).Append(nil)})
}

// sendAttention nudges somebody.
func (s *session) sendAttention(c transports.SendAttention) {
	payload := wire.NewMessage(wire.TypeDatacast, []byte("ID: 1\r\n\r\n")).Append(nil)
	o := &outgoing{tag: c.Tag, left: 1}
	s.send(s.call(c.To), &letter{class: "A", payload: payload, finish: func(err error) { s.part(o, err) }})
}
