package oscar

import (
	"crypto/hmac"
	"crypto/sha256"
)

// cookieSize is the size of a cookie in bytes, as seen.
const cookieSize = 256

// A ticket is what a cookie stands for.
type ticket struct {
	id       string
	multiple uint8
}

// bake makes the cookie of a ticket. It stays good as long as the server lives: today's server takes one
// twice, too.
func (s *Server) bake(t ticket) []byte {
	cookie := make([]byte, 0, cookieSize)
	cookie = append(cookie, t.multiple, byte(len(t.id)))
	cookie = append(cookie, t.id...)
	return append(cookie, s.sign(cookie)...)[:cookieSize]
}

// eat reads a cookie; ok is false when it is none of ours.
func (s *Server) eat(cookie []byte) (t ticket, ok bool) {
	if len(cookie) != cookieSize || 2+int(cookie[1])+sha256.Size > cookieSize {
		return ticket{}, false
	}
	said := cookie[:2+cookie[1]]
	if !hmac.Equal(s.sign(said), cookie[len(said):len(said)+sha256.Size]) {
		return ticket{}, false
	}
	return ticket{string(said[2:]), said[0]}, true
}

func (s *Server) sign(b []byte) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	h.Write(b)
	return h.Sum(nil)
}
