package oscar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// maxHere is how many occupants of a room are told; one of today's has at most 100.
const maxHere = 1000

// roomSNAC takes what a room says by itself. What cannot be read is passed over: others can send us such.
func (s *session) roomSNAC(svc *service, snac wire.SNAC) {
	var err error
	r := svc.room
	switch snac.Kind {
	case wire.RoomUpdate:
		var info wire.RoomInfo
		if info, err = wire.Decode[wire.RoomInfo](snac.Body); err == nil {
			if n, ok := info.TLVs.Number(wire.RoomMaxText); ok && n > 0 {
				r.maxText = int(min(n, maxText))
			}
		}
	case wire.RoomEntered, wire.RoomGone:
		var users wire.Users
		if users, err = wire.Decode[wire.Users](snac.Body); err == nil {
			s.roomMoved(r, users, snac.Kind == wire.RoomEntered)
		}
	case wire.RoomHear:
		var words wire.RoomWords
		if words, err = wire.Decode[wire.RoomWords](snac.Body); err == nil {
			s.heardInRoom(r, words)
		}
	default:
		s.log.Debug("SNAC passed over", "snac", snac.Kind.String())
	}
	if err != nil {
		s.log.Warn("SNAC cannot be read", "snac", snac.Kind.String(), "err", err)
	}
}

// roomMoved takes those who came or went. The first who come are those who are there; then the user is in.
func (s *session) roomMoved(r *room, users wire.Users, came bool) {
	for _, u := range users {
		id, ok := s.id(u.Name)
		if !ok {
			continue
		}
		o := occupant{id, strings.Clone(u.Name)}
		at := slices.IndexFunc(r.here, func(h occupant) bool { return h.id == id })
		switch {
		case came && at < 0 && len(r.here) < maxHere:
			r.here = append(r.here, o)
		case !came && at >= 0:
			r.here = slices.Delete(r.here, at, at+1)
		default:
			continue
		}
		if r.joined {
			s.tell(transports.Occupant{Room: r.id, ID: o.id, Nick: o.nick, Here: came})
		}
	}
	if r.joined || !came {
		return
	}
	r.joined = true
	s.tellRoom(r)
	for _, tag := range r.tags {
		s.done(tag, transports.Accepted, nil)
	}
	r.tags = nil
}

// tellRoom tells what a room is like to somebody who is in.
func (s *session) tellRoom(r *room) {
	nick := s.display
	for _, o := range r.here {
		s.tell(transports.Occupant{Room: r.id, ID: o.id, Nick: o.nick, Here: true})
		if string(o.id) == fold(s.display) {
			nick = o.nick
		}
	}
	s.tell(transports.RoomJoined{Room: r.id, Nick: nick})
}

// sayRoom says something, and asks to hear it too (SNAC 0E/05 TLV 6), which proves that the room has taken it.
func (s *session) sayRoom(c transports.SayRoom) {
	r := s.roomAt(c.Room)
	if r == nil || !r.joined {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: you are not in %s", transports.ErrDenied, c.Room))
		return
	}
	message, err := wordsOf(c.Body, r.maxText)
	if err != nil {
		s.done(c.Tag, transports.Written, err)
		return
	}
	id := s.nextID()
	words := wire.RoomWords{Cookie: cookieFor(id), Channel: wire.ChannelRoom, TLVs: wire.TLVs{
		wire.Flag(wire.WordsPublic), wire.Flag(wire.WordsReflect), wire.Bytes(wire.WordsMessage, message),
	}}
	err = r.service.ask(request{kind: wire.RoomSay, id: id, reply: wire.RoomHear, finish: func(s *session, answer wire.SNAC, err error) {
		if err == nil {
			s.reflected(r, c.Body, answer)
		}
		s.done(c.Tag, transports.Accepted, err)
	}}, words)
	if err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// reflected takes what the user said, as the room heard it. Words to the room itself, as "//roll", are answered by
// somebody else.
func (s *session) reflected(r *room, body transports.Body, answer wire.SNAC) {
	words, err := wire.Decode[wire.RoomWords](answer.Body)
	from, _, ok := s.speaker(words)
	if err == nil && ok && string(from) != fold(s.display) {
		defer s.heardInRoom(r, words)
	}
	own := transports.RoomMessage{Room: r.id, From: transports.LegacyID(fold(s.display)), Nick: s.display, Body: body, Sent: time.Now(), Own: true}
	for _, o := range r.here {
		if o.id == own.From {
			own.Nick = o.nick
		}
	}
	s.tell(own)
}

// wordsOf is the message of a RoomWords: in HTML, in the narrowest charset that every client reads. Where the style
// makes it too long, the style goes.
func wordsOf(body transports.Body, limit int) ([]byte, error) {
	text, charset := roomMarkup(body)
	if len(text) > limit {
		text, charset = roomMarkup(richtext.Plain(body.String()))
	}
	if len(text) > limit {
		return nil, fmt.Errorf("%w: this room takes %d bytes", transports.ErrTooLong, limit)
	}
	return wire.Encode(wire.TLVs{
		wire.Bytes(wire.WordsText, text), wire.String(wire.WordsCharset, charset), wire.String(wire.WordsLang, "en"),
	})
}

func roomMarkup(body transports.Body) (text []byte, charset string) {
	markup := body.AIM()
	if richtext.IsASCII(markup) {
		return []byte(markup), "us-ascii"
	}
	return richtext.EncodeUTF16(markup), "unicode-2-0"
}

// speaker is who said something.
func (s *session) speaker(words wire.RoomWords) (transports.LegacyID, string, bool) {
	value, _ := words.TLVs.Get(wire.WordsFrom)
	user, err := wire.Decode[wire.User](value)
	if err != nil {
		return "", "", false
	}
	id, ok := s.id(user.Name)
	return id, user.Name, ok
}

// heardInRoom takes what somebody else said (SNAC 0E/06).
func (s *session) heardInRoom(r *room, words wire.RoomWords) {
	from, nick, ok := s.speaker(words)
	if !ok || !r.joined {
		return
	}
	value, _ := words.TLVs.Get(wire.WordsMessage)
	message, err := wire.Decode[wire.TLVs](value)
	if err != nil {
		s.log.Warn("words in a room cannot be read", "err", err)
		return
	}
	text, _ := message.Get(wire.WordsText)
	body := richtext.FromAIM(s.declaredText(from, text, message.String(wire.WordsCharset)))
	if len(body.Runs) == 0 {
		return
	}
	s.tell(transports.RoomMessage{
		Room: r.id, From: from, Nick: nick, Body: body, Sent: time.Now(), Own: string(from) == fold(s.display),
	})
}
