package oscar

import (
	"fmt"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

const (
	longWait = 30 * time.Second // from when on the user is told that messages wait
	settling = 3 * time.Second  // after the first that waits: by then it shows how many there are
)

// A patience is what the user knows of messages that wait for the network's rate limit.
type patience struct {
	since time.Time     // some have waited without end; zero: none waits
	told  time.Duration // how long the user was told that it takes
}

// tellOfWaiting tells the user that it takes long until all messages are gone, and again when it takes more than twice
// as long as that. It gives when to look again; zero: when something happens.
func (s *session) tellOfWaiting(now time.Time) time.Time {
	n := len(s.lanes.of(wire.ICBMSend).queue)
	switch {
	case n == 0:
		s.patience = patience{}
		return time.Time{}
	case s.patience.since.IsZero():
		s.patience.since = now
	}
	if at := s.patience.since.Add(settling); now.Before(at) {
		return at
	}
	wait := s.lanes.last(wire.ICBMSend, now)
	if wait < longWait || wait <= 2*s.patience.told {
		return time.Time{}
	}
	s.patience.told = wait
	s.tell(transports.Notice{Text: fmt.Sprintf(
		"The network takes messages only so fast: %d wait to be sent, which takes about %s. None is lost, and they stay in order.",
		n, wait.Round(10*time.Second))})
	return time.Time{}
}
