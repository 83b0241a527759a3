package wire

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
)

// A Product is the client that one claims to be: servers ask for proof of its key (CHL).
type Product struct{ ID, Key string }

// The products of the clients that spoke each dialect.
var (
	ProductMSNP8  = Product{"msmsgs@msnmsgr.com", "Q1P7W2E4J9R8U3S5"}
	ProductMSNP11 = Product{"PROD0090YUAUV{2B", "YMM8C_H7KCQ2S_KL"}
)

// AnswerMD5 answers a challenge as the dialects up to MSNP10 do (QRY).
func (p Product) AnswerMD5(challenge string) string {
	sum := md5.Sum([]byte(challenge + p.Key))
	return hex.EncodeToString(sum[:])
}

// Figures of the mix.
const (
	mixFactor  = 0x0E79A9C1
	mixModulus = 0x7FFFFFFF
)

// AnswerMix answers a challenge as MSNP11 and later do: the MD5, mixed in 64 bits with the challenge and the product's ID.
// The lock key of offline messages is the same.
func (p Product) AnswerMix(challenge string) string {
	sum := md5.Sum([]byte(challenge + p.Key))
	var key [4]uint64
	for i := range key {
		key[i] = uint64(binary.LittleEndian.Uint32(sum[4*i:]) & mixModulus)
	}
	text := []byte(challenge + p.ID)
	for more := 8 - len(text)%8; more > 0; more-- {
		text = append(text, '0')
	}
	var high, low uint64
	for i := 0; i+8 <= len(text); i += 8 {
		first := uint64(binary.LittleEndian.Uint32(text[i:]))
		second := uint64(binary.LittleEndian.Uint32(text[i+4:]))
		t := (mixFactor*first%mixModulus + high) % mixModulus
		t = (key[0]*t + key[1]) % mixModulus
		high = (second + t) % mixModulus
		high = (key[2]*high + key[3]) % mixModulus
		low += high + t
	}
	high = (high + key[1]) % mixModulus
	low = (low + key[3]) % mixModulus
	var out [16]byte
	for i, mask := range [4]uint64{high, low, high, low} {
		binary.LittleEndian.PutUint32(out[4*i:], binary.LittleEndian.Uint32(sum[4*i:])^uint32(mask))
	}
	return hex.EncodeToString(out[:])
}
