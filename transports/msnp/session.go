package msnp

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

const (
	pingEvery    = 50 * time.Second
	pongTimeout  = 60 * time.Second
	lastWords    = 2 * time.Second // that a server which takes nothing any more is listened to
	maxHeld      = 64              // events the gateway has not received; with more we stop listening,
	maxHeldAtAll = 4096            // and with that many we take no more commands
	maxHeldEarly = 1 << 16         // while signing on, of which nothing is received: with more we stop listening, too
)

// A session is one sign-on. All of it belongs to the goroutine of Run.
type session struct {
	dialect dialect
	env     transports.Env
	log     *slog.Logger
	sink    chan<- transports.Event
	over    context.Context // ends with Run: what works in the background waits on it
	self    transports.LegacyID
	acct    *transports.Account
	pages   *pages // that the nexus has named

	address  string // of the notification server
	ns       *link
	links    map[*link]struct{} // all that are not closed: those that are being left, too
	arrivals chan arrival
	wrote    chan *link
	results  chan func() // what was done in the background, to be taken note of
	space    chan struct{}

	events    []transports.Event          // for the gateway, oldest first; but after SignedOn, from announced on
	open      map[transports.Tag]struct{} // commands without their Done
	announced bool                        // SignedOn is told, or among events
	since     time.Time                   // when that was
	powers    transports.Powers

	trID    uint32
	waiting map[uint32]*request
	order   []uint32 // of waiting, the oldest first
	slowed  map[string]*slow

	list   list
	sync   syncing
	mood   mood // how others see the user
	nick   string
	boards []*board
	dials  int // of boards, that are under way: they outlive a board that is left
	typing typings
	mail   mail
	rooms  rooms
	peer   peers

	alarm    *time.Timer
	wakes    time.Time // when alarm goes off; zero: it has
	nextPing time.Time
	pongBy   time.Time // zero: no ping is unanswered
	fatal    error     // ends the session at the end of the turn
	silence  error     // why nothing can be said to the notification server any more; it may have said its last words
	silentBy time.Time // when they are not waited for any longer
}

func newSession(env transports.Env, acct *transports.Account, over context.Context, sink chan<- transports.Event) *session {
	s := &session{
		env: env, log: env.Log, sink: sink, over: over, self: acct.Name, acct: acct, links: make(map[*link]struct{}),
		arrivals: make(chan arrival), wrote: make(chan *link), results: make(chan func()), space: make(chan struct{}, 1),
		open: make(map[transports.Tag]struct{}), waiting: make(map[uint32]*request), slowed: make(map[string]*slow),
		list: newList(), typing: newTypings(), mail: newMail(), rooms: newRooms(), peer: newPeers(),
		alarm: time.NewTimer(pingEvery), wakes: time.Now().Add(pingEvery),
	}
	return s
}

func (s *session) tell(e transports.Event) { s.events = append(s.events, e) }

// done answers a command, once.
func (s *session) done(tag transports.Tag, proof transports.Proof, err error) {
	s.doneWith(tag, proof, nil, err)
}

// doneWith answers a command that fetched something, once.
func (s *session) doneWith(tag transports.Tag, proof transports.Proof, result transports.Result, err error) {
	if _, ok := s.open[tag]; !ok {
		return
	}
	delete(s.open, tag)
	if err != nil {
		proof, result, err = transports.Written, nil, requestError(err)
	}
	s.tell(transports.Done{Tag: tag, Proof: proof, Result: result, Err: err})
}

// serve is the session after signing on. It returns what ended it.
func (s *session) serve(ctx context.Context, commands <-chan transports.Command) error {
	for {
		if err := s.turn(ctx, commands); err != nil {
			return err
		}
	}
}

// turn does what is due and waits for one thing to happen. A case that does not apply has a nil channel. commands is nil
// while signing on, and then nothing is told to the gateway either.
func (s *session) turn(ctx context.Context, commands <-chan transports.Command) error {
	s.wakeBy(s.prepare(time.Now()))
	if s.fatal != nil {
		return s.fatal
	}
	if len(s.events) >= maxHeldAtAll {
		commands = nil
	}
	sink, event := s.first()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case sink <- event:
		s.received()
	case c := <-commands:
		s.command(c)
	case a := <-s.hears():
		s.arrived(a)
	case l := <-s.wrote:
		if err := l.wrote(); err != nil {
			s.silenced(l, err)
		}
	case f := <-s.results:
		f()
	case <-s.space:
		s.drain()
	case <-s.alarm.C:
		s.wakes = time.Time{}
	}
	return s.fatal
}

// wakeBy lets the alarm go off at t. One that goes off earlier is left as it is.
func (s *session) wakeBy(t time.Time) {
	if s.wakes.IsZero() || t.Before(s.wakes) {
		s.alarm.Reset(time.Until(t))
		s.wakes = t
	}
}

// first is the oldest event and whom it is for; both nil if there is none.
func (s *session) first() (chan<- transports.Event, transports.Event) {
	if !s.announced || len(s.events) == 0 {
		return nil, nil
	}
	return s.sink, s.events[0]
}

// hears is where commands come from, unless too much has not been received.
func (s *session) hears() <-chan arrival {
	if s.announced && len(s.events) >= maxHeld || len(s.events) >= maxHeldEarly {
		return nil
	}
	return s.arrivals
}

func (s *session) received() {
	s.events[0] = nil
	if s.events = s.events[1:]; len(s.events) == 0 {
		s.events = nil
	}
}

// prepare does what is due and begins to write what may be written, and tells until when the session may sleep.
func (s *session) prepare(now time.Time) time.Time {
	next := now.Add(pingEvery)
	for _, t := range []time.Time{
		s.silent(now), s.expire(now), s.hurry(now), s.keepAlive(now), s.tidyBoards(now), s.typing.expire(s, now), s.mail.due(s, now), s.peer.expire(s, now),
	} {
		next = sooner(next, t)
	}
	for _, b := range s.boards {
		s.feed(b)
	}
	for l := range s.links { // those that are being left, too
		l.flush()
	}
	return next
}

// keepAlive pings the notification server once signed on, and ends a session that gets no answer (PNG, QNG).
func (s *session) keepAlive(now time.Time) time.Time {
	switch {
	case !s.announced:
		return time.Time{}
	case !s.pongBy.IsZero():
		if s.hears() == nil { // it may have answered: nobody listens while the gateway is behind
			s.pongBy = now.Add(pongTimeout)
		}
		if now.Before(s.pongBy) {
			return s.pongBy
		}
		s.end(failure(transports.Transient, "the server does not answer", errNoAnswer))
		return time.Time{}
	case now.Before(s.nextPing):
		return s.nextPing
	}
	s.ns.say(wire.New("PNG"))
	s.pongBy = now.Add(pongTimeout)
	return s.pongBy
}

// end lets the session end with err, unless something else ended it before.
func (s *session) end(err error) {
	if s.fatal == nil {
		s.fatal = err
	}
}

// silenced takes a write that has failed. A server that lets go says why (OUT) before it closes, and what it has said is there to
// be heard, if nobody hangs up too soon.
func (s *session) silenced(l *link, err error) {
	if l != s.ns {
		s.broken(l, err)
		return
	}
	if l.mute, l.out = true, nil; s.silence == nil {
		s.silence, s.silentBy = err, time.Now().Add(lastWords)
	}
}

// silent ends a session to which nothing could be said for long enough. It tells when that will be.
func (s *session) silent(now time.Time) time.Time {
	if s.silence == nil || now.Before(s.silentBy) {
		return s.silentBy
	}
	s.end(s.silence)
	return time.Time{}
}

// broken takes the end of a link.
func (s *session) broken(l *link, err error) {
	switch {
	case l == s.ns:
		s.end(err)
	case l.board != nil:
		s.lost(l.board, err)
	default:
		l.cut()
	}
}

// background does work apart from the session. What it returns is called in the session; where the session has ended
// before, dropped is called instead, if it is not nil.
func (s *session) background(name string, work func(ctx context.Context) (then, dropped func())) {
	s.env.Go(name, func() {
		then, dropped := work(s.over)
		select {
		case s.results <- then:
		case <-s.over.Done():
			if dropped != nil {
				dropped()
			}
		}
	})
}

// settle tells the gateway what it has not received yet, and answers the commands that nobody will answer. What came up
// while a sign-on failed is nobody's business: SignedOn was never said.
func (s *session) settle(ctx context.Context) {
	if !s.announced {
		return
	}
	for _, tag := range slices.Sorted(maps.Keys(s.open)) {
		s.done(tag, transports.Written, transports.ErrDisconnected)
	}
	for _, e := range s.events {
		select {
		case s.sink <- e:
		case <-ctx.Done():
			return
		}
	}
}

// hangUp ends every connection and closes every file. The notification server is told.
func (s *session) hangUp() {
	s.ns.hangUp()
	for l := range s.links {
		l.cut()
	}
	for _, b := range s.boards {
		b.closeFiles()
	}
	s.alarm.Stop()
}
