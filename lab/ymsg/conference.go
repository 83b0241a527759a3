package ymsg

import (
	"slices"
	"strings"
	"time"

	"imgate/transports/ymsg/wire"
)

// A conference is who talks in it, in the order in which they came.
type conference struct {
	name    string
	members []*account
}

func (c *conference) has(a *account) bool { return slices.Contains(c.members, a) }

// tell says something to the clients of all members but one.
func (c *conference) tell(but *account, service wire.Service, fields func(to *account) []wire.Field) {
	for _, m := range c.members {
		if m != but && m.session != nil && m.session.l != nil {
			m.session.l.say(service, wire.ServerAnswer, fields(m)...)
		}
	}
}

// enter lets somebody in, and tells the others (19).
func (s *Server) enter19(c *conference, a *account) {
	if c.has(a) {
		return
	}
	c.members = append(c.members, a)
	c.tell(a, wire.ConfLogOn, func(to *account) []wire.Field {
		return []wire.Field{wire.Text(wire.KeyMe, to.name), wire.Text(wire.KeyRoom, c.name), wire.Text(wire.KeyMember, a.name)}
	})
}

// confInvite calls people into a conference (18), which begins with it, or is there already (1C).
func (s *Server) confInvite(x *session, p wire.Packet) {
	name := p.Fields.String(wire.KeyRoom)
	c := s.rooms[name]
	if c == nil {
		if name == "" || p.Service == wire.ConfAddInvite {
			return
		}
		c = &conference{name: name}
		s.rooms[name] = c
	}
	s.enter19(c, x.a)
	called := strings.Split(p.Fields.String(wire.KeyInvitees), ",")
	if p.Service == wire.ConfInvite {
		for _, v := range p.Fields.All(wire.KeyInvitee) {
			called = append(called, string(v))
		}
	}
	for _, who := range called {
		if b := s.find(who); b != nil && b.session != nil && !b.ignores(x.a.id) {
			s.call(c, x.a, b, p.Fields.String(wire.KeyInviteText), p.Fields.String(wire.KeyFlag))
		}
	}
}

// call invites one (18, or 1C when there are more than the host). Bots come.
func (s *Server) call(c *conference, host, b *account, text, voice string) {
	if b.bot != nil {
		s.ports.After(botPause, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.enter19(c, b)
		})
		return
	}
	if b.session.l == nil {
		return
	}
	f := []wire.Field{wire.Text(wire.KeyMe, b.name), wire.Text(wire.KeyRoom, c.name), wire.Text(wire.KeyHost, host.name), wire.Text(wire.KeyInviteText, text)}
	for _, m := range c.members {
		if m != host {
			f = append(f, wire.Text(wire.KeyInvitee, m.name), wire.Text(wire.KeyMember, m.name))
		}
	}
	if voice == "" {
		voice = "0"
	}
	service := wire.ConfInvite
	if len(c.members) > 1 {
		service = wire.ConfAddInvite
	}
	b.session.l.say(service, wire.ServerAnswer, append(f, wire.Text(wire.KeyFlag, voice))...)
}

// confJoin comes into a conference (19).
func (s *Server) confJoin(x *session, p wire.Packet) {
	if c := s.rooms[p.Fields.String(wire.KeyRoom)]; c != nil {
		s.enter19(c, x.a)
	}
}

// confLeave goes (1B).
func (s *Server) confLeave(x *session, p wire.Packet) {
	if c := s.rooms[p.Fields.String(wire.KeyRoom)]; c != nil {
		s.leave1B(c, x.a)
	}
}

func (s *Server) leave1B(c *conference, a *account) {
	if !c.has(a) {
		return
	}
	c.members = slices.DeleteFunc(c.members, func(m *account) bool { return m == a })
	c.tell(a, wire.ConfLogOff, func(to *account) []wire.Field {
		return []wire.Field{wire.Text(wire.KeyMe, to.name), wire.Text(wire.KeyRoom, c.name), wire.Text(wire.KeyLeaver, a.name)}
	})
	if len(c.members) == 0 {
		delete(s.rooms, c.name)
	}
}

// leaveAll takes somebody out of all conferences.
func (s *Server) leaveAll(a *account) {
	for _, c := range s.rooms {
		s.leave1B(c, a)
	}
}

// confDecline tells those who invited that somebody does not come (1A).
func (s *Server) confDecline(x *session, p wire.Packet) {
	c := s.rooms[p.Fields.String(wire.KeyRoom)]
	if c == nil {
		return
	}
	for _, v := range p.Fields.All(wire.KeyFrom3) {
		if m := s.find(string(v)); m != nil && c.has(m) && m.session != nil && m.session.l != nil {
			m.session.l.say(wire.ConfDecline, wire.ServerAnswer, wire.Text(wire.KeyMe, m.name), wire.Text(wire.KeyRoom, c.name),
				wire.Text(wire.KeyDecliner, x.a.name), wire.Text(wire.KeyText, p.Fields.String(wire.KeyText)))
		}
	}
}

// confSay passes on what is said (1D). Bots answer.
func (s *Server) confSay(x *session, p wire.Packet) {
	if c := s.rooms[p.Fields.String(wire.KeyRoom)]; c != nil && c.has(x.a) {
		s.sayIn(c, x.a, p.Fields)
	}
}

func (s *Server) sayIn(c *conference, from *account, f wire.Fields) {
	c.tell(from, wire.ConfMessage, func(to *account) []wire.Field {
		out := []wire.Field{wire.Text(wire.KeyMe, to.name), wire.Text(wire.KeyRoom, c.name), wire.Text(wire.KeyFrom3, from.name), wire.Text(wire.KeyText, f.String(wire.KeyText))}
		if v, ok := f.Get(wire.KeyUTF8); ok {
			out = append(out, wire.Field{Key: wire.KeyUTF8, Value: v})
		}
		return out
	})
	if from.bot != nil {
		return
	}
	for _, m := range c.members {
		if m.bot != nil && m.bot.echoes {
			s.ports.After(m.bot.types+botPause, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				if c.has(m) {
					s.sayIn(c, m, f)
				}
			})
		}
	}
}

// botPause is how long bots take for what people take longer for.
const botPause = 100 * time.Millisecond
