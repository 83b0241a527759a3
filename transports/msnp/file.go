package msnp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Bounds of files.
const (
	offerTimeout = time.Hour        // that an offer waits for the user
	askTimeout   = 10 * time.Minute // that an offer of ours waits for the other side
	readPieces   = 8                // packets that are read from a file at once
	maxUnproven  = 2 * readPieces   // packets that the switchboard has not acknowledged
	maxOffers    = 64
)

// offered is a file that somebody offers; false: it cannot be taken.
func (s *session) offered(f *flow) bool {
	c, err := wire.ParseFileContext(f.invite.Get("Context"))
	if err != nil || c.Size > 1<<62 || s.openOffers() >= maxOffers {
		return false
	}
	s.peer.offers++
	f.purpose, f.size, f.offer = getFile, c.Size, strconv.Itoa(s.peer.offers)
	f.until = time.Now().Add(offerTimeout)
	f.board.flows = append(f.board.flows, f)
	s.tell(transports.FileOffer{Offer: f.offer, From: f.peer, Name: c.Name, Size: int64(c.Size)})
	return true
}

func (s *session) openOffers() (n int) {
	for _, b := range s.boards {
		for _, f := range b.flows {
			if f.purpose == getFile {
				n++
			}
		}
	}
	return n
}

// answerFile takes a file or declines it.
func (s *session) answerFile(c transports.AnswerFile) {
	f := s.offerNamed(c.Offer)
	if f == nil || f.begun {
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: no such file on offer", transports.ErrUnknown))
		return
	}
	if !c.Accept {
		s.decline(f.board, f.peer, f.invite)
		s.endFlow(f, transports.ErrDenied)
		s.done(c.Tag, transports.Accepted, nil)
		return
	}
	f.begun, f.until, f.sink = true, time.Now().Add(flowTimeout), newSink(s.over, s.space)
	s.agree(f)
	s.tell(transports.FileData{Offer: f.offer, Open: f.sink.open})
	s.done(c.Tag, transports.Accepted, nil)
	if f.size == 0 {
		s.bye(f)
		s.endFlow(f, nil)
	}
}

func (s *session) offerNamed(name string) *flow {
	for _, b := range s.boards {
		for _, f := range b.flows {
			if f.purpose == getFile && f.offer == name && !f.ended {
				return f
			}
		}
	}
	return nil
}

// fileData takes bytes of a file that was accepted.
func (s *session) fileData(f *flow, p wire.Packet) {
	switch {
	case f.sink == nil:
		return // nobody has asked for it yet
	case p.Total == 4 && f.size != 4 && p.Flags&wire.P2PFile != wire.P2PFile:
		s.sendPacket(f.board, f.peer, p.Acknowledges(s.number()), nil)
		return
	case p.Total != f.size || p.Offset != f.got:
		s.bye(f)
		s.endFlow(f, transports.ErrInvalid)
		return
	}
	f.got += uint64(len(p.Data))
	f.sink.put(slices.Clone(p.Data))
	if f.got < f.size {
		return
	}
	s.sendPacket(f.board, f.peer, p.Acknowledges(s.number()), nil)
	s.bye(f)
	s.endFlow(f, nil)
}

// fileEnded ends what the gateway reads.
func (s *session) fileEnded(f *flow, err error) {
	if f.sink != nil {
		f.sink.end(err)
	}
}

// drain goes on with the boards whose files have been read, and ends those that nobody wants any more.
func (s *session) drain() {
	for _, b := range slices.Clone(s.boards) {
		s.eachFlow(b, func(f *flow) {
			if f.sink == nil {
				return
			}
			f.until = time.Now().Add(flowTimeout)
			if f.sink.given() {
				s.bye(f)
				s.endFlow(f, transports.ErrDenied)
			}
		})
		s.resume(b)
	}
}

// full reports whether a file of the board has more than was read of it.
func (b *board) full() bool {
	return slices.ContainsFunc(b.flows, func(f *flow) bool { return f.sink != nil && f.sink.full() })
}

// resume lets the reader of a board go on, if it waits and may.
func (s *session) resume(b *board) {
	if b.link != nil && b.link.owed && !b.full() {
		b.link.goOn()
	}
}

// An outfile is a file of the user's on its way.
type outfile struct {
	tag      transports.Tag
	open     transports.Opener
	body     io.ReadCloser
	reading  bool
	unproven int // packets without the switchboard's acknowledgement
	id, ack  uint32
	sent     uint64
}

// sendFile offers a file.
func (s *session) sendFile(c transports.SendFile) {
	switch {
	case c.Name == "" || c.Open == nil || c.Size < 0:
		s.done(c.Tag, transports.Written, fmt.Errorf("%w: the network wants to know a file's name and size", transports.ErrInvalid))
		return
	case s.isOffline(c.To):
		s.done(c.Tag, transports.Written, transports.ErrUnavailable)
		return
	}
	b := s.call(c.To)
	if len(b.flows) >= maxFlows {
		s.done(c.Tag, transports.Written, transports.ErrBusy)
		return
	}
	f := &flow{purpose: giveFile, board: b, peer: c.To, size: uint64(c.Size), file: &outfile{tag: c.Tag, open: c.Open}}
	s.wish(f, wire.GUIDFile, wire.AppFile, wire.FileContext{Name: c.Name, Size: f.size}.String())
	f.until = time.Now().Add(askTimeout)
}

// feed reads on in the files that go over a board, where the switchboard keeps up.
func (s *session) feed(b *board) {
	for _, f := range b.flows {
		if o := f.file; o != nil && f.begun && !o.reading && o.sent < f.size && o.unproven < maxUnproven {
			s.readOn(f)
		}
		if o := f.file; o != nil && f.begun && f.size == 0 && f.ackID == 0 && !o.reading {
			s.readOn(f)
		}
	}
}

// readOn opens a file or reads on in it, apart from the session.
func (s *session) readOn(f *flow) {
	o := f.file
	o.reading = true
	body, left := o.body, f.size-o.sent
	s.background("msnp file", func(ctx context.Context) (func(), func()) {
		var err error
		if body == nil {
			if body, err = o.open(ctx); err != nil {
				return func() { s.readFile(f, nil, nil, err) }, nil
			}
			stop := context.AfterFunc(ctx, func() { _ = body.Close() }) // lets go of a read that hangs
			defer stop()
			data, err := readSome(body, left)
			return func() { s.readFile(f, body, data, err) }, func() { _ = body.Close() }
		}
		stop := context.AfterFunc(ctx, func() { _ = body.Close() })
		defer stop()
		data, err := readSome(body, left)
		return func() { s.readFile(f, body, data, err) }, func() { _ = body.Close() }
	})
}

// readSome reads a few packets full, or what is left.
func readSome(r io.Reader, left uint64) ([]byte, error) {
	data := make([]byte, min(left, readPieces*wire.MaxP2P))
	n, err := io.ReadFull(r, data)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return data[:n], fmt.Errorf("%w: the file is shorter than was said", transports.ErrInvalid)
	}
	return data[:n], err
}

// readFile sends what was read.
func (s *session) readFile(f *flow, body io.ReadCloser, data []byte, err error) {
	o := f.file
	o.reading, o.body = false, body
	if f.ended {
		o.close()
		return
	}
	if err != nil {
		s.bye(f)
		s.endFlow(f, fmt.Errorf("%w: the file cannot be read", transports.ErrInvalid))
		return
	}
	if o.id == 0 {
		o.id, o.ack = s.number(), s.number()
	}
	f.until = time.Now().Add(flowTimeout)
	f.board.used = time.Now()
	p := wire.Packet{Session: f.session, ID: o.id, AckID: o.ack, Total: f.size, Flags: wire.P2PFile, App: wire.AppFile}
	f.ackID = o.id
	for len(data) > 0 && !f.ended {
		n := min(len(data), wire.MaxP2P)
		p.Offset, p.Data = o.sent, data[:n]
		o.sent += uint64(n)
		o.unproven++
		s.sendPacket(f.board, f.peer, p, func(err error) {
			o.unproven--
			f.until = time.Now().Add(flowTimeout)
			if err != nil {
				s.endFlow(f, transports.ErrUnavailable)
			}
		})
		data = data[n:]
	}
	if f.size == 0 {
		s.endFlow(f, nil)
	}
}

func (o *outfile) close() {
	if o.body != nil {
		_ = o.body.Close() // it was read, or is given up
		o.body = nil
	}
}

// sentFile answers the gateway.
func (s *session) sentFile(f *flow, err error) {
	f.file.close()
	s.done(f.file.tag, transports.Delivered, err)
}
