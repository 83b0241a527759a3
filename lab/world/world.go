// Package world is what the small legacy servers of the lab have in common: how they are controlled, and the
// faults that they commit on demand.
package world

import (
	"errors"
	"time"
)

// Password is the password of every account that the lab has from the start.
const Password = "rabbit1"

// A Network is one legacy network of the lab, as its control API sees it. Its methods may be called from any
// goroutine. Account names are taken in any spelling that the network takes.
type Network interface {
	// Accounts lists all accounts, the bots' too, ordered by name.
	Accounts() []Account
	// Add makes an account. With count above 1 it makes that many: names get the numbers 1 to count at their
	// end; where names are numbers they are counted up from name. The error wraps ErrExists or ErrName.
	Add(name, password string, count int) (first, last string, err error)
	// Acquaint puts so many contacts (MaxContacts at most) on the list of each account that Add made with this name and
	// count: the same for all, in one group; every fourth of them is there. The error wraps ErrUnknown or ErrName.
	Acquaint(name string, count, contacts int) error
	// Fault lets f happen on times occasions (at least one): now where f can befall a session and account has
	// one, else when account next gives the occasion. An empty account is everybody's. The error wraps
	// ErrUnknown or ErrFault.
	Fault(account string, f Fault, times int) error
	// Say sends a message from an account, which need not be signed on. The error wraps ErrUnknown.
	Say(from, to, text string) error
	// Present shows an account without a client as somebody with that show (offline, online, chat, away, xa,
	// dnd) and status text; for one with a client it changes what others see. The error wraps ErrUnknown or
	// ErrShow.
	Present(name, show, status string) error
	// Restart stops the network's server as an operator would, and starts it again after down.
	Restart(down time.Duration) error
}

// MaxContacts is how many contacts an account can be given at once.
const MaxContacts = 1000

// The errors of a Network.
var (
	ErrUnknown = errors.New("no such account")
	ErrExists  = errors.New("the account exists")
	ErrName    = errors.New("not a name on this network")
	ErrFault   = errors.New("this network does not have that fault")
	ErrShow    = errors.New("show is one of offline, online, chat, away, xa, dnd")
)

// An Account is a line of the list of accounts.
type Account struct {
	Network  string    `json:"network"`
	Name     string    `json:"name"`
	Bot      bool      `json:"bot,omitempty"`
	SignedOn bool      `json:"signed_on"`
	Since    time.Time `json:"since,omitzero"`
	From     string    `json:"from,omitempty"` // the client's address; the first of several
	Sessions int       `json:"sessions,omitempty"`
}

// A Fault is something that legacy servers do to their clients.
type Fault string

// The faults.
const (
	Refuse             Fault = "refuse"               // the connection is reset before a byte
	Reset              Fault = "reset"                // the connection is reset
	Stall              Fault = "stall"                // no answer, and no end
	Garbage            Fault = "garbage"              // bytes that are not the protocol
	WrongPassword      Fault = "wrong_password"       // the password is refused, whatever it is
	WrongCookie        Fault = "wrong_cookie"         // the ticket for the second connection is refused
	Suspended          Fault = "suspended"            // the account is suspended
	Throttle           Fault = "throttle"             // too many sign-ons
	RateLimit          Fault = "rate_limit"           // a message is dropped for the sender's pace
	OtherLocation      Fault = "other_location"       // signed on elsewhere
	OtherLocationShort Fault = "other_location_short" // the same, as told to old clients
	Kicked             Fault = "kicked"               // an administrator ends the session
	Maintenance        Fault = "maintenance"          // the server goes away
	Drop               Fault = "drop"                 // the connection ends without a word
	TruncatedSignoff   Fault = "truncated_signoff"    // the last frame breaks off
	FileChecksum       Fault = "file_checksum"        // the next file that is offered has another checksum than is said
	FileShort          Fault = "file_short"           // it breaks off
	FileSilent         Fault = "file_silent"          // it never comes, and there is no end
	FileSize           Fault = "file_size"            // it has another size than was offered
	FileCookie         Fault = "file_cookie"          // it is called another
)

// Known reports whether f is a fault of this list.
func Known(f Fault) bool {
	switch f {
	case Refuse, Reset, Stall, Garbage, WrongPassword, WrongCookie, Suspended, Throttle, RateLimit, OtherLocation,
		OtherLocationShort, Kicked, Maintenance, Drop, TruncatedSignoff, FileChecksum, FileShort, FileSilent, FileSize, FileCookie:
		return true
	}
	return false
}
