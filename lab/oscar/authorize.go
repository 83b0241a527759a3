package oscar

import (
	"strings"

	"imgate/transports/oscar/wire"
)

// wantsLeave reports whether the buddy of item wants to be asked before it is put on x's list. An AIM user is
// not told: the server asks by itself and marks the item as pending.
func (x *session) wantsLeave(item *wire.Item) (refused bool) {
	b := x.s.accounts[canonical(item.Name)]
	if b == nil || !b.asks || b.granted[x.a.id] || item.TLVs.Has(wire.ItemPending) {
		return false
	}
	if x.a.network == icq {
		return true
	}
	item.TLVs = append(item.TLVs, wire.Flag(wire.ItemPending))
	b.informOfLeave(wire.FeedbagAuthAsked, wire.AuthAsk{Name: x.a.name})
	return false
}

// inform pushes body to all sessions of a that are ready.
func (a *account) inform(kind wire.Kind, body wire.Body) {
	for _, x := range a.here() {
		x.push(kind, body)
	}
}

// informOfLeave pushes a SNAC about leave to all sessions of a that are ready: with the version of the family in front,
// and without a number, as the real server does.
func (a *account) informOfLeave(kind wire.Kind, body wire.Body) {
	b, err := wire.Encode(body)
	if err != nil {
		return
	}
	version := uint16(2)
	switch kind {
	case wire.FeedbagAdded:
		version = 4
	case wire.FeedbagAuthReplied:
		b = append(b, 0, 0)
	}
	for _, x := range a.here() {
		if x.l != nil && !x.gone {
			x.l.snac(wire.SNAC{Kind: kind, Prefix: wire.TLVs{wire.Uint16(0x01, version)}, Body: b})
		}
	}
}

// authAsk takes SNAC 13/18 and brings it to the peer as 13/19. A bot says yes.
func (x *session) authAsk(q wire.SNAC) error {
	ask, err := wire.Decode[wire.AuthAsk](q.Body)
	if err != nil {
		return err
	}
	b := x.s.accounts[canonical(ask.Name)]
	switch {
	case b == nil:
	case b.bot != nil:
		x.s.tellAnswer(b, x.a, true, "")
	case b.network == icq && len(b.here()) == 0:
		b.keepRequest(x.a, wire.AuthAsk{Name: x.a.name, Reason: strings.Clone(ask.Reason)})
	default:
		b.informOfLeave(wire.FeedbagAuthAsked, wire.AuthAsk{Name: x.a.name, Reason: ask.Reason})
	}
	return nil
}

// authReply takes SNAC 13/1A and brings it to the peer as 13/1B.
func (x *session) authReply(q wire.SNAC) error {
	r, err := wire.Decode[wire.AuthReply](q.Body)
	if err != nil {
		return err
	}
	if b := x.s.accounts[canonical(r.Name)]; b != nil {
		x.s.tellAnswer(x.a, b, r.Granted, r.Reason)
	}
	return nil
}

// tellAnswer tells asker what a says to its request: first, where a grants it, the item on asker's list without the
// pending mark (SNAC 13/09), then the answer (13/1B), then a's presence; and a hears that it was put on a list (13/1C).
func (s *Server) tellAnswer(a, asker *account, granted bool, reason string) {
	a.granted[asker.id] = granted
	settled := granted && s.settle(asker, a)
	asker.informOfLeave(wire.FeedbagAuthReplied, wire.AuthReply{Name: a.name, Granted: granted, Reason: reason})
	if !settled {
		return
	}
	if asker.sees(a) {
		asker.tell(wire.BuddyArrived, a.user(s.now()))
	}
	a.informOfLeave(wire.FeedbagAdded, wire.AddedBy{Name: asker.name})
}

// settle takes the pending mark off a's items of b; false: there is none.
func (s *Server) settle(a, b *account) (settled bool) {
	for i, item := range a.list {
		if item.Class != wire.BuddyItem || canonical(item.Name) != b.id || !item.TLVs.Has(wire.ItemPending) {
			continue
		}
		settled = true
		a.list[i].TLVs = item.TLVs.Without(wire.ItemPending)
		s.watch(b.id, a)
		for _, x := range a.here() {
			x.say(wire.FeedbagUpdate, 0, wire.Items{a.list[i]}) // without a number, as seen
		}
	}
	return settled
}
