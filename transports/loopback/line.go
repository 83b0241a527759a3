package loopback

import (
	"context"
	"maps"
	"slices"
	"sync"

	"imgate/transports"
)

// A line carries what the server tells one session; the session takes it when it can. Its mutex guards the queue
// and what is open: any session's command may put something on it.
type line struct {
	acct   *account
	powers transports.Powers
	ctx    context.Context // the session's
	spawn  func(name string, f func())

	given, forgotten int // stored messages that this session was given, and of these handed over

	mu     sync.Mutex
	queue  []transports.Event
	open   map[transports.Tag]struct{} // commands without their Done
	signal chan struct{}
}

// ended is the last thing on a line.
type ended struct {
	transports.Event
	failure *transports.Failure
}

// panics makes the session panic.
type panics struct{ transports.Event }

// stalls makes the session wait for its end.
type stalls struct{ transports.Event }

func newLine(ctx context.Context, spawn func(string, func()), a *account, powers transports.Powers) *line {
	return &line{
		acct: a, powers: powers, ctx: ctx, spawn: spawn,
		open: map[transports.Tag]struct{}{}, signal: make(chan struct{}, 1),
	}
}

func (l *line) put(ev transports.Event) {
	l.mu.Lock()
	l.queue = append(l.queue, ev)
	l.mu.Unlock()
	select {
	case l.signal <- struct{}{}:
	default:
	}
}

// putIf puts an event that only sessions with that power understand.
func (l *line) putIf(power transports.Power, ev transports.Event) bool {
	if l == nil || !l.powers.Has(power) {
		return false
	}
	l.put(ev)
	return true
}

// ask notes that a command wants an answer.
func (l *line) ask(tag transports.Tag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[tag] = struct{}{}
}

// answer gives the answer to a command; the second to one command is dropped.
func (l *line) answer(tag transports.Tag, a answer) {
	l.mu.Lock()
	_, open := l.open[tag]
	delete(l.open, tag)
	l.mu.Unlock()
	if open {
		l.put(transports.Done{Tag: tag, Proof: a.proof, Result: a.result, Err: a.err})
	}
}

// take gives what waits, up to an end of the session: what is behind that is for settle.
func (l *line) take() []transports.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.queue)
	for i, ev := range l.queue {
		if _, last := ev.(ended); last {
			n = i + 1
			break
		}
	}
	events := l.queue[:n:n]
	if l.queue = l.queue[n:]; len(l.queue) == 0 {
		l.queue = nil
	}
	return events
}

// settle gives the answers to everything that was asked and not answered, when nothing else will be told.
func (l *line) settle() []transports.Done {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []transports.Done
	for _, ev := range l.queue {
		if done, ok := ev.(transports.Done); ok {
			all = append(all, done)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(l.open)) {
		all = append(all, transports.Done{Tag: tag, Err: transports.ErrDisconnected})
	}
	l.queue, l.open = nil, map[transports.Tag]struct{}{}
	return all
}
