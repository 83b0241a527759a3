package gateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Questions of the gateway itself to the XMPP server's services: where files may be put.

// askWait is how long a service of the XMPP server may take to answer.
const askWait = 20 * time.Second

// inquiries are the questions of one service that are open. The mutex stands between those who ask and the reader
// of the link; it is held for a look into the map.
type inquiries struct {
	mu   sync.Mutex
	open map[string]inquiry
	last uint64
}

type inquiry struct {
	to     xmpp.JID
	answer chan xmpp.IQ
}

// inquire asks an address and waits for the answer, at most askWait. The error is the link's, the context's or the
// *xmpp.Error of the answer.
func (s *Service) inquire(ctx context.Context, to xmpp.JID, kind xmpp.IQType, payload *xmltree.Element) (xmpp.IQ, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	answer := make(chan xmpp.IQ, 1)
	s.asked.mu.Lock()
	if s.asked.open == nil {
		s.asked.open = map[string]inquiry{}
	}
	s.asked.last++
	id := fmt.Sprintf("gw-%s-%d", s.run, s.asked.last)
	s.asked.open[id] = inquiry{to, answer}
	s.asked.mu.Unlock()
	defer func() {
		s.asked.mu.Lock()
		delete(s.asked.open, id)
		s.asked.mu.Unlock()
	}()
	q := xmpp.IQ{Header: xmpp.Header{ID: id, From: s.jid(), To: to}, Type: kind, Payload: []*xmltree.Element{payload}}
	if err := s.Link.Send(ctx, q); err != nil {
		return xmpp.IQ{}, err
	}
	select {
	case got := <-answer:
		if got.Type == xmpp.ErrorIQ {
			if e := xmpp.ErrorOf(got); e != nil {
				return got, e
			}
			return got, xmpp.NewError(xmpp.UndefinedCondition, "")
		}
		return got, nil
	case <-ctx.Done():
		return xmpp.IQ{}, context.Cause(ctx)
	}
}

// answered takes the answer to a question of the gateway itself; false: it is none. It never waits.
func (s *Service) answered(q xmpp.IQ) bool {
	if q.Type != xmpp.ResultIQ && q.Type != xmpp.ErrorIQ {
		return false
	}
	s.asked.mu.Lock()
	defer s.asked.mu.Unlock()
	i, ok := s.asked.open[q.ID]
	if !ok || i.to != q.From {
		return false
	}
	delete(s.asked.open, q.ID)
	i.answer <- q
	return true
}
