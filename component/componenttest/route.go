package componenttest

import (
	"errors"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Errors of Peer.Next about a component that broke the rules; the stream has been ended with a stream error.
var (
	ErrNotStanza = errors.New("something that is no stanza at the top level")
	ErrAddresses = errors.New("a stanza without from or to")
	ErrFrom      = errors.New("a stanza from another domain than the component's")
)

// take checks what the component sent as a server would, and routes it: pings are answered, what goes to a
// component goes there, everything else is for the test.
func (p *Peer) take(e *xmltree.Element) error {
	stanza, err := xmpp.Parse(e)
	if errors.Is(err, xmpp.ErrNotStanza) {
		p.Fail("unsupported-stanza-type", "")
		return ErrNotStanza
	}
	head := stanza.Head()
	switch {
	case err != nil:
		p.Fail("bad-format", err.Error())
		return err
	case head.From.IsZero() || head.To.IsZero():
		p.Fail("improper-addressing", "")
		return ErrAddresses
	case p.serves(head.From.Domain):
	case p.server.personality.ChecksFrom:
		p.Fail("invalid-from", "")
		return ErrFrom
	default:
		p.bounce(stanza)
		return nil
	}
	p.route(stanza, e)
	return nil
}

// bounce gives a stanza back as jabberd2's router does: an error with the addresses as they were.
func (p *Peer) bounce(stanza xmpp.Stanza) {
	if back, ok := xmpp.ErrorReply(stanza, xmpp.NewError(xmpp.ServiceUnavailable, "")); ok {
		p.SendStanza(xmpp.Readdressed(back, stanza.Head().From, stanza.Head().To))
	}
}

func (p *Peer) route(stanza xmpp.Stanza, e *xmltree.Element) {
	to := stanza.Head().To
	owner := p.server.owner(to.Domain)
	if p.serves(to.Domain) {
		owner = p
	}
	if owner != nil {
		if !p.silent.Load() {
			owner.SendStanza(stanza)
		}
		return
	}
	q, ok := stanza.(xmpp.IQ)
	if ok && q.Type == xmpp.GetIQ && q.Query().Is(xmpp.PingSpace, "ping") && to.Local == "" {
		if !p.silent.Load() {
			p.SendStanza(q.Result())
		}
		return
	}
	p.got <- e
}

// serves reports whether this connection stands for a domain.
func (p *Peer) serves(domain string) bool {
	_, known := p.server.secrets[domain]
	return domain == p.Domain || known && p.server.personality.GlobalRoutes
}
