package oscar

import (
	"cmp"
	"slices"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Bounds of what a session keeps for later.
const (
	maxQueued      = 200              // requests of one rate class
	maxQueuedBytes = 128 << 10        // of one rate class
	answerTimeout  = 30 * time.Second // from the write to the answer
)

// A request is a SNAC that waits to be sent, and who wants to know what became of it.
type request struct {
	kind  wire.Kind
	id    uint32
	body  []byte
	reply wire.Kind // the answer that proves it; 0: writing it is all that can be known

	// finish is called once: with the answer, or an error of transports. Nil: nobody wants to know.
	finish func(s *session, answer wire.SNAC, err error)
}

// waitsForWrite reports whether somebody wants to know no more than that it was written.
func (r *request) waitsForWrite() bool { return r.reply == 0 && r.finish != nil }

// A lane is the queue of one rate class, so that what is slow does not hold up what is not.
type lane struct {
	meter meter
	queue []request
	bytes int
}

func (l *lane) full(body int) bool {
	return len(l.queue) >= maxQueued || l.bytes+body > maxQueuedBytes
}

func (l *lane) push(r request) {
	l.queue = append(l.queue, r)
	l.bytes += len(r.body)
}

func (l *lane) pop() request {
	r := l.queue[0]
	l.queue[0] = request{}
	l.queue = l.queue[1:]
	l.bytes -= len(r.body)
	if len(l.queue) == 0 {
		l.queue = nil // a burst's memory goes with the burst
	}
	return r
}

// lanes are the classes of SNAC 01/07. The first is the class of everything that the server did not list.
type lanes struct {
	all  []lane
	rare []rareKind // the kinds that are not of the first class, sorted: a slice takes a fifth of what a map would
}

type rareKind struct {
	kind wire.Kind
	lane int32
}

func (r rareKind) compare(kind wire.Kind) int { return cmp.Compare(r.kind, kind) }

// newLanes takes the server's figures; a server that tells none sets no limits.
func newLanes(rates wire.Rates, now time.Time) lanes {
	var l lanes
	index := make(map[uint16]int)
	for _, c := range rates.Classes {
		if _, twice := index[c.ID]; !twice {
			index[c.ID] = len(l.all)
			l.all = append(l.all, lane{meter: newMeter(c, now)})
		}
	}
	if len(l.all) == 0 {
		l.all = make([]lane, 1)
	}
	for _, g := range rates.Groups {
		if i := index[g.Class]; i > 0 {
			for _, k := range g.Kinds {
				l.rare = append(l.rare, rareKind{k, int32(i)})
			}
		}
	}
	slices.SortStableFunc(l.rare, func(a, b rareKind) int { return a.compare(b.kind) })
	l.rare = slices.Clone(l.rare) // as large as need be
	return l
}

func (l *lanes) of(kind wire.Kind) *lane {
	if n, rare := slices.BinarySearchFunc(l.rare, kind, rareKind.compare); rare {
		return &l.all[l.rare[n].lane]
	}
	return &l.all[0]
}

func (l *lanes) sent(kind wire.Kind, now time.Time) {
	l.of(kind).meter.sent(now)
}

// next takes the first request that may be sent now; if none may, wait is how long until one will, or 0 if
// none is queued.
func (l *lanes) next(now time.Time) (r request, ok bool, wait time.Duration) {
	for i := range l.all {
		lane := &l.all[i]
		if len(lane.queue) == 0 {
			continue
		}
		w := lane.meter.wait(now, lane.meter.floor())
		if w == 0 {
			return lane.pop(), true, 0
		}
		if wait == 0 || w < wait {
			wait = w
		}
	}
	return request{}, false, wait
}

// spare reports whether a request of that kind could be sent now and leave the level clear, with nothing
// waiting: room for what is nice to have.
func (l *lanes) spare(kind wire.Kind, now time.Time) bool { return l.spareIn(kind, now) == 0 }

// spareIn is how long it takes until there is room for what is nice to have.
func (l *lanes) spareIn(kind wire.Kind, now time.Time) time.Duration {
	lane := l.of(kind)
	if len(lane.queue) > 0 {
		return time.Second
	}
	return lane.meter.wait(now, int64(lane.meter.class.Clear))
}

// busy reports whether the server may think us too fast in any class.
func (l *lanes) busy(now time.Time) bool {
	for i := range l.all {
		if l.all[i].meter.busy(now) {
			return true
		}
	}
	return false
}

// changed hands new figures to their class (SNAC 01/0A).
func (l *lanes) changed(c wire.RateChanged) {
	for i := range l.all {
		if l.all[i].meter.class.ID == c.Class.ID {
			l.all[i].meter.changed(c)
		}
	}
}

// ask queues a request. The error is ErrBusy, ErrTooLong or nil; only with nil is finish ever called.
func (s *session) ask(kind wire.Kind, body wire.Body, reply wire.Kind, finish func(*session, wire.SNAC, error)) error {
	return s.askAs(s.nextID(), kind, body, reply, finish)
}

func (s *session) askAs(id uint32, kind wire.Kind, body wire.Body, reply wire.Kind, finish func(*session, wire.SNAC, error)) error {
	b, err := wire.Encode(body)
	if err != nil || len(b) > wire.MaxFrame-64 {
		return transports.ErrTooLong
	}
	lane := s.lanes.of(kind)
	if lane.full(len(b)) {
		return transports.ErrBusy
	}
	lane.push(request{kind: kind, id: id, body: b, reply: reply, finish: finish})
	return nil
}

// nextID numbers requests; the top half of the numbers is the server's.
func (s *session) nextID() uint32 {
	s.lastID = (s.lastID + 1) & 0x7FFFFFFF
	return s.lastID
}

// A waiting is a request that was written and has no answer yet.
type waiting struct {
	request request
	until   time.Time
}

// begun notes that r is being written: it counts, and its answer may come before we know that it was.
func (s *session) begun(r request, now time.Time) {
	s.lanes.sent(r.kind, now)
	if r.reply != 0 {
		r.body = nil // is on its way
		s.waiting[r.id] = waiting{r, now.Add(answerTimeout)}
		s.order = append(s.order, r.id)
	}
}

// answered hands an answer to the request it belongs to, and reports whether there was one.
func (s *session) answered(id uint32, answer wire.SNAC) bool {
	w, ok := s.waiting[id]
	refused := answer.Kind == wire.KindOf(w.request.kind.Family(), wire.ErrorType)
	if !ok || answer.Kind != w.request.reply && !refused {
		return false
	}
	delete(s.waiting, id)
	var err error
	if refused {
		err = requestFailure(answer)
	}
	if w.request.finish != nil {
		w.request.finish(s, answer, err)
	}
	return true
}

// expire gives up on answers that are late, and tells when the next one will be; zero if none is awaited.
func (s *session) expire(now time.Time) time.Time {
	for len(s.order) > 0 {
		w, ok := s.waiting[s.order[0]]
		if ok && w.until.After(now) {
			return w.until
		}
		if ok {
			delete(s.waiting, s.order[0])
			if w.request.finish != nil {
				w.request.finish(s, wire.SNAC{}, transports.ErrNoAnswer)
			}
		}
		s.order = s.order[1:]
	}
	s.order = nil
	return time.Time{}
}
