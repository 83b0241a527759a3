package ymsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// longPause is how long to stay away from a server that has had enough of us, or does not speak our version.
const longPause = time.Hour

func failure(kind transports.Kind, text string, err error) *transports.Failure {
	return &transports.Failure{Kind: kind, Text: text, Err: err}
}

func throttled(after time.Duration, text string, err error) *transports.Failure {
	return &transports.Failure{Kind: transports.Throttled, After: after, Text: text, Err: err}
}

const (
	textElsewhere = "signed on from another location"
	textExpired   = "the server says that the session has expired"
	textVersion   = "the network does not take this version of the protocol"
)

// loginFailures says what the results of a refused sign-on mean (54 and 02 with key 66, 07D1). Those above 1000 are from
// Yahoo's own servers and what others wrote about them.
var loginFailures = map[int64]transports.Failure{
	wire.LoginUnknownID:     {Kind: transports.BadCredentials, Text: "the network knows no such Yahoo ID"},
	wire.LoginWrongPassword: {Kind: transports.BadCredentials, Text: "the password is wrong"},
	wire.LoginLocked:        {Kind: transports.Suspended, Text: "the account is locked"},
	wire.LoginRemoved:       {Kind: transports.Suspended, Text: "the account was removed"},
	wire.LoginName:          {Kind: transports.Refused, Text: "the network does not take this Yahoo ID"},
	wire.LoginTooOften:      {Kind: transports.Throttled, After: longPause, Text: "too many sign-ons with a wrong password"},
	wire.LoginBusy:          {Kind: transports.Throttled, After: longPause, Text: "the network lets nobody sign on for now"},
	wire.LoginElsewhere:     {Kind: transports.Replaced, Text: textElsewhere},
	wire.LoginExpired:       {Kind: transports.Transient, Text: textExpired},
	wire.LoginCookies:       {Kind: transports.Transient, Text: textExpired},
	wire.LoginEnded:         {Kind: transports.Transient, Text: textExpired},
	wire.LoginInvalid:       {Kind: transports.Transient, Text: textExpired},
	wire.LoginCookiesOld:    {Kind: transports.Transient, Text: textExpired},
	wire.LoginActive:        {Kind: transports.Transient, Text: "the server still has the last session"},
	wire.LoginMismatch:      {Kind: transports.Throttled, After: longPause, Text: textVersion},
	wire.LoginUnknownData:   {Kind: transports.Throttled, After: longPause, Text: textVersion},
	wire.LoginIncompatible:  {Kind: transports.Throttled, After: longPause, Text: textVersion},
	wire.LoginVersion:       {Kind: transports.Throttled, After: longPause, Text: textVersion},
	wire.LoginVendor:        {Kind: transports.Throttled, After: longPause, Text: textVersion},
}

// staleCookies are the results that say no more than that the cookies of the last session were not liked.
func staleCookies(result int64) bool {
	switch result {
	case wire.LoginExpired, wire.LoginCookies, wire.LoginInvalid, wire.LoginCookiesOld:
		return true
	}
	return false
}

// A refusal is a sign-on that the server refused with a result.
type refusal struct{ result int64 }

// Error implements error.
func (r refusal) Error() string { return fmt.Sprintf("result %d", r.result) }

// loginFailure is the Failure of a refused sign-on. A result that is not in the table is the server's own trouble:
// nothing that is unproven may lock a user out.
func loginFailure(result int64) *transports.Failure {
	f, known := loginFailures[result]
	if !known {
		f = transports.Failure{Kind: transports.Transient, Text: "the sign-on service is out of order"}
	}
	f.Err = refusal{result}
	return &f
}

// logOffFailure says what a log-off means that is of nobody else (02 without key 7).
func logOffFailure(p wire.Packet) *transports.Failure {
	if result, ok := p.Fields.Number(wire.KeyResult); ok {
		return loginFailure(result)
	}
	if p.Status == wire.Failed {
		return failure(transports.Replaced, textElsewhere, nil)
	}
	return failure(transports.Transient, "the server ended the session", fmt.Errorf("log-off with status %d", p.Status))
}

// protocolFailure says what 07D1 means: the code stands in key 66, or in the status.
func protocolFailure(p wire.Packet) *transports.Failure {
	result, ok := p.Fields.Number(wire.KeyResult)
	if !ok && p.Status >= firstCode { // others are statuses, and no results
		result = int64(p.Status)
	}
	return loginFailure(result)
}

// firstCode is the lowest of the codes in a status.
const firstCode = 1000

// signedOn takes from the Failure of a session that it is the user's name or password: signing on has proved them, and if they
// have become wrong since, signing on again will say so.
func signedOn(f *transports.Failure) *transports.Failure {
	if f.Kind == transports.BadCredentials {
		f.Kind, f.Text = transports.Transient, "the server ended the session"
	}
	return f
}

// errNoAnswer ends a step of signing on that the server does not answer.
var errNoAnswer = errors.New("no answer in time")

// connectionFailure is the Failure of a connection that broke without a word from the server.
func connectionFailure(err error) *transports.Failure {
	var timeout net.Error
	switch {
	case errors.Is(err, wire.ErrNoPacket), errors.Is(err, wire.ErrField), errors.Is(err, wire.ErrListTooLong), errors.Is(err, wire.ErrChallenge),
		errors.Is(err, wire.ErrReply):
		return failure(transports.Broken, "the server does not speak this protocol", err)
	case errors.Is(err, errNoAnswer), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return failure(transports.Transient, "the server does not answer", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return failure(transports.Transient, "the server closed the connection", err)
	}
	return failure(transports.Transient, "the connection broke", err)
}

// editError says why the server did not change the list (key 66 of 83, 84 and 85). One that is there already, is there.
func editError(result int64) error {
	switch result {
	case wire.ResultOK, wire.ResultAlready:
		return nil
	case wire.ResultUnknown:
		return transports.ErrUnknown
	case wire.ResultFull:
		return fmt.Errorf("%w: the contact list is full", transports.ErrInvalid)
	}
	return fmt.Errorf("%w: the server refuses the change (%d)", transports.ErrDenied, result)
}
