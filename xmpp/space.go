package xmpp

// Namespaces of streams and stanzas (RFC 6120, XEP-0114).
const (
	ClientSpace    = "jabber:client"
	ComponentSpace = "jabber:component:accept" // 0114
	StreamSpace    = "http://etherx.jabber.org/streams"
	StreamsSpace   = "urn:ietf:params:xml:ns:xmpp-streams" // conditions of stream errors
	StanzasSpace   = "urn:ietf:params:xml:ns:xmpp-stanzas" // conditions of stanza errors
)

// Namespaces of payloads, by the number of their XEP.
const (
	DataSpace         = "jabber:x:data"                                       // 0004
	LastSpace         = "jabber:iq:last"                                      // 0012
	ExpireSpace       = "jabber:x:expire"                                     // 0023
	EventSpace        = "jabber:x:event"                                      // 0022
	InfoSpace         = "http://jabber.org/protocol/disco#info"               // 0030
	ItemsSpace        = "http://jabber.org/protocol/disco#items"              // 0030
	MUCSpace          = "http://jabber.org/protocol/muc"                      // 0045
	MUCUserSpace      = "http://jabber.org/protocol/muc#user"                 // 0045
	MUCAdminSpace     = "http://jabber.org/protocol/muc#admin"                // 0045
	MUCOwnerSpace     = "http://jabber.org/protocol/muc#owner"                // 0045
	IBBSpace          = "http://jabber.org/protocol/ibb"                      // 0047
	CommandsSpace     = "http://jabber.org/protocol/commands"                 // 0050
	VCardSpace        = "vcard-temp"                                          // 0054
	SearchSpace       = "jabber:iq:search"                                    // 0055
	PubSubSpace       = "http://jabber.org/protocol/pubsub"                   // 0060
	PubSubEventSpace  = "http://jabber.org/protocol/pubsub#event"             // 0060
	BytestreamsSpace  = "http://jabber.org/protocol/bytestreams"              // 0065
	OOBSpace          = "jabber:x:oob"                                        // 0066
	IQOOBSpace        = "jabber:iq:oob"                                       // 0066
	XHTMLIMSpace      = "http://jabber.org/protocol/xhtml-im"                 // 0071
	XHTMLSpace        = "http://www.w3.org/1999/xhtml"                        // 0071
	RegisterSpace     = "jabber:iq:register"                                  // 0077
	AvatarDataSpace   = "urn:xmpp:avatar:data"                                // 0084
	AvatarMetaSpace   = "urn:xmpp:avatar:metadata"                            // 0084
	ChatStatesSpace   = "http://jabber.org/protocol/chatstates"               // 0085
	TimeOldSpace      = "jabber:iq:time"                                      // 0090
	RosterXOldSpace   = "jabber:x:roster"                                     // 0093
	DelayOldSpace     = "jabber:x:delay"                                      // 0091
	VersionSpace      = "jabber:iq:version"                                   // 0092
	BrowseSpace       = "jabber:iq:browse"                                    // 0011
	AgentSpace        = "jabber:iq:agent"                                     // 0094
	AgentsSpace       = "jabber:iq:agents"                                    // 0094
	SISpace           = "http://jabber.org/protocol/si"                       // 0095
	FileTransferSpace = "http://jabber.org/protocol/si/profile/file-transfer" // 0096
	GatewaySpace      = "jabber:iq:gateway"                                   // 0100
	CapsSpace         = "http://jabber.org/protocol/caps"                     // 0115
	TuneSpace         = "http://jabber.org/protocol/tune"                     // 0118
	ValidateSpace     = "http://jabber.org/protocol/xdata-validate"           // 0122
	RosterXSpace      = "http://jabber.org/protocol/rosterx"                  // 0144
	VCardUpdateSpace  = "vcard-temp:x:update"                                 // 0153
	NickSpace         = "http://jabber.org/protocol/nick"                     // 0172
	ReceiptsSpace     = "urn:xmpp:receipts"                                   // 0184
	PingSpace         = "urn:xmpp:ping"                                       // 0199
	TimeSpace         = "urn:xmpp:time"                                       // 0202
	DelaySpace        = "urn:xmpp:delay"                                      // 0203
	InvisibleSpace    = "urn:xmpp:invisible:1"                                // 0186
	SoftwareSpace     = "urn:xmpp:dataforms:softwareinfo"                     // 0232
	ServerInfoSpace   = "http://jabber.org/network/serverinfo"                // 0157
	AttentionSpace    = "urn:xmpp:attention:0"                                // 0224
	ConferenceSpace   = "jabber:x:conference"                                 // 0249
	CarbonsSpace      = "urn:xmpp:carbons:2"                                  // 0280
	ForwardSpace      = "urn:xmpp:forward:0"                                  // 0297
	CorrectSpace      = "urn:xmpp:message-correct:0"                          // 0308
	IdleSpace         = "urn:xmpp:idle:1"                                     // 0319
	MarkersSpace      = "urn:xmpp:chat-markers:0"                             // 0333
	HintsSpace        = "urn:xmpp:hints"                                      // 0334
	RosterManageSpace = "urn:xmpp:tmp:roster-management:0"                    // 0321
	PrivilegeSpace1   = "urn:xmpp:privilege:1"                                // 0356, ejabberd
	PrivilegeSpace2   = "urn:xmpp:privilege:2"                                // 0356, Prosody
	StanzaIDSpace     = "urn:xmpp:sid:0"                                      // 0359
	UploadSpace       = "urn:xmpp:http:upload:0"                              // 0363
	RosterSpace       = "jabber:iq:roster"                                    // RFC 6121
	AdminSpace        = "http://jabber.org/protocol/admin"                    // 0133
	InteropSpace      = "zimbra:interop"                                      // the IM SOAP API's own server
)
