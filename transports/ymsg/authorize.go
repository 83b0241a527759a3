package ymsg

import (
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// newContact takes what becomes of lists (0F): somebody wants to put us on theirs, somebody does not let us put them on
// ours, or somebody who was just put there is told of.
func (s *session) newContact(p wire.Packet) {
	id, ok := s.id(p.Fields.String(wire.KeyFrom3))
	reason := richtext.FromYahoo(s.text(p.Fields, wire.KeyText)).String()
	switch {
	case p.Fields.Has(wire.KeyContact):
		s.presences(p)
	case !ok:
	case p.Status == wire.Request:
		s.tell(transports.AuthRequest{From: id, Reason: reason})
	case p.Status == wire.Refusal:
		s.tell(transports.AuthAnswer{From: id, Reason: reason})
	}
}

// answerAuth answers somebody who put us on their list. The network has done as they asked; a client can only say no (86),
// and the yes of an old client is to put them on its own list, which is the user's to say.
func (s *session) answerAuth(c transports.AnswerAuth) {
	if s.dialect.late {
		s.answerAuth15(c)
		return
	}
	if c.Allow {
		s.done(c.Tag, transports.Written, nil)
		return
	}
	s.sayFor(c.Tag, wire.DenyContact, wire.Available, wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyContact, string(c.To)), wire.Text(wire.KeyText, shortened(c.Reason, maxAwayText)),
		wire.Text(wire.KeyUTF8, "1"),
	})
}

// now is the time that the gateway is told of what happens now.
func now() time.Time { return time.Now().UTC() }
