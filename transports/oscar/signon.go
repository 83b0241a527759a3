package oscar

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

const stepTimeout = 30 * time.Second

// signOn goes from nothing to a session on BOS. Events other than Progress wait until SignedOn.
func (s *session) signOn(ctx context.Context, acct *transports.Account) error {
	server, cookie, err := s.login(ctx, acct)
	if err != nil {
		return fmt.Errorf("sign on: %w", err)
	}
	if _, port, err := net.SplitHostPort(server); err == nil {
		s.services.port = port
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"BOS connection", func(ctx context.Context) error { return s.enter(ctx, server, cookie) }},
		{"BOS rates", s.agree},
		{"contact list", s.learn},
		{"BOS session", func(ctx context.Context) error { return s.begin(ctx, acct.Presence) }},
	} {
		if err := s.progress(ctx, step.name); err != nil {
			return err
		}
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("sign on, %s: %w", step.name, err)
		}
	}
	s.announce()
	return nil
}

func (s *session) progress(ctx context.Context, step string) error {
	select {
	case s.sink <- transports.Progress{Step: step}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// connect dials address and exchanges the sign-on frames.
func (s *session) connect(ctx context.Context, address string, hello wire.Hello) error {
	l, err := dialLink(ctx, s.env, address)
	if err != nil {
		return err
	}
	s.link = l
	data, err := wire.Encode(hello)
	if err != nil {
		return err
	}
	frame, err := l.frame(nil, wire.SignOn, data)
	if err != nil {
		return err
	}
	return s.exchange(ctx, frame, false, func(f wire.Frame) (bool, error) {
		if f.Channel != wire.SignOn {
			return false, s.unexpected(f)
		}
		return true, nil
	})
}

// unexpected is what a frame that is not awaited means while signing on.
func (s *session) unexpected(f wire.Frame) error {
	if f.Channel == wire.SignOff {
		return s.signedOff(f)
	}
	return nil
}

// exchange writes frames and gives what arrives to accept, until they are written and accept has had enough.
func (s *session) exchange(ctx context.Context, frames []byte, enough bool, accept func(wire.Frame) (bool, error)) error {
	patience := time.NewTimer(stepTimeout)
	defer patience.Stop()
	cause := errNoAnswer
	if len(frames) > 0 {
		s.link.write(frames)
	}
	hears := enough // where nothing is awaited, what comes while we write is heard as well
	for broken := false; s.link.writing || broken || !enough; {
		in := s.link.in
		if enough && !hears && !broken {
			in = nil // what comes now is for the next step
		}
		select {
		case a := <-in:
			if a.err != nil {
				return a.err
			}
			got, err := accept(a.frame)
			if err != nil {
				return err
			}
			enough = enough || got
		case err := <-s.link.wrote:
			s.link.writing = false
			if err != nil { // the server may have said why, before
				cause, broken = err, true
				patience.Reset(lastWords)
			}
		case <-patience.C:
			return cause
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// query asks one thing and waits for one of the answers. An error SNAC is an error.
func (s *session) query(ctx context.Context, kind wire.Kind, body wire.Body, replies ...wire.Kind) (wire.SNAC, error) {
	var answer wire.SNAC
	q := question{kind: kind, body: body, replies: replies, must: true, take: func(snac wire.SNAC) (bool, error) {
		answer = snac
		return true, nil
	}}
	return answer, s.askAll(ctx, []question{q})
}

// A question is one request of signing on.
type question struct {
	kind    wire.Kind
	body    wire.Body
	replies []wire.Kind                   // any of these answers it
	must    bool                          // a refusal ends the session
	take    func(wire.SNAC) (bool, error) // whether the answer is whole; nil: its coming is enough
	id      uint32
}

// askAll writes all the questions at once and returns when all are answered.
func (s *session) askAll(ctx context.Context, questions []question) error {
	var frames []byte
	for i := range questions {
		q := &questions[i]
		q.id = s.nextID()
		body, err := wire.Encode(q.body)
		if err != nil {
			return err
		}
		if frames, err = s.link.snac(frames, wire.SNAC{Kind: q.kind, Request: q.id, Body: body}); err != nil {
			return err
		}
		s.lanes.sent(q.kind, time.Now())
	}
	questions = slices.DeleteFunc(questions, func(q question) bool { return len(q.replies) == 0 })
	return s.exchange(ctx, frames, len(questions) == 0, func(f wire.Frame) (bool, error) {
		var err error
		questions, err = s.take(questions, f)
		return len(questions) == 0, err
	})
}

// take gives a frame to the question that it answers, and what answers none to the session.
func (s *session) take(questions []question, f wire.Frame) ([]question, error) {
	if f.Channel != wire.Data {
		return questions, s.unexpected(f)
	}
	snac, err := wire.ReadSNAC(f.Data)
	if err != nil {
		return questions, err
	}
	for i, q := range questions {
		whole, mine, err := q.answer(snac)
		if err != nil {
			return questions, err
		}
		if mine {
			if whole {
				questions = append(questions[:i:i], questions[i+1:]...)
			}
			return questions, nil
		}
	}
	return questions, s.dispatch(snac)
}

// answer reports whether the SNAC is an answer to q, and whether it is the last of it.
func (q question) answer(snac wire.SNAC) (whole, mine bool, err error) {
	if snac.Kind == wire.KindOf(q.kind.Family(), wire.ErrorType) && snac.Request == q.id {
		if q.must {
			return false, true, failure(transports.Transient, "the server refused to sign on", errors.Join(fmt.Errorf("SNAC %v", q.kind), requestFailure(snac)))
		}
		return true, true, nil
	}
	for _, k := range q.replies {
		if snac.Kind == k {
			if q.take == nil {
				return true, true, nil
			}
			whole, err = q.take(snac)
			return whole, true, err
		}
	}
	return false, false, nil
}
