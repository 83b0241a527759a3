package oscar

import (
	"errors"
	"strconv"
	"strings"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// ICQ is the network of ICQ: AIM's session with other rules.
func ICQ() transports.Network { return network{icq()} }

func icq() *dialect {
	d := aim()
	d.kind, d.name, d.nameHint = "icq", "ICQ", "UIN"
	d.powers &^= transports.CanStyle
	d.further = append([]further{{wire.ICQQuery, transports.CanSearch | transports.CanSetProfile}}, everybodys...)
	d.canonical = canonicalUIN
	d.client = wire.TLVs{
		wire.String(wire.TagClient, "imgate"),
		wire.Uint16(wire.TagClientID, 0x010A),
		wire.Uint16(wire.TagMajor, 5),
		wire.Uint16(wire.TagMinor, 45),
		wire.Uint16(wire.TagPoint, 1),
		wire.Uint16(wire.TagBuild, 3777),
		wire.Uint32(wire.TagDistribution, 0x55),
		wire.String(wire.TagLanguage, "en"),
		wire.String(wire.TagCountry, "us"),
	}
	d.families = append(d.families, wire.ReadyFamily{Family: wire.FamilyICQ, Version: 1, Tool: 0x0110, ToolVersion: 0x0629})
	d.showStatus, d.storedByICQ = true, true
	d.encode = func(to transports.LegacyID, body transports.Body) string {
		if isDigits(string(to)) {
			return body.String()
		}
		return body.AIM()
	}
	d.decode = func(from transports.LegacyID, text string) transports.Body {
		if isDigits(string(from)) && !isDocument(text) {
			return richtext.Plain(text) // "<b>" is three characters in most clients of ICQ
		}
		return richtext.FromAIM(text)
	}
	d.wide = func(to transports.LegacyID, text string) bool {
		// Servers take what looks like markup out of an ICQ user's text, unless it is UTF-16.
		return isDigits(string(to)) && strings.ContainsAny(text, "<&")
	}
	return d
}

// isDocument reports whether a text is a whole document of HTML, as the last clients of ICQ sent.
func isDocument(text string) bool {
	const start = "<html"
	text = strings.TrimLeft(text, " \r\n\t")
	return len(text) >= len(start) && strings.EqualFold(text[:len(start)], start)
}

// signOnName is how an account names itself to the server: a screen name as the user spells it, a number as it is.
func (d *dialect) signOnName(acct transports.Account) string {
	if acct.Typed == "" || d.storedByICQ && isDigits(string(acct.Name)) {
		return string(acct.Name)
	}
	return acct.Typed
}

// uinOf is the number of an account; 0 for a screen name.
func uinOf(id transports.LegacyID) uint32 {
	n, err := strconv.ParseUint(string(id), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

const minUIN = 5

var errUIN = errors.New("an ICQ number has 5 to 10 digits; contacts may be AIM screen names too")

// canonicalUIN is the spelling of a number without what people write between its digits. ICQ users have AIM's screen
// names on their lists too.
func canonicalUIN(address string) (transports.LegacyID, error) {
	bare := strings.NewReplacer("-", "", " ", "").Replace(address)
	if isDigits(bare) {
		if len(bare) < minUIN || len(bare) > maxUIN || bare[0] == '0' {
			return "", errUIN
		}
		return transports.LegacyID(bare), nil
	}
	id, err := canonicalName(address)
	if err != nil {
		return "", errUIN
	}
	return id, nil
}
