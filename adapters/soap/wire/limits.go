package wire

import "errors"

// Limits of what is read. A request is small: a message of 64 KiB is the greatest thing that anybody says.
const (
	MaxBody     = 256 << 10 // bytes
	maxDepth    = 32        // levels of elements
	maxElements = 4096
	maxAttrs    = 64 // of one element
)

// Errors of the readers; every one of them wraps one of these.
var (
	// ErrParse means that the body is neither well-formed XML nor JSON, or over a limit.
	ErrParse = errors.New("can't be read")
	// ErrEnvelope means that it is well-formed, and no request.
	ErrEnvelope = errors.New("is no request")
)

// A budget counts down what a document may still hold.
type budget struct{ elements int }

func newBudget() *budget { return &budget{maxElements} }

func (b *budget) take(depth int) error {
	b.elements--
	switch {
	case b.elements < 0:
		return errParse("too many elements")
	case depth > maxDepth:
		return errParse("elements too deep in each other")
	}
	return nil
}

type parseError string

func errParse(reason string) error { return parseError(reason) }

func (e parseError) Error() string { return string(e) }
func (parseError) Unwrap() error   { return ErrParse }
