package xmpp

import (
	"fmt"

	"imgate/xmltree"
)

// A Condition is a defined condition of a stanza error (RFC 6120 §8.3.3).
type Condition string

// The conditions.
const (
	BadRequest            Condition = "bad-request"
	Conflict              Condition = "conflict"
	FeatureNotImplemented Condition = "feature-not-implemented"
	Forbidden             Condition = "forbidden"
	Gone                  Condition = "gone"
	InternalServerError   Condition = "internal-server-error"
	ItemNotFound          Condition = "item-not-found"
	JIDMalformed          Condition = "jid-malformed"
	NotAcceptable         Condition = "not-acceptable"
	NotAllowed            Condition = "not-allowed"
	NotAuthorized         Condition = "not-authorized"
	PolicyViolation       Condition = "policy-violation"
	RecipientUnavailable  Condition = "recipient-unavailable"
	Redirect              Condition = "redirect"
	RegistrationRequired  Condition = "registration-required"
	RemoteServerNotFound  Condition = "remote-server-not-found"
	RemoteServerTimeout   Condition = "remote-server-timeout"
	ResourceConstraint    Condition = "resource-constraint"
	ServiceUnavailable    Condition = "service-unavailable"
	SubscriptionRequired  Condition = "subscription-required"
	UndefinedCondition    Condition = "undefined-condition"
	UnexpectedRequest     Condition = "unexpected-request"
)

// An ErrorType says what the sender may do about an error (RFC 6120 §8.3.2).
type ErrorType string

// The types of errors.
const (
	AuthError     ErrorType = "auth"
	CancelError   ErrorType = "cancel"
	ContinueError ErrorType = "continue"
	ModifyError   ErrorType = "modify"
	WaitError     ErrorType = "wait"
)

// usual are the type and the numeric code that go with a condition (RFC 6120 §8.3.3, XEP-0086 §3).
var usual = map[Condition]struct {
	kind ErrorType
	code int
}{
	BadRequest: {ModifyError, 400}, Conflict: {CancelError, 409}, FeatureNotImplemented: {CancelError, 501},
	Forbidden: {AuthError, 403}, Gone: {ModifyError, 302}, InternalServerError: {WaitError, 500},
	ItemNotFound: {CancelError, 404}, JIDMalformed: {ModifyError, 400}, NotAcceptable: {ModifyError, 406},
	NotAllowed: {CancelError, 405}, NotAuthorized: {AuthError, 401}, PolicyViolation: {ModifyError, 406},
	RecipientUnavailable: {WaitError, 404}, Redirect: {ModifyError, 302}, RegistrationRequired: {AuthError, 407},
	RemoteServerNotFound: {CancelError, 404}, RemoteServerTimeout: {WaitError, 504}, ResourceConstraint: {WaitError, 500},
	ServiceUnavailable: {CancelError, 503}, SubscriptionRequired: {AuthError, 407}, UndefinedCondition: {CancelError, 500},
	UnexpectedRequest: {WaitError, 400},
}

// An Error is a stanza error (RFC 6120 §8.3). It implements error.
type Error struct {
	Condition Condition
	Type      ErrorType
	Text      string           // for people; may be empty
	By        JID              // who found it; may be zero
	Detail    *xmltree.Element // application-specific condition; may be nil
}

// NewError makes an error of the type that is usual for its condition. text may be empty.
func NewError(c Condition, text string) *Error {
	return &Error{Condition: c, Type: usual[c].kind, Text: text}
}

// Error implements error.
func (e *Error) Error() string {
	if e.Text == "" {
		return string(e.Condition)
	}
	return fmt.Sprintf("%s: %s", e.Condition, e.Text)
}

// Code is the number that old clients know the condition by (XEP-0086 §3); 500 for one unknown.
func (e *Error) Code() int {
	if u, ok := usual[e.Condition]; ok {
		return u.code
	}
	return 500
}

// Element makes the error element, with its numeric code.
func (e *Error) Element() *xmltree.Element {
	kind := e.Type
	if kind == "" {
		kind = CancelError
	}
	out := xmltree.New(ClientSpace, "error").SetAttr("type", string(kind)).SetAttr("code", fmt.Sprint(e.Code()))
	if !e.By.IsZero() {
		out.SetAttr("by", e.By.String())
	}
	out.With(xmltree.New(StanzasSpace, string(e.Condition)))
	if e.Text != "" {
		out.With(xmltree.Leaf(StanzasSpace, "text", e.Text))
	}
	return out.With(e.Detail)
}

// ErrorOf gives the error that a stanza of type error carries; nil for any other stanza. One that carries none,
// or none that can be read, has the condition undefined-condition.
func ErrorOf(s Stanza) *Error {
	switch s := s.(type) {
	case Message:
		if s.Type == ErrorMessage {
			return parseError(s.Child(ClientSpace, "error"))
		}
	case Presence:
		if s.Type == ErrorPresence {
			return parseError(s.Child(ClientSpace, "error"))
		}
	case IQ:
		if s.Type == ErrorIQ {
			return parseError(find(s.Payload, ClientSpace, "error"))
		}
	}
	return nil
}

func parseError(e *xmltree.Element) *Error {
	out := &Error{Condition: UndefinedCondition, Type: ErrorType(e.Attr("type"))}
	out.By, _ = ParseJID(e.Attr("by"))
	for c := range e.Elements() {
		switch {
		case c.Is(StanzasSpace, "text"):
			out.Text = c.Text()
		case c.Name.Space == StanzasSpace:
			out.Condition = Condition(c.Name.Local)
		default:
			out.Detail = c
		}
	}
	return out
}

// ErrorReply makes the stanza that tells the sender of s about e. It gives false where nothing may be answered:
// to an error, to the result of an iq (RFC 6120 §8.3.1), or to a stanza without sender. No payload goes back.
func ErrorReply(s Stanza, e *Error) (Stanza, bool) {
	h := s.Head().reply()
	if h.To.IsZero() {
		return nil, false
	}
	payload := []*xmltree.Element{e.Element()}
	switch s := s.(type) {
	case Message:
		return Message{h, ErrorMessage, payload}, s.Type != ErrorMessage
	case Presence:
		return Presence{h, ErrorPresence, payload}, s.Type != ErrorPresence
	case IQ:
		return IQ{h, ErrorIQ, payload}, s.Type == GetIQ || s.Type == SetIQ
	}
	return nil, false
}
