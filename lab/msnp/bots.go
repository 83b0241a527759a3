package msnp

import (
	"time"

	"imgate/lab/world"
	"imgate/transports/msnp/wire"
)

// A bot is an account without a client that behaves.
type bot struct {
	away   string        // its personal message while it is away; empty: it is available
	types  time.Duration // it types for so long before it answers
	echoes bool
	absent bool // it is never there
}

// People and bots of the lab. The bots stand on the people's lists.
var (
	people = [...]string{"alice@lab.example", "bob@lab.example"}
	bots   = [...]struct {
		id, nick string
		bot      bot
	}{
		{"echobot@lab.example", "Echo Bot", bot{echoes: true}},
		{"awaybot@lab.example", "Away Bot", bot{away: "I am away from my keyboard"}},
		{"typist@lab.example", "Typist", bot{echoes: true, types: 2 * time.Second}},
		{"sleeper@lab.example", "Sleeper", bot{absent: true}},
	}
)

// botGroup is the group that the bots stand in.
const botGroup = "Lab"

// populate makes the accounts of the contract and signs the bots on.
func (s *Server) populate() {
	for _, b := range bots {
		a := s.create(b.id, world.Password)
		behaviour := b.bot
		a.bot, a.nick, a.since = &behaviour, b.nick, time.Now()
		switch {
		case b.bot.absent:
		case b.bot.away != "":
			a.look = look{state: "AWY", personal: wire.Personal{Message: b.bot.away}.Payload()}
		default:
			a.look = look{state: "NLN"}
		}
	}
	for _, name := range people {
		s.stock(s.create(name, world.Password))
	}
}

// stock puts the bots on a's list.
func (s *Server) stock(a *account) {
	g := a.newGroup(botGroup)
	for _, b := range bots {
		who := s.accounts[b.id]
		e := a.put(who, onForward|onAllow)
		e.groups = []string{g.id}
		who.put(a, onReverse|onAllow)
	}
}

// overhear is how somebody without a client takes a message. mu is held.
func (s *Server) overhear(b *board, self, from *account, payload []byte) {
	m := wire.ParseMessage(payload)
	switch m.Type() {
	case wire.TypeP2P:
		s.peerOf(b, self).heard(from, m)
	case wire.TypeText:
		if self.bot != nil && self.bot.echoes {
			s.echo(b, self, payload)
		}
	}
}

// echo says the same again, at once or after typing for a while. mu is held.
func (s *Server) echo(b *board, self *account, payload []byte) {
	if self.bot.types == 0 {
		s.speak(b, self, payload)
		return
	}
	typing := wire.NewMessage(wire.TypeControl, []byte("\r\n"), "TypingUser", self.id)
	s.speak(b, self, typing.Append(nil))
	s.later(self.bot.types, func() { s.speak(b, self, payload) })
}
