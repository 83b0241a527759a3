package oscar

import (
	"fmt"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// refuseFile declines a file, so that nobody is left to wait, and tells the user why.
func (s *session) refuseFile(from transports.LegacyID, v wire.Rendezvous, name string, size uint32, why string) {
	if s.lanes.spare(wire.ICBMSend, time.Now()) { // what matters more must not wait behind it
		s.decline(from, v.Cookie, v.About)
	}
	if name == "" {
		name = "without a name"
	}
	s.notice("file "+string(from), fmt.Sprintf("%s wanted to send you a file (%s, %d bytes). %s; it was declined.", from, name, size, why))
}
