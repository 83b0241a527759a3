package transporttest

import (
	"errors"
	"fmt"
	"reflect"

	"imgate/transports"
)

// powerOf says which power a kind of command needs. Those that are not here every session has.
var powerOf = map[reflect.Type]transports.Power{
	reflect.TypeFor[transports.SendAttention](): transports.CanAttention,
	reflect.TypeFor[transports.SetNick]():       transports.CanNick,
	reflect.TypeFor[transports.SetProfile]():    transports.CanSetProfile,
	reflect.TypeFor[transports.SetAvatar]():     transports.CanSetAvatar,
	reflect.TypeFor[transports.AddContact]():    transports.CanEditContacts,
	reflect.TypeFor[transports.ChangeContact](): transports.CanEditContacts,
	reflect.TypeFor[transports.RemoveContact](): transports.CanEditContacts,
	reflect.TypeFor[transports.AnswerAuth]():    transports.CanAuthorize,
	reflect.TypeFor[transports.Block]():         transports.CanBlock,
	reflect.TypeFor[transports.SetPrivacy]():    transports.CanPrivacy,
	reflect.TypeFor[transports.FetchProfile]():  transports.CanProfile,
	reflect.TypeFor[transports.FetchAvatar]():   transports.CanAvatar,
	reflect.TypeFor[transports.SearchForm]():    transports.CanSearch,
	reflect.TypeFor[transports.Search]():        transports.CanSearch,
	reflect.TypeFor[transports.ListRooms]():     transports.CanRooms,
	reflect.TypeFor[transports.JoinRoom]():      transports.CanRooms,
	reflect.TypeFor[transports.SayRoom]():       transports.CanRooms,
	reflect.TypeFor[transports.InviteRoom]():    transports.CanRooms,
	reflect.TypeFor[transports.AnswerFile]():    transports.CanReceiveFiles,
	reflect.TypeFor[transports.SendFile]():      transports.CanSendFiles,
}

// resultOf says what a kind of command fetches. Those that are not here fetch nothing.
var resultOf = map[reflect.Type]reflect.Type{
	reflect.TypeFor[transports.FetchProfile](): reflect.TypeFor[transports.ProfileResult](),
	reflect.TypeFor[transports.FetchAvatar]():  reflect.TypeFor[transports.AvatarResult](),
	reflect.TypeFor[transports.SearchForm]():   reflect.TypeFor[transports.FormResult](),
	reflect.TypeFor[transports.Search]():       reflect.TypeFor[transports.SearchResult](),
	reflect.TypeFor[transports.ListRooms]():    reflect.TypeFor[transports.RoomsResult](),
}

// checkDone holds an answer to the laws about answers.
func (s *subject) checkDone(c transports.Command, d transports.Done) {
	s.t.Helper()
	kind := reflect.TypeOf(c)
	var want reflect.Type
	if d.Err == nil {
		want = resultOf[kind]
	} else {
		s.env.Check("error of a Done", d.Err.Error())
	}
	if got := reflect.TypeOf(d.Result); got != want {
		s.t.Errorf("law broken: %v is answered with %v (error: %v), not %v", kind, got, d.Err, want)
	}
	if d.Proof > transports.Delivered {
		s.t.Errorf("law broken: %v has the proof %d", kind, d.Proof)
	}
	s.checkPower(kind, c, d.Err)
	if join, ok := c.(transports.JoinRoom); ok && d.Err == nil && !s.rooms[join.Room] {
		s.t.Errorf("law broken: JoinRoom is done, and there was no RoomJoined for %q", join.Room)
	}
}

// checkPower wants ErrUnsupported for what the session lacks, and for nothing else. What was open when the network
// let go may be answered with that.
func (s *subject) checkPower(kind reflect.Type, c transports.Command, err error) {
	s.t.Helper()
	need := powerOf[kind]
	if p, ok := c.(transports.SetPresence); ok && p.Invisible {
		need = transports.CanInvisible
	}
	unsupported := errors.Is(err, transports.ErrUnsupported)
	switch has := s.powers.Has(need); {
	case need != 0 && has && unsupported:
		s.t.Errorf("law broken: %v is not supported, and SignedOn.Powers has it", kind)
	case !has && !unsupported && !errors.Is(err, transports.ErrDisconnected):
		s.t.Errorf("law broken: %v is answered with %v, and SignedOn.Powers lacks it: ErrUnsupported", kind, err)
	}
}

// tag gives a new tag.
func (s *subject) tag() transports.Tag {
	s.lastTag++
	return s.lastTag
}

// ask hands a command over and waits for its answer.
func (s *subject) ask(c transports.Command) (transports.Done, bool) {
	s.t.Helper()
	if !s.offer(c) {
		return transports.Done{}, false
	}
	tag := transports.TagOf(c)
	ok := s.until(fmt.Sprintf("Done of %T", c), func() bool { return s.done[tag] > 0 })
	return s.answers[tag], ok
}

// works asks for what the session has the power to do, and wants it done.
func (s *subject) works(c transports.Command) bool {
	s.t.Helper()
	d, ok := s.ask(c)
	if ok && d.Err != nil {
		s.t.Errorf("law broken: %T is a power of this session, and is answered with: %v", c, d.Err)
	}
	return ok && d.Err == nil
}

// refuses asks for what cannot be done, and wants that said.
func (s *subject) refuses(what string, c transports.Command) {
	s.t.Helper()
	if d, ok := s.ask(c); ok && d.Err == nil {
		s.t.Errorf("law broken: %s is done without an error", what)
	}
}
