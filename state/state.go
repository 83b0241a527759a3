// Package state is the reconnect machine: one per registration, pure. It has no clock, no I/O, no goroutine,
// no log and no randomness of its own; a loop feeds it inputs with the time and carries out the actions that
// it returns. The names of the states are the wire values of the IM SOAP API's IMGatewayList.
package state

import (
	"time"

	"imgate/transports"
)

// A State is where a registration stands.
type State string

// The states.
const (
	Start                State = "start"                 // just created or loaded; the user is being probed
	TryingToConnect      State = "trying_to_connect"     // an attempt runs or is scheduled
	Online               State = "online"                // signed on
	BadAuth              State = "bad_auth"              // the network refused the credentials, proven
	Disabled             State = "disabled"              // stays down until somebody acts; Reason says why
	IntentionallyOffline State = "intentionally_offline" // off on purpose
	Shutdown             State = "shutdown"              // unregistered, or the gateway stops; final

	// BootedByOtherLogin is never a machine's state: it is how doors may spell Disabled with Reason
	// OtherLocation.
	BootedByOtherLogin State = "booted_by_other_login"
)

// A Reason tells why a registration is in Disabled or IntentionallyOffline; else it is empty.
type Reason string

// The reasons.
const (
	OtherLocation Reason = "other_location" // Disabled: the account signed on elsewhere
	Suspended     Reason = "suspended"      // Disabled: the network suspended the account
	Refused       Reason = "refused"        // Disabled: deleted, locked, unverified; or the network is closed
	Broken        Reason = "broken"         // Disabled: three broken sessions in a row
	Admin         Reason = "admin"          // Disabled: by an administrator, who alone ends it
	Presence      Reason = "presence"       // IntentionallyOffline: the user is not available
	SignedOff     Reason = "signed_off"     // IntentionallyOffline: the user said so; sticky
	Manual        Reason = "manual"         // IntentionallyOffline: policy manual, and nobody asked
)

// A Policy says when the gateway signs a registration on by itself.
type Policy string

// The policies.
const (
	FollowPresence Policy = "follow-presence" // while the user is available
	Always         Policy = "always"          // all the time
	ByHand         Policy = "manual"          // only when asked
)

// ParsePolicy reads a policy's name; false for anything else.
func ParsePolicy(s string) (Policy, bool) {
	switch p := Policy(s); p {
	case FollowPresence, Always, ByHand:
		return p, true
	}
	return "", false
}

// A Snapshot is all of a machine that outlives it: the registry stores it, every door reads it. Times are
// zero where there is none.
type Snapshot struct {
	State       State
	Reason      Reason
	Text        string    // a sentence for the user about the reason or the last failure, without secrets
	Since       time.Time // when State was entered
	Attempt     int       // failed attempts since the last stable session
	NextAttempt time.Time // when the next attempt is due; zero while one runs or none will come
	NotBefore   time.Time // the network asked not to be tried before
	LastOnline  time.Time // when it was last signed on
	LastFailure Fault     // how the last attempt or session failed
	Policy      Policy    // "" reads as FollowPresence
	BrokenInRow int       // broken sessions since the last stable one
	Version     string    // the imgate version that wrote it
	Trial       *Trial    // credentials not yet proven; nil when those in use are
}

// A Fault is a failure as remembered.
type Fault struct {
	Kind transports.Kind
	Text string
	At   time.Time // zero: there was none
}

// A Trial remembers what to come back to when new credentials are proven wrong.
type Trial struct {
	State  State
	Reason Reason
	Text   string
}

// UntilNext is the time to the next attempt as gwStatus tells it: never negative; false when none is
// scheduled.
func (s Snapshot) UntilNext(now time.Time) (time.Duration, bool) {
	if s.State != TryingToConnect || s.NextAttempt.IsZero() {
		return 0, false
	}
	return max(0, s.NextAttempt.Sub(now)), true
}

// A Config holds the schedule of one machine: [reconnect] in the configuration.
type Config struct {
	First   time.Duration // the first attempt comes within this; default 500 ms
	Initial time.Duration // wait after the first failure; default 15 s
	Factor  float64       // growth; default 2
	Max     time.Duration // ceiling; default 1 h
	Jitter  float64       // share of each wait by which it varies, 0..1; default 0.5
	Stable  time.Duration // a session this long resets the schedule; default 60 s
	Version string        // this imgate's version
	// Random gives numbers in [0, 1). Never nil.
	Random func() float64
}

// Defaults is the schedule of the design, with the given source of randomness.
func Defaults(random func() float64) Config {
	return Config{
		First: 500 * time.Millisecond, Initial: 15 * time.Second, Factor: 2, Max: time.Hour,
		Jitter: 0.5, Stable: time.Minute, Random: random,
	}
}
