package ymsg

import (
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// maxTaking is how many messages wait for the user's server; of more the senders are told at once.
const maxTaking = 1000

// A taking is a message of which the sender's client wants to know that it has come; from version 15 on. It is told once the
// message is with the user's server: otherwise it says it again.
type taking struct {
	seq  transports.Seq
	from string
	id   string
}

// takings are those that wait, oldest first.
type takings struct {
	last transports.Seq
	wait []taking
}

// takingOf is what a record wants to know; false: nothing.
func (s *session) takingOf(r wire.Fields) (taking, bool) {
	t := taking{from: r.String(wire.KeyFrom), id: r.String(wire.KeyMessageID)}
	return t, s.dialect.late && t.id != ""
}

// again reports whether a message is one that waits already: its sender has said it again.
func (k *takings) again(t taking) bool {
	for _, w := range k.wait {
		if w.from == t.from && w.id == t.id {
			return true
		}
	}
	return false
}

// keep numbers a message, and has its sender told when it is handed over.
func (s *session) keep(e transports.Message, t taking) transports.Message {
	if len(s.takings.wait) >= maxTaking {
		s.taken(t)
		return e
	}
	s.takings.last++
	t.seq, e.Seq = s.takings.last, s.takings.last
	s.takings.wait = append(s.takings.wait, t)
	return e
}

// handedOver tells the senders of messages that are with the user's server.
func (s *session) handedOver(c transports.HandedOver) {
	wait := s.takings.wait
	for len(wait) > 0 && wait[0].seq <= c.Seq {
		s.taken(wait[0])
		wait = wait[1:]
	}
	if len(wait) == 0 {
		wait = nil
	}
	s.takings.wait = wait
}

// taken tells that a message has come (FB).
func (s *session) taken(t taking) {
	s.mention(wire.MessageTaken, wire.Available, wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyTo, t.from), wire.Number(wire.KeyNest, int(wire.KeyTakenID)),
		wire.Text(wire.KeyTakenID, t.id), wire.Number(wire.KeyNestEnd, int(wire.KeyTakenID)), wire.Text(wire.KeyTaken, "0"),
	})
}
