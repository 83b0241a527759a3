package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Channel tells what a FLAP frame is for.
type Channel uint8

// The FLAP channels.
const (
	SignOn    Channel = 1
	Data      Channel = 2
	Failing   Channel = 3 // "error"; not seen in use
	SignOff   Channel = 4
	KeepAlive Channel = 5
)

const (
	flapMark   = 0x2A
	flapHeader = 6
	// MaxFrame is the longest payload of a FLAP frame, in bytes.
	MaxFrame = 0xFFFF
)

// ErrNoFrame says that the bytes on the wire are no FLAP frame.
var ErrNoFrame = errors.New("oscar: not a FLAP frame")

// A Frame is one FLAP frame: 2A, channel, sequence number, length, payload.
type Frame struct {
	Channel Channel
	Seq     uint16
	Data    []byte

	// Cut marks the sign-off of four bytes with neither length nor payload, after which the connection
	// ends. Servers send it to clients without the multiple-session flag.
	Cut bool
}

// AppendFrame appends f to b. The error wraps ErrTooLong, and then b comes back as it was.
func AppendFrame(b []byte, f Frame) ([]byte, error) {
	if len(f.Data) > MaxFrame {
		return b, fmt.Errorf("FLAP payload of %d bytes: %w", len(f.Data), ErrTooLong)
	}
	b = append(b, flapMark, byte(f.Channel))
	b = binary.BigEndian.AppendUint16(b, f.Seq)
	if f.Cut {
		return b, nil
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(f.Data)))
	return append(b, f.Data...), nil
}

// AppendSNAC appends a frame of channel Data that carries s. The error wraps ErrTooLong, and then b comes back
// as it was.
func AppendSNAC(b []byte, seq uint16, s SNAC) ([]byte, error) {
	b = slices.Grow(b, flapHeader+10+len(s.Body)) // a SNAC's header is 10 bytes
	w := writer{b: append(b, flapMark, byte(Data), byte(seq>>8), byte(seq), 0, 0)}
	s.encode(&w)
	length := len(w.b) - len(b) - flapHeader
	if w.fits(length, MaxFrame); w.err != nil {
		return b, fmt.Errorf("SNAC %v: %w", s.Kind, w.err)
	}
	binary.BigEndian.PutUint16(w.b[len(b)+4:], uint16(length))
	return w.b, nil
}

// A FrameReader reads FLAP frames from a stream. It holds 512 bytes and, while a frame arrives, what has
// arrived of it.
type FrameReader struct {
	r          io.Reader
	buf        [512]byte
	start, end int   // what was read and not yet given away is buf[start:end]
	err        error // the end of the stream; nothing is read after it
}

// NewFrameReader reads from r.
func NewFrameReader(r io.Reader) *FrameReader { return &FrameReader{r: r} }

// Next gives the next frame; its Data belongs to the caller. The error is io.EOF only between frames; it
// wraps ErrNoFrame where the stream is no FLAP, and else the error of the stream. A sign-off whose header
// breaks off after the sequence number is a frame with Cut set, however the stream ends after it.
func (f *FrameReader) Next() (Frame, error) {
	if f.Await(); f.err != nil {
		return f.broken(f.err)
	}
	head := f.buf[f.start : f.start+flapHeader]
	if head[0] != flapMark {
		return f.broken(nil)
	}
	frame := Frame{Channel: Channel(head[1]), Seq: binary.BigEndian.Uint16(head[2:])}
	f.start += flapHeader
	var err error
	if frame.Data, err = f.payload(int(binary.BigEndian.Uint16(head[4:]))); err != nil {
		return Frame{}, fmt.Errorf("read FLAP payload: %w", err)
	}
	return frame, nil
}

// broken tells what a header is that is none, or ends with err.
func (f *FrameReader) broken(err error) (Frame, error) {
	head := f.buf[f.start:f.end]
	switch {
	case len(head) == 0:
		return Frame{}, err
	case head[0] != flapMark:
		return Frame{}, fmt.Errorf("first byte %#02x: %w", head[0], ErrNoFrame)
	case len(head) == 4 && Channel(head[1]) == SignOff:
		f.start = f.end
		return Frame{Channel: SignOff, Seq: binary.BigEndian.Uint16(head[2:]), Cut: true}, nil
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return Frame{}, fmt.Errorf("read FLAP header: %w", err)
}

// Await waits until a frame begins, or the stream ends: Next tells. Whoever waits for days waits here, with less on the
// stack than in Next.
func (f *FrameReader) Await() {
	if f.end-f.start >= flapHeader {
		return
	}
	f.end = copy(f.buf[:], f.buf[f.start:f.end])
	f.start = 0
	for f.end < flapHeader && f.err == nil {
		var got int
		got, f.err = f.r.Read(f.buf[f.end:])
		f.end += got
	}
	if f.end >= flapHeader {
		f.err = nil // the next read tells it again
	}
}

// payload takes n bytes, allocating at most twice what has arrived, and 1 KiB.
func (f *FrameReader) payload(n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	have := min(n, f.end-f.start)
	data := make([]byte, min(n, max(have, 1024)))
	copy(data, f.buf[f.start:f.start+have])
	f.start += have
	for have < n {
		if have == len(data) {
			data = append(data, make([]byte, min(n-have, have))...)
		}
		got, err := io.ReadFull(f.r, data[have:])
		have += got
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}
