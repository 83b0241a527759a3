package ymsg

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	maxHeld      = 64               // events the gateway has not received; with more we stop listening,
	maxHeldAtAll = 4096             // and with that many we take no more commands
	longestSleep = time.Minute      // between two looks at what is due
	lastWords    = 2 * time.Second  // what a server may say after we failed to write
	answerWithin = 30 * time.Second // what a server may take for an answer
)

// A session is one sign-on. All of it belongs to the goroutine of Run.
type session struct {
	dialect dialect
	env     transports.Env
	log     *slog.Logger
	sink    chan<- transports.Event
	charset richtext.Charset // of text that is no UTF-8
	me      string           // our Yahoo ID, canonical

	link   *link
	events []transports.Event          // for the gateway, oldest first; but after SignedOn, from announced on
	open   map[transports.Tag]struct{} // commands without their Done
	out    outbox

	parts    wire.Collector
	partsAt  time.Time     // when the last of parts came
	cookies  []wire.Cookie // of the last list
	list     contacts
	listed   bool // list is whole
	edits    edits
	shown    shown
	typists  typists
	takings  takings
	rooms    conferences
	offers   offers
	relays   relays
	pictures pictures
	picture  ownPicture
	errands  errands
	cookie   map[string]transports.Secret // Y and T of this session, by their names; only where files need them
	pulse    pulse

	announced bool // SignedOn is told, or among events

	alarm    *time.Timer
	wakes    time.Time // when alarm goes off; zero: it has
	writeErr error
	giveUp   time.Time // with writeErr: when the server has had its last words
}

func newSession(env transports.Env, acct transports.Account, sink chan<- transports.Event) *session {
	charset, err := richtext.CharsetOf(env.Settings.Text("charset"))
	if err != nil {
		env.Log.Warn("setting charset is ignored", "err", err)
	}
	return &session{
		env:      env,
		log:      env.Log,
		sink:     sink,
		charset:  charset,
		me:       string(acct.Name),
		open:     make(map[transports.Tag]struct{}),
		errands:  errands{home: make(chan homecoming)},
		pictures: newPictures(env.Settings.On(picturesKey) && env.HTTP != nil),
	}
}

func (s *session) hangUp() { s.link.hangUp(s.me) }

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
		proof, result = transports.Written, nil
	}
	s.tell(transports.Done{Tag: tag, Proof: proof, Result: result, Err: err})
}

// settle tells the gateway what it has not received yet, and answers the commands that nobody will answer. What
// came up while a sign-on failed is nobody's business: SignedOn was never said.
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

// serve is the session after signing on. It returns what Run does.
func (s *session) serve(ctx context.Context, commands <-chan transports.Command) error {
	away, comeHome := context.WithCancel(ctx) // errands
	defer comeHome()
	now := time.Now()
	s.pulse.begin(now)
	s.alarm, s.wakes = time.NewTimer(longestSleep), now.Add(longestSleep)
	defer s.alarm.Stop()
	for {
		s.wakeBy(s.prepare(time.Now()))
		s.errands.setOut(away, s.env.Go)
		if err := s.turn(ctx, commands); err != nil {
			return s.ended(ctx, err)
		}
	}
}

// wakeBy lets the alarm go off at t. One that goes off earlier is left as it is: hardly any does for nothing, and
// to move it at every turn costs more.
func (s *session) wakeBy(t time.Time) {
	if s.wakes.IsZero() || t.Before(s.wakes) {
		s.alarm.Reset(time.Until(t))
		s.wakes = t
	}
}

// turn waits for one thing to happen. A case that does not apply has a nil channel.
func (s *session) turn(ctx context.Context, commands <-chan transports.Command) error {
	if len(s.events) >= maxHeldAtAll {
		commands = nil
	}
	sink, event := s.first()
	var wrote <-chan error
	if s.link.writing {
		wrote = s.link.wrote
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case sink <- event:
		s.received()
	case c := <-commands:
		s.command(c)
	case a := <-s.hears():
		return s.arrived(a)
	case err := <-wrote:
		s.wrote(err)
	case h := <-s.errands.home:
		s.cameHome(h)
	case <-s.alarm.C:
		s.wakes = time.Time{}
		return s.late(time.Now())
	}
	return nil
}

// first is the oldest event and whom it is for; both nil if there is none.
func (s *session) first() (chan<- transports.Event, transports.Event) {
	if len(s.events) == 0 {
		return nil, nil
	}
	return s.sink, s.events[0]
}

// hears is where packets come from, unless too much has not been received.
func (s *session) hears() <-chan *arrival {
	if len(s.events) >= maxHeld {
		return nil
	}
	return s.link.in
}

func (s *session) received() {
	s.events[0] = nil
	if s.events = s.events[1:]; len(s.events) == 0 {
		s.events = nil
	}
}

// prepare begins to write what may be written now, and tells until when the session may sleep.
func (s *session) prepare(now time.Time) time.Time {
	if s.writeErr != nil {
		return s.giveUp
	}
	next := now.Add(longestSleep)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	sooner(s.edits.run(s, now))
	sooner(s.typists.expire(s, now))
	sooner(s.pictures.expire(s, now))
	sooner(s.picture.expire(s, now))
	sooner(s.relays.expire(s, now))
	sooner(s.pulse.beat(s, now))
	if !s.link.writing {
		s.out.flush(s.link)
	}
	return next
}

// wrote takes the end of a write. When writing fails, the server may have said why, and is given time to.
func (s *session) wrote(err error) {
	s.link.writing = false
	if err != nil {
		s.writeErr, s.giveUp = err, time.Now().Add(lastWords)
		return
	}
	s.out.written()
}

// late ends a session that cannot write, or that is not answered; whatever else is due, prepare does.
func (s *session) late(now time.Time) error {
	if s.writeErr != nil && !now.Before(s.giveUp) {
		return s.writeErr
	}
	if s.hears() == nil { // nobody has listened to it
		s.pulse.pardon(now)
	}
	return s.pulse.silent(now)
}
