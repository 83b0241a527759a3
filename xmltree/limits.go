package xmltree

import "fmt"

// Limits bound what a reader takes. A zero field means its default.
type Limits struct {
	Bytes    int // of a top-level element; default 256 KiB
	Depth    int // levels of a top-level element, itself included; default 64
	Attrs    int // attributes and namespace declarations of one element; default 64
	Spaces   int // namespace declarations in force at one place; default 128
	Elements int // elements in a top-level element, itself included; default 8192
	Hard     int // bytes after which skipping is given up; default 16 MiB
}

func (l Limits) orDefault() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.Bytes, 256<<10)
	set(&l.Depth, 64)
	set(&l.Attrs, 64)
	set(&l.Spaces, 128)
	set(&l.Elements, 8192)
	set(&l.Hard, 16<<20)
	return l
}

// A LimitError tells that one top-level element was over a limit other than Hard. It was skipped, and the
// reader goes on behind it.
type LimitError struct {
	Start *Element // its start tag: name and attributes, no children
	What  string   // "bytes", "depth", "attributes", "namespaces" or "elements"
	Size  int      // bytes that were skipped
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("xmltree: <%s/> of %d bytes is over the limit of %s", e.Start.Name.Local, e.Size, e.What)
}

// A SyntaxError tells that the input is not well-formed, or not of the subset of RFC 6120 §11, or over
// Limits.Hard. Nothing can be read after it.
type SyntaxError struct {
	Offset int64 // bytes from the start of the input, about where it was found
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("xmltree: at byte %d: %s", e.Offset, e.Reason)
}
