package gateway

import (
	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// powersOf are the powers of the user's session, of their last one while there is none, and what there may be at best
// for somebody who is not registered.
func (d *desk) powersOf(svc *Service, user xmpp.JID) transports.Powers {
	if a := d.account(svc, user); a != nil {
		return a.view.Load().Powers
	}
	return svc.about.Powers
}

// info is disco#info of the gateway (XEP-0030, identities of XEP-0100 §6.1).
func (d *desk) info(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	node := e.Attr("node")
	known, isKind := svc.kindOf(node)
	switch {
	case node == "":
		d.send(svc, q.Result(svc.infoOf(kind{powers: d.powersOf(svc, q.From)}).Element()))
	case isKind:
		d.describe(svc, q, node, known)
	case node == xmpp.CommandsSpace:
		d.send(svc, q.Result((&xmpp.Info{Node: node, Identities: []xmpp.Identity{
			{Category: "automation", Type: "command-list", Name: speech.Text("Commands").In(d.tongue(svc, q))},
		}}).Element()))
	case commandNamed(node) != nil:
		d.send(svc, q.Result((&xmpp.Info{Node: node, Identities: []xmpp.Identity{
			{Category: "automation", Type: "command-node", Name: commandNamed(node).title.In(d.tongue(svc, q))},
		}, Features: []string{xmpp.CommandsSpace, xmpp.DataSpace}}).Element()))
	default:
		d.fail(svc, q, xmpp.ItemNotFound, "")
	}
}

// describe answers for a hash that was told in presence (XEP-0115 §6.2).
func (d *desk) describe(svc *Service, q xmpp.IQ, node string, k kind) {
	info := svc.infoOf(k)
	info.Node = node
	d.send(svc, q.Result(info.Element()))
}

// contactInfo is disco#info of a contact: what the user's session can do with it.
func (d *desk) contactInfo(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	node := e.Attr("node")
	if k, ok := svc.kindOf(node); ok && k.contact {
		d.describe(svc, q, node, k)
		return
	}
	if node != "" {
		d.fail(svc, q, xmpp.ItemNotFound, "")
		return
	}
	if _, err := svc.legacyID(q.To); err != nil {
		d.fail(svc, q, xmpp.ItemNotFound, speech.Of("%s", err))
		return
	}
	info := svc.infoOf(kind{contact: true, powers: d.powersOf(svc, q.From)})
	if q.To.Resource == "" {
		info.Identities = []xmpp.Identity{{Category: "account", Type: "registered"}}
	}
	d.send(svc, q.Result(info.Element()))
}

// items is disco#items of the gateway: the rooms of the network, and the commands under their own node (XEP-0050 §2.2).
func (d *desk) items(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	node := e.Attr("node")
	switch {
	case node == "" && d.account(svc, q.From) != nil:
		atAccount((*account).onRooms)(d, svc, q, e)
	case node == "":
		d.send(svc, q.Result(xmpp.ItemsElement("", nil)))
	case node == xmpp.CommandsSpace:
		var list []xmpp.Item
		for _, c := range d.commandsFor(svc, q.From) {
			list = append(list, xmpp.Item{JID: svc.jid(), Node: c.node, Name: c.title.In(d.tongue(svc, q))})
		}
		d.send(svc, q.Result(xmpp.ItemsElement(node, list)))
	case commandNamed(node) != nil:
		d.send(svc, q.Result(xmpp.ItemsElement(node, nil)))
	default:
		d.fail(svc, q, xmpp.ItemNotFound, "")
	}
}

func (d *desk) noItems(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	if e.Attr("node") != "" {
		d.fail(svc, q, xmpp.ItemNotFound, "")
		return
	}
	d.send(svc, q.Result(xmpp.ItemsElement("", nil)))
}
