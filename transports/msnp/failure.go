package msnp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// How long to stay away.
const (
	noDialect  = time.Hour       // after a server that speaks none of ours
	signOnRate = 5 * time.Minute // after one that has had too many sign-ons
)

func failure(kind transports.Kind, text string, err error) *transports.Failure {
	return &transports.Failure{Kind: kind, Text: text, Err: err}
}

func throttled(after time.Duration, text string, err error) *transports.Failure {
	return &transports.Failure{Kind: transports.Throttled, After: after, Text: text, Err: err}
}

var (
	errNoAnswer = errors.New("no answer in time")
	errClosed   = errors.New("the switchboard was left")
)

// codeError is an error command that nobody has made sense of yet.
type codeError int

// Error implements error.
func (e codeError) Error() string { return fmt.Sprintf("error %d", int(e)) }

// The codes that the session tells apart.
const (
	codeBadParameter = 201
	codeBadUser      = 205
	codeAlreadyIn    = 207
	codeNoUser       = 208
	codeListFull     = 210
	codeAlreadyThere = 215
	codeNotOnList    = 216
	codeNotOnline    = 217
	codeAlreadyMode  = 218
	codeBothLists    = 219
	codeTooManyGroup = 223
	codeNoGroup      = 224
	codeNotInGroup   = 225
	codeGroupThere   = 228
	codeGroupLong    = 229
	codeGroupZero    = 230
	codeDisabled     = 502
	codeChallenge    = 540
	codeTooManyRings = 711
	codeTooManyBoard = 713
	codeNotExpected  = 715
	codeBadName      = 209
	codeTooFast      = 800
	codeAuth         = 911
	codeHidden       = 913
	codeNotParent    = 923
	codeNotVerified  = 924
	codeNewUser      = 920
	codeAuthFailed   = 917
	codeSuspended    = 927
	codeBadTicket    = 928
)

// ticketCodes are those that refuse a ticket (USR TWN S).
var ticketCodes = []int{codeAuth, codeAuthFailed, codeBadTicket}

// signOnFailures says what the codes mean that refuse a sign-on. All others are the server's own trouble: nothing that is
// unproven may lock a user out. A ticket that is refused says nothing of the password, which the passport has taken
// (decision 012).
var signOnFailures = map[int]transports.Failure{
	codeAuth:        {Kind: transports.Transient, Text: noTicket},
	codeAuthFailed:  {Kind: transports.Transient, Text: noTicket},
	codeBadTicket:   {Kind: transports.Transient, Text: noTicket},
	codeBadUser:     {Kind: transports.BadCredentials, Text: "the network knows no such address"},
	codeNotParent:   {Kind: transports.Refused, Text: "the account of a child needs its parents' leave"},
	codeNotVerified: {Kind: transports.Refused, Text: "the account's address is not verified yet"},
	codeSuspended:   {Kind: transports.Suspended, Text: "the account is suspended"},
	codeTooFast:     {Kind: transports.Throttled, After: signOnRate, Text: "too many sign-ons in a short time"},
	codeTooManyRings: {Kind: transports.Throttled, After: signOnRate,
		Text: "too many sign-ons in a short time"},
	codeChallenge: {Kind: transports.Transient, Text: "the server did not take our proof of being a client"},
}

const noTicket = "the network does not take the passport's ticket"

// codeFailure is how a session ends for a code that has no request of its own.
func codeFailure(code int) *transports.Failure {
	f, known := signOnFailures[code]
	if !known {
		f = transports.Failure{Kind: transports.Transient, Text: "the server is out of order"}
	}
	f.Err = codeError(code)
	return &f
}

// besideFailure is how a session ends for a code that answers no sign-on: no password is refused by it.
func besideFailure(code int) *transports.Failure {
	f := codeFailure(code)
	if f.Kind == transports.BadCredentials || slices.Contains(ticketCodes, code) {
		f.Kind, f.Text = transports.Transient, "the server is out of order"
	}
	return f
}

// beside is err, of a question other than who the user is.
func beside(err error) error {
	var code codeError
	if errors.As(err, &code) {
		return besideFailure(int(code))
	}
	return err
}

// outFailure is how the server lets go (OUT): for another sign-on, for its own end, or without a word.
func outFailure(why string) *transports.Failure {
	switch why {
	case "OTH":
		return failure(transports.Replaced, "signed on from another location", nil)
	case "SSD":
		return failure(transports.Transient, "the server is going down", nil)
	}
	return failure(transports.Transient, "the server ended the session", nil)
}

// connectionFailure is the Failure of a connection that broke without a word from the server.
func connectionFailure(err error) *transports.Failure {
	var timeout net.Error
	var code codeError
	switch {
	case errors.As(err, &code):
		return codeFailure(int(code))
	case errors.Is(err, wire.ErrSyntax), errors.Is(err, wire.ErrTooLong):
		return failure(transports.Broken, "the server does not speak this protocol", err)
	case errors.Is(err, errNoAnswer), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return failure(transports.Transient, "the server does not answer", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return failure(transports.Transient, "the server closed the connection", err)
	}
	return failure(transports.Transient, "the connection broke", err)
}

// requestErrors says why the server did not do what it was asked.
var requestErrors = map[int]error{
	codeBadParameter: transports.ErrInvalid,
	codeBadUser:      transports.ErrUnknown,
	codeNoUser:       transports.ErrUnknown,
	codeBadName:      fmt.Errorf("%w: the network does not take that name", transports.ErrInvalid),
	codeListFull:     fmt.Errorf("%w: the list is full", transports.ErrInvalid),
	codeNotOnList:    transports.ErrUnknown,
	codeNotOnline:    transports.ErrUnavailable,
	codeTooManyGroup: fmt.Errorf("%w: the network allows no more groups", transports.ErrInvalid),
	codeNoGroup:      fmt.Errorf("%w: there is no such group", transports.ErrInvalid),
	codeGroupLong:    fmt.Errorf("%w: the group's name is too long", transports.ErrInvalid),
	codeDisabled:     fmt.Errorf("%w: the server does not take this now", transports.ErrInvalid),
	codeTooManyRings: transports.ErrBusy,
	codeTooManyBoard: transports.ErrBusy,
	codeTooFast:      transports.ErrBusy,
	codeHidden:       errHidden,
}

var errHidden = fmt.Errorf("%w: while you are invisible, the network begins no conversation", transports.ErrDenied)

// requestError is the error of Done for an error command. Errors that are transports' own stay as they are.
func requestError(err error) error {
	var code codeError
	if !errors.As(err, &code) {
		return err
	}
	if known, ok := requestErrors[int(code)]; ok {
		return known
	}
	return fmt.Errorf("%w: %w", transports.ErrInvalid, code)
}

// isCode reports whether err is one of the codes.
func isCode(err error, codes ...int) bool {
	var code codeError
	if !errors.As(err, &code) {
		return false
	}
	for _, c := range codes {
		if int(code) == c {
			return true
		}
	}
	return false
}
