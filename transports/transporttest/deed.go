package transporttest

import "imgate/transports"

// A Deed is something that the friend, or another client of the account, does to it. Each is done once for each
// call, and shows in the session as the event that its name says.
type Deed uint8

// The deeds.
const (
	Stores       Deed = iota // the friend writes while the account is not signed on: Message, Stored
	Writes                   // the friend writes: Message
	WritesAsUser             // the account's other client writes to the friend: OwnMessage
	Types                    // TypingFrom
	Nudges                   // Attention
	Asks                     // AuthRequest
	ShowsPicture             // the friend, who is on the list, has a picture: Presence with its hash
	Offers                   // a file of at least one byte: FileOffer
	Invites                  // into Harness.Room: Invited
	Speaks                   // in Harness.Room, which the account is in: RoomMessage
)

// A Doer is a Peer whose friend can be made to act, so that what comes from the network is held to the laws too.
// What it has no function for is not tried.
type Doer interface{ Deeds() map[Deed]func() }

// does makes the friend act; false where that cannot be had.
func (s *subject) does(a Deed) bool { return does(s.peer, a) }

func does(p Peer, a Deed) bool {
	doer, ok := p.(Doer)
	if !ok {
		return false
	}
	do := doer.Deeds()[a]
	if do == nil {
		return false
	}
	do()
	return true
}

// sees waits until an event of that type that is like want has been told; only the events from now on count.
func sees[E transports.Event](s *subject, what string, want func(E) bool) (E, bool) {
	s.t.Helper()
	from := len(s.seen)
	var found E
	ok := s.until(what, func() bool {
		for ; from < len(s.seen); from++ {
			if e, is := s.seen[from].(E); is && want(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found, ok
}

// feels makes the friend act and waits for an event of that type.
func feels[E transports.Event](s *subject, a Deed, want func(E) bool) (found E, ok bool) {
	s.t.Helper()
	if !s.does(a) {
		return found, false
	}
	return sees(s, "the event of a deed", want)
}

// stays is a peer that outlives the session.
type stays struct{ Peer }

// Close implements Peer.
func (stays) Close() {}

// Deeds implements Doer.
func (p stays) Deeds() map[Deed]func() {
	if doer, ok := p.Peer.(Doer); ok {
		return doer.Deeds()
	}
	return nil
}
