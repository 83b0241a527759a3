package msnp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Bounds of switchboards.
const (
	maxBoards   = 64
	openTimeout = 60 * time.Second // from asking for one until the other has joined
	idleTimeout = 5 * time.Minute  // of a conversation of two
	maxQueue    = 200              // messages that wait for the other to join
)

// A board is one switchboard: a conversation, of two or of more.
type board struct {
	link   *link
	peer   transports.LegacyID // with whom it was begun
	id     string              // as the server names it, in words of its own
	cookie string
	rung   bool // we were called
	open   bool // somebody has joined, or we have
	gone   bool // left, or lost
	here   []member
	queue  []*letter // until the other has joined
	until  time.Time // when opening has taken too long
	used   time.Time
	fresh  int // tries with a fresh cookie
	room   *room
	calls  map[transports.LegacyID]bool // whom we called and who has not joined
	flows  []*flow                      // files that go over it
	inbox  map[uint32]*piece            // messages of peer-to-peer that are not whole
}

// A member is somebody on a board.
type member struct {
	id   transports.LegacyID
	nick string
}

// A letter is a message for a board. finish is called once, unless it is nil.
type letter struct {
	class   string // U, N, A or D
	payload []byte
	finish  func(err error)
}

func (l *letter) done(err error) {
	if l.finish != nil {
		l.finish(err)
	}
}

// lostError is why a letter did not leave: it may go another way.
type lostError struct{ err error }

// Error implements error.
func (e lostError) Error() string { return "not sent: " + e.err.Error() }

// Unwrap gives the cause.
func (e lostError) Unwrap() error { return e.err }

// boardWith is the conversation of two with somebody; nil: there is none.
func (s *session) boardWith(id transports.LegacyID) *board {
	for _, b := range s.boards {
		if !b.gone && b.room == nil && b.peer == id {
			return b
		}
	}
	return nil
}

// call is the conversation with somebody, begun where there is none.
func (s *session) call(id transports.LegacyID) *board {
	if b := s.boardWith(id); b != nil {
		return b
	}
	b := s.newBoard()
	b.peer = id
	s.request(b)
	return b
}

func (s *session) newBoard() *board {
	if len(s.boards) >= maxBoards {
		s.closeOldest()
	}
	now := time.Now()
	b := &board{until: now.Add(openTimeout), used: now, calls: map[transports.LegacyID]bool{}}
	s.boards = append(s.boards, b)
	return b
}

// closeOldest leaves the conversation of two that was quiet for longest.
func (s *session) closeOldest() {
	var oldest *board
	for _, b := range s.boards {
		if b.room == nil && len(b.flows) == 0 && (oldest == nil || b.used.Before(oldest.used)) {
			oldest = b
		}
	}
	if oldest != nil {
		s.leave(oldest, errClosed)
	}
}

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
	s.background("msnp dial", func(ctx context.Context) (func(), func()) {
		conn, err := s.env.Dial(ctx, withPort(address))
		if err != nil {
			return func() { s.leave(b, fmt.Errorf("%w: the switchboard cannot be reached", transports.ErrNoAnswer)) }, nil
		}
		return func() {
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
			b.link = nil
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
	if err != nil || len(c.Args) < 5 || len(s.boards) >= 2*maxBoards {
		return
	}
	b := s.newBoard()
	b.peer, b.id, b.cookie, b.rung = id, c.Arg(0), c.Arg(3), true
	s.connect(b, c.Arg(1))
}

// heardOnBoard takes what a switchboard says by itself.
func (s *session) heardOnBoard(b *board, c wire.Command) {
	if b.gone && c.Name != "MSG" {
		return // what was said before we left still comes
	}
	switch c.Name {
	case "IRO": // trid, i, n, who, nick
		s.joined(b, c.Text(3), c.Text(4))
	case "JOI":
		s.joined(b, c.Text(0), c.Text(1))
		s.flushQueue(b)
		s.regard(b)
	case "BYE":
		s.parted(b, c.Text(0))
	case "MSG":
		s.heardMessage(b, c)
	case "OUT":
		s.leave(b, errClosed)
	default:
		s.log.Debug("command passed over", "command", c.Name)
	}
}

func (s *session) joined(b *board, address, nick string) {
	id, err := canonical(address)
	if err != nil || id == s.self || slices.ContainsFunc(b.here, func(m member) bool { return m.id == id }) {
		return
	}
	if len(b.here) >= maxOccupants {
		return
	}
	delete(b.calls, id)
	b.here = append(b.here, member{id, nick})
	b.open = b.open || !b.rung
	b.used = time.Now()
	if b.room != nil {
		s.occupant(b.room, member{id, nick}, true)
	}
}

// parted is BYE: somebody has left.
func (s *session) parted(b *board, address string) {
	id, err := canonical(address)
	i := slices.IndexFunc(b.here, func(m member) bool { return m.id == id })
	if err != nil || i < 0 {
		return
	}
	m := b.here[i]
	b.here = slices.Delete(b.here, i, i+1)
	s.typing.stop(s, id)
	s.peer.parted(s, b, id)
	if b.room != nil {
		s.occupant(b.room, m, false)
		s.thinned(b)
		return
	}
	if len(b.here) == 0 {
		s.leave(b, errClosed)
	}
}

// send sends a letter on a board, or lets it wait until the other has joined.
func (s *session) send(b *board, l *letter) {
	switch {
	case b.gone:
		l.done(lostError{errClosed})
		return
	case !b.open && len(b.queue) >= maxQueue:
		l.done(transports.ErrBusy)
		return
	case !b.open:
		b.queue = append(b.queue, l)
		return
	}
	b.used = time.Now()
	if l.class == classCall {
		s.ring(b, transports.LegacyID(l.payload), l.done)
		return
	}
	if l.class == "U" || l.class == "N" {
		if len(b.link.out) > maxOut {
			l.done(transports.ErrBusy)
			return
		}
		b.link.say(wire.New("MSG", strconv.FormatUint(uint64(s.nextTrID()), 10), l.class).With(l.payload))
		l.done(nil)
		return
	}
	s.ask(b.link, "MSG", []string{l.class}, l.payload, func(c wire.Command, err error) {
		if err == nil && c.Name == "NAK" {
			err = lostError{transports.ErrUnavailable}
		}
		l.done(err)
	})
}

func (s *session) flushQueue(b *board) {
	if !b.open || len(b.here) == 0 && b.room == nil {
		return
	}
	queue := b.queue
	b.queue = nil
	for _, l := range queue {
		s.send(b, l)
	}
}

// leave ends a board: for a reason of ours, or because it came to nothing. What waited is told why.
func (s *session) leave(b *board, err error) {
	if b.gone {
		return
	}
	b.gone = true
	s.boards = slices.DeleteFunc(s.boards, func(o *board) bool { return o == b })
	if b.link != nil {
		b.link.leave()
		s.abandon(b.link, transports.ErrNoAnswer)
	}
	queue := b.queue
	b.queue = nil
	for _, l := range queue {
		l.done(lostError{err})
	}
	for _, m := range b.here {
		s.typing.stop(s, m.id)
	}
	s.peer.lost(s, b)
	if b.room != nil {
		s.roomLost(b.room, "the conversation has ended")
	}
}

// lost ends a board whose connection broke.
func (s *session) lost(b *board, err error) {
	s.log.Debug("switchboard lost", "err", err)
	if b.link != nil {
		b.link.cut()
	}
	s.leave(b, errClosed)
}

// tidyBoards leaves boards that nobody uses, and gives up those that do not open. It tells when to look again.
func (s *session) tidyBoards(now time.Time) (next time.Time) {
	for _, b := range slices.Clone(s.boards) {
		switch {
		case !b.open && !now.Before(b.until):
			s.leave(b, transports.ErrNoAnswer)
		case !b.open:
			next = sooner(next, b.until)
		case b.room != nil || len(b.flows) > 0:
		case !now.Before(b.used.Add(idleTimeout)):
			s.leave(b, errClosed)
		default:
			next = sooner(next, b.used.Add(idleTimeout))
		}
	}
	return next
}

// quiet reports whether s is of no more than white space.
func quiet(s string) bool { return strings.TrimSpace(s) == "" }
