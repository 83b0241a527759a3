package transporttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"imgate/transports"
)

// checkFile holds what is told of files to the laws: an offer has a name of its own, and only the bytes of what was
// accepted are given, once.
func (s *subject) checkFile(e transports.Event) {
	s.t.Helper()
	switch e := e.(type) {
	case transports.FileOffer:
		if _, twice := s.offers[e.Offer]; twice || e.Offer == "" || e.Name == "" || e.Size < -1 {
			s.t.Errorf("law broken: an offer with a name of its own, a file name and a size was expected, not %+v", e)
		}
		s.offers[e.Offer] = false
	case transports.FileData:
		accepted := false
		for _, c := range s.asked {
			if a, ok := c.(transports.AnswerFile); ok && a.Offer == e.Offer && a.Accept {
				accepted = true
			}
		}
		if !accepted || s.offers[e.Offer] || e.Open == nil {
			s.t.Errorf("law broken: FileData for %q was not asked for, or comes twice", e.Offer)
		}
		s.offers[e.Offer] = true
	}
}

// receiveLaw takes a file, declines another, and answers one that there is not.
func receiveLaw(s *subject) {
	s.refuses("to take a file that nobody offers", transports.AnswerFile{Tag: s.tag(), Offer: "none such", Accept: true})
	any := func(e transports.FileOffer) bool { return e.From == s.h.Friend }
	declined, ok := feels(s, Offers, any)
	if !ok {
		return
	}
	s.works(transports.AnswerFile{Tag: s.tag(), Offer: declined.Offer})
	offer, ok := feels(s, Offers, any)
	if !ok || !s.offer(transports.AnswerFile{Tag: s.tag(), Offer: offer.Offer, Accept: true}) {
		return
	}
	var data transports.FileData
	if s.until("law broken: no FileData for an accepted offer", func() bool {
		for _, e := range s.seen {
			if d, is := e.(transports.FileData); is && d.Offer == offer.Offer {
				data = d
			}
		}
		return data.Open != nil
	}) {
		s.reads(offer, data.Open)
	}
}

// reads opens a file, once and again, while the session goes on.
func (s *subject) reads(offer transports.FileOffer, open transports.Opener) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), forever)
	defer cancel()
	read := make(chan error, 1)
	go func() {
		r, err := open(ctx)
		if err != nil {
			read <- err
			return
		}
		got, err := io.Copy(io.Discard, r)
		if _, again := open(ctx); again == nil {
			s.t.Error("law broken: a file can be opened twice")
		}
		if err == nil && offer.Size >= 0 && got != offer.Size {
			s.t.Errorf("law broken: %d bytes were offered, and %d came", offer.Size, got)
		}
		read <- errors.Join(err, r.Close())
	}()
	for {
		select {
		case err := <-read:
			if err != nil {
				s.t.Errorf("law broken: an accepted file cannot be read: %v", err)
			}
			return
		default:
			s.step(time.Second)
		}
	}
}

// A watched file counts what a network does to it.
type watched struct {
	mu      sync.Mutex // guards all: networks read from goroutines of their own
	rest    *bytes.Reader
	stalls  chan struct{} // not nil: nothing comes until it is closed
	opened  int
	ended   bool
	closed  bool
	stalled bool
}

func (w *watched) open(context.Context) (io.ReadCloser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened++
	return w, nil
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	if w.stalls != nil {
		w.mu.Lock()
		w.stalled = true
		w.mu.Unlock()
		<-w.stalls
		return 0, io.ErrClosedPipe
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.rest.Read(p)
	w.ended = w.ended || err == io.EOF || w.rest.Len() == 0
	return n, err
}

// Close implements io.Closer.
func (w *watched) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed && w.stalls != nil {
		close(w.stalls)
	}
	w.closed = true
	return nil
}

func (w *watched) check(s *subject, through bool) {
	s.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opened > 1 || w.opened == 1 && !w.closed {
		s.t.Errorf("law broken: a file to send was opened %d times, closed: %v", w.opened, w.closed)
	}
	if through && (w.opened == 0 || !w.ended) {
		s.t.Error("law broken: a file is done that was not read to its end")
	}
}

// sendLaw: Done comes when the file is through, and then it is read to its end and closed. The friend takes files.
func sendLaw(s *subject) {
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	file := &watched{rest: bytes.NewReader(data)}
	through := s.works(transports.SendFile{Tag: s.tag(), To: s.h.Friend, Name: "law.txt", Size: int64(len(data)), Open: file.open})
	file.check(s, through)
}

// unfinishedLaw: a session that ends closes the file that it was sending.
func unfinishedLaw(s *subject) {
	file := &watched{stalls: make(chan struct{})}
	if !s.offer(transports.SendFile{Tag: s.tag(), To: s.h.Friend, Name: "law.txt", Size: 10, Open: file.open}) {
		return
	}
	reading := func() bool {
		file.mu.Lock()
		defer file.mu.Unlock()
		return file.stalled
	}
	for n := 0; n < 60 && !reading(); n++ {
		s.step(time.Second)
	}
	s.finish(false)
	file.check(s, false)
	_ = file.Close() // never fails; who still reads is let go
}
