package oscar

import (
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
	b.inform(wire.FeedbagAuthAsked, wire.AuthAsk{Name: x.a.name})
	return false
}

// inform pushes body to all sessions of a that are ready.
func (a *account) inform(kind wire.Kind, body wire.Body) {
	for _, x := range a.here() {
		x.push(kind, body)
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
		b.answer(x.a, true, "")
	default:
		b.inform(wire.FeedbagAuthAsked, wire.AuthAsk{Name: x.a.name, Reason: ask.Reason})
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
		x.a.answer(b, r.Granted, r.Reason)
		x.s.settle(b, x.a)
	}
	return nil
}

// answer tells asker what a says to its request.
func (a *account) answer(asker *account, granted bool, reason string) {
	a.granted[asker.id] = granted
	asker.inform(wire.FeedbagAuthReplied, wire.AuthReply{Name: a.name, Granted: granted, Reason: reason})
	for _, x := range asker.here() {
		x.s.settle(asker, a)
		break
	}
}

// settle takes the pending mark off a's item of b, once b has granted it: the client gets the item anew (SNAC
// 13/09) and b's presence, and b hears that it was put on a list (13/1C).
func (s *Server) settle(a, b *account) {
	if !b.granted[a.id] {
		return
	}
	for i, item := range a.list {
		if item.Class != wire.BuddyItem || canonical(item.Name) != b.id || !item.TLVs.Has(wire.ItemPending) {
			continue
		}
		a.list[i].TLVs = item.TLVs.Without(wire.ItemPending)
		s.watch(b.id, a)
		a.inform(wire.FeedbagUpdate, wire.Items{a.list[i]})
		if a.sees(b) {
			a.tell(wire.BuddyArrived, b.user(s.now()))
		}
		b.inform(wire.FeedbagAdded, wire.AddedBy{Name: a.name})
	}
}
