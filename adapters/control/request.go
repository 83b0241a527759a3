// Package control is the door of administrators: a unix socket in the data directory, at which programs of the
// gateway's own user (and root) ask for what `imgate registrations`, `key rotate` and `backup` do.
//
// One request is one line of JSON, and so is each line of its answer, the last of which has "end". A connection
// may make one request after the other.
package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"imgate/registry"
)

// Socket is the name of the socket in the data directory.
const Socket = "control.sock"

// Limits of what is read.
const (
	maxRequest = 16 << 10 // bytes of a request
	maxName    = 3071     // bytes of an address (RFC 7622)
	maxText    = 1000     // bytes of a text for people
	maxPath    = 4096
)

// A Request is one line from a client.
type Request struct {
	Verb    string `json:"verb"`
	User    string `json:"user,omitempty"`    // bare JID
	Service string `json:"service,omitempty"` // name in the configuration
	Text    string `json:"text,omitempty"`    // of disable: why, for the user
	Path    string `json:"path,omitempty"`    // of backup: where to, absolute
	Bytes   bool   `json:"bytes,omitempty"`   // of trace: the frames' bytes too
}

// Key names the registration that is meant.
func (r Request) Key() registry.Key { return registry.Key{User: r.User, Service: r.Service} }

// ErrRequest is wrapped by the errors of ParseRequest.
var ErrRequest = errors.New("not a request")

// ParseRequest reads one line strictly: nothing unknown, nothing missing, nothing too long.
func ParseRequest(line []byte) (Request, error) {
	var r Request
	if len(line) > maxRequest || !utf8.Valid(line) {
		return r, fmt.Errorf("%w: at most %d bytes of UTF-8", ErrRequest, maxRequest)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Request{}, fmt.Errorf("%w: one to a line", ErrRequest)
	}
	if err := r.check(); err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return r, nil
}

func (r Request) check() error {
	v, known := verbs()[r.Verb]
	named := r.User != "" || r.Service != ""
	switch {
	case !known:
		return errors.New("unknown verb; known are " + strings.Join(verbNames(), ", "))
	case v.named != named || v.named && (r.User == "" || r.Service == ""):
		return fmt.Errorf("%s: user and service are both needed, or neither", r.Verb)
	case len(r.User) > maxName || len(r.Service) > maxName || strings.ContainsRune(r.User+r.Service, 0):
		return errors.New("this can't be the name of a registration")
	case len(r.Text) > maxText || r.Text != "" && r.Verb != "disable":
		return fmt.Errorf("only disable has a text, of at most %d bytes", maxText)
	case r.Bytes && r.Verb != "trace":
		return errors.New("only trace has bytes")
	case (r.Path != "") != (r.Verb == "backup") || r.Path != "" && (!filepath.IsAbs(r.Path) || len(r.Path) > maxPath):
		return errors.New("backup, and only backup, has an absolute path")
	}
	return nil
}

func verbNames() []string {
	var names []string
	for name := range verbs() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
