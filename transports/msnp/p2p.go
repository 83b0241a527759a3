package msnp

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Bounds of peer-to-peer, all of which goes over switchboards.
const (
	maxInbox     = 16       // messages of one board that are not whole
	maxInboxSize = 32 << 10 // bytes of one
	maxFlows     = 16       // of one board
	flowTimeout  = 60 * time.Second
	maxPicture   = 256 << 10
)

// A purpose is what a flow is for.
type purpose uint8

const (
	getPicture purpose = iota
	givePicture
	getFile
	giveFile
)

// A flow is one peer-to-peer session: a picture or a file, in one direction.
type flow struct {
	purpose purpose
	board   *board
	peer    transports.LegacyID
	session uint32
	invite  wire.SLP  // that began it
	until   time.Time // when it is given up, unless something happens
	begun   bool      // bytes may go
	ended   bool
	ackID   uint32 // of our last message: its acknowledgement ends the flow

	picture *wanted  // getPicture
	data    []byte   // givePicture
	offer   string   // getFile
	sink    *sink    // getFile, once taken
	file    *outfile // giveFile
	got     uint64   // bytes that have come
	size    uint64   // that are to come, or to go
}

// A piece is a message that is not whole.
type piece struct {
	total uint64
	data  []byte
}

// peers is what the session knows of peer-to-peer.
type peers struct {
	count  uint32 // of ids that were given
	offers int
}

func newPeers() peers { return peers{} }

// number gives an id that no other of this account has in this session. Those of two accounts differ, as each may name
// things to the other.
func (s *session) number() uint32 {
	s.peer.count++
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], s.peer.count)
	sum := sha256.Sum256(append([]byte(s.self), b[:]...))
	return binary.LittleEndian.Uint32(sum[:])&0x3FFFFFFF | 0x1000
}

// guid is a GUID of such an id.
func (s *session) guid() string {
	sum := sha256.Sum256([]byte(string(s.self) + "/" + strconv.FormatUint(uint64(s.number()), 10)))
	h := strings.ToUpper(hex.EncodeToString(sum[:16]))
	return fmt.Sprintf("{%s-%s-%s-%s-%s}", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// sendPackets sends a message of a session in packets, and gives its id.
func (s *session) sendPackets(b *board, to transports.LegacyID, p wire.Packet, data []byte) uint32 {
	p.ID, p.AckID, p.Total = s.number(), s.number(), uint64(len(data))
	for offset := 0; offset < len(data) || offset == 0; offset += wire.MaxP2P {
		p.Offset, p.Data = uint64(offset), data[offset:min(offset+wire.MaxP2P, len(data))]
		s.sendPacket(b, to, p, nil)
	}
	return p.ID
}

// sendPacket sends one packet. finish may be nil.
func (s *session) sendPacket(b *board, to transports.LegacyID, p wire.Packet, finish func(error)) {
	m := wire.NewMessage(wire.TypeP2P, p.Append(nil), "P2P-Dest", string(to))
	s.send(b, &letter{class: "D", payload: m.Append(nil), finish: finish})
}

// heardPacket takes a packet. Those for others on the same board are none of ours.
func (s *session) heardPacket(b *board, from transports.LegacyID, m wire.Message) {
	if !s.dialect.objects || b.gone {
		return
	}
	if dest := m.Get("P2P-Dest"); dest != "" {
		if id, err := canonical(dest); err != nil || id != s.self {
			return
		}
	}
	p, err := wire.ParsePacket(m.Body)
	if err != nil {
		s.log.Debug("packet cannot be read", "err", err)
		return
	}
	switch {
	case p.Flags&(wire.P2PError|wire.P2PReset) != 0:
		s.eachFlow(b, func(f *flow) {
			if f.peer == from && (f.ackID == p.AckID && p.AckID != 0 || f.session == p.Session && p.Session != 0) {
				s.endFlow(f, transports.ErrDenied)
			}
		})
	case p.IsAck():
		s.eachFlow(b, func(f *flow) {
			if f.peer == from && f.ackID != 0 && f.ackID == p.AckID {
				s.arrivedAll(f)
			}
		})
	case p.Flags&wire.P2PWaiting != 0:
	case p.Session == 0:
		s.heardPiece(b, from, p)
	default:
		s.heardData(b, from, p)
	}
}

// eachFlow goes over the flows of a board, some of which may end by it.
func (s *session) eachFlow(b *board, do func(*flow)) {
	for _, f := range slices.Clone(b.flows) {
		if !f.ended {
			do(f)
		}
	}
}

// heardPiece gathers a message of MSNSLP.
func (s *session) heardPiece(b *board, from transports.LegacyID, p wire.Packet) {
	whole := p.Data
	if p.Offset > 0 || !p.Last() {
		part := b.inbox[p.ID]
		if part == nil {
			if p.Offset > 0 || p.Total > maxInboxSize || len(b.inbox) >= maxInbox {
				return
			}
			if b.inbox == nil {
				b.inbox = map[uint32]*piece{}
			}
			part = &piece{total: p.Total}
			b.inbox[p.ID] = part
		}
		if p.Total != part.total || p.Offset != uint64(len(part.data)) {
			delete(b.inbox, p.ID)
			return
		}
		part.data = append(part.data, p.Data...)
		if !p.Last() {
			return
		}
		delete(b.inbox, p.ID)
		whole = part.data
	}
	s.sendPacket(b, from, p.Acknowledges(s.number()), nil)
	m, err := wire.ParseSLP(whole)
	if err != nil {
		s.log.Debug("SLP cannot be read", "err", err)
		return
	}
	s.heardSLP(b, from, m)
}

// heardData takes bytes of a session.
func (s *session) heardData(b *board, from transports.LegacyID, p wire.Packet) {
	i := slices.IndexFunc(b.flows, func(f *flow) bool { return f.session == p.Session && f.peer == from && !f.ended })
	if i < 0 {
		return
	}
	f := b.flows[i]
	f.until = time.Now().Add(flowTimeout)
	b.used = time.Now()
	switch f.purpose {
	case getPicture:
		s.pictureData(f, p)
	case getFile:
		s.fileData(f, p)
	}
}

// arrivedAll is the acknowledgement of the last that we sent.
func (s *session) arrivedAll(f *flow) {
	switch f.purpose {
	case givePicture:
		f.ackID = 0
	case giveFile:
		if f.file.sent < f.size {
			return // nobody can have what was not sent
		}
		s.bye(f)
		s.endFlow(f, nil)
	}
}

// endFlow ends a flow; err nil: it was brought to its end. The other side is told by who calls this.
func (s *session) endFlow(f *flow, err error) {
	if f.ended {
		return
	}
	f.ended = true
	f.board.flows = slices.DeleteFunc(f.board.flows, func(o *flow) bool { return o == f })
	switch f.purpose {
	case getPicture:
		s.pictureEnded(f, err)
	case getFile:
		s.fileEnded(f, err)
	case giveFile:
		s.sentFile(f, err)
	}
	s.resume(f.board)
}

// expire gives up flows in which nothing happens. It tells when to look again.
func (p *peers) expire(s *session, now time.Time) (next time.Time) {
	for _, b := range slices.Clone(s.boards) {
		s.eachFlow(b, func(f *flow) {
			if now.Before(f.until) {
				next = sooner(next, f.until)
				return
			}
			if f.begun {
				s.bye(f)
			}
			s.endFlow(f, transports.ErrNoAnswer)
		})
	}
	return next
}

// parted ends what was going on with somebody who has left a board.
func (p *peers) parted(s *session, b *board, id transports.LegacyID) {
	s.eachFlow(b, func(f *flow) {
		if f.peer == id {
			s.endFlow(f, transports.ErrUnavailable)
		}
	})
}

// lost ends what went over a board.
func (p *peers) lost(s *session, b *board) {
	s.eachFlow(b, func(f *flow) { s.endFlow(f, transports.ErrUnavailable) })
}

// closeFiles lets go of the files that were on their way, when the session ends. One that is being read is closed by who
// reads it.
func (b *board) closeFiles() {
	for _, f := range b.flows {
		if f.file != nil && !f.file.reading {
			f.file.close()
		}
	}
}
