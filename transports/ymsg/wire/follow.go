package wire

import "encoding/binary"

// A Follower keeps its place in one direction of a YMSG stream that comes in pieces of any size.
type Follower struct {
	head   [HeaderSize]byte
	have   uint8  // bytes of the header that have come; 0: between packets
	left   uint16 // bytes of the body that are to come, once the header is there
	lost   bool   // the stream is no YMSG: there are no packets any more
	packet []byte // what came of the packet to Next
}

// Pass goes over b.
func (f *Follower) Pass(b []byte) {
	f.packet = nil
	for len(b) > 0 {
		n, _ := f.advance(b)
		b = b[n:]
	}
}

// Next takes what b has of the current packet. It gives the packet once that is complete, or all of a stream that
// is no YMSG, and whether its beginning is there: Pass may have gone over it.
func (f *Follower) Next(b []byte) (packet []byte, whole bool, rest []byte) {
	whole = len(f.packet) == f.came()
	n, done := f.advance(b)
	f.packet = append(f.packet, b[:n]...)
	if !done {
		return nil, false, b[n:]
	}
	packet, f.packet = f.packet, nil
	return packet, whole && !f.lost, b[n:]
}

// Unfinished is how many bytes Next has taken and not given.
func (f *Follower) Unfinished() int { return len(f.packet) }

// Lost reports whether the stream is no YMSG.
func (f *Follower) Lost() bool { return f.lost }

// came is how much of the current packet has come.
func (f *Follower) came() int {
	if f.have < HeaderSize {
		return int(f.have)
	}
	return HeaderSize + int(binary.BigEndian.Uint16(f.head[8:])) - int(f.left)
}

// advance goes over b up to the end of the current packet.
func (f *Follower) advance(b []byte) (n int, done bool) {
	if f.lost || len(b) == 0 {
		return len(b), f.lost
	}
	if f.have < HeaderSize {
		n = copy(f.head[f.have:], b)
		f.have += uint8(n)
		if start := min(int(f.have), len(mark)); string(f.head[:start]) != mark[:start] {
			f.lost = true
			return len(b), true
		}
		if f.have < HeaderSize {
			return n, false
		}
		f.left = binary.BigEndian.Uint16(f.head[8:])
	}
	more := min(int(f.left), len(b)-n)
	f.left -= uint16(more)
	if f.left == 0 {
		f.have = 0
	}
	return n + more, f.left == 0
}
