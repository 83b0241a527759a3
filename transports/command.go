package transports

import (
	"context"
	"io"
	"time"
)

// A Command is what the gateway asks of a session. The set is closed. Each command with a Tag other than 0
// is answered by exactly one Done; a session that lacks the power answers ErrUnsupported.
type Command interface{ isCommand() }

// Opener gives the bytes of a file once; the caller closes them.
type Opener func(ctx context.Context) (io.ReadCloser, error)

// The commands.
type (
	// SendMessage sends a message. Auto marks an automatic reply.
	SendMessage struct {
		Tag  Tag
		To   LegacyID
		Body Body
		Auto bool
	}
	// SendTyping tells To what the user's keyboard does. No answer.
	SendTyping struct {
		To    LegacyID
		State Typing
	}
	// SendAttention nudges or buzzes To.
	SendAttention struct {
		Tag Tag
		To  LegacyID
	}
	// HandedOver says that the message of that Seq, and all before it, are with the user's server. No answer.
	HandedOver struct{ Seq Seq }

	// SetPresence is the user's presence. Show is never Offline: leaving is ending the context.
	SetPresence struct {
		Tag       Tag
		Show      Show
		Status    string
		Invisible bool
		IdleSince time.Time // zero: not idle
		Tune      *Tune     // nil: none
	}
	// SetNick changes the display name that others see.
	SetNick struct {
		Tag  Tag
		Nick string
	}
	// SetProfile changes the user's profile text or fields.
	SetProfile struct {
		Tag    Tag
		Fields []Field
	}
	// SetAvatar changes the user's picture; nil removes it.
	SetAvatar struct {
		Tag   Tag
		Image *Image
	}

	// AddContact puts ID on the list; Reason goes with a request for authorisation.
	AddContact struct {
		Tag    Tag
		ID     LegacyID
		Name   string
		Groups []string
		Reason string
	}
	// ChangeContact renames and regroups.
	ChangeContact struct {
		Tag    Tag
		ID     LegacyID
		Name   string
		Groups []string
	}
	// RemoveContact takes ID off the list, from every group.
	RemoveContact struct {
		Tag Tag
		ID  LegacyID
	}
	// AnswerAuth answers an AuthRequest.
	AnswerAuth struct {
		Tag    Tag
		To     LegacyID
		Allow  bool
		Reason string
	}
	// Block sets or lifts a block.
	Block struct {
		Tag Tag
		ID  LegacyID
		On  bool
	}
	// SetPrivacy changes the rule about who may reach the user.
	SetPrivacy struct {
		Tag  Tag
		Mode Privacy
	}

	// FetchProfile asks for ID's profile: Done{Result: ProfileResult}.
	FetchProfile struct {
		Tag Tag
		ID  LegacyID
	}
	// FetchAvatar asks for ID's picture: Done{Result: AvatarResult}. Hash is what Presence told.
	FetchAvatar struct {
		Tag  Tag
		ID   LegacyID
		Hash string
	}
	// SearchForm asks which fields a search takes: Done{Result: FormResult}.
	SearchForm struct{ Tag Tag }
	// Search looks people up: Done{Result: SearchResult}.
	Search struct {
		Tag    Tag
		Fields []Field
	}

	// ListRooms asks for the public rooms: Done{Result: RoomsResult}.
	ListRooms struct{ Tag Tag }
	// JoinRoom enters a room; its occupants and RoomJoined follow as events before the Done.
	JoinRoom struct {
		Tag      Tag
		Room     LegacyID
		Create   bool
		Nick     string
		Password Secret
	}
	// LeaveRoom leaves. No answer but RoomLeft.
	LeaveRoom struct{ Room LegacyID }
	// SayRoom says something in a room.
	SayRoom struct {
		Tag  Tag
		Room LegacyID
		Body Body
	}
	// InviteRoom invites To into a room.
	InviteRoom struct {
		Tag    Tag
		Room   LegacyID
		To     LegacyID
		Reason string
	}
	// AnswerInvite answers Invited. No answer; joining is JoinRoom.
	AnswerInvite struct {
		Room   LegacyID
		Accept bool
	}

	// AnswerFile accepts or declines a FileOffer; the bytes come as FileData.
	AnswerFile struct {
		Tag    Tag
		Offer  string
		Accept bool
	}
	// SendFile offers a file and sends it when taken; Done when it is through. Size in bytes.
	SendFile struct {
		Tag  Tag
		To   LegacyID
		Name string
		Size int64
		Open Opener
	}
)

func (SendMessage) isCommand()   {}
func (SendTyping) isCommand()    {}
func (SendAttention) isCommand() {}
func (HandedOver) isCommand()    {}
func (SetPresence) isCommand()   {}
func (SetNick) isCommand()       {}
func (SetProfile) isCommand()    {}
func (SetAvatar) isCommand()     {}
func (AddContact) isCommand()    {}
func (ChangeContact) isCommand() {}
func (RemoveContact) isCommand() {}
func (AnswerAuth) isCommand()    {}
func (Block) isCommand()         {}
func (SetPrivacy) isCommand()    {}
func (FetchProfile) isCommand()  {}
func (FetchAvatar) isCommand()   {}
func (SearchForm) isCommand()    {}
func (Search) isCommand()        {}
func (ListRooms) isCommand()     {}
func (JoinRoom) isCommand()      {}
func (LeaveRoom) isCommand()     {}
func (SayRoom) isCommand()       {}
func (InviteRoom) isCommand()    {}
func (AnswerInvite) isCommand()  {}
func (AnswerFile) isCommand()    {}
func (SendFile) isCommand()      {}

// TagOf gives the tag of c; 0 for commands that have none.
func TagOf(c Command) Tag {
	switch c := c.(type) {
	case SendMessage:
		return c.Tag
	case SendAttention:
		return c.Tag
	case SetPresence:
		return c.Tag
	case SetNick:
		return c.Tag
	case SetProfile:
		return c.Tag
	case SetAvatar:
		return c.Tag
	case AddContact:
		return c.Tag
	case ChangeContact:
		return c.Tag
	case RemoveContact:
		return c.Tag
	case AnswerAuth:
		return c.Tag
	case Block:
		return c.Tag
	case SetPrivacy:
		return c.Tag
	case FetchProfile:
		return c.Tag
	case FetchAvatar:
		return c.Tag
	case SearchForm:
		return c.Tag
	case Search:
		return c.Tag
	case ListRooms:
		return c.Tag
	case JoinRoom:
		return c.Tag
	case SayRoom:
		return c.Tag
	case InviteRoom:
		return c.Tag
	case AnswerFile:
		return c.Tag
	case SendFile:
		return c.Tag
	case SendTyping, HandedOver, LeaveRoom, AnswerInvite:
		return 0
	}
	return 0
}
