package loopback

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"imgate/richtext"
	"imgate/transports"
)

// Bounds of what an account says of itself, in bytes but for the fields.
const (
	maxNick    = 256
	maxFields  = 32
	maxProfile = 16 << 10
	maxAvatar  = 256 << 10
)

// aboutField is the field that is told as the profile's text.
const aboutField = "about"

// setNick is SetNick.
func (s *Server) setNick(l *line, c transports.SetNick) answer {
	if len(c.Nick) > maxNick {
		return outcome(transports.ErrTooLong)
	}
	l.acct.nick = c.Nick
	return outcome(nil)
}

// setProfile is SetProfile.
func (s *Server) setProfile(l *line, c transports.SetProfile) answer {
	size := 0
	for _, f := range c.Fields {
		if f.Var == "" {
			return outcome(fmt.Errorf("%w: a field without a name", transports.ErrInvalid))
		}
		size += len(f.Var) + len(f.Label) + len(f.Value)
	}
	if len(c.Fields) > maxFields || size > maxProfile {
		return outcome(transports.ErrTooLong)
	}
	l.acct.profile = slices.Clone(c.Fields)
	return outcome(nil)
}

// fetchProfile is FetchProfile. The nickname is its first field.
func (s *Server) fetchProfile(l *line, c transports.FetchProfile) answer {
	a, err := s.reached(l.acct, c.ID)
	if err != nil {
		return fetched(nil, err)
	}
	var got transports.ProfileResult
	if a.nick != "" {
		got.Fields = append(got.Fields, transports.Field{Var: "nick", Label: "Nickname", Value: a.nick})
	}
	for _, f := range a.profile {
		if f.Var == aboutField {
			got.Text = richtext.Plain(f.Value)
			continue
		}
		got.Fields = append(got.Fields, f)
	}
	return fetched(got, nil)
}

// setAvatar is SetAvatar. Those who see the account are told the new hash.
func (s *Server) setAvatar(l *line, c transports.SetAvatar) answer {
	var image transports.Image
	if c.Image != nil {
		image = transports.Image{Type: c.Image.Type, Data: slices.Clone(c.Image.Data)}
		switch {
		case len(image.Data) == 0 || !strings.HasPrefix(image.Type, "image/"):
			return outcome(fmt.Errorf("%w: not a picture", transports.ErrInvalid))
		case len(image.Data) > maxAvatar:
			return outcome(transports.ErrTooLong)
		}
	}
	l.acct.avatar = image
	s.tellWatchers(l.acct)
	return outcome(nil)
}

// fetchAvatar is FetchAvatar. A hash that is no longer the account's finds nothing; without one the picture of now
// is given.
func (s *Server) fetchAvatar(l *line, c transports.FetchAvatar) answer {
	a, err := s.reached(l.acct, c.ID)
	switch {
	case err != nil:
		return fetched(nil, err)
	case c.Hash != "" && c.Hash != hashOf(a.avatar):
		return fetched(nil, fmt.Errorf("%w: there is another picture now", transports.ErrUnknown))
	}
	return fetched(transports.AvatarResult{Image: transports.Image{Type: a.avatar.Type, Data: slices.Clone(a.avatar.Data)}}, nil)
}

// hashOf is empty for no picture.
func hashOf(image transports.Image) string {
	if len(image.Data) == 0 {
		return ""
	}
	sum := sha256.Sum256(image.Data)
	return hex.EncodeToString(sum[:])
}

// SetSelf changes what an account says of itself, as another client of it would; an image without data is none.
func (s *Server) SetSelf(id transports.LegacyID, nick string, fields []transports.Field, image transports.Image) {
	s.with(id, func(a *account) {
		a.nick, a.profile, a.avatar = nick, slices.Clone(fields), image
		s.tellWatchers(a)
	})
}

// Self is what an account says of itself.
func (s *Server) Self(id transports.LegacyID) (nick string, fields []transports.Field, image transports.Image) {
	s.with(id, func(a *account) { nick, fields, image = a.nick, slices.Clone(a.profile), a.avatar })
	return nick, fields, image
}
