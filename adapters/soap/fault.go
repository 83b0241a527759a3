package soap

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"imgate/adapters"
	"imgate/adapters/soap/wire"
	"imgate/registry"
	"imgate/xmpp"
)

// The codes of faults.
const (
	failure         = "service.FAILURE"
	invalidRequest  = "service.INVALID_REQUEST"
	unknownDocument = "service.UNKNOWN_DOCUMENT"
	parseFailure    = "service.PARSE_ERROR"
	permDenied      = "service.PERM_DENIED"
	authRequired    = "service.AUTH_REQUIRED"
	authExpired     = "service.AUTH_EXPIRED"
	unavailable     = "service.TEMPORARILY_UNAVAILABLE"
	authFailed      = "account.AUTH_FAILED"
	accountInactive = "account.ACCOUNT_INACTIVE"
)

// A refusal is a fault before it has a trace. Its text never holds what a client has sent as a password.
type refusal struct {
	code string
	text string
	err  error // the cause, for the log; may be nil
}

func (r *refusal) Error() string {
	if r.err != nil {
		return fmt.Sprintf("%s: %s: %v", r.code, r.text, r.err)
	}
	return r.code + ": " + r.text
}

func refuse(code, format string, args ...any) error {
	return &refusal{code: code, text: fmt.Sprintf(format, args...)}
}

// receiver reports whether a fault of that code is not the request's.
func receiver(code string) bool { return code == failure || code == unavailable }

// asRefusal is err as a fault; what nobody thought of is a failure without details.
func asRefusal(err error) *refusal {
	var r *refusal
	var stanza *xmpp.Error
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, adapters.ErrWrongPassword):
		return &refusal{authFailed, "wrong user name or password", err}
	case errors.Is(err, adapters.ErrInactive):
		return &refusal{accountInactive, "the account is not active", err}
	case errors.Is(err, adapters.ErrUnreachable):
		return &refusal{unavailable, "the XMPP server can't be reached; try again later", err}
	case errors.As(err, &stanza):
		return ofStanza(stanza)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &refusal{unavailable, "no answer in time", err}
	}
	return &refusal{failure, "an error in the gateway; its log has it", err}
}

// ofStanza is what XMPP would have said.
func ofStanza(e *xmpp.Error) *refusal {
	switch e.Condition {
	case xmpp.NotAcceptable, xmpp.BadRequest, xmpp.JIDMalformed:
		return &refusal{invalidRequest, e.Text, e}
	case xmpp.NotAllowed, xmpp.Forbidden:
		return &refusal{permDenied, e.Text, e}
	case xmpp.ResourceConstraint, xmpp.ServiceUnavailable, xmpp.RemoteServerTimeout:
		return &refusal{unavailable, orText(e.Text, "the gateway is busy or stopping; try again later"), e}
	}
	return &refusal{failure, orText(e.Text, "an error in the gateway; its log has it"), e}
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// notRegistered reports whether there is nothing to do it to.
func notRegistered(err error) bool { return errors.Is(err, registry.ErrNotRegistered) }

// fault makes the element that tells a refusal, and logs what has not to do with the client alone.
func (d *Door) fault(r *request, what string, err error) *wire.Element {
	no := asRefusal(err)
	trace := "imgate-" + rand.Text()[:8]
	level := d.opt.Log.Debug
	if no.code == failure {
		level = d.opt.Log.Error
	}
	level("a request is refused", "trace", trace, "document", what, "user", r.user(), "err", no)
	return wire.Fault{Code: no.code, Receiver: receiver(no.code), Text: no.text, Trace: trace}.Element(r.form)
}
