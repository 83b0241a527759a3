package tap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"imgate/registry"
	"imgate/transports"
)

// A Dial connects to an address, as transports.Env.Dial.
type Dial func(ctx context.Context, address string) (net.Conn, error)

// Dialled is dial for the sessions of key, whose connections can be looked at. network says what their bytes mean,
// where it can.
func (h *Hub) Dialled(key registry.Key, network transports.Network, dial Dial) Dial {
	return func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := dial(ctx, address)
		if err != nil {
			give(h.of(key), transports.TraceEvent{
				At: time.Now(), Kind: transports.TraceRefused, Frame: transports.Frame{Text: address + ": " + err.Error()},
			})
			return nil, err
		}
		c := &wire{Conn: conn, hub: h, key: key, number: h.conns.Add(1)}
		c.in, c.out = side{reader: describer(network, false)}, side{reader: describer(network, true), out: true}
		c.tell(h.of(key), transports.TraceOpened, address)
		return c, nil
	}
}

func describer(n transports.Network, out bool) transports.Describer {
	if t, ok := n.(transports.Traced); ok {
		return t.Describe(out)
	}
	return blind{}
}

// blind is for networks that describe nothing.
type blind struct{}

func (blind) Pass([]byte)     {}
func (blind) Unfinished() int { return 0 }
func (blind) Describe(b []byte) []transports.Frame {
	var list []transports.Frame
	for piece := range slices.Chunk(b, blindPiece) {
		list = append(list, transports.Hide(fmt.Sprintf("%d bytes", len(piece)), len(piece)))
	}
	return list
}

// blindPiece is the longest frame of a network that describes nothing.
const blindPiece = 64 << 10

// A wire is a connection that can be looked at.
type wire struct {
	net.Conn
	hub     *Hub
	key     registry.Key
	number  uint64
	in, out side
}

// A side is one direction. It belongs to whoever reads, or writes; a session has one of each at a time.
type side struct {
	reader transports.Describer
	offset uint64 // of the next frame
	out    bool
}

// Read implements net.Conn.
func (c *wire) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.heard(b[:n], err)
	return n, err
}

// heard is what a read has brought. It is kept out of line: a session's reader waits in Read for as long as the session
// lasts, and only a stack of which little is in use is ever made smaller.
//
//go:noinline
func (c *wire) heard(b []byte, err error) {
	looks := c.hub.of(c.key)
	c.follow(looks, &c.in, b)
	c.failed(looks, &c.in, err)
}

// Write implements net.Conn. What is written is told before: the answer must not seem to come first.
func (c *wire) Write(b []byte) (int, error) {
	looks := c.hub.of(c.key)
	c.follow(looks, &c.out, b)
	n, err := c.Conn.Write(b)
	c.failed(looks, &c.out, err)
	return n, err
}

// Close implements net.Conn.
func (c *wire) Close() error {
	c.tell(c.hub.of(c.key), transports.TraceClosed, "")
	return c.Conn.Close()
}

func (c *wire) follow(looks []*look, s *side, b []byte) {
	if looks == nil {
		s.offset += uint64(s.reader.Unfinished() + len(b))
		s.reader.Pass(b)
		return
	}
	for _, f := range s.reader.Describe(b) {
		c.frame(looks, s, f)
	}
}

// failed tells how reading or writing has ended, and what was left of a frame.
func (c *wire) failed(looks []*look, s *side, err error) {
	if err == nil || looks == nil {
		return
	}
	if n := s.reader.Unfinished(); n > 0 {
		c.frame(looks, s, transports.Hide(fmt.Sprintf("%d bytes of an unfinished frame", n), n))
		s.reader.Pass(nil)
	}
	if !errors.Is(err, net.ErrClosed) { // we closed it, and have said so
		c.tell(looks, transports.TraceEnded, reason(err))
	}
}

func (c *wire) frame(looks []*look, s *side, f transports.Frame) {
	ev := c.event(transports.TraceFrame)
	ev.Out, ev.Offset, ev.Frame = s.out, s.offset, f
	s.offset += uint64(len(f.Bytes))
	give(looks, ev)
}

func (c *wire) tell(looks []*look, kind transports.TraceKind, text string) {
	if looks == nil {
		return
	}
	ev := c.event(kind)
	ev.Frame.Text = text
	give(looks, ev)
}

func (c *wire) event(kind transports.TraceKind) transports.TraceEvent {
	return transports.TraceEvent{
		At: time.Now(), Kind: kind, Conn: c.number, Local: addrPort(c.LocalAddr()), Remote: addrPort(c.RemoteAddr()),
	}
}

// addrPort is the zero value for what is no TCP address.
func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		p := t.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}

func reason(err error) string {
	if errors.Is(err, io.EOF) {
		return "the network has closed the connection"
	}
	return err.Error()
}

func give(looks []*look, ev transports.TraceEvent) {
	for _, l := range looks {
		l.put(ev)
	}
}
