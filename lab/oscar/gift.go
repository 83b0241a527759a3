package oscar

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// Files, as clients of AIM give them to each other: the sender listens at a port of its own, and the server says where that is.

const (
	maxGifts = 100 // in the life of a server
	giftStep = time.Minute
	// firstGiftPort is the port of the first file where there are no ports, but pipes.
	firstGiftPort = 4000
)

// A gift is a file that an account offers without a client's doing. All but the first line is guarded by the server's mutex.
type gift struct {
	from, to *account
	cookie   wire.Cookie
	name     string
	data     []byte
	fault    world.Fault // what its sender does wrong; empty: nothing

	address  string
	accepted bool // the other side has said that it comes
	declined bool
	given    bool // it has said that the whole is there
}

// giftFaults are what a sender can do wrong.
var giftFaults = [...]world.Fault{world.FileChecksum, world.FileShort, world.FileSilent, world.FileSize, world.FileCookie}

// Give offers a file from client to client, and gives it to whoever connects. The errors wrap world.ErrUnknown, or tell that there is no
// port for it.
func (n network) Give(from, to, name string, data []byte) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, b, err := n.between(from, to)
	if err != nil {
		return err
	}
	if len(n.s.gifts) >= maxGifts {
		return fmt.Errorf("%d files were offered, and that is enough", maxGifts)
	}
	n.s.said++
	g := &gift{from: a, to: b, cookie: cookie(n.s.said), name: name, data: data}
	for _, f := range giftFaults {
		if n.s.faults.Take(f, a.id, everybody(a.network)) {
			g.fault = f
			break
		}
	}
	if err := n.s.place(g); err != nil {
		return err
	}
	m, err := g.proposal()
	if err != nil {
		return err
	}
	n.s.gifts = append(n.s.gifts, g)
	n.s.deliver(a, b, m)
	return nil
}

// place finds a port for a file: of this machine, if the server has one itself. mu is held.
func (s *Server) place(g *gift) error {
	const here = "127.0.0.1"
	if s.address == "" {
		g.address = net.JoinHostPort(here, strconv.Itoa(firstGiftPort+len(s.gifts)))
		return nil
	}
	at, err := s.ports.Listen(net.JoinHostPort(here, "0"), func(conn net.Conn) { s.serveGift(g, conn) })
	if err != nil {
		return fmt.Errorf("a port for a file: %w", err)
	}
	g.address = at.String()
	return nil
}

// proposal is how a file is offered, with the address that the server has seen.
func (g *gift) proposal() (wire.Outgoing, error) {
	host, port, err := net.SplitHostPort(g.address)
	if err != nil {
		return wire.Outgoing{}, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return wire.Outgoing{}, err
	}
	file, err := wire.Encode(wire.FileProposal{Count: 1, Size: uint32(len(g.data)), Name: []byte(g.name)})
	if err != nil {
		return wire.Outgoing{}, err
	}
	seen := net.ParseIP(host).To4()
	data, err := wire.Encode(wire.Rendezvous{Cookie: g.cookie, About: wire.CapFile, TLVs: wire.TLVs{
		wire.Uint16(wire.RendezvousStep, 1), wire.Flag(wire.RendezvousWait), wire.Bytes(wire.RendezvousClient, seen),
		wire.Bytes(wire.RendezvousAddress, seen), wire.Uint16(wire.RendezvousPort, uint16(number)),
		wire.Bytes(wire.RendezvousData, file), wire.String(wire.RendezvousDataCharset, "utf-8"), wire.Bytes(wire.RendezvousVerified, seen),
	}})
	return wire.Outgoing{
		Cookie: g.cookie, Channel: wire.ChannelRendezvous, To: g.to.name, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)},
	}, err
}

// answered takes what a client says to somebody's offer of a file. mu is held.
func (s *Server) answered(from, to *account, m wire.Outgoing) {
	value, _ := m.TLVs.Get(wire.MessageData)
	v, err := wire.Decode[wire.Rendezvous](value)
	if m.Channel != wire.ChannelRendezvous || err != nil {
		return
	}
	for _, g := range s.gifts {
		if g.from == to && g.to == from && g.cookie == v.Cookie {
			g.accepted = g.accepted || v.Type == wire.RendezvousAccept
			g.declined = g.declined || v.Type == wire.RendezvousCancel
		}
	}
}

// ServePeer gives the file that is offered at an address, to one connection; nil: none is.
func (s *Server) ServePeer(address string) func(net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.gifts {
		if g.address == address {
			return func(conn net.Conn) { s.serveGift(g, conn) }
		}
	}
	return nil
}

// serveGift gives a file as its sender's client would, or goes wrong as it was told to.
func (s *Server) serveGift(g *gift, conn net.Conn) {
	if !s.ports.Enter(conn) {
		_ = conn.Close() // nobody was promised anything
		return
	}
	defer s.ports.Leave(conn)
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(giftStep)) != nil {
		return
	}
	if g.fault == world.FileSilent {
		_, _ = io.Copy(io.Discard, conn) // until the other side has had enough
		return
	}
	if g.give(conn) {
		s.mu.Lock()
		g.given = true
		s.mu.Unlock()
	}
}

// give speaks OFT; it reports whether the other side has said that it has the whole.
func (g *gift) give(conn net.Conn) bool {
	var sum wire.OFTSum
	_, _ = sum.Write(g.data) // never fails
	h := wire.NewOFT(wire.OFTPrompt, []byte(g.name), uint32(len(g.data)), sum.Value())
	body := g.data
	switch g.fault {
	case world.FileChecksum:
		h.Checksum ^= 0x12340000
	case world.FileShort:
		body = body[:len(body)/2]
	case world.FileSize:
		h.Size, h.Total = h.Size+1000, h.Total+1000
	case world.FileCookie:
		h.Cookie = wire.Cookie{'a', 'n', 'o', 't', 'h', 'e', 'r'}
	}
	b, err := wire.AppendOFT(nil, h)
	if err != nil {
		return false
	}
	if _, err := conn.Write(b); err != nil {
		return false
	}
	if ack, err := wire.ReadOFT(conn); err != nil || ack.Type != wire.OFTAck || ack.Cookie != g.cookie {
		return false
	}
	if _, err := conn.Write(body); err != nil || g.fault == world.FileShort {
		return false
	}
	done, err := wire.ReadOFT(conn)
	return err == nil && done.Type == wire.OFTDone && done.Cookie == g.cookie && done.Received == h.Size && sum.Is(done.ReceivedSum) &&
		done.Flags&wire.OFTFlagDone != 0
}

// A Gift is what has become of a file that was offered by Give.
type Gift struct {
	Name                      string
	Accepted, Declined, Given bool
}

// Gifts are the files that somebody has offered.
func (s *Server) Gifts(from string) (list []Gift) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.gifts {
		if g.from.id == canonical(from) {
			list = append(list, Gift{g.name, g.accepted, g.declined, g.given})
		}
	}
	return list
}
