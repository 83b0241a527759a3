package ymsg

import (
	"time"

	"imgate/lab/world"
	"imgate/transports/ymsg/wire"
)

// A bot is an account without a client that behaves.
type bot struct {
	away   string        // its away text; empty: it is available
	types  time.Duration // it types for so long before it answers
	echoes bool
	absent bool // it is never there
}

// The lab's people, and its bots, who stand on the people's lists.
var (
	people = [...]string{"alicewonder", "bobwonder"}
	bots   = [...]struct {
		name string
		bot  bot
	}{
		{"echobot", bot{echoes: true}},
		{"awaybot", bot{away: "I am away from my keyboard"}},
		{"typist", bot{echoes: true, types: 2 * time.Second}},
		{"sleeper", bot{absent: true}},
	}
)

// botGroup is the group that the bots stand in.
const botGroup = "Lab"

// populate makes the accounts of the contract and signs the bots on.
func (s *Server) populate() {
	for _, b := range bots {
		a := s.create(b.name, world.Password)
		behaviour := b.bot
		a.bot = &behaviour
		if !behaviour.absent {
			s.puppet(a).look = look{text: behaviour.away, busy: behaviour.away != ""}
		}
	}
	for _, name := range people {
		a := s.create(name, world.Password)
		for _, b := range bots {
			a.put(s.accounts[b.name], botGroup)
		}
	}
}

// puppet signs a on without a client.
func (s *Server) puppet(a *account) *session {
	a.session = &session{s: s, a: a, since: time.Now()}
	return a.session
}

// heard is how a bot takes a message: it says the same, or lets others wait first. mu is held.
func (b *bot) heard(s *Server, self, from *account, f wire.Fields) {
	if !b.echoes || f.String(wire.KeyText) == wire.Buzz {
		return
	}
	back := func() { s.send(self, from, saying(self, from, f.String(wire.KeyText))) }
	if b.types == 0 {
		back()
		return
	}
	b.typing(self, from, "1")
	s.ports.After(b.types, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		b.typing(self, from, "0")
		back()
	})
}

// typing tells somebody what the bot's keyboard does.
func (b *bot) typing(self, to *account, flag string) {
	if to.session == nil || to.session.l == nil {
		return
	}
	to.session.l.say(wire.Notify, wire.ServerAnswer, wire.Text(wire.KeyTo, to.name), wire.Text(wire.KeyFrom, self.name),
		wire.Text(wire.KeyKind, wire.TypingKind), wire.Text(wire.KeyText, " "), wire.Text(wire.KeyFlag, flag))
}

// saying is a message of somebody without a client.
func saying(from, to *account, text string) wire.Fields {
	return wire.Fields{
		wire.Text(wire.KeyMe, from.name), wire.Text(wire.KeyTo, to.name), wire.Text(wire.KeyText, text),
		wire.Text(wire.KeyUTF8, "1"), wire.Text(wire.KeyImvironment, ";0"), wire.Text(wire.KeyImvFlag, "0"),
	}
}
