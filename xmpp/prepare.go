package xmpp

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// prepareLocal applies UsernameCaseMapped and RFC 7622 §3.3.
func prepareLocal(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if simple(s, isSimpleLocal) {
		return checkPart(s)
	}
	p, err := precis.UsernameCaseMapped.String(s)
	if err != nil || p == "" || strings.ContainsAny(p, "\"&'/:<>@ ") {
		return "", fmt.Errorf("%w: the name %q", ErrJID, s)
	}
	return checkPart(p)
}

// prepareResource applies OpaqueString (RFC 7622 §3.4).
func prepareResource(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if simple(s, isSimpleResource) {
		return checkPart(s)
	}
	p, err := precis.OpaqueString.String(s)
	if err != nil || !utf8.ValidString(s) || p == "" {
		return "", fmt.Errorf("%w: the resource %q", ErrJID, s)
	}
	return checkPart(p)
}

// prepareDomain lower-cases a domain and takes its final dot off (RFC 7622 §3.2); an IP literal stays. It is
// as tolerant as servers are: jabberd2 sends from "sm".
func prepareDomain(s string) (string, error) {
	p := s
	if !simple(s, isSimpleDomain) {
		p = strings.ToLower(s)
	}
	p = strings.TrimSuffix(p, ".")
	if p == "" || strings.HasPrefix(p, ".") || strings.HasSuffix(p, ".") || strings.Contains(p, "..") || !legalDomain(p) {
		return "", fmt.Errorf("%w: the domain %q", ErrJID, s)
	}
	return checkPart(p)
}

func legalDomain(s string) bool {
	if simple(s, isSimpleDomain) {
		return true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6()
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		if r < utf8.RuneSelf {
			return !isSimpleDomain(byte(r))
		}
		return r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.N)
	})
}

func checkPart(s string) (string, error) {
	if len(s) > MaxJIDPart {
		return "", fmt.Errorf("%w: a part of %d bytes", ErrJID, len(s))
	}
	return s, nil
}

// simple reports whether every byte is one that preparing leaves alone.
func simple(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isSimpleLocal(c byte) bool {
	return c > ' ' && c < 0x7F && !(c >= 'A' && c <= 'Z') && strings.IndexByte("\"&'/:<>@", c) < 0
}

func isSimpleResource(c byte) bool { return c >= ' ' && c < 0x7F }

func isSimpleDomain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
}
