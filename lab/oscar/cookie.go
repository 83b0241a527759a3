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
	family   uint16 // of a service; 0: BOS
	room     string // that the service is; else empty
}

// bake makes the cookie of a ticket. It stays good as long as the server lives: today's server takes one
// twice, too.
func (s *Server) bake(t ticket) []byte {
	cookie := make([]byte, 0, cookieSize)
	cookie = append(cookie, t.multiple, byte(t.family), byte(len(t.id)), byte(len(t.room)))
	cookie = append(cookie, t.id+t.room...)
	return append(cookie, s.sign(cookie)...)[:cookieSize]
}

// eat reads a cookie; ok is false when it is none of ours.
func (s *Server) eat(cookie []byte) (t ticket, ok bool) {
	const head = 4
	if len(cookie) != cookieSize || head+int(cookie[2])+int(cookie[3])+sha256.Size > cookieSize {
		return ticket{}, false
	}
	said := cookie[:head+int(cookie[2])+int(cookie[3])]
	if !hmac.Equal(s.sign(said), cookie[len(said):len(said)+sha256.Size]) {
		return ticket{}, false
	}
	id, room := said[head:head+int(said[2])], said[head+int(said[2]):]
	return ticket{string(id), said[0], uint16(said[1]), string(room)}, true
}

func (s *Server) sign(b []byte) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	h.Write(b)
	return h.Sum(nil)
}
