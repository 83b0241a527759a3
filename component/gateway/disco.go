package gateway

import (
	"imgate/xmltree"
	"imgate/xmpp"
)

// info is disco#info of the gateway (XEP-0030, identities of XEP-0100 §6.1).
func (d *desk) info(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	node := e.Attr("node")
	switch {
	case node == "":
		d.send(svc, q.Result(svc.info().Element()))
	case node == xmpp.CommandsSpace:
		d.send(svc, q.Result((&xmpp.Info{Node: node, Identities: []xmpp.Identity{
			{Category: "automation", Type: "command-list", Name: "Commands"},
		}}).Element()))
	case commandNamed(node) != nil:
		d.send(svc, q.Result((&xmpp.Info{Node: node, Identities: []xmpp.Identity{
			{Category: "automation", Type: "command-node", Name: commandNamed(node).title},
		}, Features: []string{xmpp.CommandsSpace, xmpp.DataSpace}}).Element()))
	default:
		d.fail(svc, q, xmpp.ItemNotFound, "")
	}
}

func (s *Service) info() *xmpp.Info {
	return &xmpp.Info{
		Identities: []xmpp.Identity{{Category: "gateway", Type: s.Network.Info().Type, Name: s.title()}},
		Features: []string{
			xmpp.InfoSpace, xmpp.ItemsSpace, xmpp.RegisterSpace, xmpp.GatewaySpace, xmpp.CommandsSpace,
			xmpp.PingSpace, xmpp.VersionSpace, xmpp.DataSpace,
		},
	}
}

// contactInfo is disco#info of a contact.
func (d *desk) contactInfo(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	if e.Attr("node") != "" {
		d.fail(svc, q, xmpp.ItemNotFound, "")
		return
	}
	if _, err := svc.legacyID(q.To); err != nil {
		d.fail(svc, q, xmpp.ItemNotFound, err.Error())
		return
	}
	identity := xmpp.Identity{Category: "client", Type: "pc"}
	if q.To.Resource == "" {
		identity = xmpp.Identity{Category: "account", Type: "registered"}
	}
	d.send(svc, q.Result((&xmpp.Info{
		Identities: []xmpp.Identity{identity},
		Features:   []string{xmpp.InfoSpace, xmpp.PingSpace, xmpp.ChatStatesSpace, xmpp.ReceiptsSpace},
	}).Element()))
}

// items is disco#items of the gateway: nothing but the commands, under their own node (XEP-0050 §2.2).
func (d *desk) items(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	node := e.Attr("node")
	switch {
	case node == "":
		d.send(svc, q.Result(xmpp.ItemsElement("", nil)))
	case node == xmpp.CommandsSpace:
		var list []xmpp.Item
		for _, c := range d.commandsFor(svc, q.From) {
			list = append(list, xmpp.Item{JID: svc.jid(), Node: c.node, Name: c.title})
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
