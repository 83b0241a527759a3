package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"imgate/adapters"
	"imgate/transports"
	"imgate/xmpp"
)

// A person is one user who is attached. Its goroutine owns the session and opens it again when it is lost.
type person struct {
	house    *House
	user     xmpp.JID // bare
	password transports.Secret
	leave    context.CancelFunc
	gone     chan struct{} // closed when nothing of the session is left
	before   chan struct{} // the same user's earlier session; nil: none
	lost     bool          // a session was online before this one
	log      *slog.Logger
}

// run keeps the session open until ctx ends or the server refuses the password.
func (p *person) run(ctx context.Context) {
	defer close(p.gone)
	if p.before != nil {
		<-p.before // it has two seconds to leave
	}
	wait := firstWait
	for ctx.Err() == nil {
		began := time.Now()
		err := p.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, adapters.ErrWrongPassword) || errors.Is(err, adapters.ErrInactive) {
			p.log.Info("the XMPP server no longer lets the web user in", "err", err)
			p.house.refused(p)
			return
		}
		if time.Since(began) > longestGap {
			wait = firstWait
		}
		pause := wait/2 + time.Duration(float64(wait)*p.house.config.Random())
		wait = min(2*wait, longestGap)
		p.log.Info("a web user's XMPP session ended", "err", err, "again_in", pause.Round(time.Millisecond))
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// once signs in and serves one session. It returns when that is over, or soon after ctx has ended.
func (p *person) once(ctx context.Context) error {
	signOn, cancel := context.WithTimeout(ctx, signOnTime)
	defer cancel()
	s, err := p.house.config.signIn(signOn, p.user, p.password)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(signOn, func() { _ = s.conn.Close() })
	full, err := s.bind(p.house.resource())
	if !stop() || err != nil {
		_ = s.conn.Close()
		return errors.Join(err, signOn.Err())
	}
	if full.Bare() != p.user {
		_ = s.conn.Close()
		return fmt.Errorf("%w: it took %s for %s", adapters.ErrUnreachable, p.user, full.Bare())
	}
	session := &session{person: p, stream: s, own: full}
	err = session.serve(ctx)
	p.house.config.Heard(Lost{p.user})
	return err
}
