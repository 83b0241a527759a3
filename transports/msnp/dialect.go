package msnp

import (
	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// A dialect is what one version of the protocol has. Versions are data: the session asks these fields and nothing else.
type dialect struct {
	name    string
	guids   bool // contacts and groups have GUIDs: ADC, SBP, PRP MFN; else ADD, REA, numbers
	typed   bool // LST has a column for the kind of address
	psm     bool // personal message and media (UUX, UBX)
	pending bool // the pending list
	offline bool // offline messages
	objects bool // display pictures, and files by MSNSLP
	mix     bool // the 64-bit mix answers challenges
	product wire.Product
	version string // of the client that spoke it (CVR)
}

// dialects are those that can be spoken, the best first.
func dialects() []dialect {
	return []dialect{
		{name: "MSNP12", guids: true, typed: true, psm: true, pending: true, offline: true, objects: true, mix: true,
			product: wire.ProductMSNP11, version: "7.5.0324"},
		{name: "MSNP11", guids: true, psm: true, pending: true, offline: true, objects: true, mix: true,
			product: wire.ProductMSNP11, version: "7.0.0813"},
		{name: "MSNP10", guids: true, objects: true, product: wire.ProductMSNP8, version: "6.2.0205"},
		{name: "MSNP9", objects: true, product: wire.ProductMSNP8, version: "6.0.0602"},
		{name: "MSNP8", product: wire.ProductMSNP8, version: "5.0.0544"},
	}
}

func dialectNames() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.name)
	}
	return names
}

// dialectNamed finds a dialect; false: nobody here speaks it.
func dialectNamed(name string) (dialect, bool) {
	for _, d := range dialects() {
		if d.name == name {
			return d, true
		}
	}
	return dialect{}, false
}

// everyPower is what a session of the best dialect may have.
const everyPower = transports.CanEditContacts | transports.CanGroup | transports.CanType | transports.CanAttention |
	transports.CanStyle | transports.CanOffline | transports.CanInvisible | transports.CanAuthorize | transports.CanBlock |
	transports.CanPrivacy | transports.CanNick | transports.CanAvatar | transports.CanSetAvatar | transports.CanRooms |
	transports.CanReceiveFiles | transports.CanSendFiles | transports.CanTune | transports.CanIdle

// powers are those of a session; stores: there is a service that keeps offline messages.
func (d dialect) powers(stores bool) transports.Powers {
	p := everyPower
	if !d.offline || !stores {
		p &^= transports.CanOffline
	}
	if !d.psm {
		p &^= transports.CanTune
	}
	if !d.objects {
		p &^= transports.CanAvatar | transports.CanSetAvatar | transports.CanReceiveFiles | transports.CanSendFiles
	}
	return p
}
