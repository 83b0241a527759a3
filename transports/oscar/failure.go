package oscar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// floodPause is how long to stay away after the server closed the session for our pace, or would not let us
// in for it.
const floodPause = time.Minute

func failure(kind transports.Kind, text string, err error) *transports.Failure {
	return &transports.Failure{Kind: kind, Text: text, Err: err}
}

func throttled(after time.Duration, text string) *transports.Failure {
	return &transports.Failure{Kind: transports.Throttled, After: after, Text: text}
}

// loginFailures says what the codes of a refused login mean (SNAC 17/03 TLV 8).
var loginFailures = map[uint16]transports.Failure{
	wire.LoginNoSuchUser:     {Kind: transports.BadCredentials, Text: "the network knows no such name"},
	wire.LoginWrong4:         {Kind: transports.BadCredentials, Text: "the name or the password is wrong"},
	wire.LoginWrongPassword:  {Kind: transports.BadCredentials, Text: "the password is wrong"},
	wire.LoginInvalidAccount: {Kind: transports.BadCredentials, Text: "the account is not valid"},
	wire.LoginDeleted:        {Kind: transports.Refused, Text: "the account was deleted"},
	wire.LoginExpired:        {Kind: transports.Refused, Text: "the account has expired"},
	wire.LoginSuspended:      {Kind: transports.Suspended, Text: "the account is suspended"},
	wire.LoginSuspendedAge:   {Kind: transports.Suspended, Text: "the account is suspended because of its owner's age"},
	wire.LoginTooOften:       {Kind: transports.Throttled, After: floodPause, Text: "too many sign-ons in a short time"},
	wire.LoginRateLimit:      {Kind: transports.Throttled, After: floodPause, Text: "too many sign-ons in a short time"},
	wire.LoginWarned:         {Kind: transports.Throttled, After: 10 * time.Minute, Text: "the account was warned too often"},
	wire.LoginClientTooOld:   {Kind: transports.Throttled, After: time.Hour, Text: "the network no longer takes this version of the protocol"},
	wire.LoginSecurID:        {Kind: transports.Refused, Text: "the account wants a second secret"},
}

// loginFailure is the Failure of a refused login. A code that is not in the table is the server's own trouble:
// nothing that is unproven may lock a user out.
func loginFailure(code uint16) *transports.Failure {
	f, known := loginFailures[code]
	if !known {
		f = transports.Failure{Kind: transports.Transient, Text: "the sign-on service is out of order"}
	}
	f.Err = fmt.Errorf("login error %#04x", code)
	return &f
}

// signedOff is the Failure of a sign-off frame. Once the login server has taken the password, no word of another server
// proves it wrong: it may have been changed meanwhile, which the next login tells.
func (s *session) signedOff(f wire.Frame) *transports.Failure {
	fail := signOffFailure(f)
	if s.admitted && fail.Kind == transports.BadCredentials {
		return failure(transports.Transient, "the server ended the session", fail.Err)
	}
	return fail
}

// signOffFailure says what a sign-off frame from the server means. We sign on with MultipleSingle, for which
// the reasons are clear; a cut frame then comes from a server that overlooks the flag, and proves nothing.
func signOffFailure(f wire.Frame) *transports.Failure {
	if f.Cut {
		return failure(transports.Transient, "the server ended the session", errors.New("cut sign-off frame"))
	}
	tlvs, err := wire.Decode[wire.TLVs](f.Data)
	if err != nil {
		return failure(transports.Transient, "the server ended the session", err)
	}
	if code, ok := tlvs.Number(wire.TagLoginError); ok {
		return loginFailure(uint16(code))
	}
	reason, ok := tlvs.Number(wire.TagReason)
	switch {
	case ok && reason == wire.ReasonReplaced:
		return failure(transports.Replaced, "signed on from another location", nil)
	case ok:
		return failure(transports.Transient, "the server ended the session", fmt.Errorf("sign-off reason %d", reason))
	}
	return failure(transports.Transient, "the server is being restarted", nil)
}

// connectionFailure is the Failure of a connection that broke without a word from the server.
func connectionFailure(err error) *transports.Failure {
	var timeout net.Error
	switch {
	case errors.Is(err, wire.ErrNoFrame), errors.Is(err, wire.ErrShort), errors.Is(err, wire.ErrTooLong):
		return failure(transports.Broken, "the server does not speak this protocol", err)
	case errors.Is(err, errNoAnswer), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return failure(transports.Transient, "the server does not answer", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return failure(transports.Transient, "the server closed the connection", err)
	}
	return failure(transports.Transient, "the connection broke", err)
}

// requestFailures says why the server did not take a message (SNAC 04/01) or another request (xx/01).
var requestFailures = map[uint16]error{
	wire.CodeInvalidSNAC:      transports.ErrUnsupported,
	wire.CodeRateToHost:       transports.ErrBusy,
	wire.CodeRateToClient:     transports.ErrBusy,
	wire.CodeNotLoggedOn:      transports.ErrUnavailable,
	wire.CodeServiceMissing:   transports.ErrUnsupported,
	wire.CodeServiceUndefined: transports.ErrUnsupported,
	wire.CodeObsolete:         transports.ErrUnsupported,
	wire.CodeNotSupportedHost: transports.ErrUnsupported,
	wire.CodeNotSupportedPeer: transports.ErrUnsupported,
	wire.CodeRefusedByPeer:    transports.ErrDenied,
	wire.CodeReplyTooBig:      transports.ErrTooLong,
	wire.CodeDenied:           transports.ErrDenied,
	wire.CodeBusted:           transports.ErrInvalid,
	wire.CodeNoRights:         transports.ErrDenied,
	wire.CodeInLocalDeny:      transports.ErrDenied,
	wire.CodeTooEvilSender:    transports.ErrDenied,
	wire.CodeTooEvilReceiver:  transports.ErrUnavailable,
	wire.CodeUserUnavailable:  transports.ErrUnavailable,
	wire.CodeNoMatch:          transports.ErrUnknown,
	wire.CodeListOverflow:     transports.ErrInvalid,
	wire.CodeQueueFull:        transports.ErrBusy,
}

// requestFailure is the error of Done for an error SNAC.
func requestFailure(s wire.SNAC) error {
	e, err := wire.Decode[wire.Error](s.Body)
	if err != nil {
		return fmt.Errorf("%w: an error without a code", transports.ErrInvalid)
	}
	if known, ok := requestFailures[e.Code]; ok {
		return known
	}
	return fmt.Errorf("%w: error %d", transports.ErrInvalid, e.Code)
}
