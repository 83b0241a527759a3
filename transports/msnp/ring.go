package msnp

import (
	"context"
	"fmt"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// request asks for a board (XFR SB).
func (s *session) request(b *board) {
	s.ask(s.ns, "XFR", []string{"SB"}, nil, func(c wire.Command, err error) {
		switch {
		case b.gone:
		case err != nil:
			s.leave(b, err)
		case len(c.Args) < 5: // XFR trid SB address CKI cookie
			s.leave(b, transports.ErrUnavailable)
		default:
			b.cookie = c.Arg(4)
			s.connect(b, c.Arg(2))
		}
	})
}

// connect dials a board and enters it.
func (s *session) connect(b *board, address string) {
	if fixed := s.env.Settings.Text("switchboard"); fixed != "" {
		address = fixed
	}
	s.dials++
	s.background("msnp dial", func(ctx context.Context) (func(), func()) {
		conn, err := s.env.Dial(ctx, withPort(address))
		if err != nil {
			return func() {
				s.dials--
				s.leave(b, fmt.Errorf("%w: the switchboard cannot be reached", transports.ErrNoAnswer))
			}, nil
		}
		return func() {
			s.dials--
			b.link = s.newLink(conn, b)
			if b.gone {
				b.link.cut()
				return
			}
			s.enterBoard(b)
		}, func() { _ = conn.Close() }
	})
}

// enterBoard shows the cookie: USR where we asked for the board, ANS where we were called.
func (s *session) enterBoard(b *board) {
	if b.rung {
		s.ask(b.link, "ANS", []string{string(s.self), b.cookie, b.id}, nil, func(_ wire.Command, err error) {
			if err != nil {
				s.leave(b, err)
				return
			}
			s.entered(b)
		})
		return
	}
	s.ask(b.link, "USR", []string{string(s.self), b.cookie}, nil, func(_ wire.Command, err error) {
		switch {
		case isCode(err, codeAuth) && b.fresh == 0: // a stale cookie is no fault of the account
			b.fresh++
			b.link.cut()
			b.link, b.open, b.here = nil, false, nil // whoever said to have joined has not
			s.request(b)
		case err != nil:
			s.leave(b, err)
		case b.room != nil:
			s.entered(b)
		default:
			s.ring(b, b.peer, nil)
		}
	})
}

// ring calls somebody to a board (CAL). finish may be nil.
func (s *session) ring(b *board, id transports.LegacyID, finish func(error)) {
	b.calls[id] = true
	s.ask(b.link, "CAL", []string{string(id)}, nil, func(c wire.Command, err error) {
		if err == nil {
			b.id = c.Arg(2)
		} else {
			delete(b.calls, id)
		}
		if finish != nil {
			finish(err)
			return
		}
		if err != nil {
			s.leave(b, err)
		}
	})
}

// entered is a board on which we are, and perhaps others.
func (s *session) entered(b *board) {
	b.open = true
	s.flushQueue(b)
	s.regard(b)
}

// heardRing is RNG session address CKI cookie who nick: somebody wants to talk.
func (s *session) heardRing(c wire.Command) {
	id, err := canonical(c.Text(4))
	if err != nil || len(c.Args) < 5 || len(s.boards) >= 2*maxBoards || s.dials >= maxBoards {
		return
	}
	b := s.newBoard()
	b.peer, b.id, b.cookie, b.rung = id, c.Arg(0), c.Arg(3), true
	s.connect(b, c.Arg(1))
}
