package wire

import "encoding/binary"

// A Follower keeps its place in one direction of a FLAP stream that comes in pieces of any size.
type Follower struct {
	head  [flapHeader]byte
	have  uint8  // bytes of the header that have come; 0: between frames
	left  uint16 // bytes of the payload that are to come, once the header is there
	lost  bool   // the stream is no FLAP: there are no frames any more
	frame []byte // what came of the frame to Next
}

// Pass goes over b.
func (f *Follower) Pass(b []byte) {
	f.frame = nil
	for len(b) > 0 {
		n, _ := f.advance(b)
		b = b[n:]
	}
}

// Next takes what b has of the current frame. It gives the frame once that is complete, or all of a stream that
// is no FLAP, and whether its beginning is there: Pass may have gone over it.
func (f *Follower) Next(b []byte) (frame []byte, whole bool, rest []byte) {
	whole = len(f.frame) == f.came()
	n, done := f.advance(b)
	f.frame = append(f.frame, b[:n]...)
	if !done {
		return nil, false, b[n:]
	}
	frame, f.frame = f.frame, nil
	return frame, whole && !f.lost, b[n:]
}

// Unfinished is how many bytes Next has taken and not given.
func (f *Follower) Unfinished() int { return len(f.frame) }

// Lost reports whether the stream is no FLAP.
func (f *Follower) Lost() bool { return f.lost }

// came is how much of the current frame has come.
func (f *Follower) came() int {
	if f.have < flapHeader {
		return int(f.have)
	}
	return flapHeader + int(binary.BigEndian.Uint16(f.head[4:])) - int(f.left)
}

// advance goes over b up to the end of the current frame.
func (f *Follower) advance(b []byte) (n int, done bool) {
	if f.lost || len(b) == 0 {
		return len(b), f.lost
	}
	if f.have < flapHeader {
		n = copy(f.head[f.have:], b)
		f.have += uint8(n)
		if f.head[0] != flapMark {
			f.lost = true
			return len(b), true
		}
		if f.have < flapHeader {
			return n, false
		}
		f.left = binary.BigEndian.Uint16(f.head[4:])
	}
	more := min(int(f.left), len(b)-n)
	f.left -= uint16(more)
	if f.left == 0 {
		f.have = 0
	}
	return n + more, f.left == 0
}
