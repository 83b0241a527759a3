package oscar

import (
	"cmp"
	"slices"
	"time"

	"imgate/transports/oscar/wire"
)

// Bounds of what a session keeps for later.
const (
	maxQueued      = 500              // requests of one rate class, as many as the gateway keeps
	maxQueuedBytes = 512 << 10        // of one rate class
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
	all    []lane
	meters []meter    // of all, in their order; lanes of other connections may have the same
	rare   []rareKind // the kinds that are not of the first class, sorted: a slice takes a fifth of what a map would
}

type rareKind struct {
	kind wire.Kind
	lane int32
}

func (r rareKind) compare(kind wire.Kind) int { return cmp.Compare(r.kind, kind) }

// newLanes takes the server's figures; a server that tells none sets no limits.
func newLanes(rates wire.Rates, now time.Time) lanes {
	var l lanes
	index := make(map[uint16]int, len(rates.Classes))
	l.meters = make([]meter, 0, max(1, len(rates.Classes))) // no larger than need be, here and below: it stays
	for _, c := range rates.Classes {
		if _, twice := index[c.ID]; !twice {
			index[c.ID] = len(l.meters)
			l.meters = append(l.meters, newMeter(c, now))
		}
	}
	if len(l.meters) == 0 {
		l.meters = make([]meter, 1)
	}
	l.all = make([]lane, len(l.meters))
	rare := 0
	for _, g := range rates.Groups {
		if index[g.Class] > 0 {
			rare += len(g.Kinds)
		}
	}
	l.rare = make([]rareKind, 0, rare)
	for _, g := range rates.Groups {
		if i := index[g.Class]; i > 0 {
			for _, k := range g.Kinds {
				l.rare = append(l.rare, rareKind{k, int32(i)})
			}
		}
	}
	slices.SortStableFunc(l.rare, func(a, b rareKind) int { return a.compare(b.kind) })
	return l
}

// shared gives lanes with queues of their own, whose requests count together with those of l.
func (l *lanes) shared() lanes {
	return lanes{all: make([]lane, len(l.meters)), meters: l.meters, rare: l.rare}
}

// place is the number of a kind's lane and meter.
func (l *lanes) place(kind wire.Kind) int {
	if n, rare := slices.BinarySearchFunc(l.rare, kind, rareKind.compare); rare {
		return int(l.rare[n].lane)
	}
	return 0
}

func (l *lanes) of(kind wire.Kind) *lane { return &l.all[l.place(kind)] }

func (l *lanes) sent(kind wire.Kind, now time.Time) {
	l.meters[l.place(kind)].sent(now)
}

// next takes the first request that may be sent now; if none may, wait is how long until one will, or 0 if
// none is queued.
func (l *lanes) next(now time.Time) (r request, ok bool, wait time.Duration) {
	for i := range l.all {
		lane := &l.all[i]
		if len(lane.queue) == 0 {
			continue
		}
		w := l.meters[i].wait(now, l.meters[i].floor())
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
	i := l.place(kind)
	if len(l.all[i].queue) > 0 {
		return time.Second
	}
	return l.meters[i].wait(now, int64(l.meters[i].class.Clear))
}

// last is how long it takes until everything of that kind's class is sent.
func (l *lanes) last(kind wire.Kind, now time.Time) time.Duration {
	i := l.place(kind)
	return l.meters[i].forecast(now, len(l.all[i].queue))
}

// busy reports whether the server may think us too fast in any class.
func (l *lanes) busy(now time.Time) bool {
	for i := range l.meters {
		if l.meters[i].busy(now) {
			return true
		}
	}
	return false
}

// changed hands new figures to their class (SNAC 01/0A).
func (l *lanes) changed(c wire.RateChanged) {
	for i := range l.meters {
		if l.meters[i].class.ID == c.Class.ID {
			l.meters[i].changed(c)
		}
	}
}
