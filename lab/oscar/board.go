package oscar

import (
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// families are what BOS offers (SNAC 01/03), in the order of the real server. Of them 06, 08, 0A, 0B and 18
// answer nothing here but errors.
var families = [...]uint16{0x18, 0x10, 0x03, 0x13, 0x04, 0x15, 0x02, 0x01, 0x09, 0x0A, 0x06, 0x08, 0x0B}

// A handler serves one kind of SNAC, with the world's mutex held. An error is a SNAC that cannot be read; it
// ends the connection.
type handler func(*session, wire.SNAC) error

// handlers are the SNACs that BOS knows.
var handlers = map[wire.Kind]handler{
	wire.ClientVersions: (*session).versions,
	wire.RateQuery:      (*session).rateReply,
	wire.RateAck:        nothing,
	wire.SelfQuery:      (*session).self,
	wire.ServiceRequest: (*session).service,
	wire.SetIdle:        (*session).setIdle,
	wire.SetStatus:      (*session).setStatus,
	wire.ClientReady:    (*session).setReady,
	noop:                nothing,

	wire.LocateRightsQuery: rights(wire.LocateRightsReply, locateRights),
	wire.SetInfo:           (*session).setInfo,
	wire.InfoQuery:         (*session).infoQuery,
	wire.InfoQuery2:        (*session).infoQuery2,
	wire.DirSet:            (*session).dirSet,
	wire.DirQuery:          (*session).dirQuery,

	wire.BuddyRightsQuery: rights(wire.BuddyRightsReply, buddyRights),
	wire.BuddyAdd:         (*session).addBuddies,
	wire.BuddyRemove:      (*session).removeBuddies,
	wire.BuddyAddTemp:     (*session).addBuddies,
	wire.BuddyRemoveTemp:  (*session).removeBuddies,

	wire.ICBMSetParams:  nothing,
	wire.ICBMParamQuery: (*session).icbmParams,
	wire.ICBMSend:       (*session).icbm,
	wire.ICBMWarn:       (*session).warn,
	wire.ICBMOfflineGet: (*session).offlineGet,
	wire.ICBMTyping:     (*session).typing,

	wire.PrivacyRightsQuery: rights(wire.PrivacyRightsReply, privacyRights),

	wire.FeedbagRightsQuery: rights(wire.FeedbagRightsReply, feedbagRights),
	wire.FeedbagQuery:       (*session).feedbag,
	wire.FeedbagQueryNewer:  (*session).feedbagNewer,
	wire.FeedbagUse:         (*session).feedbagUse,
	wire.FeedbagInsert:      (*session).feedbagInsert,
	wire.FeedbagUpdate:      (*session).feedbagUpdate,
	wire.FeedbagDelete:      (*session).feedbagDelete,
	wire.FeedbagBegin:       (*session).editBegin,
	wire.FeedbagEnd:         (*session).editEnd,
	wire.FeedbagAuthAsk:     (*session).authAsk,
	wire.FeedbagAuthReply:   (*session).authReply,

	wire.ICQQuery: (*session).icqQuery,
}

// noop is SNAC 01/16, which gets no answer; probe is 01/1F, on which the real server closes the connection.
const (
	noop  wire.Kind = 0x0001_0016
	probe wire.Kind = 0x0001_001F
)

func nothing(*session, wire.SNAC) error { return nil }

// board signs on with a cookie and serves the session. A bad cookie gets a plain close, as seen.
func (s *Server) board(l *link, cookie []byte) {
	t, ok := s.eat(cookie)
	if !ok || !s.ports.Relax(l.Conn) {
		return
	}
	if t.family != 0 {
		s.branch(l, t)
		return
	}
	s.mu.Lock()
	a := s.accounts[t.id]
	if a == nil || !s.ports.Up() || s.faults.Take(world.WrongCookie, a.id, everybody(a.network)) {
		s.mu.Unlock()
		return
	}
	x := &session{s: s, a: a, l: l, multiple: t.multiple, since: time.Now(), from: l.Conn.RemoteAddr().String()}
	s.join(x)
	x.push(wire.HostFamilies, wire.Words(families[:]))
	s.mu.Unlock()
	s.o.Log.Debug("signed on", "user", a.id, "from", x.from)
	s.serve(x)
	s.mu.Lock()
	s.part(x)
	s.mu.Unlock()
}

// serve reads what the client says until the connection or the session ends.
func (s *Server) serve(x *session) {
	for {
		frame, err := x.l.in.Next()
		if err != nil {
			return
		}
		switch frame.Channel {
		case wire.Data:
			q, err := wire.Decode[wire.SNAC](frame.Data)
			if err != nil || s.handle(x, q) != nil {
				return
			}
		case wire.KeepAlive:
		default:
			return
		}
	}
}

// handle serves one SNAC. Its error ends the connection.
func (s *Server) handle(x *session, q wire.SNAC) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.gone {
		return errDone
	}
	switch x.admit(q) {
	case drop:
		return nil
	case flood:
		if x.home != nil {
			x = x.home
		}
		x.replaced()
		return errDone
	}
	if q.Kind == probe {
		return errDone
	}
	h, ok := handlers[q.Kind]
	if x.home != nil {
		h, ok = branchHandlers[q.Kind]
		ok = ok && (q.Kind.Family() == wire.FamilyService || q.Kind.Family() == x.family)
	}
	if !ok {
		x.refuse(q, wire.CodeInvalidSNAC)
		return nil
	}
	return h(x, q)
}
