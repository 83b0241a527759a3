package ymsg

import (
	"errors"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// Bounds of what waits to be written.
const (
	maxQueued      = 500
	maxQueuedBytes = 256 << 10
	maxPiece       = 4 << 10 // bytes after which no further packet goes into a write
)

// An outgoing is a packet that waits to be written, and who wants to know that it was.
type outgoing struct {
	bytes []byte
	then  func() // nil: nobody
}

// An outbox is what waits to be written, oldest first, and what is being.
type outbox struct {
	queue []outgoing
	bytes int
	slot  []func()
}

// flush begins to write what waits, in one piece. Nothing may be under way.
func (o *outbox) flush(l *link) {
	var b []byte
	for len(o.queue) > 0 && len(b) < maxPiece {
		p := o.queue[0]
		o.queue[0] = outgoing{}
		o.queue = o.queue[1:]
		o.bytes -= len(p.bytes)
		b = append(b, p.bytes...)
		if p.then != nil {
			o.slot = append(o.slot, p.then)
		}
	}
	if len(o.queue) == 0 {
		o.queue = nil // a burst's memory goes with the burst
	}
	if b != nil {
		l.write(b)
	}
}

// written tells those who wanted to know.
func (o *outbox) written() {
	slot := o.slot
	o.slot = nil
	for _, then := range slot {
		then()
	}
}

// say queues a packet. The error is ErrBusy, ErrTooLong, ErrInvalid or nil; only with nil is then ever called, once it is
// written.
func (s *session) say(service wire.Service, status wire.Status, fields wire.Fields, then func()) error {
	return s.sayAll(service, status, []wire.Fields{fields}, then)
}

// sayAll queues packets, all of them or none: who is told that a text was not said says it again. then is called once the last is
// written; else it is as say.
func (s *session) sayAll(service wire.Service, status wire.Status, packets []wire.Fields, then func()) error {
	queue, bytes := s.out.queue, s.out.bytes
	for _, fields := range packets {
		b, err := s.link.packet(nil, service, status, fields)
		switch {
		case errors.Is(err, wire.ErrTooLong):
			return transports.ErrTooLong
		case err != nil:
			return transports.ErrInvalid
		case len(queue) >= maxQueued || bytes+len(b) > maxQueuedBytes:
			return transports.ErrBusy
		}
		queue = append(queue, outgoing{bytes: b})
		bytes += len(b)
	}
	queue[len(queue)-1].then = then
	s.out.queue, s.out.bytes = queue, bytes
	return nil
}

// sayFor queues a packet that is the last of a command: it is done when that is written, since the network proves no more.
func (s *session) sayFor(tag transports.Tag, service wire.Service, status wire.Status, fields wire.Fields) {
	err := s.say(service, status, fields, func() { s.done(tag, transports.Written, nil) })
	if err != nil {
		s.done(tag, transports.Written, err)
	}
}

// mention queues a packet of which nobody wants to know.
func (s *session) mention(service wire.Service, status wire.Status, fields wire.Fields) {
	if err := s.say(service, status, fields, nil); err != nil {
		s.log.Debug("not said", "service", service.String(), "err", err)
	}
}
