package transports

import "imgate/richtext"

// A Show is somebody's availability. The values are XMPP's (RFC 6121 §4.7.2.1) and two more.
type Show uint8

// The shows.
const (
	Offline Show = iota
	Online
	Chat
	Away
	XA
	DND
)

var showNames = [...]string{"offline", "online", "chat", "away", "xa", "dnd"}

// String is the show's name: offline, online, chat, away, xa, dnd.
func (s Show) String() string {
	if int(s) < len(showNames) {
		return showNames[s]
	}
	return "?"
}

// A Power is something that a session, or a contact, can do.
type Power uint32

// Powers is a set of Power.
type Powers = Power

// The powers. Messages, presence and reading the contact list are not listed: every network has them.
const (
	CanEditContacts Power = 1 << iota
	CanGroup              // contacts have groups
	CanType
	CanAttention
	CanStyle
	CanOffline // messages to an offline contact are stored
	CanInvisible
	CanAuthorize
	CanBlock
	CanPrivacy
	CanNick
	CanProfile // read a contact's profile
	CanSetProfile
	CanAvatar
	CanSetAvatar
	CanSearch
	CanRooms
	CanReceiveFiles
	CanSendFiles
	CanTune
	CanIdle
)

// Has reports whether all of p are in the set.
func (s Power) Has(p Power) bool { return s&p == p }

// A Contact is an entry of the legacy contact list.
type Contact struct {
	ID      LegacyID
	Name    string   // the name the user gave it, or empty
	Groups  []string // in the network's order; empty where the network has none
	Pending bool     // waits for the contact's authorisation
}

// An Image is a picture as bytes of Type ("image/png").
type Image struct {
	Type string
	Data []byte
}

// A Tune is what somebody listens to (XEP-0118).
type Tune struct{ Artist, Title, Album string }

// A Body is a message's text.
type Body = richtext.Text

// A Proof says how far a message or a change is known to have come.
type Proof uint8

// The proofs, weakest first. Only Accepted and Delivered may be told to the sender as a receipt (XEP-0184).
const (
	Written   Proof = iota // handed to the socket, nothing more
	Accepted               // the network's server acknowledged it
	Delivered              // the recipient's client acknowledged it
)

// A Privacy is the network-wide rule about who may reach the user.
type Privacy uint8

// The privacy modes.
const (
	AllowAll Privacy = iota
	AllowContacts
	AllowListed
	DenyListed
	DenyAll
)

// A Field is one line of a form, a search or a profile. Var is machine-readable ("nick", "email"), Label for
// people. Names that have a place in an XMPP user's vCard: nick, name, first, middle, last, email, homepage, birthday,
// phone, street, city, region, postcode, country, organization, title, role, gender, about.
type Field struct{ Var, Label, Value string }

// A RoomInfo is one line of a room list.
type RoomInfo struct {
	Room  LegacyID
	Name  string
	Topic string
	Size  int // occupants, or -1
}

// A Found is one row of a search result.
type Found struct {
	ID     LegacyID
	Fields []Field
}

// A Tag joins a command to its Done. 0 means that no Done is wanted; the gateway never reuses a tag in one
// session.
type Tag uint64

// A Seq numbers the messages of one session that the network will delete only once they are handed over; 0
// for those it has already forgotten.
type Seq uint64

// A Typing is what somebody is doing with the keyboard.
type Typing uint8

// The typing states.
const (
	TypingStopped Typing = iota
	TypingPaused
	TypingActive
)
