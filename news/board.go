package news

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Everybody is the user whom a watch names that hears of all.
const Everybody = ""

// room is how many news a watch holds. They are taken within milliseconds, unless who watches is in trouble.
const room = 400

// A Board passes news to watches. The zero Board is ready.
//
// The mutexes are for many who tell and many who watch; each is held for a look-up or an append, so that Tell, which
// the loops of accounts call, never waits for whoever watches. While nobody watches it costs one load.
type Board struct {
	watching atomic.Int64
	mu       sync.RWMutex
	watches  map[string][]*Watch // by user
}

// A Watch hears what happens to the registrations of one user, in order.
type Watch struct {
	board *Board
	user  string
	ready chan struct{}

	mu   sync.Mutex
	news []News
	lost bool
}

// Watch begins to hear of a user, a bare address, or of Everybody. Close ends it.
func (b *Board) Watch(user string) *Watch {
	w := &Watch{board: b, user: user, ready: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watches == nil {
		b.watches = map[string][]*Watch{}
	}
	b.watches[user] = append(b.watches[user], w)
	b.watching.Add(1)
	return w
}

// Tell pins news of a user.
func (b *Board) Tell(user string, n News) {
	if b.watching.Load() == 0 {
		return
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, w := range b.watches[user] {
		w.hear(n)
	}
	for _, w := range b.watches[Everybody] {
		w.hear(n)
	}
}

func (w *Watch) hear(n News) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.lost: // whoever looks again sees it
		return
	case len(w.news) == room:
		w.news, w.lost = []News{LookAgain{}}, true
	default:
		w.news = append(w.news, n)
	}
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// Ready has a value when there may be news. Of several who wait, one is woken.
func (w *Watch) Ready() <-chan struct{} { return w.ready }

// Take gives the news since the last Take, the oldest first; it never waits.
func (w *Watch) Take() []News {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.news
	w.news, w.lost = nil, false
	return list
}

// Close ends the watch. What was not taken may still be.
func (w *Watch) Close() {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	list := w.board.watches[w.user]
	i := slices.Index(list, w)
	if i < 0 {
		return
	}
	// A copy: nobody who tells holds the old one, since that takes the lock, but slices.Delete would keep w alive.
	list = append(slices.Clone(list[:i]), list[i+1:]...)
	if len(list) == 0 {
		delete(w.board.watches, w.user)
	} else {
		w.board.watches[w.user] = list
	}
	w.board.watching.Add(-1)
}
