package xmltree

import (
	"errors"
	"io"
	"strings"
)

// Parse reads one document: an element, with an XML declaration and white space around it or not. Every error
// is a *SyntaxError or a *LimitError.
func Parse(document string, limits Limits) (*Element, error) {
	r := NewReader(strings.NewReader(""), limits)
	r.buf = []byte(document)
	e, err := r.document()
	if err != nil {
		return nil, syntax(r.fail(err))
	}
	if err := r.space(); err == nil || !errors.Is(err, io.EOF) {
		return nil, syntax(r.fail(&SyntaxError{Reason: "something after the document"}))
	}
	return e, nil
}

func (r *Reader) document() (*Element, error) {
	if err := r.prolog(); err != nil {
		return nil, err
	}
	return r.Next()
}

func syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &SyntaxError{Reason: "the document ends too early"}
	}
	return err
}
