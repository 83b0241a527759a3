package ymsg

import (
	"fmt"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// A handler takes a packet. Its error ends the session.
type handler func(*session, wire.Packet) error

// quiet makes a handler of one that has no error.
func quiet(f func(*session, wire.Packet)) handler {
	return func(s *session, p wire.Packet) error { f(s, p); return nil }
}

var handlers = map[wire.Service]handler{
	wire.LogOn:          quiet((*session).presences),
	wire.LogOff:         (*session).loggedOff,
	wire.IsAway:         quiet((*session).presences),
	wire.IsBack:         quiet((*session).presences),
	wire.UserStat:       quiet((*session).presences),
	wire.Message:        quiet((*session).messages),
	wire.NewContact:     quiet((*session).newContact),
	wire.AddIgnore:      quiet((*session).ignoreTaken),
	wire.PingConfig:     (*session).configured,
	wire.SystemMessage:  quiet((*session).systemMessage),
	wire.ConfInvite:     quiet((*session).invited),
	wire.ConfAddInvite:  quiet((*session).invited),
	wire.ConfLogOn:      quiet((*session).conferenceJoined),
	wire.ConfLogOff:     quiet((*session).conferenceLeft),
	wire.ConfDecline:    quiet((*session).conferenceDeclined),
	wire.ConfMessage:    quiet((*session).conferenceMessage),
	wire.Notify:         quiet((*session).notified),
	wire.List:           (*session).listPart,
	wire.List15:         (*session).listPart,
	wire.Presence15:     quiet((*session).presences),
	wire.AuthRequest15:  quiet((*session).authRequest15),
	wire.FileTransfer:   quiet((*session).fileOffered),
	wire.PeerFile:       quiet((*session).peerFile),
	wire.FileOffer15:    quiet((*session).fileStep),
	wire.FileInfo15:     quiet((*session).relayNamed),
	wire.FileTaken15:    quiet((*session).relayToken),
	wire.Picture:        quiet((*session).pictureAnswered),
	wire.PictureCheck:   quiet((*session).pictureTold),
	wire.AvatarUpdate:   quiet((*session).pictureTold),
	wire.PictureUpload:  quiet((*session).pictureUploaded),
	wire.AddContact:     quiet((*session).edited),
	wire.RemoveContact:  quiet((*session).edited),
	wire.Ignore:         quiet((*session).edited),
	wire.RenameGroup:    quiet((*session).groupRenamed),
	wire.ProtocolFailed: func(_ *session, p wire.Packet) error { return signedOn(protocolFailure(p)) },
}

// arrived takes a packet, or the end of the stream. A packet that cannot be read is passed over: others can have
// the server send us such, and must not be able to end the session by it.
func (s *session) arrived(a *arrival) error {
	if a.err != nil {
		return a.err
	}
	s.pulse.heard(a.raw.Service)
	p, err := a.raw.Read()
	if err != nil {
		s.log.Warn("packet cannot be read", "service", a.raw.Service.String(), "err", err)
		return nil
	}
	return s.dispatch(p)
}

// dispatch gives a packet to its handler. Unknown ones are passed over.
func (s *session) dispatch(p wire.Packet) error {
	h, known := handlers[p.Service]
	if !known {
		s.log.Debug("packet passed over", "service", p.Service.String(), "status", uint32(p.Status))
		return nil
	}
	return h(s, p)
}

// loggedOff takes contacts who went (02), or the end of the session, which is a log-off of nobody.
func (s *session) loggedOff(p wire.Packet) error {
	if !p.Fields.Has(wire.KeyContact) {
		return signedOn(logOffFailure(p))
	}
	s.presences(p)
	return nil
}

// systemMessage takes what the operators have to say (14).
func (s *session) systemMessage(p wire.Packet) {
	if text := richtext.FromYahoo(s.text(p.Fields, wire.KeyText)).String(); text != "" {
		s.tell(transports.Notice{Text: text})
	}
}

// text reads a text. Key 97 says whether it is UTF-8, and is not always right: what is valid UTF-8 is read so.
func (s *session) text(f wire.Fields, k wire.Key) string {
	b, _ := f.Get(k)
	return richtext.Guess(b, s.charset)
}

// command takes what the gateway asks. Powers that the session lacks are answered at once.
func (s *session) command(c transports.Command) {
	if tag := transports.TagOf(c); tag != 0 {
		s.open[tag] = struct{}{}
	}
	switch c := c.(type) {
	case transports.SendMessage:
		s.sendMessage(c)
	case transports.SendTyping:
		s.sendTyping(c)
	case transports.SendAttention:
		s.sendAttention(c)
	case transports.HandedOver: // of versions before 15 the server has forgotten what it kept as soon as it is sent
		s.handedOver(c)
	case transports.SetPresence:
		s.setPresence(c)
	case transports.AddContact, transports.ChangeContact, transports.RemoveContact, transports.Block:
		s.edits.push(s, c)
	case transports.AnswerAuth:
		s.answerAuth(c)
	case transports.SendFile:
		s.sendFile(c)
	case transports.AnswerFile:
		s.answerFile(c)
	case transports.FetchAvatar:
		s.fetchAvatar(c)
	case transports.SetAvatar:
		s.setAvatar(c)
	case transports.ListRooms:
		s.listRooms(c)
	case transports.JoinRoom:
		s.joinRoom(c)
	case transports.LeaveRoom:
		s.leaveRoom(c)
	case transports.SayRoom:
		s.sayRoom(c)
	case transports.InviteRoom:
		s.inviteRoom(c)
	case transports.AnswerInvite:
		s.answerInvite(c)
	default:
		s.done(transports.TagOf(c), transports.Written, transports.ErrUnsupported)
	}
}

// setPresence tells others how the user is. The network confirms nothing.
func (s *session) setPresence(c transports.SetPresence) {
	if c.Show == transports.Offline || c.Show > transports.DND {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: no such presence", transports.ErrInvalid))
		return
	}
	look := lookOf(c)
	if look == s.shown.look {
		s.done(c.Tag, transports.Written, nil)
		return
	}
	before := s.shown
	s.shown.look = look
	service, fields := look.service(), look.fields(s.me)
	if s.dialect.late {
		service, fields = s.lateLook(before.look, look)
	}
	err := s.say(service, look.status, fields, func() { s.done(c.Tag, transports.Written, nil) })
	if err != nil {
		s.shown = before
		s.done(c.Tag, transports.Written, err)
	}
}

// show tells the presence to sign on with.
func (s *session) show(p transports.SetPresence) {
	p.Tag = 0
	s.setPresence(p)
}

// soon is the earlier of two times, where zero is none.
func soon(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
