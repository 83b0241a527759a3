package msnp

import (
	"errors"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// A handler takes a command of the notification server that answers no question.
type handler func(*session, wire.Command)

var handlers = map[string]handler{
	"LSG": (*session).heardGroup,
	"LST": (*session).heardContact,
	"PRP": (*session).heardProperty,
	"BLP": (*session).heardPrivacy,
	"ADC": (*session).heardAdded,
	"ADD": (*session).heardAdded,
	"REM": (*session).heardRemoved,
	"ILN": (*session).heardPresence,
	"NLN": (*session).heardPresence,
	"FLN": (*session).heardOffline,
	"UBX": (*session).heardPersonal,
	"RNG": (*session).heardRing,
	"MSG": (*session).heardNotice,
	"CHL": (*session).heardChallenge,
	"QNG": (*session).heardPong,
	"OUT": func(s *session, c wire.Command) { s.end(outFailure(c.Arg(0))) },
	"XFR": (*session).heardReferral,
}

// errMoved is a server that sends its clients to another in the middle of a session.
var errMoved = failure(transports.Transient, "the server asks to sign on again", errors.New("XFR"))

// heardReferral is XFR without a question: to another notification server, or, if it is to a switchboard, the answer to
// a question that was given up.
func (s *session) heardReferral(c wire.Command) {
	if c.Arg(1) != "SB" {
		s.end(errMoved)
	}
}

// arrived takes a command, or the end of a link.
func (s *session) arrived(a arrival) {
	l := a.link
	if l.hung {
		return
	}
	if a.err != nil {
		s.broken(l, a.err)
		return
	}
	l.owed = true
	switch {
	case s.answered(l, a.command):
	case l.board != nil:
		s.heardOnBoard(l.board, a.command)
	default:
		s.dispatch(a.command)
	}
	if l.owed && (l.board == nil || !l.board.full()) {
		l.goOn()
	}
}

// dispatch gives a command to its handler. Unknown ones are passed over; so are errors that answer nothing, but for those
// that end a session.
func (s *session) dispatch(c wire.Command) {
	if code, ok := c.Code(); ok {
		s.heardError(code)
		return
	}
	h, known := handlers[c.Name]
	if !known {
		s.log.Debug("command passed over", "command", c.Name)
		return
	}
	h(s, c)
}

// heardError takes an error that nobody asked for.
func (s *session) heardError(code int) {
	switch {
	case !s.announced, code == codeChallenge, code == codeAlreadyIn, code >= 500 && code < 700 && code != codeDisabled, code >= 900:
		s.end(besideFailure(code))
	default:
		s.log.Debug("error passed over", "code", code)
	}
}

// heardPong is QNG: the connection is alive.
func (s *session) heardPong(wire.Command) {
	if !s.pongBy.IsZero() {
		s.nextPing = s.pongBy.Add(pingEvery - pongTimeout)
	}
	s.pongBy = timeZero
}

// heardChallenge is CHL: the server wants proof that we are a client that it knows (QRY).
func (s *session) heardChallenge(c wire.Command) {
	challenge, p := c.Arg(len(c.Args)-1), s.dialect.product
	if challenge == "" {
		return
	}
	answer := p.AnswerMD5(challenge)
	if s.dialect.mix {
		answer = p.AnswerMix(challenge)
	}
	s.ask(s.ns, "QRY", []string{p.ID}, []byte(answer), func(_ wire.Command, err error) {
		if isCode(err, codeChallenge) {
			s.end(codeFailure(codeChallenge))
		}
	})
}

// heardNotice is a message of the server's own: the profile, mail that waits, or what its operators have to say.
func (s *session) heardNotice(c wire.Command) {
	m := wire.ParseMessage(c.Payload)
	switch m.Type() {
	case wire.TypeProfile:
		s.mail.profile(m)
	case wire.TypeInitMail, wire.TypeNewMail:
		s.heardMail(m)
	case wire.TypeSystem:
		s.heardSystem(m)
	}
}

// heardSystem tells the user that the server is going down (type 1, argument: in how many minutes).
func (s *session) heardSystem(m wire.Message) {
	f := wire.ParseMessage(m.Body)
	if f.Get("Type") == "1" && f.Get("Arg1") != "" && len(f.Get("Arg1")) < 6 {
		s.tell(transports.Notice{Text: "The network will be down for maintenance in " + f.Get("Arg1") + " minutes."})
	}
}

// An order is how a kind of command is carried out, and the power it takes.
type order struct {
	power transports.Power
	carry func(*session, transports.Command)
}

func on[C transports.Command](power transports.Power, f func(*session, C)) order {
	return order{power, func(s *session, c transports.Command) { f(s, c.(C)) }}
}

// command takes what the gateway asks. Powers that the session lacks are answered at once.
func (s *session) command(c transports.Command) {
	tag := transports.TagOf(c)
	if tag != 0 {
		s.open[tag] = struct{}{}
	}
	o, known := orderOf(c)
	if !known || !s.powers.Has(o.power) {
		s.done(tag, transports.Written, transports.ErrUnsupported)
		return
	}
	o.carry(s, c)
}

// orderOf finds how c is carried out.
func orderOf(c transports.Command) (order, bool) {
	switch c.(type) {
	case transports.SendMessage:
		return on(0, (*session).sendMessage), true
	case transports.SendTyping:
		return on(transports.CanType, (*session).sendTyping), true
	case transports.SendAttention:
		return on(transports.CanAttention, (*session).sendAttention), true
	case transports.HandedOver:
		return on(0, (*session).handedOver), true
	case transports.SetPresence:
		return on(0, (*session).setPresence), true
	case transports.SetNick:
		return on(transports.CanNick, (*session).setNick), true
	case transports.FetchAvatar:
		return on(transports.CanAvatar, (*session).fetchAvatar), true
	case transports.SetAvatar:
		return on(transports.CanSetAvatar, (*session).setAvatar), true
	case transports.AnswerFile:
		return on(transports.CanReceiveFiles, (*session).answerFile), true
	case transports.SendFile:
		return on(transports.CanSendFiles, (*session).sendFile), true
	}
	return orderOfList(c)
}

// orderOfList finds it for the commands about lists and rooms.
func orderOfList(c transports.Command) (order, bool) {
	switch c.(type) {
	case transports.AddContact:
		return on(transports.CanEditContacts, (*session).addContact), true
	case transports.ChangeContact:
		return on(transports.CanEditContacts, (*session).changeContact), true
	case transports.RemoveContact:
		return on(transports.CanEditContacts, (*session).removeContact), true
	case transports.AnswerAuth:
		return on(transports.CanAuthorize, (*session).answerAuth), true
	case transports.Block:
		return on(transports.CanBlock, (*session).block), true
	case transports.SetPrivacy:
		return on(transports.CanPrivacy, (*session).setPrivacy), true
	case transports.ListRooms:
		return on(transports.CanRooms, (*session).listRooms), true
	case transports.JoinRoom:
		return on(transports.CanRooms, (*session).joinRoom), true
	case transports.LeaveRoom:
		return on(transports.CanRooms, (*session).leaveRoom), true
	case transports.SayRoom:
		return on(transports.CanRooms, (*session).sayRoom), true
	case transports.InviteRoom:
		return on(transports.CanRooms, (*session).inviteRoom), true
	case transports.AnswerInvite:
		return on(transports.CanRooms, (*session).answerInvite), true
	}
	return order{}, false
}
