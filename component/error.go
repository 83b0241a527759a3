package component

import (
	"errors"
	"fmt"

	"imgate/xmltree"
	"imgate/xmpp"
)

// ErrLinkDown means that there is no link, or that it went down before the answer.
var ErrLinkDown = errors.New("the link to the XMPP server is down")

// ErrLinkFull means that as much is queued as may be.
var ErrLinkFull = errors.New("the link to the XMPP server has no room")

// ErrTooBig means that a stanza is over Config.MaxStanza and was not sent.
var ErrTooBig = errors.New("the stanza is too big to send")

// A Reason says why a link could not be had or was lost.
type Reason uint8

// The reasons.
const (
	Lost          Reason = iota // closed or reset, or something that is not XMPP
	DialFailed                  // nobody listens there
	NotAuthorized               // wrong secret
	HostUnknown                 // the server knows no such component
	Conflict                    // another connection holds the domain
	TimedOut                    // no answer in time, or no sign of life
	StreamError                 // another stream error
)

var reasonNames = [...]string{"lost", "dial failed", "not authorized", "host unknown", "conflict", "timed out", "stream error"}

// String is the reason's name in logs.
func (r Reason) String() string { return reasonNames[r] }

// A LinkError is why a link could not be had or was lost. Its text is for the operator, and has no secret in it.
type LinkError struct {
	Reason    Reason
	Condition string // of the stream error (RFC 6120 §4.9.3); empty if there was none
	Text      string // of the stream error
	Err       error  // the cause; may be nil
}

// Error implements error.
func (e *LinkError) Error() string {
	s := e.Reason.String()
	if e.Condition != "" && e.Reason == StreamError {
		s += " " + e.Condition
	}
	if e.Text != "" {
		s += fmt.Sprintf(" (%q)", e.Text)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Reason == Lost || int(e.Reason) >= len(hints) || hints[e.Reason] == "" {
		return s
	}
	return s + ": " + hints[e.Reason]
}

// Unwrap gives the cause.
func (e *LinkError) Unwrap() error { return e.Err }

// hints are what an operator should look at; servers differ in what they say.
var hints = [...]string{
	NotAuthorized: "the secret is wrong, or (ejabberd) the domain is not among the hosts of this listener",
	HostUnknown:   "the server has no component of this domain; Prosody wants a Component block for it",
	Conflict:      "another connection holds this domain, or it is a domain of the server's own",
}

// streamError reads a stream error (RFC 6120 §4.9).
func streamError(e *xmltree.Element) *LinkError {
	out := &LinkError{Reason: StreamError, Condition: "undefined-condition"}
	for c := range e.Elements() {
		switch {
		case c.Name.Space != xmpp.StreamsSpace:
		case c.Name.Local == "text":
			out.Text = c.Text()
		default:
			out.Condition = c.Name.Local
		}
	}
	switch out.Condition {
	case "not-authorized":
		out.Reason = NotAuthorized
	case "host-unknown":
		out.Reason = HostUnknown
	case "conflict":
		out.Reason = Conflict
	case "connection-timeout":
		out.Reason = TimedOut
	}
	return out
}

// lost makes a LinkError of the error of a connection.
func lost(err error) *LinkError {
	var e *LinkError
	if errors.As(err, &e) {
		return e
	}
	var t interface{ Timeout() bool }
	if errors.As(err, &t) && t.Timeout() {
		return &LinkError{Reason: TimedOut, Err: err}
	}
	return &LinkError{Reason: Lost, Err: err}
}
