package xmpp

import (
	"errors"
	"fmt"
	"strings"

	"imgate/xmltree"
)

// MaxJIDPart is the greatest length of each part of an address, in bytes (RFC 7622 §3.1).
const MaxJIDPart = 1023

// ErrJID is wrapped by every error about an address; in a stanza it means jid-malformed.
var ErrJID = errors.New("malformed address")

// A JID is an XMPP address (RFC 7622) in its prepared form, so that equal addresses compare equal with ==. The
// zero JID is no address. Make one with ParseJID or NewJID.
type JID struct {
	Local    string // may be empty
	Domain   string
	Resource string // may be empty
}

// ParseJID prepares the address s: "host/r@x" has the resource "r@x". Its memory is its own. The error wraps
// ErrJID.
func ParseJID(s string) (JID, error) {
	bare, resource, hasResource := strings.Cut(strings.Clone(s), "/")
	local, domain, hasLocal := strings.Cut(bare, "@")
	if !hasLocal {
		local, domain = "", bare
	}
	if hasLocal && local == "" || hasResource && resource == "" {
		return JID{}, fmt.Errorf("%w: an empty part in %q", ErrJID, s)
	}
	return NewJID(local, domain, resource)
}

// NewJID prepares an address of its parts; local and resource may be empty. It may share
// their memory. The error wraps ErrJID.
func NewJID(local, domain, resource string) (j JID, err error) {
	if j.Domain, err = prepareDomain(domain); err != nil {
		return JID{}, err
	}
	if j.Local, err = prepareLocal(local); err != nil {
		return JID{}, err
	}
	if j.Resource, err = prepareResource(resource); err != nil {
		return JID{}, err
	}
	return j, nil
}

// Bare is j without its resource.
func (j JID) Bare() JID { return JID{Local: j.Local, Domain: j.Domain} }

// IsBare reports whether j has no resource.
func (j JID) IsBare() bool { return j.Resource == "" }

// IsZero reports whether j is no address.
func (j JID) IsZero() bool { return j == JID{} }

// WithResource is j with another resource, which is taken as it is: it is for constants.
func (j JID) WithResource(resource string) JID {
	j.Resource = resource
	return j
}

// appendAttr appends an attribute with the address.
func (j JID) appendAttr(dst []byte, name string) []byte {
	at, slash := "", ""
	if j.Local != "" {
		at = "@"
	}
	if j.Resource != "" {
		slash = "/"
	}
	return xmltree.AppendAttr(dst, name, j.Local, at, j.Domain, slash, j.Resource)
}

// String is the address; empty for the zero JID.
func (j JID) String() string {
	switch {
	case j.Local == "" && j.Resource == "":
		return j.Domain
	case j.Resource == "":
		return j.Local + "@" + j.Domain
	case j.Local == "":
		return j.Domain + "/" + j.Resource
	}
	return j.Local + "@" + j.Domain + "/" + j.Resource
}
