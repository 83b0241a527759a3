package ymsg

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	picturesKey = "pictures"
	maxAsks     = 32 // for pictures, that wait for an answer
	maxSum      = 20 // digits of a picture's number

	asksPicture, tellsPicture = "1", "2" // of KeyFlag
)

// pictures are what is known of contacts' pictures: a number for each, under which it is told. They are unproven, and off
// unless the service says otherwise.
type pictures struct {
	on    bool
	sums  map[transports.LegacyID]string
	looks map[transports.LegacyID]transports.Presence // as last told, to be told again with another picture
	asks  []pictureAsk
}

func newPictures(on bool) pictures {
	p := pictures{on: on}
	if on {
		p.sums, p.looks = make(map[transports.LegacyID]string), make(map[transports.LegacyID]transports.Presence)
	}
	return p
}

// A pictureAsk is a command that waits for where a picture is.
type pictureAsk struct {
	id    transports.LegacyID
	tag   transports.Tag
	until time.Time
}

// noPicture reports whether a number says that there is none, or is none.
func noPicture(sum string) bool { return sum == "" || sum == "0" || sum == "-1" || len(sum) > maxSum }

// dress puts the picture into a presence, and keeps the presence.
func (p *pictures) dress(e transports.Presence, r wire.Fields) transports.Presence {
	if !p.on {
		return e
	}
	if r.Has(wire.KeyPictureSum) {
		p.note(e.From, r.String(wire.KeyPictureSum))
	}
	if e.Show == transports.Offline {
		delete(p.looks, e.From)
		return e
	}
	e.Avatar = p.sums[e.From]
	if len(p.looks) < maxContacts {
		p.looks[e.From] = e
	}
	return e
}

// note keeps the number of a picture, and reports whether it is another.
func (p *pictures) note(id transports.LegacyID, sum string) bool {
	if noPicture(sum) {
		sum = ""
	}
	if p.sums[id] == sum || sum != "" && len(p.sums) >= maxContacts {
		return false
	}
	p.sums[id] = sum
	if sum == "" {
		delete(p.sums, id)
	}
	return true
}

// pictureTold takes what a contact's picture is (BD), or that there is another kind (C7): that of which the number is not told is
// asked for.
func (s *session) pictureTold(p wire.Packet) {
	id, ok := s.id(p.Fields.String(wire.KeyFrom))
	if !s.pictures.on || !ok {
		return
	}
	switch kind := p.Fields.String(wire.KeyAvatarKind); {
	case p.Service == wire.PictureCheck:
		s.pictureIs(id, p.Fields.String(wire.KeyPictureSum))
	case kind == hasPicture:
		s.askPicture(id)
	case kind != "":
		s.pictureIs(id, "")
	}
}

// pictureIs tells of a picture that is another.
func (s *session) pictureIs(id transports.LegacyID, sum string) {
	look, there := s.pictures.looks[id]
	if s.pictures.note(id, sum) && there {
		s.tell(s.pictures.dress(look, nil))
	}
}

// askPicture asks somebody for their picture (BE).
func (s *session) askPicture(id transports.LegacyID) {
	s.mention(wire.Picture, wire.Available, wire.Fields{wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyTo, string(id)), wire.Text(wire.KeyFlag, asksPicture)})
}

// fetchAvatar asks for a picture, which is fetched from where the answer says.
func (s *session) fetchAvatar(c transports.FetchAvatar) {
	switch {
	case !s.pictures.on:
		s.done(c.Tag, transports.Written, transports.ErrUnsupported)
	case s.pictures.sums[c.ID] == "":
		s.doneWith(c.Tag, transports.Accepted, transports.AvatarResult{}, nil)
	case len(s.pictures.asks) >= maxAsks:
		s.done(c.Tag, transports.Written, transports.ErrBusy)
	default:
		s.pictures.asks = append(s.pictures.asks, pictureAsk{c.ID, c.Tag, time.Now().Add(pictureWait)})
		s.askPicture(c.ID)
	}
}

// pictureAnswered takes where somebody's picture is, or that somebody asks where the user's is (BE).
func (s *session) pictureAnswered(p wire.Packet) {
	id, ok := s.id(p.Fields.String(wire.KeyFrom))
	switch kind := p.Fields.String(wire.KeyFlag); {
	case !s.pictures.on || !ok:
		return
	case kind == asksPicture:
		s.tellWhere(id)
		return
	case kind != tellsPicture:
		return
	}
	s.pictureIs(id, p.Fields.String(wire.KeyPictureSum))
	left := s.pictures.asks[:0:0]
	for _, a := range s.pictures.asks {
		if a.id != id {
			left = append(left, a)
			continue
		}
		s.errands.send(s, errand{tag: a.tag, run: pictureFetch{s.env.HTTP, p.Fields.String(wire.KeyURL)}.run})
	}
	s.pictures.asks = left
}

// expire answers those who have waited long enough, and tells when the next will have; zero: nobody waits.
func (p *pictures) expire(s *session, now time.Time) time.Time {
	var next time.Time
	left := p.asks[:0:0]
	for _, a := range p.asks {
		if now.Before(a.until) {
			next = soon(next, a.until)
			left = append(left, a)
			continue
		}
		s.done(a.tag, transports.Written, transports.ErrNoAnswer)
	}
	p.asks = left
	return next
}

// A pictureFetch is a picture on its way.
type pictureFetch struct {
	client  *http.Client
	address string
}

func (f pictureFetch) run(ctx context.Context) (transports.Result, error) {
	body, err := get(ctx, f.client, f.address)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(&bounded{body, maxPicture})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", transports.ErrInvalid, err)
	}
	kind := http.DetectContentType(data)
	switch kind {
	case "image/png", "image/jpeg", "image/gif":
		return transports.AvatarResult{Image: transports.Image{Type: kind, Data: data}}, nil
	}
	return nil, fmt.Errorf("%w: no picture", transports.ErrInvalid)
}
