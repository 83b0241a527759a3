package gateway

import (
	"maps"

	"imgate/component/gateway/speech"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A handler answers one kind of request. The element is the payload.
type handler func(d *desk, svc *Service, q xmpp.IQ, payload *xmltree.Element)

// handlers of the gateway's own address and of its contacts', by type of the iq, namespace and name.
type handlerKey struct {
	kind         xmpp.IQType
	space, local string
	to           target
}

// A target is what kind of address a request goes to.
type target uint8

const (
	toGateway target = iota
	toContact
	toRoom
)

func targetOf(j xmpp.JID) target {
	switch {
	case j.Local == "":
		return toGateway
	case isRoom(j):
		return toRoom
	}
	return toContact
}

func handlers() map[handlerKey]handler {
	all := map[handlerKey]handler{
		{xmpp.GetIQ, xmpp.InfoSpace, "query", toGateway}:          (*desk).info,
		{xmpp.GetIQ, xmpp.InfoSpace, "query", toContact}:          (*desk).contactInfo,
		{xmpp.GetIQ, xmpp.ItemsSpace, "query", toGateway}:         (*desk).items,
		{xmpp.GetIQ, xmpp.ItemsSpace, "query", toContact}:         (*desk).noItems,
		{xmpp.GetIQ, xmpp.RegisterSpace, "query", toGateway}:      (*desk).registerForm,
		{xmpp.SetIQ, xmpp.RegisterSpace, "query", toGateway}:      (*desk).registerSet,
		{xmpp.SetIQ, xmpp.CommandsSpace, "command", toGateway}:    (*desk).command,
		{xmpp.GetIQ, xmpp.GatewaySpace, "query", toGateway}:       (*desk).prompt,
		{xmpp.SetIQ, xmpp.GatewaySpace, "query", toGateway}:       (*desk).resolve,
		{xmpp.GetIQ, xmpp.PingSpace, "ping", toGateway}:           (*desk).pong,
		{xmpp.GetIQ, xmpp.PingSpace, "ping", toContact}:           (*desk).pong,
		{xmpp.GetIQ, xmpp.VersionSpace, "query", toGateway}:       (*desk).version,
		{xmpp.GetIQ, xmpp.VersionSpace, "query", toContact}:       (*desk).version,
		{xmpp.GetIQ, xmpp.LastSpace, "query", toGateway}:          (*desk).uptime,
		{xmpp.GetIQ, xmpp.LastSpace, "query", toContact}:          atAccount((*account).onLast),
		{xmpp.GetIQ, xmpp.TimeSpace, "time", toGateway}:           (*desk).now,
		{xmpp.GetIQ, xmpp.TimeOldSpace, "query", toGateway}:       (*desk).now,
		{xmpp.GetIQ, xmpp.AgentsSpace, "query", toGateway}:        (*desk).agents,
		{xmpp.GetIQ, xmpp.AgentSpace, "query", toGateway}:         (*desk).agent,
		{xmpp.GetIQ, xmpp.BrowseSpace, "query", toGateway}:        (*desk).browse,
		{xmpp.GetIQ, xmpp.BrowseSpace, "item", toGateway}:         (*desk).browse,
		{xmpp.GetIQ, xmpp.BrowseSpace, "query", toContact}:        (*desk).browse,
		{xmpp.GetIQ, xmpp.BrowseSpace, "item", toContact}:         (*desk).browse,
		{xmpp.SetIQ, xmpp.InvisibleSpace, "invisible", toGateway}: atAccount((*account).onInvisible),
		{xmpp.SetIQ, xmpp.InvisibleSpace, "visible", toGateway}:   atAccount((*account).onInvisible),
		{xmpp.GetIQ, xmpp.VCardSpace, "vCard", toGateway}:         (*desk).card,
		{xmpp.GetIQ, xmpp.VCardSpace, "vCard", toContact}:         atAccount((*account).onCard),
		{xmpp.GetIQ, xmpp.PubSubSpace, "pubsub", toContact}:       atAccount((*account).onItems),
		{xmpp.SetIQ, xmpp.RosterSpace, "query", toGateway}:        atAccount((*account).onRosterPush),
		{xmpp.SetIQ, xmpp.RosterManageSpace, "query", toGateway}:  atAccount((*account).onLeave),
		{xmpp.GetIQ, xmpp.SearchSpace, "query", toGateway}:        atAccount((*account).onSearchForm),
		{xmpp.SetIQ, xmpp.SearchSpace, "query", toGateway}:        atAccount((*account).onSearch),
		{xmpp.GetIQ, blockSpace, "blocklist", toGateway}:          atAccount((*account).onBlockList),
		{xmpp.SetIQ, blockSpace, "block", toGateway}:              atAccount((*account).onBlock),
		{xmpp.SetIQ, blockSpace, "unblock", toGateway}:            atAccount((*account).onBlock),
		{xmpp.SetIQ, xmpp.IQOOBSpace, "query", toContact}:         atAccount((*account).onLink),
	}
	maps.Copy(all, roomHandlers())
	return all
}

// iq answers a request; every get and set has an answer.
func (d *desk) iq(svc *Service, q xmpp.IQ) {
	if q.Type != xmpp.GetIQ && q.Type != xmpp.SetIQ {
		return
	}
	e := q.Query()
	if e == nil {
		d.fail(svc, q, xmpp.BadRequest, "A request has a payload.")
		return
	}
	h, ok := d.handlers[handlerKey{q.Type, e.Name.Space, e.Name.Local, targetOf(q.To)}]
	if !ok {
		d.fail(svc, q, xmpp.ServiceUnavailable, "")
		return
	}
	h(d, svc, q, e)
}

func (d *desk) pong(svc *Service, q xmpp.IQ, _ *xmltree.Element) { d.send(svc, q.Result()) }

// version is XEP-0092; the operating system is nobody's business.
func (d *desk) version(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	d.send(svc, q.Result(xmltree.New(xmpp.VersionSpace, "query").With(
		xmltree.Leaf(xmpp.VersionSpace, "name", "imgate"),
		xmltree.Leaf(xmpp.VersionSpace, "version", orDefault(d.g.opt.Version, "unreleased")),
	)))
}

// prompt tells what to type to address a contact (XEP-0100 §6).
func (d *desk) prompt(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	info, l := svc.about, d.tongue(svc, q)
	d.send(svc, q.Result(xmltree.New(xmpp.GatewaySpace, "query").With(
		xmltree.Leaf(xmpp.GatewaySpace, "desc", speech.Of("Type the %s address of the contact.", info.Name).In(l)),
		xmltree.Leaf(xmpp.GatewaySpace, "prompt", speech.Text(info.NameHint).In(l)),
	)))
}

// resolve turns what was typed into an address; old clients read it from prompt.
func (d *desk) resolve(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	id, err := svc.Network.Canonical(e.ChildText(xmpp.GatewaySpace, "prompt"))
	if err != nil {
		d.fail(svc, q, xmpp.NotAcceptable, speech.Of("%s", err))
		return
	}
	j, err := svc.contactJID(id)
	if err != nil {
		d.fail(svc, q, xmpp.NotAcceptable, "This name can't be an XMPP address.")
		return
	}
	d.send(svc, q.Result(xmltree.New(xmpp.GatewaySpace, "query").With(
		xmltree.Leaf(xmpp.GatewaySpace, "jid", j.String()),
		xmltree.Leaf(xmpp.GatewaySpace, "prompt", j.String()),
	)))
}
