package gateway

import (
	"imgate/xmltree"
	"imgate/xmpp"
)

// A handler answers one kind of request. The element is the payload.
type handler func(d *desk, svc *Service, q xmpp.IQ, payload *xmltree.Element)

// handlers of the gateway's own address and of its contacts', by type of the iq, namespace and name.
type handlerKey struct {
	kind         xmpp.IQType
	space, local string
	contact      bool
}

func handlers() map[handlerKey]handler {
	return map[handlerKey]handler{
		{xmpp.GetIQ, xmpp.InfoSpace, "query", false}:          (*desk).info,
		{xmpp.GetIQ, xmpp.InfoSpace, "query", true}:           (*desk).contactInfo,
		{xmpp.GetIQ, xmpp.ItemsSpace, "query", false}:         (*desk).items,
		{xmpp.GetIQ, xmpp.ItemsSpace, "query", true}:          (*desk).noItems,
		{xmpp.GetIQ, xmpp.RegisterSpace, "query", false}:      (*desk).registerForm,
		{xmpp.SetIQ, xmpp.RegisterSpace, "query", false}:      (*desk).registerSet,
		{xmpp.SetIQ, xmpp.CommandsSpace, "command", false}:    (*desk).command,
		{xmpp.GetIQ, xmpp.GatewaySpace, "query", false}:       (*desk).prompt,
		{xmpp.SetIQ, xmpp.GatewaySpace, "query", false}:       (*desk).resolve,
		{xmpp.GetIQ, xmpp.PingSpace, "ping", false}:           (*desk).pong,
		{xmpp.GetIQ, xmpp.PingSpace, "ping", true}:            (*desk).pong,
		{xmpp.GetIQ, xmpp.VersionSpace, "query", false}:       (*desk).version,
		{xmpp.GetIQ, xmpp.VersionSpace, "query", true}:        (*desk).version,
		{xmpp.GetIQ, xmpp.LastSpace, "query", false}:          (*desk).uptime,
		{xmpp.GetIQ, xmpp.LastSpace, "query", true}:           atAccount((*account).onLast),
		{xmpp.GetIQ, xmpp.TimeSpace, "time", false}:           (*desk).now,
		{xmpp.GetIQ, xmpp.TimeOldSpace, "query", false}:       (*desk).now,
		{xmpp.GetIQ, xmpp.AgentsSpace, "query", false}:        (*desk).agents,
		{xmpp.GetIQ, xmpp.AgentSpace, "query", false}:         (*desk).agent,
		{xmpp.GetIQ, xmpp.BrowseSpace, "query", false}:        (*desk).browse,
		{xmpp.GetIQ, xmpp.BrowseSpace, "item", false}:         (*desk).browse,
		{xmpp.GetIQ, xmpp.BrowseSpace, "query", true}:         (*desk).browse,
		{xmpp.GetIQ, xmpp.BrowseSpace, "item", true}:          (*desk).browse,
		{xmpp.SetIQ, xmpp.InvisibleSpace, "invisible", false}: atAccount((*account).onInvisible),
		{xmpp.SetIQ, xmpp.InvisibleSpace, "visible", false}:   atAccount((*account).onInvisible),
		{xmpp.GetIQ, xmpp.VCardSpace, "vCard", false}:         (*desk).card,
		{xmpp.GetIQ, xmpp.VCardSpace, "vCard", true}:          atAccount((*account).onCard),
		{xmpp.GetIQ, xmpp.PubSubSpace, "pubsub", true}:        atAccount((*account).onItems),
		{xmpp.GetIQ, xmpp.SearchSpace, "query", false}:        atAccount((*account).onSearchForm),
		{xmpp.SetIQ, xmpp.SearchSpace, "query", false}:        atAccount((*account).onSearch),
		{xmpp.SetIQ, xmpp.IQOOBSpace, "query", true}:          atAccount((*account).onLink),
	}
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
	h, ok := d.handlers[handlerKey{q.Type, e.Name.Space, e.Name.Local, q.To.Local != ""}]
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
	info := svc.Network.Info()
	d.send(svc, q.Result(xmltree.New(xmpp.GatewaySpace, "query").With(
		xmltree.Leaf(xmpp.GatewaySpace, "desc", "Type the "+info.Name+" address of the contact."),
		xmltree.Leaf(xmpp.GatewaySpace, "prompt", info.NameHint),
	)))
}

// resolve turns what was typed into an address; old clients read it from prompt.
func (d *desk) resolve(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	id, err := svc.Network.Canonical(e.ChildText(xmpp.GatewaySpace, "prompt"))
	if err != nil {
		d.fail(svc, q, xmpp.NotAcceptable, err.Error())
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
