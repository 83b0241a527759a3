package wire

// PictureSum is the number under which a picture is told of (KeyPictureSum), as Kopete and libpurple count it; it is never
// negative. It tells pictures apart, no more.
func PictureSum(data []byte) int {
	var sum int32
	for _, b := range data {
		sum = sum<<4 + int32(b)
		high := sum & -0x10000000
		sum ^= high >> 23 // with its sign, like theirs
		sum &^= high
	}
	return int(sum)
}
