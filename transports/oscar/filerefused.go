package oscar

import (
	"fmt"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// refuseFile declines a file, so that nobody is left to wait, and tells the user why. A user who is invisible answers nothing: it would
// show that somebody is there.
func (s *session) refuseFile(from transports.LegacyID, v wire.Rendezvous, name string, size uint32, why string) {
	end := "it was declined"
	if s.shown.hidden() {
		end = "it was left unanswered, since you are invisible"
	} else if s.lanes.spare(wire.ICBMSend, time.Now()) { // what matters more must not wait behind it
		s.decline(from, v.Cookie, v.About)
	}
	if name == "" {
		name = "without a name"
	}
	s.notice("file "+string(from), fmt.Sprintf("%s wanted to send you a file (%s, %d bytes). %s; %s.", from, name, size, why, end))
}
