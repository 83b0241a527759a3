package xmlrpc

import (
	"context"
	"errors"
	"fmt"

	"imgate/adapters/xmlrpc/wire"
	"imgate/xmltree"
	"imgate/xmpp"
)

// maxStanza bounds a stanza, in bytes: what servers take.
const maxStanza = 256 << 10

// sendStanza sends one stanza. What it says of from and to stands over the arguments.
func sendStanza(ctx context.Context, d *Door, a arguments) (wire.Value, error) {
	s, err := stanza(a)
	if err != nil {
		return done(fmt.Errorf("stanza: %w", err))
	}
	return done(d.opt.Gateway.Send(ctx, s))
}

func stanza(a arguments) (xmpp.Stanza, error) {
	e, err := xmltree.Parse(a["stanza"], xmltree.Limits{Bytes: maxStanza})
	if err != nil {
		return nil, errors.Join(err, xmpp.NewError(xmpp.BadRequest, ""))
	}
	adopt(e)
	for _, attr := range []string{"from", "to"} {
		if e.Attr(attr) == "" {
			e.SetAttr(attr, a[attr])
		}
	}
	s, err := xmpp.Parse(e)
	if errors.Is(err, xmpp.ErrNotStanza) {
		return nil, fmt.Errorf("a stanza is a message, presence or iq: %w", xmpp.NewError(xmpp.BadRequest, ""))
	}
	if err != nil {
		return nil, err
	}
	if h := s.Head(); h.From.IsZero() || h.To.IsZero() {
		return nil, fmt.Errorf("from and to are wanted: %w", xmpp.NewError(xmpp.JIDMalformed, ""))
	}
	return s, nil
}

// adopt gives elements without a namespace the one of stanzas.
func adopt(e *xmltree.Element) {
	if e.Name.Space == "" {
		e.Name.Space = xmpp.ClientSpace
	}
	for c := range e.Elements() {
		adopt(c)
	}
}
