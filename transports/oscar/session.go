package oscar

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

const (
	keepAliveEvery = time.Minute
	probeAfter     = 90 * time.Second // of silence; the answer must come within readTimeout
	maxHeld        = 64               // events the gateway has not received; with more we stop listening,
	maxHeldAtAll   = 4096             // and with that many we take no more commands
	maxQuick       = 8                // turns between two that look at everything
	maxPiece       = 4 << 10          // bytes after which no further request goes into a write
	lastWords      = 2 * time.Second  // what a server may say after we failed to write
)

// A session is one sign-on. All of it belongs to the goroutine of Run.
type session struct {
	dialect  *dialect
	env      transports.Env
	log      *slog.Logger
	sink     chan<- transports.Event
	charset  richtext.Charset                         // of text without one
	charsets map[transports.LegacyID]richtext.Charset // likewise, of those who were seen to use another

	dialogue // with BOS; while signing on, with the login server
	services services
	lastID   uint32 // of all requests

	events []transports.Event          // for the gateway, oldest first; but after SignedOn, from announced on
	open   map[transports.Tag]struct{} // commands without their Done

	powers   transports.Powers
	families wire.Words // that the server offers
	display  string     // our name as the server spells it
	maxAway  int        // bytes of an away text
	shown    shown
	aways    aways
	list     feedbag
	uin      uint32 // our number; 0: we have none
	stored   stored
	metas    []meta // questions to ICQ's database
	edits    []edit
	editing  bool
	icon     *icon                          // the user's picture on its way; nil: none
	pictures map[transports.LegacyID]string // of contacts: what the server has
	rooms    rooms
	offers   offers

	noticed map[string]time.Time // what notices were about, and when

	admitted  bool // the login server has taken the password
	announced bool // SignedOn is told, or among events

	quick     int // turns since the last that looked at everything
	alarm     *time.Timer
	wakes     time.Time // when alarm goes off; zero: it has
	limitedAt time.Time // the server said that we are too fast
	patience  patience
	writeErr  error
	giveUp    time.Time // with writeErr: when the server has had its last words
}

func newSession(d *dialect, env transports.Env, display string, sink chan<- transports.Event) *session {
	charset, err := richtext.CharsetOf(env.Settings.Text("charset"))
	if err != nil {
		env.Log.Warn("setting charset is ignored", "err", err)
	}
	s := &session{
		dialect: d,
		env:     env,
		log:     env.Log,
		sink:    sink,
		charset: charset,
		open:    make(map[transports.Tag]struct{}),
		display: display,
		maxAway: 1000,
		aways:   newAways(),
		powers:  d.powers,
	}
	s.lanes = newLanes(wire.Rates{}, time.Time{})
	return s
}

func (s *session) hangUp() {
	s.services.hangUp()
	s.link.hangUp()
}

func (s *session) tell(e transports.Event) { s.events = append(s.events, e) }

// Notices of one kind about one contact are told once in noticeAgain, and of no more than maxNoticed: others can cause
// them as often as they like.
const (
	noticeAgain = 10 * time.Minute
	maxNoticed  = 100
)

// notice tells the user something that about has caused, unless it was told before; false: it was.
func (s *session) notice(about, text string) bool {
	now := time.Now()
	maps.DeleteFunc(s.noticed, func(_ string, at time.Time) bool { return now.Sub(at) >= noticeAgain })
	if _, told := s.noticed[about]; told || len(s.noticed) >= maxNoticed {
		return false
	}
	if s.noticed == nil {
		s.noticed = make(map[string]time.Time)
	}
	s.noticed[about] = now
	s.tell(transports.Notice{Text: text})
	return true
}

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

// serve is the session after signing on. It returns what Run does. It is here that a session spends its life, so
// that its frame, and those that it stands on, are kept small.
func (s *session) serve(ctx context.Context, commands <-chan transports.Command) error {
	s.heard = time.Now()
	s.alarm, s.wakes = time.NewTimer(keepAliveEvery), s.heard.Add(keepAliveEvery)
	defer s.alarm.Stop()
	s.nextBeat = s.heard.Add(keepAliveEvery)
	for {
		s.wakeBy(s.prepare(time.Now()))
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

// turn waits for one thing to happen. A case that does not apply has a nil channel. What has happened already is found
// without the select over all of them, which costs more than most of what it finds; but only so many times in a row,
// because the select is fair.
func (s *session) turn(ctx context.Context, commands <-chan transports.Command) error {
	if len(s.events) >= maxHeldAtAll {
		commands = nil
	}
	sink, event := s.first()
	if s.quick++; s.quick <= maxQuick {
		select {
		case sink <- event:
			s.received()
			return nil
		default:
		}
		select {
		case a := <-s.hears():
			return s.arrived(a)
		default:
		}
		select {
		case c := <-commands:
			s.command(c)
			return nil
		default:
		}
	}
	s.quick = 0
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
	case a := <-s.hearsServices():
		s.served(a)
	case n := <-s.offers.told:
		s.fetched(n)
	case err := <-wrote:
		s.wrote(err)
	case <-s.alarm.C:
		s.wakes = time.Time{}
		return s.late()
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

// hears is where frames come from, unless too much has not been received.
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
	next := now.Add(keepAliveEvery)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	sooner(s.expire(s, now))
	sooner(s.expireMetas(now))
	sooner(s.expireIcon(now))
	s.startEdit()
	sooner(s.fetchAway(now))
	sooner(s.tellOfWaiting(now))
	sooner(s.prepareServices(now))
	if !s.link.writing && !now.Before(s.nextBeat) {
		s.beat(&s.dialogue, now)
	}
	if !s.link.writing {
		sooner(s.nextBeat)
		sooner(s.fill(now))
	}
	return next
}

// beat writes a keep-alive (FLAP channel 5), and asks after a silent server (SNAC 01/0E).
func (s *session) beat(d *dialogue, now time.Time) {
	d.nextBeat = now.Add(keepAliveEvery)
	b, err := d.link.frame(nil, wire.KeepAlive, nil)
	if err != nil {
		return
	}
	d.link.write(b)
	if now.Sub(d.heard) >= probeAfter {
		if err := d.ask(request{kind: wire.SelfQuery, id: s.nextID()}, nil); err != nil {
			s.log.Debug("no room for a probe", "err", err)
		}
	}
}

// wrote takes the end of a write. When writing fails, the server may have said why, and is given time to.
func (s *session) wrote(err error) {
	s.link.writing = false
	if err != nil {
		s.slot = nil
		s.writeErr, s.giveUp = err, time.Now().Add(lastWords)
		return
	}
	s.written(s)
}

// late ends a session that cannot write; whatever else is due, prepare does.
func (s *session) late() error {
	if s.writeErr != nil && !time.Now().Before(s.giveUp) {
		return s.writeErr
	}
	return nil
}

// suspectFlood tells a server that closed the session for our pace from one that had another reason: it gives
// both the same words. To take a sign-on elsewhere for a flood costs that client one more eviction; to take a
// flood for a sign-on elsewhere would cost the user the account until they act.
func (s *session) suspectFlood(f *transports.Failure) *transports.Failure {
	if f.Kind != transports.Replaced && f.Kind != transports.Transient {
		return f
	}
	now := time.Now()
	warned := !s.limitedAt.IsZero() && now.Sub(s.limitedAt) < floodPause
	if !warned && !s.lanes.busy(now) {
		return f
	}
	t := throttled(floodPause, "the server closed the session because it was too fast")
	t.Err = f
	return t
}
