package world

import "testing"

func TestFaults(t *testing.T) {
	var s Faults
	if s.Take(Drop, "alice") {
		t.Error("a fault out of nothing")
	}
	s.Arm("alice", Drop, 2)
	s.Arm("", Drop, 1)
	s.Arm("bob", Drop, 0)
	for i, want := range []bool{true, true, true, false} {
		if got := s.Take(Drop, "alice", ""); got != want {
			t.Errorf("take %d: %t", i+1, got)
		}
	}
	if s.Take(Drop, "bob") || len(s.armed) != 0 {
		t.Errorf("left %v", s.armed)
	}
}

func TestKnown(t *testing.T) {
	if !Known(OtherLocationShort) || Known("flood") {
		t.Error("Known is wrong")
	}
}
