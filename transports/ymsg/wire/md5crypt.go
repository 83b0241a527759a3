package wire

import "crypto/md5"

// cryptLetters are the digits to the base 64 of crypt(3).
const cryptLetters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// cryptRounds is how often the sum is hashed again.
const cryptRounds = 1000

// md5Crypt is crypt(3) of FreeBSD and glibc with the magic $1$: the password's hash as it stands in a password file.
// There is no library for it that is kept; the salt has up to 8 bytes.
func md5Crypt(password, salt string) string {
	const magic = "$1$"
	sum := md5Chain(password, salt, magic)
	for i := range cryptRounds {
		var next []byte
		turn := func(first bool) {
			if first {
				next = append(next, password...)
			} else {
				next = append(next, sum[:]...)
			}
		}
		turn(i%2 != 0)
		if i%3 != 0 {
			next = append(next, salt...)
		}
		if i%7 != 0 {
			next = append(next, password...)
		}
		turn(i%2 == 0)
		sum = md5.Sum(next)
	}
	return magic + salt + "$" + spellSum(sum)
}

// md5Chain is the sum that the rounds begin with.
func md5Chain(password, salt, magic string) [md5.Size]byte {
	inner := md5.Sum([]byte(password + salt + password))
	chain := []byte(password + magic + salt)
	for left := len(password); left > 0; left -= md5.Size {
		chain = append(chain, inner[:min(left, md5.Size)]...)
	}
	for n := len(password); n > 0; n >>= 1 {
		switch {
		case n&1 != 0:
			chain = append(chain, 0)
		default:
			chain = append(chain, password[0])
		}
	}
	return md5.Sum(chain)
}

// spellSum writes a sum as crypt(3) does: three bytes at a time, taken from all over it, low digits first.
func spellSum(sum [md5.Size]byte) string {
	var out []byte
	spell := func(v uint32, digits int) {
		for range digits {
			out = append(out, cryptLetters[v&0x3F])
			v >>= 6
		}
	}
	for _, t := range [...][3]int{{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}} {
		spell(uint32(sum[t[0]])<<16|uint32(sum[t[1]])<<8|uint32(sum[t[2]]), 4)
	}
	spell(uint32(sum[11]), 2)
	return string(out)
}
