package msnp

import (
	"testing"
	"time"

	"imgate/transports/msnp/wire"
)

// What is not known to be stored is not said to be.
func TestStoreSaysNothing(t *testing.T) {
	for _, answer := range []string{" ", "<html><body>Welcome to this hotel</body></html>"} {
		online(t, "MSNP12", func(s *story) {
			s.m.listens((&posts{answers: []string{answer}}).web(pathStore))
			s.rest(tellTime + time.Second)
			s.does(`send sleeper@lab.example "is it kept?"`)
			if got, _ := s.until("done 1"); got != "done 1 error no-answer" {
				s.t.Errorf("%q: %s", answer, got)
			}
		})
	}
}

// Who acknowledges a file before all of it was sent has not got it; an error about something else ends nothing.
func TestAFileAcknowledgedTooSoon(t *testing.T) {
	s := fuzzed(dialects()[0])
	defer s.alarm.Stop()
	b := s.boards[0]
	f := &flow{purpose: giveFile, board: b, peer: echo, session: 77, size: 5000, begun: true, ackID: 9, file: &outfile{tag: 60, sent: 1202}}
	waits := &flow{purpose: giveFile, board: b, peer: echo, session: 78, size: 5000, file: &outfile{tag: 61}}
	b.flows = append(b.flows, f, waits)
	hears := func(p wire.Packet) {
		s.heardPacket(b, echo, wire.NewMessage(wire.TypeP2P, p.Append(nil), "P2P-Dest", self))
	}
	hears(wire.Packet{ID: 5, Flags: wire.P2PAck, AckID: 9})
	if f.ended {
		t.Error("1202 of 5000 bytes were told to be delivered")
	}
	hears(wire.Packet{ID: 6, Session: 99, Flags: wire.P2PError})
	if f.ended || waits.ended {
		t.Error("ended by an error about nothing")
	}
	f.file.sent = f.size
	hears(wire.Packet{ID: 7, Flags: wire.P2PAck, AckID: 9})
	if !f.ended {
		t.Error("not ended by its acknowledgement")
	}
}
