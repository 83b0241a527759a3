package transporttest

import (
	"testing"

	"imgate/transports"
)

// A powerLaw is tried with each session that has the power; 0 is every session. That a session without a power
// answers ErrUnsupported is looked at in every law (checkPower).
type powerLaw struct {
	name  string
	power transports.Power
	try   func(*subject)
}

var powerLaws = []powerLaw{
	{"presence of every kind", 0, presenceLaw},
	{"what comes by itself", 0, heardLaw},
	{"typing", transports.CanType, typingLaw},
	{"attention", transports.CanAttention, attentionLaw},
	{"the list follows the commands", transports.CanEditContacts, contactsLaw},
	{"authorisation is asked and answered", transports.CanAuthorize, authLaw},
	{"the block list is told", transports.CanBlock, blockLaw},
	{"privacy", transports.CanPrivacy, privacyLaw},
	{"nick", transports.CanNick, nickLaw},
	{"profile", transports.CanProfile, profileLaw},
	{"own profile", transports.CanSetProfile, ownProfileLaw},
	{"picture", transports.CanAvatar, avatarLaw},
	{"own picture", transports.CanSetAvatar, ownAvatarLaw},
	{"search", transports.CanSearch, searchLaw},
	{"rooms", transports.CanRooms, roomLaw},
	{"files that come", transports.CanReceiveFiles, receiveLaw},
	{"files that go", transports.CanSendFiles, sendLaw},
	{"a file that nobody finishes", transports.CanSendFiles, unfinishedLaw},
}

// law makes one of the laws of sessions of a powerLaw.
func (l powerLaw) law(t testing.TB, h Harness) {
	s := begin(t, h, nil)
	defer s.finish(false)
	if s.untilSignedOn() && s.powers.Has(l.power) {
		l.try(s)
	}
}
