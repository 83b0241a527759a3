package oscar

import (
	"strconv"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// A bot is an account without a client that behaves.
type bot struct {
	away   string        // its away text; empty: it is available
	types  time.Duration // it types for so long before it answers
	echoes bool
	absent bool // it is never there
}

// The lab's people and its bots, by network. The bots stand on the people's lists.
var (
	people = map[string][]string{aim: {"alicewonder", "bobwonder"}, icq: {"100001", "100002"}}
	bots   = [...]struct {
		aim, icq, alias string
		bot             bot
	}{
		{"echobot", "200001", "Echo Bot", bot{echoes: true}},
		{"awaybot", "200002", "Away Bot", bot{away: "I am away from my keyboard"}},
		{"typist", "200003", "Typist", bot{echoes: true, types: 2 * time.Second}},
		{"sleeper", "200004", "Sleeper", bot{absent: true}},
	}
)

// botGroup is the group that the bots stand in.
const botGroup = "Lab"

// populate makes the accounts of the contract and signs the bots on.
func (s *Server) populate() {
	for _, b := range bots {
		for _, name := range []string{b.aim, b.icq} {
			a := s.create(name, world.Password)
			a.asks = false
			behaviour := b.bot
			a.bot = &behaviour
			if !b.bot.absent {
				x := s.puppet(a)
				x.awayText = []byte(b.bot.away)
				s.announce(a)
			}
		}
	}
	for _, names := range people {
		for _, name := range names {
			s.stock(s.create(name, world.Password))
		}
	}
}

// stock puts the bots on a's list.
func (s *Server) stock(a *account) {
	const group = 1
	members := make([]uint16, 0, len(bots))
	for i, b := range bots {
		name := b.aim
		if a.network == icq {
			name = b.icq
		}
		id := uint16(i + 1)
		members = append(members, id)
		a.list = append(a.list, wire.Item{
			Name: name, Group: group, ID: id, Class: wire.BuddyItem, TLVs: wire.TLVs{wire.String(wire.ItemAlias, b.alias)},
		})
		s.watch(name, a)
	}
	a.list = append([]wire.Item{
		{Class: wire.GroupItem, TLVs: wire.TLVs{wire.Bytes(wire.ItemMembers, words16(group))}},
		{Name: botGroup, Group: group, Class: wire.GroupItem, TLVs: wire.TLVs{wire.Bytes(wire.ItemMembers, words16(members...))}},
	}, a.list...)
	a.changed = time.Now()
}

// puppet signs a on without a client.
func (s *Server) puppet(a *account) *session {
	x := &session{s: s, a: a, since: time.Now(), ready: true, serves: true}
	a.sessions = append(a.sessions, x)
	return x
}

// heard is how a bot takes a message: it sends the same bytes back, or lets others wait first. mu is held.
func (b *bot) heard(s *Server, self, from *account, m wire.Outgoing) {
	if !b.echoes || from == self || m.TLVs.Has(wire.MessageAuto) || m.Channel != wire.ChannelText {
		return
	}
	text, ok := m.TLVs.Get(wire.MessageText)
	if !ok {
		return
	}
	back := wire.Outgoing{Cookie: m.Cookie, Channel: m.Channel, To: from.name, TLVs: wire.TLVs{wire.Bytes(wire.MessageText, text)}}
	if b.types == 0 {
		s.send(self, from, back)
		return
	}
	from.inform(wire.ICBMTyping, wire.TypingNote{Channel: wire.ChannelText, Name: self.name, Event: wire.TypingBegun})
	s.ports.After(b.types, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		from.inform(wire.ICBMTyping, wire.TypingNote{Channel: wire.ChannelText, Name: self.name, Event: wire.TypingNone})
		s.send(self, from, back)
	})
}

// send brings m to somebody, or keeps it. mu is held.
func (s *Server) send(from, to *account, m wire.Outgoing) {
	if len(to.here()) > 0 {
		s.deliver(from, to, m)
		return
	}
	to.keep(from, m)
}

// cookie numbers the messages that the control API sends.
func cookie(n uint64) (c wire.Cookie) {
	copy(c[:], strconv.FormatUint(1e8+n%9e7, 10)[1:])
	return c
}
