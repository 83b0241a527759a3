package component

import (
	"sync"
	"time"
)

const (
	batch  = 64 << 10 // bytes that are put into one write
	endTag = "</stream:stream>"
)

// reused is how long a stanza's slice may be to be used again.
const reused = 4 << 10

// written are slices of stanzas that were taken into a write. Most stanzas fit into what a new one has room for.
var written = sync.Pool{New: func() any {
	b := make([]byte, 0, 512)
	return &b
}}

// gathered appends a stanza to what is to be written, and lets its slice be used again.
func gathered(buf []byte, raw *[]byte) []byte {
	buf = append(buf, *raw...)
	if cap(*raw) <= reused {
		written.Put(raw)
	}
	return buf
}

// writeAll writes what is queued until the session ends, many stanzas at a time.
func (s *session) writeAll() error {
	buf := make([]byte, 0, 4<<10)
	for {
		buf = buf[:0]
		select {
		case raw := <-s.reserve:
			buf = gathered(buf, raw)
		case raw := <-s.queue:
			buf = gathered(buf, raw)
		case <-s.finish:
			return s.flush(buf)
		case <-s.down:
			return nil
		}
		buf = s.gather(buf)
		if err := s.write(buf); err != nil {
			return err
		}
		if cap(buf) > 2*batch {
			buf = make([]byte, 0, 4<<10)
		}
	}
}

// gather appends what waits already, the reserved lane first, up to a batch.
func (s *session) gather(buf []byte) []byte {
	for len(buf) < batch {
		select {
		case raw := <-s.reserve:
			buf = gathered(buf, raw)
			continue
		default:
		}
		select {
		case raw := <-s.queue:
			buf = gathered(buf, raw)
		default:
			return buf
		}
	}
	return buf
}

// flush writes all that is queued and ends the stream.
func (s *session) flush(buf []byte) error {
	for {
		buf = s.gather(buf[:0])
		if len(buf) == 0 {
			return s.write([]byte(endTag))
		}
		if err := s.write(buf); err != nil {
			return err
		}
	}
}

func (s *session) write(buf []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.link.config.WriteTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write(buf)
	return err
}
