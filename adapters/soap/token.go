package soap

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// A token is "0_" and, in base64, the run of the program that made it, an id, when it expires in ms, and a MAC of the
// three. One of another run is known as expired: neither its key nor the password it stands for are there any more.
const (
	tokenPrefix = "0_"
	runBytes    = 8
	idBytes     = 16
	expiryBytes = 8
	macBytes    = 16
	tokenBytes  = runBytes + idBytes + expiryBytes + macBytes
)

// errExpired and errGarbled are what a token can be but good.
var (
	errExpired = errors.New("the token has expired")
	errGarbled = errors.New("this is no token")
)

// A minter makes and reads the tokens of one run.
type minter struct {
	run [runBytes]byte
	key [32]byte
}

func newMinter() *minter {
	m := &minter{}
	_, _ = rand.Read(m.run[:]) // never fails
	_, _ = rand.Read(m.key[:])
	return m
}

// mint makes a token that lives until then, and its id.
func (m *minter) mint(until time.Time) (id, token string) {
	b := make([]byte, tokenBytes)
	copy(b, m.run[:])
	_, _ = rand.Read(b[runBytes : runBytes+idBytes])
	binary.BigEndian.PutUint64(b[runBytes+idBytes:], uint64(until.UnixMilli()))
	copy(b[tokenBytes-macBytes:], m.mac(b))
	return string(b[runBytes : runBytes+idBytes]), tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

func (m *minter) mac(b []byte) []byte {
	h := hmac.New(sha256.New, m.key[:])
	h.Write(b[:tokenBytes-macBytes])
	return h.Sum(nil)[:macBytes]
}

// read gives the id of a token. The error is errExpired or errGarbled.
func (m *minter) read(token string, now time.Time) (id string, err error) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	b, decodeErr := base64.RawURLEncoding.Strict().DecodeString(rest)
	switch {
	case !ok || decodeErr != nil || len(b) != tokenBytes || strings.ContainsAny(rest, "\r\n"): // which the decoder skips
		return "", errGarbled
	case [runBytes]byte(b) != m.run:
		return "", errExpired
	case !hmac.Equal(b[tokenBytes-macBytes:], m.mac(b)):
		return "", errGarbled
	case now.UnixMilli() >= int64(binary.BigEndian.Uint64(b[runBytes+idBytes:])):
		return "", errExpired
	}
	return string(b[runBytes : runBytes+idBytes]), nil
}
