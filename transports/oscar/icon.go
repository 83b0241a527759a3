package oscar

import (
	"bytes"
	"crypto/md5" // the protocol's own choice
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// iconName is the name of the item of the list that holds the user's picture: the type of the picture, in words.
const iconName = "1"

// avatarLimits are what clients of AIM took (lore: 7 KiB; they showed 48 pixels, later ones 100).
var avatarLimits = transports.AvatarLimits{Types: []string{"image/jpeg", "image/gif"}, Bytes: 7168, Side: 100}

// An icon is the user's picture on its way to the server.
type icon struct {
	tags  []transports.Tag // who waits for it
	hash  []byte
	data  []byte // nil: to have none
	until time.Time
}

// setAvatar names the picture on the list; the server says then whether it wants the bytes too (SNAC 01/21).
func (s *session) setAvatar(c transports.SetAvatar) {
	i := &icon{tags: []transports.Tag{c.Tag}, hash: wire.BARTCleared[:], until: time.Now().Add(serviceTime)}
	if c.Image != nil {
		if len(c.Image.Data) == 0 || len(c.Image.Data) > avatarLimits.Bytes {
			s.done(c.Tag, transports.Written, fmt.Errorf("%w: a picture of at most %d bytes was expected", transports.ErrTooLong, avatarLimits.Bytes))
			return
		}
		sum := md5.Sum(c.Image.Data)
		i.hash, i.data = sum[:], c.Image.Data
	}
	if s.icon != nil && bytes.Equal(s.icon.hash, i.hash) {
		s.icon.tags = append(s.icon.tags, c.Tag) // clients and servers tell the same picture more than once
		return
	}
	if s.icon != nil {
		s.iconDone(fmt.Errorf("%w: another picture came after it", transports.ErrBusy))
	}
	s.icon = i
	s.queueEdit(edit{tag: c.Tag, plan: func(f feedbag) *plan { return planIcon(f, i.hash) }, then: func(err error) {
		if s.icon == i && (err != nil || i.data == nil) {
			s.iconDone(err)
		}
	}})
}

// planIcon makes hash that of the user's picture. The item is written again where it says so already: for the server's
// answer.
func planIcon(list feedbag, hash []byte) *plan {
	p := newPlan(list)
	value, err := wire.Encode(wire.BARTInfo{Flags: wire.BARTCustom, Hash: hash})
	if err != nil {
		return nil // a hash is short
	}
	tlv := wire.Bytes(wire.ItemIcon, value)
	for _, item := range p.list.items {
		if item.Class == wire.IconItem && item.Name == iconName {
			item.TLVs = item.TLVs.With(tlv)
			p.update(item)
			return p
		}
	}
	p.insert(wire.Item{Name: iconName, ID: p.freeItem(), Class: wire.IconItem, TLVs: wire.TLVs{tlv}})
	return p
}

// iconAsked takes SNAC 01/21: the server has the picture, or is to be given it.
func (s *session) iconAsked(_ wire.SNAC, b wire.BART) {
	i := s.icon
	if i == nil || i.data == nil || !bytes.Equal(b.Data, i.hash) {
		return
	}
	if b.Flags&wire.BARTUpload == 0 {
		s.iconDone(nil)
		return
	}
	r := request{kind: wire.IconUpload, reply: wire.IconStored, finish: func(s *session, answer wire.SNAC, err error) {
		if s.icon == i {
			s.iconStored(answer, err)
		}
	}}
	if err := s.askService(wire.FamilyIcons, r, wire.IconData{Type: b.Type, Data: i.data}); err != nil {
		s.iconDone(err)
	}
}

func (s *session) iconStored(answer wire.SNAC, err error) {
	if err == nil {
		var status wire.IconStatus
		if status, err = wire.Decode[wire.IconStatus](answer.Body); err == nil && status.Code != 0 {
			err = fmt.Errorf("%w: the server does not take the picture (%d)", transports.ErrInvalid, status.Code)
		}
	}
	s.iconDone(err)
}

func (s *session) iconDone(err error) {
	tags := s.icon.tags
	s.icon = nil
	for _, tag := range tags {
		s.done(tag, transports.Accepted, err)
	}
}

// expireIcon gives up on a picture of which the server says nothing, and tells when that will be; zero: there is none.
func (s *session) expireIcon(now time.Time) time.Time {
	switch {
	case s.icon == nil:
		return time.Time{}
	case now.Before(s.icon.until):
		return s.icon.until
	}
	s.iconDone(transports.ErrNoAnswer)
	return time.Time{}
}

// pictureOf is the hash of id's picture, in hex, as the user's block has it; empty: none. A picture that the server does not
// have yet is none, but today's servers say so too of one that they have, where it is named once more.
func (s *session) pictureOf(id transports.LegacyID, items wire.BARTs) string {
	for _, i := range items {
		if i.Type != wire.BARTIcon || len(i.Data) == 0 || bytes.Equal(i.Data, wire.BARTCleared[:]) {
			continue
		}
		hash := hex.EncodeToString(i.Data)
		if i.Flags&wire.BARTUpload != 0 {
			if s.pictures[id] != hash {
				continue
			}
			return hash
		}
		if s.pictures == nil {
			s.pictures = make(map[transports.LegacyID]string)
		}
		if _, known := s.pictures[id]; known || len(s.pictures) < maxItems {
			s.pictures[id] = hash
		}
		return hash
	}
	delete(s.pictures, id)
	return ""
}

// fetchAvatar asks for the picture of that hash (SNAC 10/04).
func (s *session) fetchAvatar(c transports.FetchAvatar) {
	hash, err := hex.DecodeString(c.Hash)
	if err != nil || len(hash) == 0 || len(hash) > 0xFF {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: no picture of that name", transports.ErrUnknown))
		return
	}
	r := request{kind: wire.IconQuery, reply: wire.IconAnswer, finish: func(s *session, answer wire.SNAC, err error) {
		found, bad := wire.Decode[wire.IconFound](answer.Body)
		if err == nil {
			err = bad
		}
		if err == nil {
			err = s.checkPicture(c, hash, found.Data)
		}
		s.doneWith(c.Tag, transports.Accepted, transports.AvatarResult{Image: imageOf(found.Data)}, err)
	}}
	err = s.askService(wire.FamilyIcons, r, wire.IconWanted{
		Name: string(c.ID), Icon: wire.BART{Type: wire.BARTIcon, Flags: wire.BARTCustom, Data: hash},
	})
	if err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}

// checkPicture holds a picture against its name, the MD5 of its bytes. One that is another would be kept under that name, and
// shown to everybody who has such a contact.
func (s *session) checkPicture(c transports.FetchAvatar, hash, data []byte) error {
	sum := md5.Sum(data)
	if len(data) == 0 || bytes.Equal(sum[:], hash) {
		return nil
	}
	s.log.Warn("a picture that is not the one of its name was dropped", "contact", string(c.ID), "bytes", len(data))
	return fmt.Errorf("%w: the server sent another picture", transports.ErrInvalid)
}

// imageOf is a picture of bytes that are one.
func imageOf(data []byte) transports.Image {
	if len(data) == 0 {
		return transports.Image{}
	}
	return transports.Image{Type: http.DetectContentType(data), Data: data}
}
