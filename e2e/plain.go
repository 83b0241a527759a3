package e2e

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// A Plain is the smallest XMPP client (RFC 6120: SASL PLAIN, resource binding), for loopback: without TLS. It
// answers nothing by itself but roster pushes, and requests, which it refuses; what it can do it tells where Features
// says so.
type Plain struct {
	Features []string // what it tells who asks (XEP-0030); nil: it refuses to tell

	conn   net.Conn
	reader *xmltree.Reader
	write  sync.Mutex // between the answers of Next and Send
}

const (
	saslSpace = "urn:ietf:params:xml:ns:xmpp-sasl"
	bindSpace = "urn:ietf:params:xml:ns:xmpp-bind"
)

// errRefused means that the server did not take the name or the password.
var errRefused = errors.New("not authorized")

// LoginPlain connects to address ("host:port") as the full JID, within ctx.
func LoginPlain(ctx context.Context, jid, password, address string) (*Plain, error) {
	j, err := xmpp.ParseJID(jid)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	p := &Plain{conn: conn}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := p.logIn(j, password); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return p, nil
}

func (p *Plain) logIn(j xmpp.JID, password string) error {
	if err := p.open(j.Domain); err != nil {
		return err
	}
	token := base64.StdEncoding.EncodeToString([]byte("\x00" + j.Local + "\x00" + password))
	answer, err := p.ask(xmltree.Leaf(saslSpace, "auth", token).SetAttr("mechanism", "PLAIN"))
	if err != nil {
		return err
	}
	if !answer.Is(saslSpace, "success") {
		return fmt.Errorf("%w: %s", errRefused, answer)
	}
	if err := p.open(j.Domain); err != nil {
		return err
	}
	bind := xmltree.New(bindSpace, "bind").With(xmltree.Leaf(bindSpace, "resource", j.Resource))
	answer, err = p.ask(xmltree.New(xmpp.ClientSpace, "iq").SetAttr("type", "set").SetAttr("id", "bind").With(bind))
	if err != nil {
		return err
	}
	if answer.Attr("type") != "result" {
		return fmt.Errorf("bind: %s", answer)
	}
	// A client that asks for the roster gets subscription requests that wait (RFC 6121 §2.2).
	_, err = p.ask(xmltree.New(xmpp.ClientSpace, "iq").SetAttr("type", "get").SetAttr("id", "roster").
		With(xmltree.New(xmpp.RosterSpace, "query")))
	return err
}

// open begins a stream and reads the features.
func (p *Plain) open(domain string) error {
	_, err := fmt.Fprintf(p.conn, "<stream:stream xmlns='%s' xmlns:stream='%s' to='%s' version='1.0'>",
		xmpp.ClientSpace, xmpp.StreamSpace, domain)
	if err != nil {
		return err
	}
	p.reader = xmltree.NewReader(p.conn, xmltree.Limits{Bytes: 1 << 20})
	if _, err := p.reader.Open(); err != nil {
		return err
	}
	_, err = p.reader.Next()
	return err
}

// ask sends an element and reads the next one.
func (p *Plain) ask(e *xmltree.Element) (*xmltree.Element, error) {
	if err := p.put(e); err != nil {
		return nil, err
	}
	return p.reader.Next()
}

func (p *Plain) put(e *xmltree.Element) error {
	p.write.Lock()
	defer p.write.Unlock()
	_, err := p.conn.Write(e.Append(nil, xmpp.ClientSpace))
	return err
}

// Send sends XML as it is, within ctx.
func (p *Plain) Send(ctx context.Context, xml string) error {
	p.write.Lock()
	defer p.write.Unlock()
	deadline, _ := ctx.Deadline()
	if err := p.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err := io.WriteString(p.conn, xml)
	return err
}

// Next waits for the next stanza, until ctx ends; then the client is of no use any more.
func (p *Plain) Next(ctx context.Context) (*xmltree.Element, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	e, err := p.reader.Next()
	if err != nil {
		return nil, err
	}
	if e.Name.Local == "iq" && (e.Attr("type") == "get" || e.Attr("type") == "set") {
		return e, p.answer(e)
	}
	return e, nil
}

// answer takes roster pushes, tells what the client can do, and refuses everything else.
func (p *Plain) answer(q *xmltree.Element) error {
	a := xmltree.New(xmpp.ClientSpace, "iq").SetAttr("id", q.Attr("id")).SetAttr("type", "result")
	if q.Attr("from") != "" {
		a.SetAttr("to", q.Attr("from"))
	}
	switch {
	case q.Child(xmpp.RosterSpace, "query") != nil:
	case q.Child(xmpp.InfoSpace, "query") != nil && p.Features != nil:
		a.With((&xmpp.Info{
			Node: q.Child(xmpp.InfoSpace, "query").Attr("node"), Features: p.Features, Identities: []xmpp.Identity{{Category: "client", Type: "pc"}},
		}).Element())
	default:
		a.SetAttr("type", "error").With(xmpp.NewError(xmpp.ServiceUnavailable, "").Element())
	}
	return p.put(a)
}

// Close ends the stream and the connection.
func (p *Plain) Close() error {
	_, err := io.WriteString(p.conn, "</stream:stream>")
	return errors.Join(err, p.conn.Close())
}

// Abort closes the connection without a word.
func (p *Plain) Abort() error { return p.conn.Close() }
