package oscar

import (
	"fmt"
	"path"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Files of AIM go from client to client, and the server that is asked to introduce them writes the address that it sees
// of each: of a gateway's users that is the gateway's, where nobody listens for them. So nobody is left to wait: who
// offers a file hears that it is not taken, and the user hears of it.

// maxFileName is how much of a file's name is told, in bytes.
const maxFileName = 200

// fileProposed refuses a file, and tells the user.
func (s *session) fileProposed(from transports.LegacyID, v wire.Rendezvous) {
	if step, ok := v.TLVs.Number(wire.RendezvousStep); ok && step > 1 {
		return // another try at the same
	}
	if s.lanes.spare(wire.ICBMSend, time.Now()) { // what matters more must not wait behind it
		s.decline(from, v.Cookie, v.About)
	}
	value, _ := v.TLVs.Get(wire.RendezvousData)
	p, err := wire.Decode[wire.FileProposal](value)
	name := ""
	if err == nil {
		name = path.Base(strings.ReplaceAll(s.textOf(from, p.Name[:min(len(p.Name), maxFileName)]), "\\", "/"))
	}
	if name == "" || name == "." || name == "/" {
		name = "without a name"
	}
	s.notice("file "+string(from), fmt.Sprintf(
		"%s wanted to send you a file (%s, %d bytes). Files of this network go from client to client, which is not possible here; it was declined.",
		from, name, p.Size))
}
