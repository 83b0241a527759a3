package wire

// The SNACs of presence (family 03). Users of the client-side list are Names.
const (
	BuddyRightsQuery Kind = 0x0003_0002 // TLVs
	BuddyRightsReply Kind = 0x0003_0003 // TLVs
	BuddyAdd         Kind = 0x0003_0004 // Names
	BuddyRemove      Kind = 0x0003_0005 // Names
	BuddyRejected    Kind = 0x0003_000A // Names
	BuddyArrived     Kind = 0x0003_000B // Users
	BuddyDeparted    Kind = 0x0003_000C // Users
	BuddyAddTemp     Kind = 0x0003_000F // Names
	BuddyRemoveTemp  Kind = 0x0003_0010 // Names
)

// The SNACs of privacy (family 09).
const (
	PrivacyRightsQuery  Kind = 0x0009_0002
	PrivacyRightsReply  Kind = 0x0009_0003 // TLVs
	PrivacyPermitAdd    Kind = 0x0009_0005 // Names
	PrivacyPermitRemove Kind = 0x0009_0006 // Names
	PrivacyDenyAdd      Kind = 0x0009_0007 // Names
	PrivacyDenyRemove   Kind = 0x0009_0008 // Names
)
