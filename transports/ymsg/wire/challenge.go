package wire

import (
	"crypto/md5"
	"encoding/base64"
	"errors"
)

// ErrChallenge is a challenge that cannot be answered: it is too short for what is looked up in it.
var ErrChallenge = errors.New("the challenge is too short")

// y64 is base64 in Yahoo's letters.
var y64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._").WithPadding('-')

func hash64(parts ...string) string {
	h := md5.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // never fails
	}
	return y64.EncodeToString(h.Sum(nil))
}

// cryptSalt is the salt of the second answer, the same for everybody.
const cryptSalt = "_2S43d5f"

// seedSize is how much of a challenge is looked at by its places.
const seedSize = 16

// An order is where, in the five kinds of challenge, the byte is that begins what is hashed, and how the secret, the
// name and the challenge follow one another. libyahoo2 has them as eight cases, of which three are the same as others.
type order struct {
	at    int
	parts func(secret, id, seed string) [3]string
}

var orders = [...]order{
	{7, func(secret, id, seed string) [3]string { return [3]string{secret, id, seed} }},
	{9, func(secret, id, seed string) [3]string { return [3]string{id, seed, secret} }},
	{15, func(secret, id, seed string) [3]string { return [3]string{seed, secret, id} }},
	{1, func(secret, id, seed string) [3]string { return [3]string{id, secret, seed} }},
	{3, func(secret, id, seed string) [3]string { return [3]string{secret, seed, id} }},
}

// Answers are the answers to the challenge of versions 9 and 10, for KeyAnswer and KeyAnswer2. id is the name as it is sent
// along. The error is ErrChallenge.
func Answers(id, password, seed string) (plain, crypted string, err error) {
	if len(seed) < seedSize {
		return "", "", ErrChallenge
	}
	o := orders[seed[15]%8%5]
	at := seed[o.at] % seedSize
	check := seed[at : at+1]
	answer := func(secret string) string {
		p := o.parts(secret, id, seed)
		return hash64(check, p[0], p[1], p[2])
	}
	return answer(hash64(password)), answer(hash64(md5Crypt(password, cryptSalt))), nil
}
