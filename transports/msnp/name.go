package msnp

import (
	"errors"
	"strings"

	"imgate/transports"
)

var errName = errors.New("a passport is an address such as name@example.net, of at most 129 letters, digits and the signs . _ - + and others that addresses have")

// maxName is how long an address may be (passport's limit).
const maxName = 129

// namePattern is what canonical takes, as a regular expression without anchors.
const namePattern = "\\s*[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]+\\s*"

// canonical folds case; white space around an address is not part of it.
func canonical(address string) (transports.LegacyID, error) {
	id := strings.ToLower(strings.Trim(address, " \t\n\f\r"))
	local, domain, found := strings.Cut(id, "@")
	if !found || len(id) > maxName || local == "" || len(local) > 64 || domain == "" {
		return "", errName
	}
	if !only(local, "!#$%&'*+/=?^_`{|}~.-") || !only(domain, ".-") {
		return "", errName
	}
	return transports.LegacyID(id), nil
}

// only reports whether s has nothing but small letters, digits and the marks.
func only(s, marks string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return true
}
