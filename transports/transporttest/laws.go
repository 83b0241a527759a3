package transporttest

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"imgate/transports"
)

// A Harness is what Laws needs to know of a network.
type Harness struct {
	Network  transports.Network
	Settings transports.Settings
	Account  transports.Account  // its password is a word that occurs nowhere else
	Friend   transports.LegacyID // somebody who may be written to and put on the list

	// Start makes a peer that lets the account in and answers as a server would. It is called in a synctest
	// bubble, once for each session.
	Start func(t testing.TB) Peer

	// Room is a room that may be entered, or made by entering it; for networks whose sessions have CanRooms.
	Room transports.LegacyID

	// Contacts is the list that the peer keeps; nil is not compared.
	Contacts []transports.Contact
}

// A Peer is the other side of a session. One that is a Doer too makes the laws about what comes from others bite.
type Peer interface {
	// Dial is the Env.Dial of the session.
	Dial(ctx context.Context, address string) (net.Conn, error)
	// Drop ends what the session has with the peer as a crash of the server would.
	Drop()
	// Close ends the peer and its goroutines, after the session has ended.
	Close()
}

// A law holds for sessions, and is tried in a bubble of fake time.
type law struct {
	name string
	try  func(testing.TB, Harness)
}

var laws = []law{
	{"progress, then one SignedOn, then the whole list", order},
	{"every command is done once", doneOnce},
	{"every command is done when the network lets go", doneAtTheEnd},
	{"Run ends with its context, wherever it is", endsWithContext},
	{"nobody receives", nobodyReceives},
	{"dial refused", dialRefused},
	{"a silent server", silentServer},
	{"a peer that no longer listens", deafPeer},
	{"noise from the peer", noise},
	{"nothing but noise", nothingButNoise},
	{"stored messages are given until they are handed over", storedLaw},
	{"what is kept comes back", keptLaw},
}

// Laws holds a network to what every network must keep (docs/architecture.md). The laws about sessions run
// in bubbles of fake time. Each power that a session has in SignedOn.Powers is tried; what it lacks must be answered
// with ErrUnsupported.
func Laws(t *testing.T, h Harness) {
	t.Run("what it says of itself never changes", func(t *testing.T) { sameInfo(t, h) })
	t.Run("an address has one spelling", func(t *testing.T) { oneSpelling(t, h) })
	for _, law := range laws {
		t.Run(law.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { law.try(t, h) })
		})
	}
	for _, law := range powerLaws {
		t.Run("power: "+law.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { law.law(t, h) })
		})
	}
}
