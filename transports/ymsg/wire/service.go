package wire

import "fmt"

// A Service says what a packet is about.
type Service uint16

// The services that are used, or told by name in traces.
const (
	LogOn          Service = 0x01
	LogOff         Service = 0x02
	IsAway         Service = 0x03
	IsBack         Service = 0x04
	Idle           Service = 0x05
	Message        Service = 0x06
	UserStat       Service = 0x0A
	NewMail        Service = 0x0B
	NewContact     Service = 0x0F
	AddIgnore      Service = 0x11
	PingConfig     Service = 0x12
	SystemMessage  Service = 0x14
	SkinName       Service = 0x15
	ConfInvite     Service = 0x18
	ConfLogOn      Service = 0x19
	ConfDecline    Service = 0x1A
	ConfLogOff     Service = 0x1B
	ConfAddInvite  Service = 0x1C
	ConfMessage    Service = 0x1D
	FileTransfer   Service = 0x46
	Notify         Service = 0x4B
	Handshake      Service = 0x4C
	PeerFile       Service = 0x4D
	PeerToPeer     Service = 0x4F
	AuthAnswer     Service = 0x54
	List           Service = 0x55
	Auth           Service = 0x57
	AddContact     Service = 0x83
	RemoveContact  Service = 0x84
	Ignore         Service = 0x85
	DenyContact    Service = 0x86
	RenameGroup    Service = 0x89
	Ping           Service = 0x8A
	PictureCheck   Service = 0xBD
	Picture        Service = 0xBE
	PictureUpdate  Service = 0xC1
	PictureUpload  Service = 0xC2
	Visibility     Service = 0xC5 // from version 15 on
	Status15       Service = 0xC6
	AvatarUpdate   Service = 0xC7
	AuthRequest15  Service = 0xD6
	FileOffer15    Service = 0xDC
	FileInfo15     Service = 0xDD
	FileTaken15    Service = 0xDE
	Presence15     Service = 0xF0
	List15         Service = 0xF1
	MessageTaken   Service = 0xFB
	ProtocolFailed Service = 0x07D1
)

var serviceNames = map[Service]string{
	LogOn: "log-on", LogOff: "log-off", IsAway: "is away", IsBack: "is back", Idle: "idle", Message: "message",
	UserStat: "user status", NewMail: "new mail", NewContact: "new contact", AddIgnore: "add ignore",
	PingConfig: "ping configuration", SystemMessage: "system message", SkinName: "skin name",
	ConfInvite: "conference invitation", ConfLogOn: "conference log-on", ConfDecline: "conference refusal",
	ConfLogOff: "conference log-off", ConfAddInvite: "conference further invitation", ConfMessage: "conference message",
	FileTransfer: "file transfer", Notify: "notify", Handshake: "handshake", PeerFile: "peer file", PeerToPeer: "peer to peer",
	AuthAnswer: "challenge answer", List: "list", Auth: "challenge", AddContact: "add contact", RemoveContact: "remove contact",
	Ignore: "ignore", DenyContact: "deny contact", RenameGroup: "rename group", Ping: "ping", PictureCheck: "picture checksum",
	Picture: "picture", PictureUpdate: "picture update", PictureUpload: "picture upload", ProtocolFailed: "protocol failure",
	Visibility: "visibility", Status15: "status", AvatarUpdate: "avatar update", AuthRequest15: "authorisation", Presence15: "presence",
	FileOffer15: "file offer", FileInfo15: "file information", FileTaken15: "file taken", List15: "list", MessageTaken: "message taken",
}

// Name is the service's name for people; empty if it is not known.
func (s Service) Name() string { return serviceNames[s] }

// String is the service's number in hexadecimal, as documents write it.
func (s Service) String() string { return fmt.Sprintf("%02X", uint16(s)) }

// A Status is what the header says besides: how somebody is, or what became of a request.
type Status uint32

// The statuses. Of the first, servers mean their own: 1 in an answer, 5 in a part of more, 3 and 7 with NewContact.
const (
	Available   Status = 0
	BeRightBack Status = 1
	Busy        Status = 2
	NotAtHome   Status = 3
	NotAtDesk   Status = 4
	NotInOffice Status = 5
	OnPhone     Status = 6
	OnVacation  Status = 7
	OutToLunch  Status = 8
	SteppedOut  Status = 9
	Invisible   Status = 12
	Typing      Status = 0x16
	Custom      Status = 99
	IdleStatus  Status = 999
	Offline     Status = 0x5A55AA56 // of a message from a client: keep it if they are not there
	Failed      Status = 0xFFFFFFFF

	ServerAnswer = BeRightBack // of a packet of the server's: an answer
	More         = NotInOffice // of a List: parts follow; of a Message: what was kept
	Request      = NotAtHome   // of a NewContact: somebody wants to add us
	Refusal      = OnVacation  // of a NewContact: somebody does not let us
)

// The keys that are used.
const (
	KeyUser         Key = 0 // the account
	KeyMe           Key = 1 // the identity of it that is meant
	KeyIdentity     Key = 2
	KeyFrom3        Key = 3
	KeyFrom         Key = 4
	KeyTo           Key = 5
	KeyAnswer       Key = 6
	KeyContact      Key = 7
	KeyCount        Key = 8
	KeyStatus       Key = 10
	KeySession      Key = 11
	KeyFlag         Key = 13
	KeyText         Key = 14
	KeyTime         Key = 15
	KeyPager        Key = 17
	KeyAwayText     Key = 19
	KeyBegin        Key = 31
	KeyBegin2       Key = 32
	KeyAwayFlag     Key = 47
	KeyKind         Key = 49
	KeyHost         Key = 50
	KeyInvitees     Key = 51 // a list with commas
	KeyInvitee      Key = 52
	KeyMember       Key = 53
	KeyDecliner     Key = 54
	KeyLeaver       Key = 56
	KeyRoom         Key = 57
	KeyInviteText   Key = 58
	KeyCookie       Key = 59
	KeyImvironment  Key = 63
	KeyImvFlag      Key = 64
	KeyGroup        Key = 65
	KeyResult       Key = 66
	KeyNewGroup     Key = 67
	KeyGroups       Key = 87
	KeyIgnored      Key = 88
	KeyIdentities   Key = 89
	KeyChallenge    Key = 94
	KeyAnswer2      Key = 96
	KeyUTF8         Key = 97
	KeyVersion      Key = 135
	KeyIdleSeconds  Key = 137
	KeyPingMinutes  Key = 143
	KeyChatMinutes  Key = 144
	KeyPictureSum   Key = 192
	KeyPictureIs    Key = 212
	KeyAvatarKind   Key = 213
	KeyTransferStep Key = 222
	KeyNetwork      Key = 241 // another network's, where it is not 0
	KeyClientID     Key = 244
	KeyRelay        Key = 249
	KeyRelayHost    Key = 250
	KeyRelayToken   Key = 251
	KeyTransfer     Key = 265
	KeyFiles        Key = 266
	KeyCookieY      Key = 277
	KeyCookieT      Key = 278
	KeyNestIs       Key = 300
	KeyNestNext     Key = 301
	KeyNest         Key = 302
	KeyNestEnd      Key = 303
	KeyCrumb        Key = 307
	KeyAsks         Key = 334
	KeyMessageID    Key = 429
	KeyTakenID      Key = 430
	KeyTaken        Key = 450
	KeyCountry      Key = 98
	KeyURL          Key = 20
	KeyFile         Key = 27
	KeyFileSize     Key = 28
	KeyExpires      Key = 38
)

// FileFollows is the key of the bytes of a file, which follow a FileTransfer or PictureUpload that goes over HTTP. Its length does not count them.
const FileFollows = "29" + separator

// FileKind is the value of KeyKind in a PeerFile that offers a file.
const FileKind = "FILEXFER"

// TypingKind is the value of KeyKind in a Notify that tells of typing.
const TypingKind = "TYPING"

// Buzz is the text of a message that is no message but a request for attention.
const Buzz = "<ding>"

// The results of KeyResult for an edit of the list.
const (
	ResultOK      = 0
	ResultFailed  = 1
	ResultAlready = 2
	ResultUnknown = 3
	ResultFull    = 6
)

// The results of KeyResult, and of a ProtocolFailed, when a sign-on fails or a session is ended.
const (
	LoginUnknownID     = 3
	LoginWrongPassword = 13
	LoginLocked        = 14
	LoginTooOften      = 29
	LoginElsewhere     = 42
	LoginExpired       = 52
	LoginMismatch      = 1004
	LoginUnknownData   = 1005
	LoginIncompatible  = 1006
	LoginVersion       = 1007
	LoginCookies       = 1011
	LoginName          = 1013
	LoginEnded         = 1014
	LoginInvalid       = 1015
	LoginActive        = 1017
	LoginVendor        = 1020
	LoginCookiesOld    = 1051
	LoginRemoved       = 1235
	LoginBusy          = 1236
)
