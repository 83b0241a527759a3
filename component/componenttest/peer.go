package componenttest

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"imgate/xmltree"
	"imgate/xmpp"
)

// A Peer is one component's connection, seen from the server.
type Peer struct {
	Domain string // of the component

	server *Server
	conn   net.Conn
	reader *xmltree.Reader
	got    chan *xmltree.Element
	silent atomic.Bool
	done   chan struct{}
	err    error

	mu   sync.Mutex
	more *sync.Cond
	out  []byte
	end  bool
}

func newPeer(s *Server, conn net.Conn) *Peer {
	p := &Peer{
		server: s, conn: conn, reader: xmltree.NewReader(conn, xmltree.Limits{Bytes: cmp.Or(s.personality.MaxStanza, 12<<20)}),
		got: make(chan *xmltree.Element, 1<<14), done: make(chan struct{}),
	}
	p.more = sync.NewCond(&p.mu)
	return p
}

// Send writes raw XML to the component, as it is. It does not wait.
func (p *Peer) Send(raw string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = append(p.out, raw...)
	p.more.Signal()
}

// SendStanza writes a stanza to the component in the namespace of the personality.
func (p *Peer) SendStanza(s xmpp.Stanza) {
	space := xmpp.ClientSpace // the stream's own, when written
	if p.server.personality.ClientSpace {
		space = xmpp.ComponentSpace
	}
	p.Send(string(s.Element().Append(nil, space)))
}

// Next waits for the next stanza of the component, which is never one of the pings that the server answers
// itself. After the end of the stream the error is io.EOF, or what was wrong.
func (p *Peer) Next(ctx context.Context) (xmpp.Stanza, error) {
	select {
	case e := <-p.got:
		return xmpp.Parse(e)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.done:
	}
	select {
	case e := <-p.got:
		return xmpp.Parse(e)
	default:
		return nil, p.err
	}
}

// Silence makes the server answer no more pings, or answer again.
func (p *Peer) Silence(on bool) { p.silent.Store(on) }

// Kill drops the connection without a word.
func (p *Peer) Kill() { p.conn.Close() }

// Fail ends the stream with a stream error.
func (p *Peer) Fail(condition xmpp.Condition, text string) {
	e := xmltree.New(xmpp.StreamsSpace, string(condition)).String()
	if text != "" {
		e += xmltree.Leaf(xmpp.StreamsSpace, "text", text).String()
	}
	p.Send("<stream:error>" + e + "</stream:error></stream:stream>")
	p.finish()
}

// write is the goroutine that writes what Send queued: neither side ever waits for the other to read.
func (p *Peer) write() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.out) == 0 && !p.end {
			p.more.Wait()
		}
		out := p.out
		p.out = nil
		if len(out) == 0 {
			p.conn.Close()
			return
		}
		p.mu.Unlock()
		_, err := p.conn.Write(out)
		p.mu.Lock()
		if err != nil {
			p.conn.Close()
			return
		}
	}
}

// serve is the goroutine that reads.
func (p *Peer) serve() {
	defer close(p.done)
	p.err = p.stream()
	if errors.Is(p.err, io.EOF) {
		p.Send("</stream:stream>")
	}
	p.finish()
	_, _ = io.Copy(io.Discard, p.conn) // until it is closed, so that the component never waits in a write
}

// finish lets the writer close the connection when all is written.
func (p *Peer) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = true
	p.more.Signal()
}

func (p *Peer) stream() error {
	if err := p.handshake(); err != nil {
		return err
	}
	for {
		e, err := p.reader.Next()
		var over *xmltree.LimitError
		if errors.As(err, &over) {
			p.Fail("not-well-formed", "")
		}
		if err != nil {
			return err
		}
		if err := p.take(e); err != nil {
			return err
		}
	}
}

var errHandshake = errors.New("no handshake")

func (p *Peer) handshake() error {
	start, err := p.reader.Open()
	if err != nil {
		return err
	}
	who := p.server.personality
	p.Domain = start.Attr("to")
	header := xmltree.New("", "x").SetAttr("from", p.Domain).SetAttr("id", "s-"+p.Domain)
	if who.Lang != "" {
		header.SetAttrNS(xmltree.XMLSpace, "lang", who.Lang)
	}
	p.Send("<?xml version='1.0'?><stream:stream xmlns='" + xmpp.ComponentSpace + "' xmlns:stream='" + xmpp.StreamSpace + "'" +
		strings.TrimPrefix(string(header.AppendOpen(nil, "")), "<x"))
	secret, known := p.server.secrets[p.Domain]
	switch {
	case p.server.own[p.Domain] && who.OwnHost != "":
		p.Fail(who.OwnHost, who.OwnText)
		return errHandshake
	case !known && who.UnknownEarly:
		p.Fail(who.UnknownHost, "")
		return errHandshake
	}
	proof, err := p.reader.Next()
	if err != nil {
		return err
	}
	return p.check(proof.Text(), secret, known)
}

// check decides on the proof of a component.
func (p *Peer) check(proof, secret string, known bool) error {
	who := p.server.personality
	if !who.CaseSensitive {
		proof = strings.ToLower(proof)
	}
	if !known && who.UnknownHost == "" {
		for _, secret = range p.server.secrets {
			break
		}
		known = true
	}
	sum := sha1.Sum([]byte("s-" + p.Domain + secret))
	switch {
	case !known:
		p.Fail(who.UnknownHost, "")
	case proof != hex.EncodeToString(sum[:]):
		p.Fail(who.WrongSecret, who.Text)
	case !p.server.enter(p):
		p.Fail(who.SecondIs, "Component already connected")
	default:
		p.welcome()
		return nil
	}
	return errHandshake
}

// welcome ends the handshake; jabberd2's session manager then asks at once what the component is.
func (p *Peer) welcome() {
	p.Send("<handshake/>")
	if p.server.personality.AsksDisco {
		for _, id := range []string{"sm-1", "sm-2"} {
			p.Send("<iq xmlns='jabber:client' type='get' id='" + id + "' from='sm' to='" + p.Domain + "'>" +
				"<query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
		}
	}
	p.server.peers <- p
}
