package ymsg

import (
	"slices"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// What versions 15 and 16 say in another way. It is as libpurple has it; no server was seen to speak these.

// lateLook tells a look (C6), or that we are not seen (C5).
func (s *session) lateLook(before, now look) (wire.Service, wire.Fields) {
	switch {
	case now.status == wire.Invisible:
		return wire.Visibility, wire.Fields{wire.Text(wire.KeyFlag, "2")}
	case before.status == wire.Invisible: // what else is to be seen goes with it
		s.mention(wire.Visibility, wire.Available, wire.Fields{wire.Text(wire.KeyFlag, "1")})
	}
	f := wire.Fields{wire.Number(wire.KeyStatus, int(now.status)), wire.Text(wire.KeyAwayText, now.text)}
	if now.status == wire.Custom {
		f = append(f, wire.Text(wire.KeyUTF8, "1"))
	}
	switch flag := now.flag; {
	case now.status == wire.IdleStatus:
		f = append(f, wire.Text(wire.KeyAwayFlag, "2"))
	case flag != "":
		f = append(f, wire.Text(wire.KeyAwayFlag, flag))
	}
	return wire.Status15, f
}

// nested puts whom an edit is about into a nest.
func nested(f wire.Fields) wire.Fields {
	var out, inside wire.Fields
	for _, v := range f {
		if v.Key == wire.KeyContact {
			inside = append(inside, v, wire.Text(wire.KeyAsks, "0"))
		} else {
			out = append(out, v)
		}
	}
	return slices.Concat(out, wire.Nest(inside...))
}

// The answers of an AuthRequest15.
const (
	granted   = "1"
	refusal15 = "2"
)

// authRequest15 takes that somebody wants to add us, or what they say to our wanting to add them (D6).
func (s *session) authRequest15(p wire.Packet) {
	id, ok := s.id(p.Fields.String(wire.KeyFrom))
	reason := richtext.FromYahoo(s.text(p.Fields, wire.KeyText)).String()
	answer := p.Fields.String(wire.KeyFlag)
	switch {
	case !ok:
	case p.Status == wire.Request:
		s.tell(transports.AuthRequest{From: id, Reason: reason})
	case p.Status == wire.ServerAnswer && (answer == granted || answer == refusal15):
		s.tell(transports.AuthAnswer{From: id, Granted: answer == granted, Reason: reason})
	}
}

// answerAuth15 answers somebody who wants to add us (D6).
func (s *session) answerAuth15(c transports.AnswerAuth) {
	f := wire.Fields{wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyTo, string(c.To)), wire.Text(wire.KeyFlag, granted), wire.Text(wire.KeyAsks, "0")}
	if !c.Allow {
		f[2] = wire.Text(wire.KeyFlag, refusal15)
		f = append(f, wire.Text(wire.KeyUTF8, "1"), wire.Text(wire.KeyText, shortened(c.Reason, maxAwayText)))
	}
	s.sayFor(c.Tag, wire.AuthRequest15, wire.Available, f)
}
