package oscar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// A handler takes a SNAC that the server sent by itself. Its error ends the session.
type handler func(*session, wire.SNAC) error

// on makes a handler of one that wants the body. A body that cannot be read is passed over: others can send
// us such, and must not be able to end the session by it.
func on[T any, P wire.Decodable[T]](f func(*session, wire.SNAC, T)) handler {
	return func(s *session, snac wire.SNAC) error {
		body, err := wire.Decode[T, P](snac.Body)
		if err != nil {
			s.log.Warn("SNAC cannot be read", "snac", snac.Kind.String(), "err", err)
			return nil
		}
		f(s, snac, body)
		return nil
	}
}

var handlers = map[wire.Kind]handler{
	wire.RateChange:         on((*session).rateChanged),
	wire.ServicePause:       func(s *session, _ wire.SNAC) error { s.pause(); return nil },
	wire.ServiceResume:      func(s *session, _ wire.SNAC) error { s.paused = false; return nil },
	wire.Warned:             on((*session).warned),
	wire.Migrate:            func(*session, wire.SNAC) error { return errMigrate },
	wire.MessageOfDay:       on((*session).motd),
	wire.BuddyArrived:       on((*session).arrivedBuddies),
	wire.BuddyDeparted:      on((*session).departedBuddies),
	wire.ICBMReceive:        on((*session).receivedMessage),
	wire.ICBMAck:            on((*session).acknowledged),
	wire.ICBMMissed:         on((*session).missed),
	wire.ICBMTyping:         on((*session).typing),
	wire.FeedbagInsert:      on((*session).listChanged),
	wire.FeedbagUpdate:      on((*session).listChanged),
	wire.FeedbagDelete:      on((*session).listChanged),
	wire.ICQReply:           on((*session).icqReply),
	wire.FeedbagAuthAsked:   on((*session).authAsked),
	wire.FeedbagAuthReplied: on((*session).authReplied),
	wire.FeedbagAdded:       on((*session).addedBy),
	wire.IconReply:          on((*session).iconAsked),
}

var errMigrate = failure(transports.Transient, "the server asks to sign on again", errors.New("SNAC 01/12"))

// arrived takes a frame, or the end of the stream.
func (s *session) arrived(a *arrival) error {
	if a.err != nil {
		return a.err
	}
	s.heard = time.Now()
	switch a.frame.Channel {
	case wire.Data:
		snac, err := wire.ReadSNAC(a.frame.Data)
		if err != nil {
			return fmt.Errorf("read SNAC: %w", err)
		}
		return s.dispatch(snac)
	case wire.SignOff:
		return s.signedOff(a.frame)
	}
	return nil
}

// dispatch gives a SNAC to the request that it answers, or to its handler. Unknown ones are passed over.
func (s *session) dispatch(snac wire.SNAC) error {
	if s.answered(s, snac.Request, snac) {
		return nil
	}
	h, known := handlers[snac.Kind]
	if !known {
		s.log.Debug("SNAC passed over", "snac", snac.Kind.String())
		return nil
	}
	return h(s, snac)
}

// command takes what the gateway asks. Powers that the session lacks are answered at once.
func (s *session) command(c transports.Command) {
	if tag := transports.TagOf(c); tag != 0 {
		s.open[tag] = struct{}{}
	}
	if !s.powers.Has(needed(c)) {
		s.done(transports.TagOf(c), transports.Written, transports.ErrUnsupported)
		return
	}
	if s.roomCommand(c) {
		return
	}
	switch c := c.(type) {
	case transports.SendMessage:
		s.sendMessage(c)
	case transports.SendTyping:
		s.sendTyping(c)
	case transports.SetPresence:
		s.setPresence(c)
	case transports.HandedOver:
		s.handedOver(c)
	case transports.AnswerAuth:
		s.answerAuth(c)
	case transports.AddContact:
		s.addContact(c)
	case transports.ChangeContact:
		s.changeContact(c)
	case transports.RemoveContact:
		s.removeContact(c)
	case transports.Block:
		s.block(c)
	case transports.SetPrivacy:
		s.setPrivacy(c)
	case transports.FetchProfile:
		if s.dialect.storedByICQ && isDigits(string(c.ID)) {
			s.fetchICQ(c)
			return
		}
		s.fetchProfile(c)
	case transports.SearchForm:
		s.searchForm(c)
	case transports.Search:
		s.search(c)
	case transports.SetProfile:
		s.setProfile(c)
	case transports.SetAvatar:
		s.setAvatar(c)
	case transports.FetchAvatar:
		s.fetchAvatar(c)
	case transports.AnswerFile:
		s.answerFile(c)
	default:
		s.done(transports.TagOf(c), transports.Written, transports.ErrUnsupported)
	}
}

// needed is the power that a command takes which not every dialect has.
func needed(c transports.Command) transports.Power {
	switch c.(type) {
	case transports.SearchForm, transports.Search:
		return transports.CanSearch
	case transports.AnswerAuth:
		return transports.CanAuthorize
	case transports.SetProfile:
		return transports.CanSetProfile
	case transports.FetchAvatar:
		return transports.CanAvatar
	case transports.SetAvatar:
		return transports.CanSetAvatar
	case transports.AnswerFile:
		return transports.CanReceiveFiles
	case transports.ListRooms, transports.JoinRoom, transports.LeaveRoom, transports.SayRoom, transports.InviteRoom, transports.AnswerInvite:
		return transports.CanRooms
	}
	return 0
}

// rateChanged takes new figures, or a warning (SNAC 01/0A).
func (s *session) rateChanged(_ wire.SNAC, c wire.RateChanged) {
	s.lanes.changed(c)
	if c.Code == wire.RateLimited {
		s.limitedAt = time.Now()
		s.log.Warn("over the network's rate limit", "class", c.Class.ID)
	}
}

// pause stops sending until SNAC 01/0D, as servers want before a migration (SNAC 01/0B; lore).
func (s *session) pause() {
	var families wire.Words
	for _, f := range s.offered() {
		families = append(families, f.Family)
	}
	if err := s.ask(wire.PauseAck, families, 0, func(s *session, _ wire.SNAC, _ error) { s.paused = true }); err != nil {
		s.paused = true
	}
}

// warned tells the user of a warning (SNAC 01/10).
func (s *session) warned(_ wire.SNAC, w wire.WarnedBy) {
	who := "Somebody"
	if _, ok := s.id(w.By.Name); ok {
		who = w.By.Name
	}
	s.tell(transports.Notice{Text: fmt.Sprintf("%s warned you. Your warning level is %d %%.", who, w.Level/10)})
}

// motd passes on what operators have to say now, and not the greeting (SNAC 01/13).
func (s *session) motd(_ wire.SNAC, m wire.Motd) {
	const announcement = 3
	if text := m.TLVs.String(wire.MotdText); m.Type == announcement && text != "" {
		s.tell(transports.Notice{Text: s.text([]byte(text))})
	}
}

// acknowledged finds the message of an acknowledgement that came without the request's number (SNAC 04/0C):
// the cookie of our messages ends in it.
func (s *session) acknowledged(snac wire.SNAC, a wire.HostAck) {
	s.answered(s, binary.BigEndian.Uint32(a.Cookie[4:]), snac)
}

// id gives the canonical address of somebody that the server names; ok is false for what is no address.
func (s *session) id(name string) (transports.LegacyID, bool) {
	id, err := s.dialect.canonical(name)
	if err != nil {
		s.log.Debug("not an address", "name", name)
	}
	return id, err == nil
}

// authAsked tells of somebody who wants to see the user's presence (SNAC 13/19).
func (s *session) authAsked(_ wire.SNAC, a wire.AuthAsk) {
	s.tellsStored()
	if id, ok := s.id(a.Name); ok {
		s.tell(transports.AuthRequest{From: id, Reason: s.textOf(id, []byte(a.Reason))})
	}
}

// authReplied tells of an answer to the user's request (SNAC 13/1B).
func (s *session) authReplied(_ wire.SNAC, a wire.AuthReply) {
	s.tellsStored()
	if id, ok := s.id(a.Name); ok {
		s.tell(transports.AuthAnswer{From: id, Granted: a.Granted, Reason: s.textOf(id, []byte(a.Reason))})
	}
}

// addedBy tells of somebody who put the user on a list (SNAC 13/1C).
func (s *session) addedBy(_ wire.SNAC, a wire.AddedBy) {
	s.tellsStored()
	if id, ok := s.id(a.Name); ok {
		s.tell(transports.AddedYou{From: id})
	}
}
