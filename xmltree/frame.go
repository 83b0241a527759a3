package xmltree

import "bytes"

// A frame is what is known of a top-level element before it is parsed: where it ends, and how much memory its
// tree will need.
type frame struct {
	depth    int
	elements int    // start tags
	attrs    int    // attributes and namespace declarations
	texts    int    // stretches of text, an upper bound
	firstLen int    // length of the first start tag
	over     string // the limit it is over, or empty
	first    string // the first start tag, kept when it went over
	dropped  int    // bytes that are no longer in the buffer
}

func (f *frame) size(r *Reader) int { return f.dropped + r.pos - r.start }

// element moves pos behind the top-level element that begins at pos. An element over a limit is skipped and
// marked in the frame.
func (r *Reader) element() error {
	for {
		if err := r.markup(); err != nil {
			return err
		}
		if r.frame.over == "" && r.pos-r.start > r.limits.Bytes {
			r.exceed("bytes")
		}
		if r.frame.depth == 0 {
			return nil
		}
		before := r.pos - r.start + r.frame.dropped
		if err := r.find('<'); err != nil {
			return err
		}
		if r.pos-r.start+r.frame.dropped > before {
			r.frame.texts++
		}
	}
}

// markup moves pos behind the tag or CDATA section that begins at pos.
func (r *Reader) markup() error {
	next, err := r.second()
	if err != nil {
		return err
	}
	if next != '!' || r.frame.depth == 0 {
		return r.tag(next == '/')
	}
	if cdata, err := r.peek("<![CDATA["); err != nil {
		return err
	} else if !cdata {
		return r.tag(false) // which refuses it
	}
	return r.cdata()
}

// second is the byte behind pos, where a "<" stands.
func (r *Reader) second() (byte, error) {
	for len(r.buf)-r.pos < 2 {
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	return r.buf[r.pos+1], nil
}

// cdata moves pos behind the CDATA section that begins at pos.
func (r *Reader) cdata() error {
	r.frame.texts++
	r.pos += len("<![CDATA[")
	for {
		if err := r.find(']'); err != nil {
			return err
		}
		end, err := r.peek("]]>")
		if err != nil {
			return err
		}
		if end {
			r.pos += len("]]>")
			return nil
		}
		r.pos++
	}
}

// tag moves pos behind the start or end tag that begins at pos, and counts it.
func (r *Reader) tag(closing bool) error {
	r.pos++
	attrs := 0
	for {
		c, err := r.inTag()
		if err != nil {
			return err
		}
		switch c {
		case '>':
			r.count(closing, r.buf[r.pos-1] == '/', attrs)
			r.pos++
			return nil
		case '<', '!', '?':
			return &SyntaxError{Reason: "a tag that is none: comments, processing instructions and DTDs are not allowed"}
		default:
			attrs++
			r.pos++
			if err := r.find(c); err != nil {
				return err
			}
			r.pos++
		}
	}
}

// inTagStop has a bit for each byte at which inTag stops; none is above "?", which is 63.
const inTagStop uint64 = 1<<'"' | 1<<'\'' | 1<<'>' | 1<<'<' | 1<<'!' | 1<<'?'

// inTag moves pos to the next quote, ">", or a byte that may stand in no tag, and gives it.
func (r *Reader) inTag() (byte, error) {
	for {
		for i, c := range r.buf[r.pos:] {
			if c <= '?' && inTagStop>>c&1 != 0 {
				r.pos += i
				return c, nil
			}
		}
		// The byte before ">" is looked at: the last one must stay in the buffer when the rest is dropped.
		r.pos = len(r.buf) - 1
		if err := r.more(); err != nil {
			return 0, err
		}
		r.pos++
	}
}

// count enters a tag, whose ">" is at pos, into the frame.
func (r *Reader) count(closing, empty bool, attrs int) {
	f := &r.frame
	if closing {
		f.depth--
		return
	}
	if f.elements == 0 {
		f.firstLen = r.pos + 1 - r.start
	}
	f.elements++
	f.attrs += attrs
	f.depth++
	switch {
	case f.depth > r.limits.Depth:
		r.exceed("depth")
	case attrs > r.limits.Attrs:
		r.exceed("attributes")
	case f.elements > r.limits.Elements:
		r.exceed("elements")
	}
	if empty {
		f.depth--
	}
}

// exceed marks the element as over a limit: only its start tag is kept from now on.
func (r *Reader) exceed(limit string) {
	if r.frame.over == "" {
		r.frame.over = limit
		r.frame.first = string(r.buf[r.start : r.start+r.frame.firstLen])
	}
}

// find moves pos to the next c.
func (r *Reader) find(c byte) error {
	for {
		if i := bytes.IndexByte(r.buf[r.pos:], c); i >= 0 {
			r.pos += i
			return nil
		}
		r.pos = len(r.buf)
		if err := r.more(); err != nil {
			return err
		}
	}
}
