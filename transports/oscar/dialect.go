package oscar

import (
	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// A dialect is what one network that speaks OSCAR has of its own.
type dialect struct {
	kind, name, nameHint string
	namePattern          string // as transports.Info has it
	powers               transports.Powers
	canonical            func(string) (transports.LegacyID, error)
	client               wire.TLVs          // who we are, for SNAC 17/02
	families             wire.ReadyFamilies // what we speak, for SNAC 01/17 and 01/02
	further              []further          // powers that not every server has
	caps                 [][16]byte         // for SNAC 02/04
	system               string             // folded name under which the server itself speaks; not for users
	showStatus           bool               // the status bits of SNAC 01/1E say more than away
	storedByICQ          bool               // stored messages are ICQ's (SNAC 15/02)

	// encode gives a body in the markup that to expects; decode reads what from sent.
	encode func(to transports.LegacyID, body transports.Body) string
	decode func(from transports.LegacyID, text string) transports.Body
	// wide tells that a text must go as UTF-16, though ASCII could hold it. Nil: never.
	wide func(to transports.LegacyID, text string) bool
}

func aim() *dialect {
	return &dialect{
		kind: "aim", name: "AIM", nameHint: "Screen name", namePattern: namePattern,
		powers: transports.CanEditContacts | transports.CanGroup | transports.CanType | transports.CanStyle |
			transports.CanOffline | transports.CanInvisible | transports.CanIdle | transports.CanBlock |
			transports.CanPrivacy | transports.CanProfile | transports.CanSetProfile | transports.CanSearch |
			transports.CanAvatar | transports.CanSetAvatar | transports.CanRooms | transports.CanAuthorize,
		further:   append([]further{{wire.DirSet, transports.CanSetProfile}, {wire.DirSearch, transports.CanSearch}}, everybodys...),
		canonical: canonicalName,
		client: wire.TLVs{
			wire.String(wire.TagClient, "imgate"),
			wire.Uint16(wire.TagClientID, 0x0109),
			wire.Uint16(wire.TagMajor, 5),
			wire.Uint16(wire.TagMinor, 9),
			wire.Uint16(wire.TagPoint, 0),
			wire.Uint16(wire.TagBuild, 3702),
			wire.Uint32(wire.TagDistribution, 0),
			wire.String(wire.TagLanguage, "en"),
			wire.String(wire.TagCountry, "us"),
		},
		families: families(),
		caps:     [][16]byte{capXHTML, wire.CapIcon, wire.CapRoom},
		system:   "oossystemmsg",
		encode:   encodeHTML,
		decode:   decodeHTML,
	}
}

// families are those that a session on BOS uses. Family 1 in version 3 or higher gives the long rate classes.
func families() wire.ReadyFamilies {
	const tool, toolVersion = 0x0110, 0x0629
	var l wire.ReadyFamilies
	for _, v := range (wire.Versions{
		{Family: wire.FamilyService, Version: 4}, {Family: wire.FamilyLocate, Version: 1},
		{Family: wire.FamilyBuddy, Version: 1}, {Family: wire.FamilyICBM, Version: 1},
		{Family: wire.FamilyPrivacy, Version: 1}, {Family: wire.FamilyFeedbag, Version: 4},
	}) {
		l = append(l, wire.ReadyFamily{Family: v.Family, Version: v.Version, Tool: tool, ToolVersion: toolVersion})
	}
	return l
}

// capXHTML tells servers not to strip the markup from what ICQ users send us.
var capXHTML = [16]byte{0x09, 0x46, 0x00, 0x02, 0x4C, 0x7F, 0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00}

// encodeHTML writes AIM's HTML, and plain text to an ICQ number, whose client shows tags as they are.
func encodeHTML(to transports.LegacyID, body transports.Body) string {
	if isDigits(string(to)) {
		return body.String()
	}
	return body.AIM()
}

// decodeHTML reads AIM's HTML. An ICQ client sends plain text more often than not.
func decodeHTML(from transports.LegacyID, text string) transports.Body {
	if isDigits(string(from)) && !richtext.HasAIMMarkup(text) {
		return richtext.Plain(text)
	}
	return richtext.FromAIM(text)
}
