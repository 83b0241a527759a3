package ymsg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	stepTimeout      = 30 * time.Second
	handshakeTimeout = 5 * time.Second
)

// The names of the cookies that are kept.
const (
	cookieY = "Y"
	cookieT = "T"
)

// kept are the cookies of an earlier session; nil unless both are there: a server wants both or none.
func kept(acct *transports.Account) wire.Fields {
	y, t := acct.Kept[cookieY], acct.Kept[cookieT]
	if y.Empty() || t.Empty() {
		return nil
	}
	cookies := wire.Fields{wire.Text(wire.KeyCookie, y.Reveal()), wire.Text(wire.KeyCookie, t.Reveal())}
	if _, err := wire.AppendFields(nil, cookies); err != nil { // it would spoil every sign-on from now on
		return nil
	}
	return cookies
}

// signOn goes from nothing to a session. Events other than Progress wait until SignedOn. When a server no longer likes the
// cookies, and says that, it is asked once more without.
func (s *session) signOn(ctx context.Context, acct *transports.Account) error {
	var err error
	if s.dialect, err = dialectOf(s.env.Settings); err != nil {
		return err
	}
	cookies := kept(acct)
	err = s.enter(ctx, acct, cookies)
	if r := new(refusal); errors.As(err, r) && cookies != nil && staleCookies(r.result) {
		s.log.Info("the server does not take the cookies of the last session", "result", r.result)
		s.hangUp()
		s.parts = wire.Collector{}
		err = s.enter(ctx, acct, nil)
	}
	if err != nil {
		return fmt.Errorf("sign on: %w", err)
	}
	s.announce(acct)
	s.show(acct.Presence)
	return nil
}

// enter is one sign-on: 4C, 57, 54, and the list (55).
func (s *session) enter(ctx context.Context, acct *transports.Account, cookies wire.Fields) error {
	var q question
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"pager connection", s.connect},
		{"handshake", s.handshake},
		{"challenge", func(ctx context.Context) (err error) { q, err = s.challenge(ctx); return err }},
		{"challenge answer and contact list", func(ctx context.Context) error { return s.answer(ctx, acct, q, cookies) }},
	} {
		if err := s.progress(ctx, step.name); err != nil {
			return err
		}
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
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

// connect dials the pager server.
func (s *session) connect(ctx context.Context) error {
	address := s.env.Settings.Text("server")
	if address == "" {
		return throttled(longPause, "no server is configured", nil)
	}
	l, err := dialLink(ctx, s.env, withPort(address, defaultPort), s.dialect.version)
	if err != nil {
		return err
	}
	s.link = l
	return nil
}

// handshake settles the version (4C). Some clients never asked, so that a server that does not answer may know no such
// question; the next one tells.
func (s *session) handshake(ctx context.Context) error {
	err := s.exchange(ctx, handshakeTimeout, wire.Handshake, wire.Available, nil, func(p wire.Packet) (bool, error) {
		return p.Service == wire.Handshake, nil
	})
	if errors.Is(err, errNoAnswer) && !s.link.writing {
		return nil
	}
	return err
}

// challenge asks for what is to be hashed with the password (57).
func (s *session) challenge(ctx context.Context) (q question, err error) {
	err = s.exchange(ctx, stepTimeout, wire.Auth, wire.Available, wire.Fields{wire.Text(wire.KeyMe, s.me)}, func(p wire.Packet) (bool, error) {
		if p.Service != wire.Auth {
			return false, nil
		}
		q.kind, _ = p.Fields.Number(wire.KeyFlag)
		if q.kind != 0 && !s.dialect.token {
			return false, throttled(longPause, "the network wants a later version of the protocol", fmt.Errorf("challenge of kind %d", q.kind))
		}
		q.seed = p.Fields.String(wire.KeyChallenge)
		return true, nil
	})
	return q, err
}

// answer proves the password (54) and waits for the whole list. Whatever comes besides is taken as in a session.
func (s *session) answer(ctx context.Context, acct *transports.Account, q question, cookies wire.Fields) error {
	fields, err := s.proof(ctx, acct, q, cookies)
	if err != nil {
		return err
	}
	status := wire.Available
	if acct.Presence.Invisible {
		status = wire.Invisible
	}
	return s.exchange(ctx, stepTimeout, wire.AuthAnswer, status, fields, func(p wire.Packet) (bool, error) {
		return s.listed, nil
	})
}

// proof are the fields that answer a question.
func (s *session) proof(ctx context.Context, acct *transports.Account, q question, cookies wire.Fields) (wire.Fields, error) {
	if q.kind != 0 {
		return s.tokenAnswer(ctx, acct, q.seed)
	}
	plain, crypted, err := wire.Answers(s.me, acct.Password.Reveal(), q.seed)
	if err != nil {
		return nil, err
	}
	return append(wire.Fields{
		wire.Text(wire.KeyAnswer, plain), wire.Text(wire.KeyAnswer2, crypted), wire.Text(wire.KeyUser, s.me),
		wire.Text(wire.KeyIdentity, "1"), wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyVersion, s.dialect.client),
	}, cookies...), nil
}

// refused is what a packet says that ends a sign-on; nil for others.
func refused(p wire.Packet) error {
	switch p.Service {
	case wire.AuthAnswer:
		if result, ok := p.Fields.Number(wire.KeyResult); ok {
			return loginFailure(result)
		}
		if p.Status == wire.Failed {
			return failure(transports.Transient, "the sign-on service is out of order", errors.New("refused without a result"))
		}
	case wire.LogOff:
		if !p.Fields.Has(wire.KeyContact) {
			return logOffFailure(p)
		}
	case wire.ProtocolFailed:
		return protocolFailure(p)
	}
	return nil
}

// exchange writes a packet and gives what arrives to accept, behind what a session does with it, until it is written and
// accept has had enough. The error wraps errNoAnswer when the time is up.
func (s *session) exchange(ctx context.Context, within time.Duration, service wire.Service, status wire.Status, fields wire.Fields, accept func(wire.Packet) (bool, error)) error {
	b, err := s.link.packet(nil, service, status, fields)
	if err != nil {
		return err
	}
	patience := time.NewTimer(within)
	defer patience.Stop()
	s.link.write(b)
	cause := errNoAnswer
	for enough, broken := false, false; s.link.writing || broken || !enough; {
		in := s.link.in
		if enough && !broken {
			in = nil // what comes now is for the next step
		}
		select {
		case a := <-in:
			if enough, err = s.hear(a, accept); err != nil {
				return err
			}
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

// hear takes a packet while signing on.
func (s *session) hear(a *arrival, accept func(wire.Packet) (bool, error)) (bool, error) {
	if a.err != nil {
		return false, a.err
	}
	p, err := a.raw.Read()
	if err != nil {
		return false, err
	}
	if err := refused(p); err != nil {
		return false, err
	}
	if len(s.events) < maxHeldAtAll { // who has more to say before the list is no server
		if err := s.dispatch(p); err != nil {
			return false, err
		}
	}
	return accept(p)
}

// announce puts SignedOn, the cookies and the list before whatever else has come up.
func (s *session) announce(acct *transports.Account) {
	first := []transports.Event{transports.SignedOn{Name: s.me, Powers: s.powers()}}
	for _, name := range []string{cookieY, cookieT} {
		if s.cookie[name].Empty() {
			s.remember(name, acct.Kept[name].Reveal())
		}
	}
	for _, c := range s.cookies {
		if (c.Name == cookieY || c.Name == cookieT) && c.Value != "" && c.Value != acct.Kept[c.Name].Reveal() {
			s.remember(c.Name, c.Value)
			first = append(first, transports.Keep{Name: c.Name, Secret: transports.NewSecret(c.Value)})
		}
	}
	first = append(first, transports.ContactList{Contacts: s.list.all()})
	if len(s.list.ignored) > 0 {
		first = append(first, transports.Blocked{List: s.list.blocked()})
	}
	s.events, s.announced = append(first, s.events...), true
	s.cookies = nil
	s.link.known = true
}
