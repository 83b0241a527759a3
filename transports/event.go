package transports

import "time"

// An Event is what a session tells the gateway. The set is closed. Every LegacyID in an event is canonical, but those of
// rooms: they are as the commands that were asked about the room say, and else as the network names it.
type Event interface{ isEvent() }

// The events.
type (
	// Progress names a step of signing on, in the network's own words ("BUCP login", "BOS rates"). It is the
	// only event before SignedOn.
	Progress struct{ Step string }
	// SignedOn comes once. Name is the name as the network spells it; Powers are this session's.
	SignedOn struct {
		Name   string
		Powers Powers
	}
	// Keep asks the gateway to seal a value for the next sign-on; an empty secret forgets it.
	Keep struct {
		Name   string
		Secret Secret
	}
	// Learned tells which charset a contact writes in where it does not say so; the next session finds it in
	// Account.Charsets.
	Learned struct {
		ID      LegacyID
		Charset string
	}

	// ContactList is the whole list, and replaces what was known before.
	ContactList struct{ Contacts []Contact }
	// Contacted is an entry added or changed.
	Contacted struct{ Contact Contact }
	// ContactGone is an entry removed.
	ContactGone struct{ ID LegacyID }
	// Presence is a contact's presence; it replaces the one before.
	Presence struct {
		From      LegacyID
		Show      Show
		Status    string
		IdleSince time.Time // zero: not idle
		Tune      *Tune
		Avatar    string // hash for FetchAvatar, or empty
		Powers    Powers // what the contact's client can do
	}

	// Message is a message from a contact or a stranger. Sent is zero where the network does not tell;
	// Stored marks an offline message.
	Message struct {
		Seq    Seq
		From   LegacyID
		Body   Body
		Sent   time.Time
		Stored bool
		Auto   bool
	}
	// OwnMessage is what the user sent from another client of the same account.
	OwnMessage struct {
		To   LegacyID
		Body Body
		Sent time.Time
	}
	// TypingFrom tells what a contact's keyboard does.
	TypingFrom struct {
		From  LegacyID
		State Typing
	}
	// Attention is a nudge or buzz.
	Attention struct{ From LegacyID }

	// AuthRequest is somebody who wants to see the user's presence.
	AuthRequest struct {
		From         LegacyID
		Nick, Reason string
	}
	// AuthAnswer is the answer to the user's own request.
	AuthAnswer struct {
		From    LegacyID
		Granted bool
		Reason  string
	}
	// AddedYou is somebody who put the user on a list, where no answer is needed.
	AddedYou struct{ From LegacyID }
	// Blocked is the whole block list.
	Blocked struct{ List []LegacyID }
	// Notice is a sentence from the network's operators for the user.
	Notice struct{ Text string }

	// RoomJoined says that the user is in.
	RoomJoined struct {
		Room LegacyID
		Nick string
	}
	// RoomLeft says that the user is out; Why is empty when they asked for it.
	RoomLeft struct {
		Room LegacyID
		Why  string
	}
	// Occupant is somebody in a room; Here is false when they left.
	Occupant struct {
		Room LegacyID
		ID   LegacyID
		Nick string
		Here bool
	}
	// RoomMessage is something said in a room, by Nick; Own marks the echo of the user's own.
	RoomMessage struct {
		Seq  Seq
		Room LegacyID
		From LegacyID
		Nick string
		Body Body
		Sent time.Time
		Own  bool
	}
	// RoomTopic is the room's topic.
	RoomTopic struct {
		Room  LegacyID
		Topic string
	}
	// Invited is an invitation into a room.
	Invited struct {
		Room   LegacyID
		From   LegacyID
		Reason string
	}

	// FileOffer is a file that From wants to send. Size in bytes, -1 unknown.
	FileOffer struct {
		Offer string
		From  LegacyID
		Name  string
		Size  int64
	}
	// FileData gives the bytes of an accepted offer, once.
	FileData struct {
		Offer string
		Open  Opener
	}

	// Done answers the command with that Tag. Err nil: it worked, as far as Proof says.
	Done struct {
		Tag    Tag
		Proof  Proof
		Result Result // nil but where the command says
		Err    error
	}
)

// A Result is what a command fetched. The set is closed.
type Result interface{ isResult() }

// The results.
type (
	// ProfileResult answers FetchProfile.
	ProfileResult struct {
		Text   Body
		Fields []Field
	}
	// AvatarResult answers FetchAvatar; no data means no picture.
	AvatarResult struct{ Image Image }
	// FormResult answers SearchForm.
	FormResult struct {
		Instructions string
		Fields       []Field
	}
	// SearchResult answers Search.
	SearchResult struct {
		Found []Found
		More  bool // the network had more than it told
	}
	// RoomsResult answers ListRooms.
	RoomsResult struct{ Rooms []RoomInfo }
)

func (Progress) isEvent()    {}
func (SignedOn) isEvent()    {}
func (Keep) isEvent()        {}
func (Learned) isEvent()     {}
func (ContactList) isEvent() {}
func (Contacted) isEvent()   {}
func (ContactGone) isEvent() {}
func (Presence) isEvent()    {}
func (Message) isEvent()     {}
func (OwnMessage) isEvent()  {}
func (TypingFrom) isEvent()  {}
func (Attention) isEvent()   {}
func (AuthRequest) isEvent() {}
func (AuthAnswer) isEvent()  {}
func (AddedYou) isEvent()    {}
func (Blocked) isEvent()     {}
func (Notice) isEvent()      {}
func (RoomJoined) isEvent()  {}
func (RoomLeft) isEvent()    {}
func (Occupant) isEvent()    {}
func (RoomMessage) isEvent() {}
func (RoomTopic) isEvent()   {}
func (Invited) isEvent()     {}
func (FileOffer) isEvent()   {}
func (FileData) isEvent()    {}
func (Done) isEvent()        {}

func (ProfileResult) isResult() {}
func (AvatarResult) isResult()  {}
func (FormResult) isResult()    {}
func (SearchResult) isResult()  {}
func (RoomsResult) isResult()   {}
