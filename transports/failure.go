package transports

import (
	"errors"
	"fmt"
	"time"
)

// A Kind says what may be tried after a failed or ended session.
type Kind uint8

// The kinds of failures. The zero Kind is Broken, so that a Failure made carelessly is the cautious one.
const (
	// Broken is nonsense on the wire, or a panic contained in the session.
	Broken Kind = iota
	// Transient is a dial refused, time-out, reset, server restart, unknown disconnect, login service out.
	Transient
	// Throttled is a refusal for our pace, version or dialect; After says how long to wait.
	Throttled
	// BadCredentials is a proven refusal of name or password, and nothing else.
	BadCredentials
	// Replaced is a sign-on of the same account elsewhere.
	Replaced
	// Refused is an account deleted, locked or unverified, or a closed network.
	Refused
	// Suspended is Refused with a name of its own for the user: the account is suspended.
	Suspended
)

var kindNames = [...]string{"broken", "transient", "throttled", "bad_credentials", "replaced", "refused", "suspended"}

// String is the kind's name in logs and traces.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// NeedsUser reports whether trying again without the user's doing is pointless.
func (k Kind) NeedsUser() bool {
	switch k {
	case BadCredentials, Replaced, Refused, Suspended:
		return true
	}
	return false
}

// A Failure is how a session ends when its context did not end it.
type Failure struct {
	Kind  Kind
	After time.Duration // Throttled: not before this long; else 0
	Text  string        // a sentence for the user, without secrets and without markup
	Err   error         // the cause, for the log; may be nil
}

// Error implements error.
func (f *Failure) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("%s: %s: %v", f.Kind, f.Text, f.Err)
	}
	return fmt.Sprintf("%s: %s", f.Kind, f.Text)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// AsFailure gives the Failure that err is or wraps; an error that is none becomes Broken. err is not nil.
func AsFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Kind: Broken, Text: "the session ended for an unknown reason", Err: err}
}

// Errors of Done. A transport may wrap them with a sentence for the user.
var (
	ErrUnsupported  = errors.New("not supported by this network or session") // feature-not-implemented
	ErrBusy         = errors.New("too many requests are waiting")            // resource-constraint
	ErrUnknown      = errors.New("no such user on this network")             // item-not-found
	ErrUnavailable  = errors.New("the recipient is not signed on")           // recipient-unavailable
	ErrDenied       = errors.New("refused by the recipient or the network")  // forbidden
	ErrTooLong      = errors.New("too long for this network")                // not-acceptable (policy)
	ErrInvalid      = errors.New("not acceptable to this network")           // not-acceptable
	ErrNoAnswer     = errors.New("the network did not answer")               // remote-server-timeout
	ErrDisconnected = errors.New("the session ended before an answer")       // remote-server-timeout
)
