package client

import (
	"context"
	"fmt"

	"imgate/adapters"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Prove signs in and goes again, before any resource is there: nobody sees it. It takes 20 s at most. Errors wrap
// adapters.ErrWrongPassword, ErrInactive or ErrUnreachable; none of them has the password in it.
func (c *Config) Prove(ctx context.Context, user xmpp.JID, password transports.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, signOnTime)
	defer cancel()
	s, err := c.signIn(ctx, user, password)
	if err != nil {
		return err
	}
	_ = s.writeRaw([]byte("</stream:stream>"))
	_ = s.conn.Close()
	return nil
}

// signIn gives a stream that the server believes to be the user's.
func (c *Config) signIn(ctx context.Context, user xmpp.JID, password transports.Secret) (*stream, error) {
	if user.Local == "" {
		return nil, fmt.Errorf("%w: no user", adapters.ErrWrongPassword)
	}
	s, features, err := c.dial(ctx, user.Domain)
	if err != nil {
		return nil, err
	}
	var passed bool
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		if !stop() || !passed {
			_ = conn.Close()
		}
	}()
	if err := s.authenticate(features, user.Local, password, c.Plain); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, unreachable(err)
	}
	passed = true
	c.Log.Debug("signed in at the XMPP server", "user", user.String(), "tls", s.tlsVersion(), "by", s.proof)
	return s, nil
}

// bind opens the stream again and asks for a resource (RFC 6120 §7); the server may give another.
func (s *stream) bind(resource string) (xmpp.JID, error) {
	features, err := s.open()
	if err != nil {
		return xmpp.JID{}, unreachable(err)
	}
	ask := xmltree.New(bindSpace, "bind").With(xmltree.Leaf(bindSpace, "resource", resource))
	answer, err := s.ask("bind", ask)
	if err != nil {
		return xmpp.JID{}, err
	}
	full, err := xmpp.ParseJID(answer.Child(bindSpace, "bind").ChildText(bindSpace, "jid"))
	if err != nil || full.Resource == "" {
		return xmpp.JID{}, fmt.Errorf("%w: it gave no address", adapters.ErrUnreachable)
	}
	const sessionSpace = "urn:ietf:params:xml:ns:xmpp-session" // RFC 3921 §3; jabberd2 waits for it
	old := features.Child(sessionSpace, "session")
	if old != nil && old.Child(sessionSpace, "optional") == nil {
		_, err = s.ask("session", xmltree.New(sessionSpace, "session"))
	}
	return full, err
}

// ask sends an iq before anything else is under way, and waits for its result.
func (s *stream) ask(id string, payload *xmltree.Element) (*xmltree.Element, error) {
	q := xmpp.IQ{Header: xmpp.Header{ID: id}, Type: xmpp.SetIQ, Payload: []*xmltree.Element{payload}}
	if err := s.write(q.Element()); err != nil {
		return nil, unreachable(err)
	}
	e, err := s.next()
	switch {
	case err != nil:
		return nil, unreachable(err)
	case e.Name.Local != "iq" || e.Attr("id") != id || e.Attr("type") != "result":
		return nil, fmt.Errorf("%w: it refused %s", adapters.ErrUnreachable, id)
	}
	return e, nil
}
