package msnp

import (
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// sendSLP sends a message of MSNSLP.
func (s *session) sendSLP(b *board, to transports.LegacyID, m wire.SLP) {
	s.sendPackets(b, to, wire.Packet{App: wire.AppSLP}, m.Append(nil))
}

// heardSLP takes a message of MSNSLP.
func (s *session) heardSLP(b *board, from transports.LegacyID, m wire.SLP) {
	switch {
	case m.Method == "INVITE" && m.Type == wire.SLPTransport:
		s.declineBridge(b, from, m)
	case m.Method == "INVITE":
		s.invited(b, from, m)
	case m.Method == "BYE":
		s.eachFlow(b, func(f *flow) {
			if f.peer == from && f.invite.CallID == m.CallID {
				s.heardBye(f)
			}
		})
	case m.Method == "":
		s.eachFlow(b, func(f *flow) {
			if f.peer == from && f.invite.CallID == m.CallID && (f.purpose == getPicture || f.purpose == giveFile) {
				s.answeredFlow(f, m)
			}
		})
	}
}

// declineBridge answers a question for a connection between the clients: there is none, all goes over the switchboard.
func (s *session) declineBridge(b *board, from transports.LegacyID, m wire.SLP) {
	a := m.Answer(wire.SLPOK, "OK")
	a.Type = wire.SLPTransResp
	a.Body = []wire.Field{{Name: "Bridge", Value: "TCPv1"}, {Name: "Listening", Value: "false"},
		{Name: "Nonce", Value: "{00000000-0000-0000-0000-000000000000}"}}
	s.sendSLP(b, from, a)
}

// invited takes the wish for a session.
func (s *session) invited(b *board, from transports.LegacyID, m wire.SLP) {
	f := &flow{board: b, peer: from, session: m.Number("SessionID"), invite: m, until: time.Now().Add(flowTimeout)}
	known := f.session != 0 && len(b.flows) < maxFlows
	switch guid := strings.ToUpper(m.Get("EUF-GUID")); {
	case known && guid == wire.GUIDPicture && s.askedPicture(f):
	case known && guid == wire.GUIDFile && s.offered(f):
	default:
		s.decline(b, from, m)
	}
}

func (s *session) decline(b *board, from transports.LegacyID, m wire.SLP) {
	a := m.Answer(wire.SLPDecline, "Decline")
	a.Body = []wire.Field{{Name: "SessionID", Value: m.Get("SessionID")}}
	s.sendSLP(b, from, a)
}

// agree answers the wish for a session.
func (s *session) agree(f *flow) {
	a := f.invite.Answer(wire.SLPOK, "OK")
	a.Body = []wire.Field{{Name: "SessionID", Value: strconv.FormatUint(uint64(f.session), 10)}}
	s.sendSLP(f.board, f.peer, a)
}

// wish begins a session of ours.
func (s *session) wish(f *flow, guid string, app uint32, context string) {
	f.session = s.number()
	f.until = time.Now().Add(flowTimeout)
	f.invite = wire.SLP{
		Method: "INVITE", To: string(f.peer), From: string(s.self), Branch: s.guid(), CallID: s.guid(), Type: wire.SLPSession,
		Body: []wire.Field{
			{Name: "EUF-GUID", Value: guid}, {Name: "SessionID", Value: strconv.FormatUint(uint64(f.session), 10)},
			{Name: "AppID", Value: strconv.FormatUint(uint64(app), 10)}, {Name: "Context", Value: context},
		},
	}
	f.board.flows = append(f.board.flows, f)
	s.sendSLP(f.board, f.peer, f.invite)
}

// bye ends a session in words.
func (s *session) bye(f *flow) {
	s.sendSLP(f.board, f.peer, wire.SLP{
		Method: "BYE", To: string(f.peer), From: string(s.self), Branch: s.guid(), CallID: f.invite.CallID, Type: wire.SLPClose,
		Body: []wire.Field{{Name: "SessionID", Value: strconv.FormatUint(uint64(f.session), 10)}},
	})
}

// answeredFlow takes the answer to a wish of ours.
func (s *session) answeredFlow(f *flow, m wire.SLP) {
	switch {
	case m.Type == wire.SLPTransResp:
	case m.Status == wire.SLPOK:
		f.begun, f.until = true, time.Now().Add(flowTimeout)
	case m.Status == wire.SLPDecline:
		s.endFlow(f, transports.ErrDenied)
	default:
		s.endFlow(f, transports.ErrUnavailable)
	}
}

// heardBye is the other side's end of a session.
func (s *session) heardBye(f *flow) {
	switch {
	case f.purpose == giveFile && f.begun && f.file.sent == f.size:
		s.endFlow(f, nil) // whoever has all of it may say so by leaving
	case f.purpose == givePicture:
		s.endFlow(f, nil)
	default:
		s.endFlow(f, transports.ErrDenied)
	}
}
