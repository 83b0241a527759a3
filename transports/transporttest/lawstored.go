package transporttest

import (
	"maps"
	"testing"
	"time"

	"imgate/transports"
)

// checkSeq: HandedOver says "that one and all before it", so that numbers rise.
func (s *subject) checkSeq(seq transports.Seq) {
	s.t.Helper()
	if seq != 0 && seq <= s.lastSeq {
		s.t.Errorf("law broken: Seq %d after %d", seq, s.lastSeq)
	}
	s.lastSeq = max(s.lastSeq, seq)
}

// storedAgain gives the stored messages of one session, and hands over the first n of them.
func storedAgain(t testing.TB, h Harness, handOver int) []transports.Message {
	t.Helper()
	s := begin(t, h, nil)
	defer s.finish(false)
	if !s.untilSignedOn() {
		return nil
	}
	for s.step(time.Minute) {
	}
	var stored []transports.Message
	for _, e := range s.seen {
		if m, ok := e.(transports.Message); ok && m.Stored {
			stored = append(stored, m)
		}
	}
	if handOver > 0 && handOver <= len(stored) {
		s.offer(transports.HandedOver{Seq: stored[handOver-1].Seq})
		s.ask(transports.SetPresence{Tag: s.tag(), Show: transports.Online}) // it is behind
		for s.step(time.Minute) {
		}
	}
	return stored
}

// storedLaw: what waited for the account is given at each sign-on until it is handed over, and never after. A
// network that keeps nothing says Seq 0, and gives it once.
func storedLaw(t testing.TB, h Harness) {
	peer := h.Start(t)
	defer peer.Close()
	h.Start = func(testing.TB) Peer { return stays{peer} }
	if !does(peer, Stores) {
		return
	}
	does(peer, Stores)
	first := storedAgain(t, h, 0)
	if len(first) != 2 {
		t.Errorf("law broken: 2 messages were stored, and %d are given", len(first))
		return
	}
	left := 2
	if first[0].Seq == 0 {
		left = 0
	}
	for handOver := 1; handOver <= 2; handOver++ {
		if n := len(storedAgain(t, h, 1)); n != left {
			t.Errorf("law broken: %d stored messages are given again, not %d", n, left)
		}
		left = max(0, left-1)
	}
	if n := len(storedAgain(t, h, 0)); n != left {
		t.Errorf("law broken: %d stored messages are given again, not %d", n, left)
	}
}

// keptLaw: what a session asked to keep is given to the next, which signs on with it.
func keptLaw(t testing.TB, h Harness) {
	peer := h.Start(t)
	defer peer.Close()
	h.Start = func(testing.TB) Peer { return stays{peer} }
	kept := map[string]transports.Secret{}
	session := func() {
		h.Account.Kept = maps.Clone(kept)
		s := begin(t, h, nil)
		defer s.finish(false)
		s.untilSignedOn()
		for s.step(time.Minute) {
		}
		for _, e := range s.seen {
			if k, ok := e.(transports.Keep); ok {
				kept[k.Name] = k.Secret
			}
		}
	}
	session()
	if len(kept) == 0 {
		return
	}
	if _, nameless := kept[""]; nameless {
		t.Error("law broken: a value without a name is to be kept")
	}
	session()
}
