package msnp

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"

	"imgate/transports/msnp/wire"
)

// A peer is what somebody without a client does by peer-to-peer on one board: it shows its picture, and takes and offers
// files. It speaks to one other at a time.
type peer struct {
	s     *Server
	b     *board
	a     *account
	count uint32
	parts map[uint32][]byte // messages that are not whole
	gives map[string][]byte // files on offer, by call
	calls map[string]wire.SLP
	sizes map[uint32]uint64
	files map[uint32][]byte
}

// peerOf is a's peer on a board. mu is held.
func (s *Server) peerOf(b *board, a *account) *peer {
	p := b.peers[a]
	if p == nil {
		p = &peer{
			s: s, b: b, a: a, count: 0x40000000 + uint32(len(s.order))<<16, parts: map[uint32][]byte{}, gives: map[string][]byte{},
			calls: map[string]wire.SLP{}, sizes: map[uint32]uint64{}, files: map[uint32][]byte{},
		}
		b.peers[a] = p
	}
	return p
}

func (p *peer) next() uint32 {
	p.count++
	return p.count
}

func (p *peer) packet(to *account, k wire.Packet) {
	m := wire.NewMessage(wire.TypeP2P, k.Append(nil), "P2P-Dest", to.id)
	p.s.speak(p.b, p.a, m.Append(nil))
}

// send sends a message in packets.
func (p *peer) send(to *account, k wire.Packet, data []byte) {
	k.ID, k.AckID, k.Total = p.next(), p.next(), uint64(len(data))
	for at := 0; at < len(data); at += wire.MaxP2P {
		k.Offset, k.Data = uint64(at), data[at:min(at+wire.MaxP2P, len(data))]
		p.packet(to, k)
	}
}

func (p *peer) slp(to *account, m wire.SLP) { p.send(to, wire.Packet{}, m.Append(nil)) }

// heard takes a packet.
func (p *peer) heard(from *account, m wire.Message) {
	if canonical(m.Get("P2P-Dest")) != p.a.id {
		return
	}
	k, err := wire.ParsePacket(m.Body)
	if err != nil || k.IsAck() {
		return
	}
	if len(p.parts[k.ID])+len(k.Data) > 64<<20 {
		return
	}
	p.parts[k.ID] = append(p.parts[k.ID], k.Data...)
	if !k.Last() {
		return
	}
	whole := p.parts[k.ID]
	delete(p.parts, k.ID)
	p.packet(from, k.Acknowledges(p.next()))
	if k.Session == 0 {
		if slp, err := wire.ParseSLP(whole); err == nil {
			p.spoken(from, slp)
		}
		return
	}
	if size, wanted := p.sizes[k.Session]; wanted && uint64(len(whole)) == size {
		delete(p.sizes, k.Session)
		p.a.files = append(p.a.files, whole)
	}
}

// spoken takes a message of MSNSLP.
func (p *peer) spoken(from *account, m wire.SLP) {
	switch {
	case m.Method == "INVITE" && m.Get("EUF-GUID") == wire.GUIDPicture:
		p.shows(from, m)
	case m.Method == "INVITE" && m.Get("EUF-GUID") == wire.GUIDFile:
		c, err := wire.ParseFileContext(m.Get("Context"))
		if err != nil {
			p.slp(from, m.Answer(wire.SLPDecline, "Decline"))
			return
		}
		p.sizes[m.Number("SessionID")] = c.Size
		p.agree(from, m)
	case m.Method == "" && m.Status == wire.SLPOK:
		if data, mine := p.gives[m.CallID]; mine {
			delete(p.gives, m.CallID)
			p.send(from, wire.Packet{Session: p.calls[m.CallID].Number("SessionID"), Flags: wire.P2PFile, App: wire.AppFile}, data)
		}
	case m.Method == "":
		delete(p.gives, m.CallID)
	}
}

func (p *peer) agree(from *account, m wire.SLP) {
	ok := m.Answer(wire.SLPOK, "OK")
	ok.Body = []wire.Field{{Name: "SessionID", Value: m.Get("SessionID")}}
	p.slp(from, ok)
}

// shows gives the picture.
func (p *peer) shows(from *account, m wire.SLP) {
	raw, err := base64.StdEncoding.DecodeString(m.Get("Context"))
	o, err2 := wire.ParseObject(string(bytes.TrimRight(raw, "\x00")))
	mine := wire.PictureObject(p.a.id, p.a.look.picture)
	if err != nil || err2 != nil || len(p.a.look.picture) == 0 || o.SHA1D != mine.SHA1D {
		p.slp(from, m.Answer(wire.SLPDecline, "Decline"))
		return
	}
	p.agree(from, m)
	k := wire.Packet{Session: m.Number("SessionID"), App: wire.AppPicture}
	p.send(from, k, make([]byte, 4))
	k.Flags = wire.P2PPicture
	p.send(from, k, p.a.look.picture)
}

// offer offers a file to all on the board. mu is held.
func (p *peer) offer(to *account, name string, data []byte) {
	n := p.next()
	m := wire.SLP{
		Method: "INVITE", To: to.id, From: p.a.id, Branch: guid(n), CallID: guid(n + 1<<20), Type: wire.SLPSession,
		Body: []wire.Field{
			{Name: "EUF-GUID", Value: wire.GUIDFile}, {Name: "SessionID", Value: strconv.FormatUint(uint64(n), 10)},
			{Name: "AppID", Value: "2"}, {Name: "Context", Value: wire.FileContext{Name: name, Size: uint64(len(data))}.String()},
		},
	}
	p.gives[m.CallID], p.calls[m.CallID] = data, m
	p.slp(to, m)
}

func guid(n uint32) string { return fmt.Sprintf("{%08X-0000-4000-8000-000000000000}", n) }

// Picture shows somebody without a client with a picture; nil: without.
func (s *Server) Picture(name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[canonical(name)]
	if a == nil {
		return
	}
	a.look.picture, a.look.object = data, ""
	if data != nil {
		a.look.object = wire.Escape(wire.PictureObject(a.id, data).String())
	}
	s.announce(a)
}

// Offer lets somebody without a client offer a file to a client.
func (s *Server) Offer(from, to, name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.accounts[canonical(from)], s.accounts[canonical(to)]
	s.meet(a, b, func(on *board) { s.peerOf(on, a).offer(b, name, data) })
}

// Files are the files that came whole to somebody without a client.
func (s *Server) Files(name string) (files [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[canonical(name)]; a != nil {
		files = slices.Clone(a.files)
	}
	return files
}
