package msnp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

const (
	stepTimeout  = 30 * time.Second
	maxReferrals = 5 // from one notification server to the next
)

// signOn goes from nothing to a session. Events other than Progress wait until SignedOn.
func (s *session) signOn(ctx context.Context) error {
	address := s.env.Settings.Text("server")
	if address == "" {
		return throttled(noDialect, "no server is configured", nil)
	}
	names := s.env.Settings.List("dialects")
	if len(names) == 0 {
		names = dialectNames()
	}
	for _, name := range names {
		d, known := dialectNamed(strings.ToUpper(name))
		if !known {
			continue
		}
		s.dialect = d
		agreed, err := s.signOnAs(ctx, withPort(address))
		if err != nil || agreed {
			return err
		}
	}
	return throttled(noDialect, "the network no longer takes any version of the protocol that we speak", nil)
}

// signOnAs tries one dialect; false: the server does not speak it.
func (s *session) signOnAs(ctx context.Context, address string) (bool, error) {
	for range maxReferrals {
		agreed, err := s.hello(ctx, address)
		if err != nil || !agreed {
			return false, err
		}
		next, err := s.authenticate(ctx)
		if err != nil {
			return false, err
		}
		if next == "" {
			return true, s.enter(ctx)
		}
		s.ns.cut()
		s.abandon(s.ns, transports.ErrDisconnected)
		address = withPort(next)
	}
	return false, failure(transports.Transient, "the servers send us from one to the next", nil)
}

func (s *session) progress(ctx context.Context, step string) error {
	select {
	case s.sink <- transports.Progress{Step: step}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hello connects and agrees on the dialect (VER, CVR).
func (s *session) hello(ctx context.Context, address string) (agreed bool, err error) {
	if err := s.progress(ctx, "notification server, "+s.dialect.name); err != nil {
		return false, err
	}
	conn, err := s.env.Dial(ctx, address)
	if err != nil {
		return false, fmt.Errorf("connect to %s: %w", address, err)
	}
	s.address, s.ns = address, s.newLink(conn, nil)
	s.silence, s.silentBy = nil, time.Time{}
	answer, err := s.query(ctx, "VER", s.dialect.name, "CVR0")
	if err != nil {
		return false, fmt.Errorf("VER: %w", beside(err))
	}
	if !slices.Contains(answer.Args, s.dialect.name) {
		s.log.Debug("the server does not speak a dialect", "dialect", s.dialect.name)
		s.ns.cut()
		return false, nil
	}
	_, err = s.query(ctx, "CVR", "0x0409", "winnt", "5.1", "i386", "MSNMSGR", s.dialect.version, "MSMSGS", string(s.self))
	if err != nil {
		return false, fmt.Errorf("CVR: %w", beside(err))
	}
	return true, nil
}

// authenticate proves who we are (USR TWN). next is another server to go to, or empty. A ticket that the server does not
// take may be stale: one more is fetched.
func (s *session) authenticate(ctx context.Context) (next string, err error) {
	if err := s.progress(ctx, "authentication"); err != nil {
		return "", err
	}
	answer, err := s.query(ctx, "USR", "TWN", "I", string(s.self))
	if err != nil {
		return "", fmt.Errorf("USR: %w", err)
	}
	if answer.Name == "XFR" { // XFR trid NS address 0 address
		return answer.Arg(2), nil
	}
	challenge := answer.Arg(3)
	for try := 0; ; try++ {
		ticket, err := s.ticket(ctx, challenge)
		if err != nil {
			return "", err
		}
		s.mail.ticket = ticket
		answer, err = s.query(ctx, "USR", "TWN", "S", ticket)
		switch {
		case err == nil:
			s.accepted(answer)
			return "", nil
		case !isCode(err, ticketCodes...) || try > 0:
			return "", fmt.Errorf("USR: %w", err)
		}
		// The server has hung up, as they do: the second ticket is for a connection of its own.
		s.log.Info("the ticket is not taken; trying a fresh one")
		if challenge, err = s.again(ctx); err != nil {
			return "", err
		}
	}
}

// again connects once more, up to where a ticket is asked for.
func (s *session) again(ctx context.Context) (challenge string, err error) {
	s.ns.cut()
	s.abandon(s.ns, transports.ErrDisconnected)
	s.fatal = nil
	agreed, err := s.hello(ctx, s.address)
	if err != nil {
		return "", err
	}
	answer := wire.Command{}
	if agreed {
		if answer, err = s.query(ctx, "USR", "TWN", "I", string(s.self)); err != nil {
			return "", fmt.Errorf("USR: %w", err)
		}
	}
	if answer.Name != "USR" { // it wants no ticket: what it said of one proves nothing
		return "", failure(transports.Transient, "the server sends us away", nil)
	}
	return answer.Arg(3), nil
}

// ticket fetches one in the background, so that the connection is heard meanwhile.
func (s *session) ticket(ctx context.Context, challenge string) (ticket string, err error) {
	if err := s.progress(ctx, "passport"); err != nil {
		return "", err
	}
	fetched := false
	p := s.passport()
	s.background("msnp passport", func(ctx context.Context) (func(), func()) {
		t, e := p.ticket(ctx, challenge)
		return func() { ticket, err, fetched = t, e, true }, nil
	})
	for !fetched {
		if err := s.turn(ctx, nil); err != nil {
			return "", err
		}
	}
	return ticket, err
}

// query asks one thing while signing on, and waits for the answer.
func (s *session) query(ctx context.Context, name string, args ...string) (answer wire.Command, err error) {
	answeredIt := false
	s.ask(s.ns, name, args, nil, func(c wire.Command, e error) { answer, err, answeredIt = c, e, true })
	patience := time.Now().Add(stepTimeout)
	for !answeredIt {
		if !time.Now().Before(patience) {
			return wire.Command{}, errNoAnswer
		}
		s.wakeBy(patience)
		if err := s.turn(ctx, nil); err != nil && !answeredIt {
			return wire.Command{}, err
		}
	}
	return answer, err
}

// accepted reads USR OK: before MSNP10 our nickname stands in it.
func (s *session) accepted(answer wire.Command) {
	if !s.dialect.guids {
		s.nick = answer.Text(3)
	}
}

// enter reads the lists and shows the user (SYN, UUX, CHG).
func (s *session) enter(ctx context.Context) error {
	if err := s.progress(ctx, "contact list"); err != nil {
		return err
	}
	if err := s.synchronise(ctx); err != nil {
		return beside(err)
	}
	if err := s.progress(ctx, "presence"); err != nil {
		return err
	}
	if err := s.show(ctx); err != nil {
		return beside(err)
	}
	s.announce()
	return nil
}

// announce puts SignedOn and the lists before whatever else has come up.
func (s *session) announce() {
	s.powers = s.dialect.powers(s.storesMail())
	first := []transports.Event{
		transports.SignedOn{Name: string(s.self), Powers: s.powers},
		transports.ContactList{Contacts: s.list.all()},
	}
	if blocked := s.list.blocked(); len(blocked) > 0 {
		first = append(first, transports.Blocked{List: blocked})
	}
	first = append(first, s.list.requests()...)
	s.events, s.announced = append(first, s.events...), true
	s.since = time.Now()
	s.nextPing = s.since.Add(pingEvery)
}
