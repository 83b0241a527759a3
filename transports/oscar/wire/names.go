package wire

// Name is what the kind is called here; empty where it has no name.
func (k Kind) Name() string { return kindNames[k] }

var kindNames = map[Kind]string{
	LoginRequest: "login", LoginReply: "login reply", KeyRequest: "key request", KeyReply: "key",

	ClientReady: "ready", HostFamilies: "families", ServiceRequest: "service request", ServiceReply: "service",
	RateQuery: "rate query", RateReply: "rates", RateAck: "rate ack", RateChange: "rate change",
	ServicePause: "pause", PauseAck: "pause ack", ServiceResume: "resume", SelfQuery: "self query", SelfReply: "self",
	Warned: "warned", SetIdle: "set idle", Migrate: "migrate", MessageOfDay: "message of the day",
	ClientVersions: "versions", HostVersions: "versions", SetStatus: "set status", IconReply: "own picture",

	LocateRightsQuery: "locate rights query", LocateRightsReply: "locate rights", SetInfo: "set info",
	InfoQuery: "info query", InfoReply: "info", InfoQuery2: "info query",

	BuddyRightsQuery: "buddy rights query", BuddyRightsReply: "buddy rights", BuddyAdd: "add buddies",
	BuddyRemove: "remove buddies", BuddyRejected: "buddy rejected", BuddyArrived: "arrived", BuddyDeparted: "departed",
	BuddyAddTemp: "add buddies for now", BuddyRemoveTemp: "remove buddies for now",

	ICBMError: "message error", ICBMSetParams: "set message parameters", ICBMParamQuery: "message parameter query",
	ICBMParamReply: "message parameters", ICBMSend: "send", ICBMReceive: "receive", ICBMMissed: "missed",
	ICBMPeerError: "peer error", ICBMAck: "ack", ICBMOfflineGet: "offline messages query", ICBMTyping: "typing",
	ICBMOfflineDone: "offline messages done",

	PrivacyRightsQuery: "privacy rights query", PrivacyRightsReply: "privacy rights", PrivacyPermitAdd: "permit",
	PrivacyPermitRemove: "permit no longer", PrivacyDenyAdd: "deny", PrivacyDenyRemove: "deny no longer",

	IconUpload: "upload picture", IconStored: "picture stored", IconQuery: "picture query", IconAnswer: "picture",
	NavRightsQuery: "room rights query", NavRoomQuery: "room query", NavRoomCreate: "find room", NavReply: "room",
	RoomUpdate: "room", RoomEntered: "entered", RoomGone: "left", RoomSay: "say", RoomHear: "hear",
	DirSet: "set directory entry", DirSetReply: "directory entry set", DirQuery: "directory entry query", DirReply: "directory entry",
	DirSearch: "search", DirFound: "found",

	FeedbagRightsQuery: "feedbag rights query", FeedbagRightsReply: "feedbag rights", FeedbagQuery: "feedbag query",
	FeedbagQueryNewer: "feedbag query if newer", FeedbagReply: "feedbag", FeedbagUse: "use feedbag",
	FeedbagInsert: "insert", FeedbagUpdate: "update", FeedbagDelete: "delete", FeedbagStatus: "feedbag status",
	FeedbagNotNewer: "feedbag not newer", FeedbagBegin: "edit begin", FeedbagEnd: "edit end",
	FeedbagPreAuth: "authorise beforehand", FeedbagPreAuthed: "authorised beforehand",
	FeedbagAuthAsk: "ask authorisation", FeedbagAuthAsked: "asked for authorisation",
	FeedbagAuthReply: "answer authorisation", FeedbagAuthReplied: "authorisation answered", FeedbagAdded: "added",
}
