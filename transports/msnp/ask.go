package msnp

import (
	"strconv"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Bounds of what is asked.
const (
	answerTimeout = 60 * time.Second
	maxWaiting    = 1000 // requests without their answer
	maxSlow       = 200  // requests of one kind that wait because the server was asked too fast
	maxTries      = 6
	firstPause    = 5 * time.Second // after a server that says: too fast; doubled each time
)

// A request is a command that an answer is awaited to.
type request struct {
	link    *link
	name    string
	args    []string
	payload []byte
	tries   int
	until   time.Time

	// finish is called once: with the answer, or with an error: a codeError, or one of transports.
	finish func(answer wire.Command, err error)
}

// A slow is the commands of one name that wait because the server said that it was asked too fast.
type slow struct {
	until time.Time
	pause time.Duration
	queue []*request
}

// ask sends a command with a TrID of its own. finish may be nil.
func (s *session) ask(l *link, name string, args []string, payload []byte, finish func(wire.Command, error)) {
	r := &request{link: l, name: name, args: args, payload: payload, finish: finish}
	if w := s.slowed[name]; w != nil && l == s.ns {
		if len(w.queue) >= maxSlow {
			r.done(wire.Command{}, transports.ErrBusy)
			return
		}
		w.queue = append(w.queue, r)
		return
	}
	s.put(r)
}

func (r *request) done(answer wire.Command, err error) {
	if r.finish != nil {
		r.finish(answer, err)
	}
}

// put writes a request.
func (s *session) put(r *request) {
	switch {
	case r.link == nil || r.link.hung || r.link.leaving:
		r.done(wire.Command{}, transports.ErrDisconnected)
		return
	case len(s.waiting) >= maxWaiting || len(r.link.out) > maxOut:
		r.done(wire.Command{}, transports.ErrBusy)
		return
	}
	id := s.nextTrID()
	c := wire.New(r.name, append([]string{strconv.FormatUint(uint64(id), 10)}, r.args...)...)
	if r.payload != nil {
		c = c.With(r.payload)
	}
	r.link.say(c)
	r.tries++
	r.until = time.Now().Add(answerTimeout)
	s.waiting[id] = r
	s.order = append(s.order, id)
}

// nextTrID numbers requests; 0 is what nobody asked.
func (s *session) nextTrID() uint32 {
	if s.trID++; s.trID > 1<<31 {
		s.trID = 1
	}
	return s.trID
}

// answered hands an answer to its request, and reports whether there was one.
func (s *session) answered(l *link, c wire.Command) bool {
	id := c.TrID()
	r := s.waiting[id]
	if id == 0 || r == nil || r.link != l {
		return false
	}
	code, refused := c.Code()
	switch {
	case refused:
	case c.Name == r.name:
	case r.name == "MSG" && (c.Name == "ACK" || c.Name == "NAK"):
	case r.name == "USR" && c.Name == "XFR":
	default:
		return false
	}
	delete(s.waiting, id)
	if refused && l == s.ns && s.announced && tooFast(code) && r.tries < maxTries {
		s.slowDown(r)
		return true
	}
	if refused {
		r.done(c, codeError(code))
		return true
	}
	r.done(c, nil)
	return true
}

func tooFast(code int) bool {
	return code == codeTooFast || code == codeTooManyRings || code == codeTooManyBoard
}

// slowDown queues a request that the server would not take for our pace, before others of its kind.
func (s *session) slowDown(r *request) {
	w := s.slowed[r.name]
	if w == nil {
		w = &slow{pause: firstPause}
		s.slowed[r.name] = w
	}
	w.queue = append([]*request{r}, w.queue...)
	w.until = time.Now().Add(w.pause)
	w.pause = min(2*w.pause, 2*time.Minute)
	s.log.Warn("the server says: too fast", "command", r.name, "again", w.until)
}

// hurry sends what has waited long enough, one of each kind at a time, and tells when the next may go.
func (s *session) hurry(now time.Time) (next time.Time) {
	for name, w := range s.slowed {
		if now.Before(w.until) {
			next = sooner(next, w.until)
			continue
		}
		if len(w.queue) == 0 {
			delete(s.slowed, name)
			continue
		}
		r := w.queue[0]
		w.queue = w.queue[1:]
		w.until = now.Add(time.Second)
		next = sooner(next, w.until)
		s.put(r)
	}
	return next
}

// sooner is the earlier of two times, of which a zero one does not count.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// expire gives up on answers that are late, and tells when the next one will be.
func (s *session) expire(now time.Time) time.Time {
	for len(s.order) > 0 {
		r := s.waiting[s.order[0]]
		if r != nil && r.until.After(now) {
			return r.until
		}
		if r != nil {
			delete(s.waiting, s.order[0])
			r.done(wire.Command{}, transports.ErrNoAnswer)
		}
		s.order = s.order[1:]
	}
	s.order = nil
	return time.Time{}
}

// abandon fails what was asked on a link that is no more.
func (s *session) abandon(l *link, err error) {
	for id, r := range s.waiting {
		if r.link == l {
			delete(s.waiting, id)
			r.done(wire.Command{}, err)
		}
	}
}
