package gateway

import (
	"errors"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/xmpp"
)

// Receive takes one stanza from any link and never waits. parse is the error of reading it, if there was one.
// Which account a stanza belongs to is told by its to and from, never by the link it came on: a server may use
// one link for all domains. What is for a domain that the gateway has no service of is not ours, and nothing comes of it.
func (g *Gateway) Receive(s xmpp.Stanza, parse error) (ours bool) {
	if s == nil {
		return true
	}
	svc := g.domains[s.Head().To.Domain]
	if svc == nil {
		return false
	}
	g.route(svc, s, parse)
	return true
}

// route hands a stanza of a service to whom it concerns.
func (g *Gateway) route(svc *Service, s xmpp.Stanza, parse error) {
	h := s.Head()
	if parse != nil {
		g.refuse(svc, s, asStanzaError(parse))
		return
	}
	if h.From.IsZero() || meansNothing(s) || g.privileged(svc, s) {
		return
	}
	if g.stopping.Load() {
		g.refuse(svc, s, xmpp.NewError(xmpp.ServiceUnavailable, "The gateway is stopping."))
		return
	}
	svc.quirk.notice(h.From)
	if q, ok := s.(xmpp.IQ); ok && svc.answered(q) {
		return
	}
	key := registry.Key{User: h.From.Bare().String(), Service: svc.Name}
	a := g.accounts.get(key)
	if a != nil && a.leaving.Load() {
		a = nil // it is registered no more, though its last session may take a while to end
	}
	_, isIQ := s.(xmpp.IQ)
	switch {
	case a != nil && (!isIQ || isAnswer(s)):
		if !a.offer(s) {
			g.refuse(svc, s, xmpp.NewError(xmpp.ResourceConstraint, "too many stanzas are waiting"))
		}
	default:
		if !g.desk.offer(svc, s) {
			g.refuse(svc, s, xmpp.NewError(xmpp.ResourceConstraint, "the gateway is busy"))
		}
	}
}

// meansNothing reports whether s is presence that servers send to each contact at every log-in and log-off, and
// that tells nothing which the gateway's own address is not told too.
func meansNothing(s xmpp.Stanza) bool {
	p, ok := s.(xmpp.Presence)
	return ok && p.To.Local != "" && !isRoom(p.To) && (p.Type == xmpp.AvailablePresence || p.Type == xmpp.UnavailablePresence)
}

// isAnswer reports whether s is the answer to an iq of ours.
func isAnswer(s xmpp.Stanza) bool {
	q, ok := s.(xmpp.IQ)
	return ok && (q.Type == xmpp.ResultIQ || q.Type == xmpp.ErrorIQ)
}

func asStanzaError(err error) *xmpp.Error {
	var e *xmpp.Error
	if errors.As(err, &e) {
		return e
	}
	return xmpp.NewError(xmpp.BadRequest, "")
}

// refuse answers s with an error, where an answer is allowed; presence is not answered but for subscriptions,
// since some servers show such errors to the user at every sign-on.
func (g *Gateway) refuse(svc *Service, s xmpp.Stanza, e *xmpp.Error) {
	if p, ok := s.(xmpp.Presence); ok && p.Type != xmpp.SubscribePresence {
		return
	}
	if reply, ok := xmpp.ErrorReply(s, inWords(e, speech.Match(s.Head().Lang))); ok {
		svc.Link.Reply(reply)
	}
}
