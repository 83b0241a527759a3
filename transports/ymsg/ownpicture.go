package ymsg

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	pictureExpires = "604800" // seconds that the server keeps a picture: a week, as clients asked for
	maxPictureURL  = 1 << 10  // bytes of the address that it gives
	uploadWait     = time.Minute
	hasPicture     = "2" // of KeyAvatarKind
	noAvatar       = "0"
)

// An ownPicture is the user's picture. It goes to the server that files go to; that says on the session's own connection where
// it lies, and whoever asks is told. Unproven like the pictures of contacts, and switched on with them.
type ownPicture struct {
	url, sum string // where it lies, and its number; none: there is none
	names    int    // how many were brought; the name of each is another
	wait     *pictureWaits
}

// A pictureWaits is a picture on its way: the server has yet to say where it lies.
type pictureWaits struct {
	tag   transports.Tag
	name  string
	sum   string
	until time.Time // zero: the errand is out, and bounded by itself
}

// setsPicture reports whether the user's picture can be set: there must be somewhere to bring it.
func (s *session) setsPicture() bool { return s.pictures.on && s.sendsFiles() }

// setAvatar brings the user's picture to the server, or tells those who are there that it is no more.
func (s *session) setAvatar(c transports.SetAvatar) {
	switch {
	case !s.setsPicture():
		s.done(c.Tag, transports.Written, transports.ErrUnsupported)
	case c.Image == nil || len(c.Image.Data) == 0:
		s.giveUpPicture(nil)
		s.picture.url, s.picture.sum = "", ""
		s.tellPicture(noAvatar)
		s.done(c.Tag, transports.Written, nil)
	case len(c.Image.Data) > maxPicture:
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
	default:
		s.bringPicture(c)
	}
}

// bringPicture has a picture brought. One that is on its way already is of no use any more.
func (s *session) bringPicture(c transports.SetAvatar) {
	s.giveUpPicture(nil)
	s.picture.names++
	w := &pictureWaits{tag: c.Tag, name: "picture" + strconv.Itoa(s.picture.names), sum: strconv.Itoa(wire.PictureSum(c.Image.Data))}
	data, size := string(c.Image.Data), int64(len(c.Image.Data))
	head, err := s.link.packet(nil, wire.PictureUpload, wire.Available, wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyExpires, pictureExpires), wire.Text(wire.KeyUser, s.me),
		wire.Text(wire.KeyFileSize, strconv.FormatInt(size, 10)), wire.Text(wire.KeyFile, w.name), wire.Text(wire.KeyText, ""),
	})
	if err != nil {
		s.done(c.Tag, transports.Written, transports.ErrInvalid)
		return
	}
	up := s.upload(head)
	s.picture.wait = w
	s.errands.send(s, errand{tag: c.Tag, run: func(ctx context.Context) (transports.Result, error) {
		return nil, up.post(ctx, strings.NewReader(data), size)
	}, then: func(err error) {
		if s.picture.wait == w {
			s.pictureBrought(err)
		}
	}})
	if _, waits := s.open[c.Tag]; !waits { // too many errands
		s.picture.wait = nil
	}
}

// pictureBrought takes how the way to the server ended. The server's word where the picture lies may yet be to come.
func (s *session) pictureBrought(err error) {
	if err != nil {
		s.giveUpPicture(err)
		return
	}
	s.picture.wait.until = time.Now().Add(uploadWait)
}

// giveUpPicture answers the command of a picture on its way: with err, or as done when another has taken its place.
func (s *session) giveUpPicture(err error) {
	if w := s.picture.wait; w != nil {
		s.picture.wait = nil
		s.done(w.tag, transports.Written, err)
	}
}

// pictureUploaded takes where the user's picture lies (C2), and tells those who are there.
func (s *session) pictureUploaded(p wire.Packet) {
	w, address := s.picture.wait, p.Fields.String(wire.KeyURL)
	if w == nil || p.Fields.Has(wire.KeyFile) && p.Fields.String(wire.KeyFile) != w.name {
		return
	}
	if !isPictureURL(address) {
		s.giveUpPicture(transports.ErrDenied)
		return
	}
	s.picture.wait = nil
	s.picture.url, s.picture.sum = address, w.sum
	s.mention(wire.PictureCheck, wire.Available, wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyPictureIs, "1"), wire.Text(wire.KeyPictureSum, w.sum),
	})
	s.tellPicture(hasPicture)
	s.done(w.tag, transports.Accepted, nil)
}

// isPictureURL reports whether an address is one that others can fetch from.
func isPictureURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && len(address) <= maxPictureURL
}

// tellPicture tells contacts who are there whether there is a picture (C7). Those who come later ask. Nobody is told while the
// user is invisible.
func (s *session) tellPicture(kind string) {
	if s.hidden() {
		return
	}
	for id := range s.pictures.looks {
		s.mention(wire.AvatarUpdate, wire.Available, wire.Fields{wire.Text(wire.KeyFrom3, string(id)), wire.Text(wire.KeyAvatarKind, kind)})
	}
}

// tellWhere tells somebody who asks where the user's picture lies (BE).
func (s *session) tellWhere(id transports.LegacyID) {
	if s.picture.url == "" || s.hidden() {
		return
	}
	s.mention(wire.Picture, wire.Available, wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyTo, string(id)), wire.Text(wire.KeyFlag, tellsPicture),
		wire.Text(wire.KeyURL, s.picture.url), wire.Text(wire.KeyPictureSum, s.picture.sum),
	})
}

// expire answers a picture of which the server never said where it lies, and tells when that will be; zero: none waits.
func (o *ownPicture) expire(s *session, now time.Time) time.Time {
	if o.wait == nil || o.wait.until.IsZero() {
		return time.Time{}
	}
	if now.Before(o.wait.until) {
		return o.wait.until
	}
	s.giveUpPicture(transports.ErrNoAnswer)
	return time.Time{}
}
