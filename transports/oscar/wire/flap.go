package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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

// A FrameReader reads FLAP frames from a stream. It holds 512 bytes and, while a frame arrives, what has
// arrived of it.
type FrameReader struct{ r *bufio.Reader }

// NewFrameReader reads from r.
func NewFrameReader(r io.Reader) *FrameReader {
	return &FrameReader{bufio.NewReaderSize(r, 512)}
}

// Next gives the next frame; its Data belongs to the caller. The error is io.EOF only between frames; it
// wraps ErrNoFrame where the stream is no FLAP, and else the error of the stream. A sign-off whose header
// breaks off after the sequence number is a frame with Cut set, however the stream ends after it.
func (f *FrameReader) Next() (Frame, error) {
	var head [flapHeader]byte
	n, err := io.ReadFull(f.r, head[:])
	if n > 0 && head[0] != flapMark {
		return Frame{}, fmt.Errorf("first byte %#02x: %w", head[0], ErrNoFrame)
	}
	frame := Frame{Channel: Channel(head[1]), Seq: binary.BigEndian.Uint16(head[2:])}
	if err != nil {
		if n == 4 && frame.Channel == SignOff {
			frame.Cut = true
			return frame, nil
		}
		if n == 0 {
			return Frame{}, err
		}
		return Frame{}, fmt.Errorf("read FLAP header: %w", err)
	}
	frame.Data, err = readGrowing(f.r, int(binary.BigEndian.Uint16(head[4:])))
	if err != nil {
		return Frame{}, fmt.Errorf("read FLAP payload: %w", err)
	}
	return frame, nil
}

// readGrowing reads n bytes, allocating at most twice what has arrived, and 1 KiB.
func readGrowing(r io.Reader, n int) ([]byte, error) {
	var data []byte
	for len(data) < n {
		step := min(n-len(data), max(1024, len(data)))
		have := len(data)
		data = append(data, make([]byte, step)...)
		if _, err := io.ReadFull(r, data[have:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return data, nil
}
