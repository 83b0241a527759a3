package wire

// How the value of a TLV is shown. What is not listed is not.
type shown uint8

const (
	asLength shown = iota
	asNumber       // if it has 1 to 4 bytes
	asText         // if it has at most maxName bytes
)

type tags map[uint16]struct {
	name  string
	shown shown
}

// The TLVs that may be seen, and the names of some that may not.
var (
	signOnTags = tags{
		TagName: {"name", asText}, TagRoasted: {"password", asLength}, TagClient: {"client", asText},
		TagServer: {"server", asText}, TagCookie: {"cookie", asLength}, TagLoginError: {"error", asNumber},
		TagReason: {"reason", asNumber}, TagFamily: {"family", asNumber}, TagCountry: {"country", asText},
		TagLanguage: {"language", asText}, TagDistribution: {"distribution", asNumber},
		TagClientID: {"client", asNumber}, TagMajor: {"major", asNumber}, TagMinor: {"minor", asNumber},
		TagPoint: {"point", asNumber}, TagBuild: {"build", asNumber}, TagHash: {"hash", asLength},
		TagMultiple: {"multiple", asNumber}, TagHashOfHash: {"hash of hash", asLength}, TagUseTLS: {"TLS", asNumber},
	}
	errorTags = tags{ErrorSubcode: {"subcode", asNumber}}
	userTags  = tags{
		UserClass: {"class", asNumber}, UserMemberSince: {"member since", asNumber}, UserSignedOn: {"since", asNumber},
		UserIdle: {"idle", asNumber}, UserStatus: {"status", asNumber}, UserOnlineFor: {"online for", asNumber},
		UserInstance: {"instance", asNumber}, UserAddress: {"address", asLength}, UserCaps: {"capabilities", asLength},
		UserShortCaps: {"capabilities", asLength}, UserIconOrText: {"icon or text", asLength},
	}
	messageTags = tags{
		MessageText: {"text", asLength}, MessageAck: {"wants ack", asLength}, MessageAuto: {"automatic", asLength},
		MessageData: {"data", asLength}, MessageStore: {"store", asLength}, MessageIcon: {"icon", asLength},
		MessageIconWanted: {"wants icon", asLength}, MessageWantEvents: {"wants events", asLength},
		MessageSent: {"sent", asNumber},
	}
	infoTags = tags{
		InfoProfileType: {"profile type", asLength}, InfoProfile: {"profile", asLength},
		InfoAwayType: {"away type", asLength}, InfoAway: {"away text", asLength}, InfoCaps: {"capabilities", asLength},
	}
	itemTags = tags{
		ItemPending: {"pending", asLength}, ItemMembers: {"members", asLength}, ItemPrivacy: {"privacy", asNumber},
		ItemAlias: {"alias", asLength}, ItemNote: {"note", asLength},
	}
	roomTags = tags{
		RoomMaxText: {"longest text", asNumber}, RoomName: {"name", asLength}, RoomCharset: {"charset", asText}, RoomLang: {"language", asText},
	}
	navTags   = tags{NavMaxRooms: {"rooms", asNumber}, NavExchange: {"exchange", asLength}, NavRoom: {"room", asLength}}
	wordsTags = tags{
		WordsPublic: {"public", asLength}, WordsTo: {"whispered", asLength}, WordsFrom: {"from", asLength},
		WordsMessage: {"message", asLength}, WordsReflect: {"wants it back", asLength},
	}
	rightsTags = tags{1: {"", asNumber}, 2: {"", asNumber}, 3: {"", asNumber}, 4: {"", asNumber}, 5: {"", asNumber}}
)

// messageCookie is that of a message. It is no secret of anybody's, but what is called a cookie is not shown.
var messageCookie = hidden(len(Cookie{}))

var rateClass = []part{
	word("class"), long("window"), long("clear"), long("alert"), long("limit"), long("disconnect"), long("level"), long("max"),
}

var icbmParams = []part{
	word("channel"), long("flags"), word("length"), word("sender"), word("receiver"), long("interval"),
}

// roomInfo is the block of a RoomInfo. Rooms are called what their makers like, so that no name of one is shown.
var roomInfo = []part{word("exchange"), sized8("room"), word("instance"), octet("detail"), word("TLVs"), tlvs(roomTags)}

// bart is a BART.
var bart = []part{word("type"), octet("flags"), sized8("hash")}

// layouts are the bodies of which more than the length may be seen.
var layouts = map[Kind][]part{
	LoginRequest: {tlvs(signOnTags)},
	LoginReply:   {tlvs(signOnTags)},
	KeyRequest:   {tlvs(signOnTags)},
	KeyReply:     {sized("key")},

	ClientReady:    {words},
	HostFamilies:   {words},
	ClientVersions: {words},
	HostVersions:   {words},
	RateAck:        {words},
	RateReply:      {word("classes")},
	RateChange:     append([]part{word("code")}, rateClass...),
	ServiceRequest: {word("family"), tlvs(signOnTags)},
	ServiceReply:   {tlvs(signOnTags)},
	SelfReply:      {repeated(user)},
	Warned:         {word("level"), user},
	SetIdle:        {long("seconds")},
	SetStatus:      {tlvs(userTags)},
	MessageOfDay:   {word("type"), tlvs(nil)},
	IconReply:      bart,

	IconUpload: {word("type"), sized("picture")},
	IconStored: append([]part{octet("code")}, bart...),
	IconQuery:  append([]part{name("of"), octet("command")}, bart...),
	IconAnswer: append(append([]part{name("of")}, bart...), sized("picture")),

	NavRoomCreate: roomInfo,
	NavReply:      {tlvs(navTags)},
	RoomUpdate:    roomInfo,
	RoomEntered:   {repeated(user)},
	RoomGone:      {repeated(user)},
	RoomSay:       {messageCookie, word("channel"), tlvs(wordsTags)},
	RoomHear:      {messageCookie, word("channel"), tlvs(wordsTags)},

	DirSet:      {tlvs(nil)},
	DirSetReply: {words},
	DirQuery:    {name("of")},
	DirReply:    {word("status"), word("TLVs"), tlvs(nil)},
	DirSearch:   {tlvs(nil)},
	DirFound:    {word("status")},

	LocateRightsReply: {tlvs(rightsTags)},
	SetInfo:           {tlvs(infoTags)},
	InfoQuery:         {word("what"), name("of")},
	InfoQuery2:        {long("what"), name("of")},
	InfoReply:         {user, tlvs(infoTags)},

	BuddyRightsReply: {tlvs(rightsTags)},
	BuddyAdd:         {repeated(name("user"))},
	BuddyRemove:      {repeated(name("user"))},
	BuddyRejected:    {repeated(name("user"))},
	BuddyAddTemp:     {repeated(name("user"))},
	BuddyRemoveTemp:  {repeated(name("user"))},
	BuddyArrived:     {repeated(user)},
	BuddyDeparted:    {repeated(user)},

	ICBMSetParams:  icbmParams,
	ICBMParamReply: icbmParams,
	ICBMSend:       {messageCookie, word("channel"), name("to"), tlvs(messageTags)},
	ICBMReceive:    {messageCookie, word("channel"), user, tlvs(messageTags)},
	ICBMMissed:     {repeated(word("channel"), user, word("count"), word("reason"))},
	ICBMPeerError:  {messageCookie, word("channel"), name("user"), word("code")},
	ICBMAck:        {messageCookie, word("channel"), name("to")},
	ICBMTyping:     {messageCookie, word("channel"), name("user"), word("event")},

	PrivacyRightsReply:  {tlvs(rightsTags)},
	PrivacyPermitAdd:    {repeated(name("user"))},
	PrivacyPermitRemove: {repeated(name("user"))},
	PrivacyDenyAdd:      {repeated(name("user"))},
	PrivacyDenyRemove:   {repeated(name("user"))},

	FeedbagRightsReply: {tlvs(nil)},
	FeedbagQueryNewer:  {long("changed"), word("count")},
	FeedbagNotNewer:    {long("changed")},
	FeedbagReply:       {octet("version"), feedbagItems},
	FeedbagInsert:      {repeated(item)},
	FeedbagUpdate:      {repeated(item)},
	FeedbagDelete:      {repeated(item)},
	FeedbagStatus:      {words},
	FeedbagPreAuth:     {name("user"), sized("reason")},
	FeedbagPreAuthed:   {name("user"), sized("reason")},
	FeedbagAuthAsk:     {name("user"), sized("reason")},
	FeedbagAuthAsked:   {name("user"), sized("reason")},
	FeedbagAuthReply:   {name("user"), octet("granted"), sized("reason")},
	FeedbagAuthReplied: {name("user"), octet("granted"), sized("reason")},
	FeedbagAdded:       {name("user")},
}

func feedbagItems(t *teller) {
	n := t.number(2)
	t.sayf(", %d items", n)
	for ; n > 0 && t.more(); n-- {
		item(t)
	}
}
