package loopback

import (
	"reflect"

	"imgate/transports"
)

// An answer is what a command comes to.
type answer struct {
	proof  transports.Proof
	result transports.Result
	err    error
	later  bool // somebody else has to act first
}

// later is the answer of a command whose Done comes when somebody else has acted.
var later = answer{later: true}

// outcome is the answer of a command that the server has carried out, or refused with err.
func outcome(err error) answer {
	if err != nil {
		return answer{err: err}
	}
	return answer{proof: transports.Accepted}
}

// fetched is the answer of a command that asks for something.
func fetched(r transports.Result, err error) answer {
	if err != nil {
		return answer{err: err}
	}
	return answer{proof: transports.Accepted, result: r}
}

// An order is how a kind of command is carried out, and what a session must have for it.
type order struct {
	power transports.Power
	carry func(*Server, *line, transports.Command) answer
}

func on[C transports.Command](power transports.Power, f func(*Server, *line, C) answer) (reflect.Type, order) {
	return reflect.TypeFor[C](), order{power, func(s *Server, l *line, c transports.Command) answer { return f(s, l, c.(C)) }}
}

// orders are the commands of the contract. One that is not here is not supported.
var orders = func() map[reflect.Type]order {
	all := map[reflect.Type]order{}
	add := func(t reflect.Type, o order) { all[t] = o }
	add(on(0, (*Server).sendMessage))
	add(on(0, (*Server).forgetStored))
	add(on(0, (*Server).showPresence))
	add(on(transports.CanType, (*Server).sendTyping))
	add(on(transports.CanAttention, (*Server).sendAttention))
	add(on(transports.CanNick, (*Server).setNick))
	add(on(transports.CanProfile, (*Server).fetchProfile))
	add(on(transports.CanSetProfile, (*Server).setProfile))
	add(on(transports.CanAvatar, (*Server).fetchAvatar))
	add(on(transports.CanSetAvatar, (*Server).setAvatar))
	add(on(transports.CanEditContacts, (*Server).addContact))
	add(on(transports.CanEditContacts, (*Server).changeContact))
	add(on(transports.CanEditContacts, (*Server).removeContact))
	add(on(transports.CanAuthorize, (*Server).answerAuth))
	add(on(transports.CanBlock, (*Server).block))
	add(on(transports.CanPrivacy, (*Server).setPrivacy))
	add(on(transports.CanSearch, (*Server).searchForm))
	add(on(transports.CanSearch, (*Server).search))
	add(on(transports.CanRooms, (*Server).listRooms))
	add(on(transports.CanRooms, (*Server).joinRoom))
	add(on(transports.CanRooms, (*Server).leaveRoom))
	add(on(transports.CanRooms, (*Server).sayRoom))
	add(on(transports.CanRooms, (*Server).inviteRoom))
	add(on(transports.CanRooms, (*Server).answerInvite))
	add(on(transports.CanReceiveFiles, (*Server).answerFile))
	add(on(transports.CanSendFiles, (*Server).sendFile))
	return all
}()

// obey carries out one command. Its answer, where one is wanted, comes by the line, behind the events that the
// command brought about.
func (s *Server) obey(l *line, c transports.Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tag := transports.TagOf(c)
	if tag != 0 {
		l.ask(tag)
	}
	o, known := orders[reflect.TypeOf(c)]
	got := answer{err: transports.ErrUnsupported}
	switch {
	case l.acct.line != l:
		got.err = transports.ErrDisconnected // replaced, and about to hear it
	case known && l.powers.Has(o.power):
		got = o.carry(s, l, c)
	}
	if tag != 0 && !got.later {
		l.answer(tag, got)
	}
}
