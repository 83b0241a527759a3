package client

import "imgate/xmpp"

// An Event is what happened in a user's session. The set is closed.
type Event interface{ isEvent() }

type (
	// Online says that the user's resource is available; Again, that one before was lost: what happened in between
	// is not known.
	Online struct {
		User, Resource xmpp.JID
		Again          bool
	}
	// Lost says that the session ended and will be opened again.
	Lost struct{ User xmpp.JID }
	// A RosterChange is one item of the user's roster as it is now, from a push (RFC 6121 §2.1.6).
	RosterChange struct {
		User xmpp.JID
		Item RosterItem
	}
	// Received is a message for the user, for this resource or, as a carbon, for another one. Sent tells that
	// another resource of the user sent it.
	Received struct {
		User    xmpp.JID
		Message xmpp.Message
		Sent    bool
	}
)

func (Online) isEvent()       {}
func (Lost) isEvent()         {}
func (RosterChange) isEvent() {}
func (Received) isEvent()     {}
