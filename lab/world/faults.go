package world

// Faults are the faults that wait for their occasion, by the key of whom they wait for. The zero Faults is
// empty and ready. It has no lock of its own: the network that owns it has one.
type Faults struct{ armed map[waiting]int }

type waiting struct {
	key   string
	fault Fault
}

// Arm lets f wait for times occasions of key, besides those it waits for already.
func (s *Faults) Arm(key string, f Fault, times int) {
	if times <= 0 {
		return
	}
	if s.armed == nil {
		s.armed = map[waiting]int{}
	}
	s.armed[waiting{key, f}] += times
}

// Take reports whether f waits for one of keys, the first first, and counts it as happened.
func (s *Faults) Take(f Fault, keys ...string) bool {
	if len(s.armed) == 0 {
		return false
	}
	for _, key := range keys {
		w := waiting{key, f}
		switch n := s.armed[w]; {
		case n > 1:
			s.armed[w] = n - 1
			return true
		case n == 1:
			delete(s.armed, w)
			return true
		}
	}
	return false
}
