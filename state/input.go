package state

import (
	"time"

	"imgate/transports"
)

// An Input is what a machine is told. The set is closed.
type Input interface{ isInput() }

// The inputs.
type (
	// Wanted says that the user is available. It is a level, not a change, and may be repeated.
	Wanted struct{}
	// Unwanted says that the user is gone, or did not answer the probe.
	Unwanted struct{}
	// Due says that the time of the last Wake has come. Early or late ones do no harm.
	Due struct{}
	// Deferred is the sign-on gate's "not yet". Number is the attempt that asked, or 0 when the gate moves
	// an instant that it gave before.
	Deferred struct {
		Number uint64
		Until  time.Time
	}
	// HasSignedOn is the network's yes to attempt Number.
	HasSignedOn struct{ Number uint64 }
	// Ended says that attempt or session Number is over and has left nothing behind. Failure is nil when it
	// ended because it was told to hang up.
	Ended struct {
		Number  uint64
		Failure *transports.Failure
	}
	// Reconnect is the user's explicit wish, by any door.
	Reconnect struct{}
	// Credentials says that new credentials were stored beside the old ones. Fresh is true when there is
	// nothing to come back to: the first registration, or another legacy name.
	Credentials struct{ Fresh bool }
	// SignOff is the user's explicit wish to be off; sticky.
	SignOff struct{}
	// Disable is an administrator's.
	Disable struct{ Text string }
	// Enable is an administrator's; it also ends Broken.
	Enable struct{}
	// SetPolicy changes the policy.
	SetPolicy struct{ Policy Policy }
	// LinkLost says that the XMPP link has been gone for longer than link_grace.
	LinkLost struct{}
	// LinkBack says that it is back; everyone is probed.
	LinkBack struct{}
	// Removed says that the registration was removed.
	Removed struct{}
	// Stop says that the gateway stops.
	Stop struct{}
)

func (Wanted) isInput()      {}
func (Unwanted) isInput()    {}
func (Due) isInput()         {}
func (Deferred) isInput()    {}
func (HasSignedOn) isInput() {}
func (Ended) isInput()       {}
func (Reconnect) isInput()   {}
func (Credentials) isInput() {}
func (SignOff) isInput()     {}
func (Disable) isInput()     {}
func (Enable) isInput()      {}
func (SetPolicy) isInput()   {}
func (LinkLost) isInput()    {}
func (LinkBack) isInput()    {}
func (Removed) isInput()     {}
func (Stop) isInput()        {}
