package xmltree

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// A Reader pulls one XML stream (RFC 6120 §4): a header, top-level elements one by one, an end tag. It is not
// safe for use by several goroutines, and its memory is bounded by its limits.
type Reader struct {
	src    io.Reader
	limits Limits
	frame  frame
	parser parser
	buf    []byte // what was read; buf[pos:] was not looked at yet
	start  int    // where the current top-level element begins in buf
	pos    int
	base   int64 // offset of buf[0] in the input
	close  string
	err    error
}

const (
	readSize       = 16 << 10
	maxDeclaration = 256
)

// NewReader reads from src with these limits.
func NewReader(src io.Reader, limits Limits) *Reader {
	r := &Reader{src: src, limits: limits.orDefault()}
	r.parser.limits = r.limits
	return r
}

// Open reads the XML declaration, if there is one, and the start tag of the stream, and gives that without
// children. It is called once, before Next.
func (r *Reader) Open() (*Element, error) {
	if err := r.prolog(); err != nil {
		return nil, r.fail(err)
	}
	r.start, r.frame = r.pos, frame{}
	if err := r.tag(false); err != nil {
		return nil, r.fail(err)
	}
	raw := string(r.buf[r.start:r.pos])
	e, qname, err := r.parser.open(raw)
	if err != nil {
		return nil, r.fail(err)
	}
	r.close = qname
	if r.frame.depth == 0 {
		r.err = io.EOF
	}
	return e, nil
}

// Next gives the next top-level element. It returns io.EOF after the end tag of the stream,
// io.ErrUnexpectedEOF where the input ends before it, a *LimitError for an element that was skipped, after
// which Next may be called again, and a *SyntaxError or the error of the source, which stay.
func (r *Reader) Next() (*Element, error) {
	if r.err != nil {
		return nil, r.err
	}
	if err := r.space(); err != nil {
		return nil, r.fail(err)
	}
	r.start, r.frame = r.pos, frame{}
	if closing, err := r.peek("</"); err != nil {
		return nil, r.fail(err)
	} else if closing {
		return nil, r.fail(r.end())
	}
	if err := r.element(); err != nil {
		return nil, r.fail(err)
	}
	if r.frame.over != "" {
		return nil, r.refused()
	}
	e, err := r.parser.element(string(r.buf[r.start:r.pos]), &r.frame)
	if errors.Is(err, errSpaces) {
		r.exceed("namespaces")
		return nil, r.refused()
	}
	if err != nil {
		return nil, r.fail(err)
	}
	return e, nil
}

// refused makes the LimitError of the element that was framed. A start tag that is itself wrong is fatal.
func (r *Reader) refused() error {
	start, _, err := r.parser.startTag(r.frame.first)
	if err != nil {
		return r.fail(err)
	}
	return &LimitError{Start: start, What: r.frame.over, Size: r.frame.size(r)}
}

func (r *Reader) fail(err error) error {
	switch {
	case errors.Is(err, errClosed):
		err = io.EOF
	case errors.Is(err, io.EOF) && r.close != "":
		err = io.ErrUnexpectedEOF
	}
	var bad *SyntaxError
	if errors.As(err, &bad) && bad.Offset == 0 {
		bad.Offset = r.base + int64(r.pos)
	}
	r.err = err
	return err
}

// errClosed is io.EOF at the right place.
var errClosed = errors.New("the stream was closed")

// more reads on; what lies before start is dropped, and of an element that is over its limit everything is.
func (r *Reader) more() error {
	if len(r.buf)-r.start > r.limits.Bytes && r.frame.over == "" {
		if r.frame.firstLen == 0 {
			return &SyntaxError{Reason: "a start tag is over the limit of bytes"}
		}
		r.exceed("bytes")
	}
	if r.frame.over != "" {
		r.frame.dropped += r.pos - r.start
		r.start = r.pos
		if r.frame.dropped > r.limits.Hard {
			return &SyntaxError{Reason: "an element is over the hard limit of bytes"}
		}
	}
	if r.start > 0 {
		n := copy(r.buf, r.buf[r.start:])
		r.buf, r.base = r.buf[:n], r.base+int64(r.start)
		r.pos -= r.start
		r.start = 0
	}
	switch {
	case len(r.buf) == 0 && cap(r.buf) > 4*readSize:
		r.buf = make([]byte, 0, readSize) // after a big one
	case cap(r.buf)-len(r.buf) < readSize/4:
		r.grow()
	}
	n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

func (r *Reader) grow() {
	size := max(readSize, 2*len(r.buf))
	bigger := make([]byte, len(r.buf), size)
	copy(bigger, r.buf)
	r.buf = bigger
}

// peek reports whether the input goes on with s.
func (r *Reader) peek(s string) (bool, error) {
	for len(r.buf)-r.pos < len(s) {
		if have := r.buf[r.pos:]; !strings.HasPrefix(s, string(have)) {
			return false, nil
		}
		if err := r.more(); err != nil {
			return false, err
		}
	}
	return string(r.buf[r.pos:r.pos+len(s)]) == s, nil
}

// space skips white space between top-level elements in constant memory, up to a "<".
func (r *Reader) space() error {
	for {
		for r.pos < len(r.buf) {
			switch r.buf[r.pos] {
			case ' ', '\t', '\n', '\r':
				r.pos++
			case '<':
				return nil
			default:
				return &SyntaxError{Reason: "text between top-level elements"}
			}
		}
		r.start, r.frame = r.pos, frame{}
		if err := r.more(); err != nil {
			return err
		}
	}
}

// prolog skips the XML declaration and white space.
func (r *Reader) prolog() error {
	declared, err := r.peek("<?xml")
	if err != nil {
		return err
	}
	if declared {
		if err := r.declaration(); err != nil {
			return err
		}
	}
	return r.space()
}

func (r *Reader) declaration() error {
	for {
		if i := bytes.Index(r.buf[r.pos:], []byte("?>")); i >= 0 {
			if err := r.parser.declaration(string(r.buf[r.pos : r.pos+i])); err != nil {
				return err
			}
			r.pos += i + len("?>")
			return nil
		}
		if len(r.buf)-r.pos > maxDeclaration {
			return &SyntaxError{Reason: "XML declaration without end"}
		}
		if err := r.more(); err != nil {
			return err
		}
	}
}

// end reads the end tag of the stream, and answers errClosed.
func (r *Reader) end() error {
	if err := r.find('>'); err != nil {
		return err
	}
	r.pos++
	name := strings.TrimRight(string(r.buf[r.start+len("</"):r.pos-1]), " \t\r\n")
	if name != r.close {
		return &SyntaxError{Reason: "end tag of another element than the stream"}
	}
	return errClosed
}
