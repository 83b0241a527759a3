package gateway

import (
	"slices"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// The network's own block list, by XEP-0191 on the gateway's address. A server that keeps a block list of its own
// drops what a contact sends before it comes to us; this one reaches the network.

// blockSpace is the namespace of XEP-0191.
const blockSpace = "urn:xmpp:blocking"

// maxBlocks bounds the changes in one request.
const maxBlocks = 100

// onBlocked takes the whole list, and tells those clients that have asked for it what is new (XEP-0191 §3.3).
func (a *account) onBlocked(ev transports.Blocked) {
	before := a.blocked
	a.blocked = slices.Clone(ev.List)
	a.pushBlocks("block", missing(ev.List, before))
	a.pushBlocks("unblock", missing(before, ev.List))
}

// missing are those of list that other lacks.
func missing(list, other []transports.LegacyID) []transports.LegacyID {
	var out []transports.LegacyID
	for _, id := range list {
		if !slices.Contains(other, id) {
			out = append(out, id)
		}
	}
	return out
}

func (a *account) pushBlocks(what string, list []transports.LegacyID) {
	if len(list) == 0 {
		return
	}
	for name, r := range a.resources {
		if r.blocks {
			a.send(xmpp.IQ{
				Header: xmpp.Header{ID: a.newID("block"), From: a.svc.jid(), To: a.user.WithResource(name)}, Type: xmpp.SetIQ,
				Payload: []*xmltree.Element{a.blockElement(what, list)},
			})
		}
	}
}

func (a *account) blockElement(name string, list []transports.LegacyID) *xmltree.Element {
	e := xmltree.New(blockSpace, name)
	for _, id := range list {
		if j, ok := a.address(id); ok {
			e.With(xmltree.New(blockSpace, "item").SetAttr("jid", j.String()))
		}
	}
	return e
}

// onBlockList gives the list, and notes that this client wants to hear of changes.
func (a *account) onBlockList(q xmpp.IQ) {
	if !a.signedOn() || !a.session.powers.Has(transports.CanBlock) {
		a.fail(q, xmpp.FeatureNotImplemented, "The network can't block, or you are not signed on.")
		return
	}
	if r, ok := a.resources[q.From.Resource]; ok {
		r.blocks = true
	}
	a.send(q.Result(a.blockElement("blocklist", a.blocked)))
}

// onBlock blocks, or lifts blocks; without items all of them. The answer comes when the network has answered for
// each; the first refusal is the answer.
func (a *account) onBlock(q xmpp.IQ) {
	on := q.Query().Name.Local == "block"
	ids, refusal := a.blockItems(q.Query())
	switch {
	case refusal != nil:
		a.refuseRequest(q, refusal)
		return
	case !a.signedOn() || !a.session.powers.Has(transports.CanBlock):
		a.fail(q, xmpp.FeatureNotImplemented, "The network can't block, or you are not signed on.")
		return
	case len(ids) == 0 && on:
		a.fail(q, xmpp.BadRequest, "Say whom to block.")
		return
	case len(ids) == 0:
		ids = slices.Clone(a.blocked)
	}
	left, answered := len(ids), false
	if left == 0 {
		a.send(q.Result())
		return
	}
	for _, id := range ids {
		then := func(d transports.Done) {
			left--
			switch {
			case answered:
			case d.Err != nil:
				answered = true
				a.fail(q, conditionOf(d.Err), sentence(d.Err))
			case left == 0:
				a.send(q.Result())
			}
		}
		if !a.out.tagged(pending{kind: pendingRequest, then: then}, func(tag transports.Tag) transports.Command {
			return transports.Block{Tag: tag, ID: id, On: on}
		}) {
			then(transports.Done{Err: transports.ErrBusy})
		}
	}
}

// blockItems are the contacts of a request.
func (a *account) blockItems(e *xmltree.Element) ([]transports.LegacyID, *xmpp.Error) {
	var ids []transports.LegacyID
	for item := range e.ChildrenNamed(blockSpace, "item") {
		j, err := xmpp.ParseJID(item.Attr("jid"))
		if err != nil || j.Domain != a.svc.Domain || j.Local == "" || isRoom(j) {
			return nil, because(xmpp.NotAcceptable, speech.Of("Only contacts of %s can be blocked here.", a.svc.title()))
		}
		id, err := a.svc.legacyID(j)
		if err != nil {
			return nil, xmpp.NewError(xmpp.JIDMalformed, err.Error())
		}
		if ids = append(ids, id); len(ids) > maxBlocks {
			return nil, xmpp.NewError(xmpp.ResourceConstraint, "Too many at once.")
		}
	}
	return ids, nil
}
