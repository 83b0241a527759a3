package soap

import "imgate/adapters/soap/wire"

// Limits of a session's queue.
const (
	maxBlocks = 20
	maxEvents = 400
)

// An event is one notification, kept as values: what is told of it may depend on when it is told.
type event interface {
	element(t telling) *wire.Element
}

// A queue holds the notifications of a session, in blocks. Events gather in the open one, which an answer closes; a
// closed block goes into every answer until it is acknowledged.
type queue struct {
	open    []event
	closed  []block
	last    int64 // sequence number of the last closed block; the first is 1
	refresh bool  // the client is to be told that it has lost track
}

type block struct {
	seq    int64
	events []event
}

// put adds an event; false, and nothing is left, when there were too many.
func (q *queue) put(e event) bool {
	if !q.holds(1) {
		q.lose()
		return false
	}
	q.open = append(q.open, e)
	return true
}

// holds reports whether there is room for n events more.
func (q *queue) holds(n int) bool {
	n += len(q.open)
	for _, b := range q.closed {
		n += len(b.events)
	}
	return n <= maxEvents
}

// lose drops everything, and lets the client know.
func (q *queue) lose() { q.open, q.closed, q.refresh = nil, nil, true }

// acknowledge takes what the client says it has: blocks up to seq. A client that says nothing, or 0, keeps no count:
// whatever was sent to it once is done.
func (q *queue) acknowledge(seq int64) {
	keep := 0
	for keep < len(q.closed) && (seq <= 0 || q.closed[keep].seq <= seq) {
		keep++
	}
	q.closed = q.closed[keep:]
	if len(q.closed) == 0 {
		q.closed = nil
	}
}

// waits reports whether there is something to tell.
func (q *queue) waits() bool { return len(q.open) > 0 || len(q.closed) > 0 || q.refresh }

// take closes the open block and gives all that is to be told, and whether the client is to begin anew. A client that
// acknowledges nothing in 20 blocks never will: those are dropped, and it is told that it has lost track.
func (q *queue) take() (blocks []block, refresh bool) {
	if len(q.open) > 0 {
		if len(q.closed) >= maxBlocks {
			q.closed, q.refresh = nil, true
		}
		q.last++
		q.closed = append(q.closed, block{q.last, q.open})
		q.open = nil
	}
	refresh, q.refresh = q.refresh, false
	return q.closed, refresh
}
