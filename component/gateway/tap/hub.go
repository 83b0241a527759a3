// Package tap lets administrators look at the wire of a registration while it works. A session's connections
// are wrapped; while nobody looks they only keep their place in the stream, and look once at an atomic pointer for each
// read and write. Whoever looks too slowly loses events and is told how many; no session ever waits.
package tap

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"imgate/registry"
	"imgate/transports"
)

// Bounds of a trace.
const (
	maxTraces = 8       // at a time, of all registrations
	maxEvents = 512     // that wait for one reader
	maxBytes  = 1 << 20 // of the frames among them
)

// ErrBusy says that as many traces run as may.
var ErrBusy = errors.New("8 traces are running; end one of them")

// A Hub knows who looks at whom. The zero value is ready.
type Hub struct {
	mu    sync.Mutex // of those who come and go; sessions read looks without it
	count int
	looks atomic.Pointer[map[registry.Key][]*look] // nil while nobody looks at anybody; never changed in place
	conns atomic.Uint64
}

// A look is one reader of one registration's wire.
type look struct {
	events chan transports.TraceEvent
	bytes  atomic.Int64 // of frames in events
	lost   atomic.Int64 // events that found no room and were not told yet
}

// Trace gives what happens on the wire of key from now on to each, until ctx ends or each returns false. There
// need be no such registration yet. The error is ErrBusy or nil.
func (h *Hub) Trace(ctx context.Context, key registry.Key, each func(transports.TraceEvent) bool) error {
	l := &look{events: make(chan transports.TraceEvent, maxEvents)}
	if !h.join(key, l) {
		return ErrBusy
	}
	defer h.leave(key, l)
	if !each(transports.TraceEvent{At: time.Now(), Kind: transports.TraceBegun}) {
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case ev := <-l.events:
			l.bytes.Add(-int64(len(ev.Frame.Bytes)))
			if !each(ev) {
				return nil
			}
			if n := l.lost.Swap(0); n > 0 && !each(transports.TraceEvent{At: ev.At, Kind: transports.TraceLost, Lost: int(n)}) {
				return nil
			}
		}
	}
}

func (h *Hub) join(key registry.Key, l *look) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count >= maxTraces {
		return false
	}
	h.count++
	all := map[registry.Key][]*look{}
	if now := h.looks.Load(); now != nil {
		all = maps.Clone(*now)
	}
	all[key] = append(slices.Clone(all[key]), l)
	h.looks.Store(&all)
	return true
}

func (h *Hub) leave(key registry.Key, l *look) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	all := maps.Clone(*h.looks.Load())
	all[key] = slices.DeleteFunc(slices.Clone(all[key]), func(other *look) bool { return other == l })
	if len(all[key]) == 0 {
		delete(all, key)
	}
	if len(all) == 0 {
		h.looks.Store(nil)
		return
	}
	h.looks.Store(&all)
}

// of gives those who look at key.
func (h *Hub) of(key registry.Key) []*look {
	all := h.looks.Load()
	if all == nil {
		return nil
	}
	return (*all)[key]
}

// put never waits.
func (l *look) put(ev transports.TraceEvent) {
	size := int64(len(ev.Frame.Bytes))
	if l.bytes.Add(size) <= maxBytes {
		select {
		case l.events <- ev:
			return
		default:
		}
	}
	l.bytes.Add(-size)
	l.lost.Add(1)
}
