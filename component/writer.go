package component

import "time"

const (
	batch  = 64 << 10 // bytes that are put into one write
	endTag = "</stream:stream>"
)

// writeAll writes what is queued until the session ends, many stanzas at a time.
func (s *session) writeAll() error {
	buf := make([]byte, 0, 4<<10)
	for {
		buf = buf[:0]
		select {
		case raw := <-s.reserve:
			buf = append(buf, raw...)
		case raw := <-s.queue:
			buf = append(buf, raw...)
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
			buf = append(buf, raw...)
			continue
		default:
		}
		select {
		case raw := <-s.queue:
			buf = append(buf, raw...)
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
