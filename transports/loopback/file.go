package loopback

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"imgate/transports"
)

// Bounds of files.
const (
	MaxFile   = 32 << 20 // bytes of one; more are cut off and the file fails
	maxOffers = 16       // files that one account has on offer
)

// A File is what an account without session has received.
type File struct {
	From transports.LegacyID
	Name string
	Data []byte
}

// An offer is a file on its way. The server's mutex guards it.
type offer struct {
	id       string
	from, to *account
	name     string
	size     int64 // -1: unknown
	open     transports.Opener
	line     *line // the sender's; nil: an account without session
	tag      transports.Tag

	taken, opened bool
	body          io.Closer // while it is read
}

// sendFile is SendFile. Its answer comes when the file is through, or will never be.
func (s *Server) sendFile(l *line, c transports.SendFile) answer {
	to, err := s.reached(l.acct, c.To)
	switch {
	case err != nil:
		return outcome(err)
	case c.Name == "" || c.Open == nil || c.Size < -1:
		return outcome(fmt.Errorf("%w: no file", transports.ErrInvalid))
	case c.Size > MaxFile:
		return outcome(transports.ErrTooLong)
	case to.shown() == transports.Offline || to.line != nil && !to.can(transports.CanReceiveFiles):
		return outcome(transports.ErrUnavailable)
	}
	o, err := s.offer(&offer{from: l.acct, to: to, name: c.Name, size: c.Size, open: c.Open, line: l, tag: c.Tag})
	if err != nil {
		return outcome(err)
	}
	if to.line == nil { // an account without session takes everything
		o.taken = true
		l.spawn("file", func() { s.receive(l.ctx, o) })
	}
	return later
}

// offer numbers an offer and tells the recipient's session.
func (s *Server) offer(o *offer) (*offer, error) {
	n := 0
	for _, other := range s.offers {
		if other.from == o.from {
			n++
		}
	}
	if n >= maxOffers {
		return nil, transports.ErrBusy
	}
	s.offered++
	o.id = strconv.Itoa(s.offered)
	s.offers[o.id] = o
	o.to.line.putIf(transports.CanReceiveFiles, transports.FileOffer{Offer: o.id, From: o.from.id, Name: o.name, Size: o.size})
	return o, nil
}

// answerFile is AnswerFile.
func (s *Server) answerFile(l *line, c transports.AnswerFile) answer {
	o := s.offers[c.Offer]
	if o == nil || o.to != l.acct || o.taken {
		return outcome(fmt.Errorf("%w: no such file on offer", transports.ErrUnknown))
	}
	if !c.Accept {
		s.settleOffer(o, answer{err: transports.ErrDenied})
		return outcome(nil)
	}
	o.taken = true
	l.put(transports.FileData{Offer: o.id, Open: func(ctx context.Context) (io.ReadCloser, error) { return s.openOffer(ctx, o) }})
	return outcome(nil)
}

// settleOffer ends an offer and answers its sender, unless it has ended already. What was being read is closed.
func (s *Server) settleOffer(o *offer, a answer) {
	if s.offers[o.id] != o {
		return
	}
	delete(s.offers, o.id)
	if o.body != nil {
		_ = o.body.Close() // it has been read, or is given up
		o.body = nil
	}
	if o.line != nil {
		o.line.answer(o.tag, a)
	}
}

// dropOffers ends the files of a session that has ended, whichever side of them it is on.
func (s *Server) dropOffers(l *line) {
	for _, o := range s.offers {
		switch l {
		case o.line:
			s.settleOffer(o, answer{err: transports.ErrDisconnected})
		case o.to.line:
			s.settleOffer(o, answer{err: transports.ErrUnavailable})
		}
	}
}

// Offer offers a file of an account without session, and gives the name of the offer.
func (s *Server) Offer(from, to transports.LegacyID, name string, data []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, other := s.accounts[from], s.accounts[to]
	if a == nil || other == nil || !other.can(transports.CanReceiveFiles) || !other.allows(from) {
		return "", transports.ErrUnavailable
	}
	o, err := s.offer(&offer{from: a, to: other, name: name, size: int64(len(data)), open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}})
	if err != nil {
		return "", err
	}
	return o.id, nil
}

// Offered reports whether an offer still waits for its end.
func (s *Server) Offered(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offers[id] != nil
}

// Files are the files that an account without session has received.
func (s *Server) Files(id transports.LegacyID) (files []File) {
	s.with(id, func(a *account) { files = slices.Clone(a.files) })
	return files
}
