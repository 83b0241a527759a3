package oscar

import (
	"errors"
	"strings"

	"imgate/transports"
)

const (
	minName  = 3
	maxName  = 16
	maxEmail = 97 // AOL's limit for names that are e-mail addresses (lore)
	maxUIN   = 10
)

var errName = errors.New("a screen name has 3 to 16 letters and digits and begins with a letter, or is an ICQ number or an e-mail address")

// namePattern is what canonicalName takes, but for the details of e-mail addresses. Spaces do not count, wherever they are.
const namePattern = ` *[A-Za-z] *([A-Za-z0-9] *){2,15}| *[1-9] *([0-9] *){2,9}|[^@]+@[^@]+`

// canonicalName is the spelling of an AIM name: neither case nor spaces count. ICQ numbers are names too,
// since AIM users have them on their lists.
func canonicalName(address string) (transports.LegacyID, error) {
	name := fold(address)
	switch {
	case strings.Contains(name, "@"):
		if !isEmail(name) {
			return "", errName
		}
	case isDigits(name):
		if len(name) > maxUIN || len(name) < minName || name[0] == '0' {
			return "", errName
		}
	case len(name) < minName || len(name) > maxName || !isLetter(name[0]) || strings.Trim(name, letters+digits) != "":
		return "", errName
	}
	return transports.LegacyID(name), nil
}

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// fold makes two spellings of a name equal: small letters, no spaces.
func fold(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, " ", ""))
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

func isDigits(s string) bool { return s != "" && strings.Trim(s, digits) == "" }

func isEmail(s string) bool {
	local, domain, _ := strings.Cut(s, "@")
	return local != "" && domain != "" && len(s) <= maxEmail &&
		strings.Trim(local, letters+digits+".!#$%&'*+-/=?^_`{|}~") == "" &&
		strings.Trim(domain, letters+digits+".-") == ""
}
