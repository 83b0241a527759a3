package ymsg

import (
	"errors"
	"strings"

	"imgate/transports"
)

// maxName bounds a Yahoo ID (32 at Yahoo's), an e-mail address that is one, and the name of a conference, which begins
// with its host's.
const maxName = 97

var errName = errors.New("a Yahoo ID has up to 97 letters, digits, dots, dashes and underscores and begins with a letter or digit, or is an e-mail address")

// namePattern is what canonical takes, but for lengths.
const namePattern = ` *[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9._-]+)? *`

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
	signs   = "._-"
)

// canonical is the spelling of a Yahoo ID, or of a conference: case does not count.
func canonical(address string) (transports.LegacyID, error) {
	name := strings.ToLower(strings.Trim(address, " "))
	local, domain, hasDomain := strings.Cut(name, "@")
	switch {
	case local == "" || len(name) > maxName,
		strings.Contains(signs, name[:1]),
		strings.Trim(local, letters+digits+signs) != "",
		hasDomain && domain == "",
		strings.Trim(domain, letters+digits+signs) != "":
		return "", errName
	}
	return transports.LegacyID(name), nil
}

// id gives the canonical address of somebody, or of a conference, that the server names; ok is false for what is none.
func (s *session) id(name string) (transports.LegacyID, bool) {
	id, err := canonical(name)
	if err != nil {
		s.log.Debug("not an address", "name", name)
	}
	return id, err == nil
}
