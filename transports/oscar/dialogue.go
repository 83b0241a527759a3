package oscar

import (
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// A dialogue is requests and answers on one connection. A session has one with BOS, and one with each service that it
// needs besides. All of it belongs to the goroutine of Run.
type dialogue struct {
	link    *link
	lanes   lanes
	waiting map[uint32]waiting
	order   []uint32  // of waiting, the oldest first
	slot    []request // what is being written

	heard    time.Time // the last frame
	nextBeat time.Time // of the keep-alive
	paused   bool      // the server asked for silence (SNAC 01/0B)
}

// A waiting is a request that was written and has no answer yet.
type waiting struct {
	request request
	until   time.Time
}

// ask queues a request for BOS. The error is ErrBusy, ErrTooLong or nil; only with nil is finish ever called.
func (s *session) ask(kind wire.Kind, body wire.Body, reply wire.Kind, finish func(*session, wire.SNAC, error)) error {
	return s.askAs(s.nextID(), kind, body, reply, finish)
}

func (s *session) askAs(id uint32, kind wire.Kind, body wire.Body, reply wire.Kind, finish func(*session, wire.SNAC, error)) error {
	return s.dialogue.ask(request{kind: kind, id: id, reply: reply, finish: finish}, body)
}

// ask queues r with a body. The error is ErrBusy, ErrTooLong or nil; only with nil is finish ever called.
func (d *dialogue) ask(r request, body wire.Body) error {
	b, err := wire.Encode(body)
	if err != nil || len(b) > wire.MaxFrame-64 {
		return transports.ErrTooLong
	}
	lane := d.lanes.of(r.kind)
	if lane.full(len(b)) {
		return transports.ErrBusy
	}
	r.body = b
	lane.push(r)
	return nil
}

// nextID numbers requests; the top half of the numbers is the server's.
func (s *session) nextID() uint32 {
	s.lastID = (s.lastID + 1) & 0x7FFFFFFF
	return s.lastID
}

// fill begins to write what may be written now, in one piece, or tells when something may; zero if nothing is
// queued.
func (d *dialogue) fill(now time.Time) time.Time {
	var b []byte
	for len(b) < maxPiece && !d.paused {
		r, ok, wait := d.lanes.next(now)
		if !ok {
			if wait > 0 && len(b) == 0 {
				return now.Add(wait)
			}
			break
		}
		if b == nil {
			b = piece()
		}
		more, err := d.link.snac(b, wire.SNAC{Kind: r.kind, Request: r.id, Body: r.body})
		if err != nil { // ask has measured it
			continue
		}
		b = more
		d.slot = append(d.slot, r)
		d.begun(r, now)
		if r.waitsForWrite() {
			break // what it does may change what may be written
		}
	}
	if len(b) > 0 {
		d.link.write(b)
	}
	return time.Time{}
}

// begun notes that r is being written: it counts, and its answer may come before we know that it was.
func (d *dialogue) begun(r request, now time.Time) {
	d.lanes.sent(r.kind, now)
	if r.reply != 0 {
		r.body = nil // is on its way
		if d.waiting == nil {
			d.waiting = make(map[uint32]waiting)
		}
		d.waiting[r.id] = waiting{r, now.Add(answerTimeout)}
		d.order = append(d.order, r.id)
	}
}

// written takes the end of a write that succeeded.
func (d *dialogue) written(s *session) {
	written := d.slot
	d.slot = nil
	for _, r := range written {
		if r.waitsForWrite() {
			r.finish(s, wire.SNAC{}, nil)
		}
	}
}

// answered hands an answer to the request it belongs to, and reports whether there was one.
func (d *dialogue) answered(s *session, id uint32, answer wire.SNAC) bool {
	w, ok := d.waiting[id]
	refused := answer.Kind == wire.KindOf(w.request.kind.Family(), wire.ErrorType)
	if !ok || answer.Kind != w.request.reply && !refused {
		return false
	}
	delete(d.waiting, id)
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
func (d *dialogue) expire(s *session, now time.Time) time.Time {
	for len(d.order) > 0 {
		id := d.order[0]
		w, ok := d.waiting[id]
		if ok && w.until.After(now) {
			return w.until
		}
		d.order = d.order[1:] // before finish, which may end the dialogue
		if ok {
			delete(d.waiting, id)
			if w.request.finish != nil {
				w.request.finish(s, wire.SNAC{}, transports.ErrNoAnswer)
			}
		}
	}
	d.order = nil
	return time.Time{}
}

// fail ends all requests that have no answer, those that were not written among them.
func (d *dialogue) fail(s *session, err error) {
	var open []request
	for _, r := range d.slot {
		if r.waitsForWrite() {
			open = append(open, r)
		}
	}
	for _, id := range d.order {
		if w, ok := d.waiting[id]; ok {
			open = append(open, w.request)
		}
	}
	for i := range d.lanes.all {
		for len(d.lanes.all[i].queue) > 0 {
			open = append(open, d.lanes.all[i].pop())
		}
	}
	d.slot, d.waiting, d.order = nil, nil, nil
	for _, r := range open {
		if r.finish != nil {
			r.finish(s, wire.SNAC{}, err)
		}
	}
}
