package wire

import "bytes"

// A Follower keeps its place in one direction of an MSNP stream that comes in pieces of any size.
type Follower struct {
	from  Sender
	line  []byte // what has come of the line
	left  int    // bytes of the payload that are to come, once the line is there
	came  int    // bytes of the current frame that have come
	lost  bool   // the stream is no MSNP: there are no frames any more
	frame []byte // what came of the frame to Next
}

// NewFollower follows what from says.
func NewFollower(from Sender) *Follower { return &Follower{from: from} }

// Pass goes over b.
func (f *Follower) Pass(b []byte) {
	f.frame = nil
	for len(b) > 0 {
		n, _ := f.advance(b)
		b = b[n:]
	}
}

// Next takes what b has of the current frame, a command with its payload. It gives the frame once that is complete, or all
// of a stream that is no MSNP, and whether its beginning is there: Pass may have gone over it.
func (f *Follower) Next(b []byte) (frame []byte, whole bool, rest []byte) {
	whole = len(f.frame) == f.came
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

// Lost reports whether the stream is no MSNP.
func (f *Follower) Lost() bool { return f.lost }

// advance goes over b up to the end of the current frame.
func (f *Follower) advance(b []byte) (n int, done bool) {
	if f.lost || len(b) == 0 {
		return len(b), f.lost
	}
	if f.left == 0 {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			end = len(b) - 1
		}
		n = end + 1
		f.line = append(f.line, b[:n]...)
		f.came += n
		if len(f.line) > MaxLine {
			f.lost = true
			return len(b), true
		}
		if b[end] != '\n' {
			return n, false
		}
		if !f.take() {
			return len(b), true
		}
	}
	more := min(f.left, len(b)-n)
	f.left -= more
	f.came += more
	if f.left == 0 {
		f.came = 0
	}
	return n + more, f.left == 0
}

// take reads the line that has come; false: it is none.
func (f *Follower) take() bool {
	line := bytes.TrimRight(f.line, "\r\n")
	f.line = nil
	if len(line) == 0 {
		return true
	}
	_, size, err := ParseLine(string(line), f.from)
	f.lost = err != nil
	f.left = max(size, 0)
	return !f.lost
}
