package state

import "time"

// An Action is what a machine wants done, in the order given. The set is closed.
type Action interface{ isAction() }

// The actions.
type (
	// Dial starts attempt Number, through the sign-on gate. There is never a second one before Ended of the
	// first.
	Dial struct{ Number uint64 }
	// HangUp ends attempt or session Number; Ended is expected within seconds.
	HangUp struct{ Number uint64 }
	// Wake asks for Due at that time; the zero time cancels.
	Wake struct{ At time.Time }
	// Announce is a change of state, or a retry scheduled or moved, for all subscribers (gwStatus).
	Announce struct{ Snapshot Snapshot }
	// TellOtherLocation comes before the Announce of Disabled with OtherLocation (otherLocation).
	TellOtherLocation struct{}
	// Save stores the snapshot; Durable: before anybody is answered, else soon.
	Save struct {
		Snapshot Snapshot
		Durable  bool
	}
	// Prove says that the credentials on trial signed on: the old ones can be forgotten.
	Prove struct{}
	// TakeBack says that the credentials on trial are proven wrong: the old ones come back, the asker is
	// told.
	TakeBack struct{ Text string }
	// Answer tells the asker what Reconnect leads to.
	Answer struct{ What What }
)

// What is the outcome of an explicit wish.
type What uint8

// The outcomes.
const (
	Connecting    What = iota + 1 // an attempt begins
	AlreadyTrying                 // an attempt is running
	WhenAvailable                 // will sign on when the user is available
	AdminOnly                     // disabled by an administrator
)

var whatNames = [...]string{"", "connecting", "already_trying", "when_available", "admin_only"}

// String names the outcome in traces.
func (w What) String() string { return whatNames[w] }

func (Dial) isAction()              {}
func (HangUp) isAction()            {}
func (Wake) isAction()              {}
func (Announce) isAction()          {}
func (TellOtherLocation) isAction() {}
func (Save) isAction()              {}
func (Prove) isAction()             {}
func (TakeBack) isAction()          {}
func (Answer) isAction()            {}
