package msnp

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// A picture is the user's own.
type picture struct {
	object wire.Object
	data   []byte
}

// A wanted is a picture that the gateway asked for.
type wanted struct {
	tag  transports.Tag
	id   transports.LegacyID
	hash string
}

// fetchAvatar fetches a contact's picture from the contact's own client.
func (s *session) fetchAvatar(c transports.FetchAvatar) {
	p := s.list.people[c.ID]
	switch {
	case !p.on(onForward) || !p.there():
		s.done(c.Tag, transports.Written, transports.ErrUnavailable)
		return
	case hashOf(p.object) == "":
		s.doneWith(c.Tag, transports.Accepted, transports.AvatarResult{}, nil)
		return
	case c.Hash != "" && hashOf(p.object) != c.Hash:
		s.done(c.Tag, transports.Written, transports.ErrUnknown)
		return
	case p.object.Size > maxPicture:
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	}
	b := s.call(c.ID)
	if len(b.flows) >= maxFlows {
		s.done(c.Tag, transports.Written, transports.ErrBusy)
		return
	}
	f := &flow{purpose: getPicture, board: b, peer: c.ID, picture: &wanted{c.Tag, c.ID, hashOf(p.object)}, size: uint64(p.object.Size)}
	s.wish(f, wire.GUIDPicture, wire.AppPicture, base64.StdEncoding.EncodeToString([]byte(p.object.String()+"\x00")))
}

// pictureData takes bytes of a picture: first four zeros, which announce it.
func (s *session) pictureData(f *flow, p wire.Packet) {
	preparation := p.Total == 4 && p.Flags&wire.P2PPicture == 0
	switch {
	case preparation:
		s.sendPacket(f.board, f.peer, p.Acknowledges(s.number()), nil)
		return
	case p.Total > maxPicture || p.Offset != uint64(len(f.data)):
		s.bye(f)
		s.endFlow(f, transports.ErrInvalid)
		return
	}
	f.data = append(f.data, p.Data...)
	if !p.Last() {
		return
	}
	s.sendPacket(f.board, f.peer, p.Acknowledges(s.number()), nil)
	s.bye(f)
	sum := sha1.Sum(f.data)
	if hex.EncodeToString(sum[:]) != f.picture.hash {
		s.endFlow(f, transports.ErrInvalid)
		return
	}
	s.endFlow(f, nil)
}

// pictureEnded answers the gateway.
func (s *session) pictureEnded(f *flow, err error) {
	if err != nil {
		s.done(f.picture.tag, transports.Written, err)
		return
	}
	kind, _, _ := strings.Cut(http.DetectContentType(f.data), ";")
	s.doneWith(f.picture.tag, transports.Delivered, transports.AvatarResult{Image: transports.Image{Type: kind, Data: f.data}}, nil)
}

// askedPicture is somebody who wants the user's picture; false: it is not the one that they name.
func (s *session) askedPicture(f *flow) bool {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(f.invite.Get("Context")))
	if err != nil {
		return false
	}
	o, err := wire.ParseObject(string(raw))
	mine := s.mood.picture
	if err != nil || mine.object.IsZero() || o.SHA1D != mine.object.SHA1D {
		return false
	}
	f.purpose, f.data, f.begun = givePicture, mine.data, true
	f.board.flows = append(f.board.flows, f)
	s.agree(f)
	s.sendPackets(f.board, f.peer, wire.Packet{Session: f.session, App: wire.AppPicture}, make([]byte, 4))
	f.ackID = s.sendPackets(f.board, f.peer, wire.Packet{Session: f.session, Flags: wire.P2PPicture, App: wire.AppPicture}, f.data)
	return true
}

// setAvatar changes the user's picture, which is told with the state (CHG).
func (s *session) setAvatar(c transports.SetAvatar) {
	var next picture
	if c.Image != nil && len(c.Image.Data) > 0 {
		if len(c.Image.Data) > maxPicture {
			s.done(c.Tag, transports.Written, transports.ErrTooLong)
			return
		}
		next.data = slices.Clone(c.Image.Data)
		next.object = wire.PictureObject(string(s.self), next.data)
	}
	before := s.mood.picture
	s.mood.picture = next
	s.ask(s.ns, "CHG", s.change(), nil, func(_ wire.Command, err error) {
		if err != nil && s.mood.picture.object == next.object {
			s.mood.picture = before
		}
		s.done(c.Tag, transports.Accepted, err)
	})
}

// timeZero is no time at all.
var timeZero time.Time
