package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"imgate/state"
)

const (
	// lazyWait is how long a snapshot that may come late waits for company.
	lazyWait = 250 * time.Millisecond
	// retryWait is how long it takes until what nobody waits for is tried again after the file could not be
	// written.
	retryWait = 5 * time.Second
	// maxRetry is how many of those are kept meanwhile, besides one snapshot of each registration.
	maxRetry = 4096
)

// ErrClosed answers a change that came after the keeper had stopped.
var ErrClosed = errors.New("the registry is closed")

// A Keeper is the one writer: it gathers what is submitted while the file is busy and stores it in one
// transaction. Submitting never blocks on the file.
//
// When the file can't be written (a full disk, a file system gone read-only) whoever waits for an outcome is
// told; what nobody waits for, and every snapshot, is kept and tried again until it works. The log says once
// that it began and once that it is over.
//
// The mutex guards only the queue between many submitters and one writer, never held over the file; a
// channel of fixed size would make account loops wait for the disk.
type Keeper struct {
	registry *Registry
	log      *slog.Logger
	rotating sync.Mutex // held by Rotate, which is not begun twice
	since    time.Time  // since when the file can't be written; Run's

	mu      sync.Mutex
	queue   []submission
	lazy    map[Key]SetState
	trouble error // why the file can't be written; nil: it can
	closed  bool
	signal  chan struct{}
}

type submission struct {
	changes []Change
	done    chan<- error
}

// NewKeeper makes the writer of r; Run starts it.
func NewKeeper(r *Registry, log *slog.Logger) *Keeper {
	return &Keeper{registry: r, log: log, lazy: map[Key]SetState{}, signal: make(chan struct{}, 1)}
}

// Submit queues changes that are stored all or none, and gives the outcome on done once they are on the
// disk. done has room for one error, or is nil when nobody waits.
func (k *Keeper) Submit(done chan<- error, changes ...Change) {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		if done != nil {
			done <- ErrClosed
		}
		return
	}
	// A snapshot submitted now is newer than a lazy one of the same registration.
	changes = slices.Clone(changes)
	for i, c := range changes {
		key, ok := stateOf(c)
		if !ok {
			continue
		}
		if late, waits := k.lazy[key]; waits {
			changes[i] = late.before(c)
			delete(k.lazy, key)
		}
	}
	k.queue = append(k.queue, submission{changes, done})
	k.mu.Unlock()
	k.wake()
}

// Later stores a snapshot within a quarter of a second; a newer one of the same registration replaces it.
func (k *Keeper) Later(c SetState) {
	k.mu.Lock()
	first := len(k.lazy) == 0 && !k.closed
	if !k.closed {
		if late, waits := k.lazy[c.Key]; waits {
			c, _ = late.before(c).(SetState)
		}
		k.lazy[c.Key] = c
	}
	k.mu.Unlock()
	if first {
		k.wake()
	}
}

// Do submits and waits. When ctx ends first the changes may still be stored.
func (k *Keeper) Do(ctx context.Context, changes ...Change) error {
	done := make(chan error, 1)
	k.Submit(done, changes...)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("store: %w", context.Cause(ctx))
	}
}

func (k *Keeper) wake() {
	select {
	case k.signal <- struct{}{}:
	default:
	}
}

// Trouble is why the file can't be written at the moment; nil when it can.
func (k *Keeper) Trouble() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.trouble
}

// Run writes until ctx ends, then stores what is queued and refuses the rest.
func (k *Keeper) Run(ctx context.Context) {
	timer := time.NewTimer(lazyWait)
	defer timer.Stop()
	timer.Stop()
	var due <-chan time.Time
	for {
		again := time.Duration(0)
		select {
		case <-ctx.Done():
			k.mu.Lock()
			k.closed = true
			k.mu.Unlock()
			k.flush(true)
			return
		case <-due:
			due = nil
			again = k.flush(true)
		case <-k.signal:
			again = k.flush(false)
		}
		switch {
		case again == 0:
			due = nil
		case due == nil || again == retryWait:
			timer.Reset(again)
			due = timer.C
		}
	}
}

// flush stores the queue, with the lazy snapshots when all is true or something is stored anyway. It gives how
// long what is left may wait; 0: nothing is.
func (k *Keeper) flush(all bool) time.Duration {
	k.mu.Lock()
	if len(k.queue) == 0 && !all {
		left := len(k.lazy)
		k.mu.Unlock()
		if left > 0 {
			return lazyWait
		}
		return 0
	}
	queue, lazy := k.queue, k.lazy
	k.queue, k.lazy = nil, map[Key]SetState{}
	k.mu.Unlock()
	if len(queue) == 0 && len(lazy) == 0 {
		return 0
	}
	results, err := k.store(queue, lazy)
	left := time.Duration(0)
	if !errors.Is(err, errUnchanged) { // which says nothing about the file
		left = k.judge(err, queue, lazy)
	}
	for i, s := range queue {
		if s.done != nil {
			s.done <- results[i]
		}
	}
	return left
}

// store writes one transaction. A submission that is refused for what it asks leaves the others alone: the
// transaction is made again without it. The error is that of writing, or errUnchanged.
func (k *Keeper) store(queue []submission, lazy map[Key]SetState) ([]error, error) {
	results := make([]error, len(queue))
	for {
		refused := -1
		err := k.registry.change(func(w *writing) error {
			for i, s := range queue {
				if results[i] != nil {
					continue
				}
				for _, c := range s.changes {
					if err := c.apply(k.registry, w); err != nil {
						refused = i
						results[i] = err
						return err
					}
				}
			}
			// Submit drops older lazy snapshots, so those left are newer than the queue.
			for _, c := range lazy {
				if err := c.apply(k.registry, w); err != nil && !errors.Is(err, ErrNotRegistered) {
					k.log.Error("a snapshot can't be stored", "service", c.Key.Service, "user", c.Key.User, "err", err)
				}
			}
			return nil
		})
		if err != nil && refused >= 0 {
			continue
		}
		for i := range results {
			if err != nil && !errors.Is(err, errUnchanged) && results[i] == nil {
				results[i] = fmt.Errorf("store: %w", err)
			}
		}
		return results, err
	}
}

// judge keeps what was not stored though nobody would ask again, and tells once that writing fails and once
// that it works again. It gives when to try again; 0: there is nothing to try.
func (k *Keeper) judge(err error, queue []submission, lazy map[Key]SetState) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trouble = err
	switch {
	case err == nil && k.since.IsZero():
		return 0
	case err == nil:
		k.log.Info("the registry can be written again", "after", time.Since(k.since).Round(time.Second))
		k.since = time.Time{}
		return 0
	case k.closed:
		k.log.Error("the registry could not be written before the end", "err", err, "changes", len(queue)+len(lazy))
		return 0
	case k.since.IsZero():
		k.since = time.Now()
		k.log.Error("the registry can't be written; changes are refused or wait until it can", "err", err)
	}
	k.keep(queue, lazy)
	return retryWait
}

// keep puts back what is tried again, before what has come since.
func (k *Keeper) keep(queue []submission, lazy map[Key]SetState) {
	var again []submission
	for _, s := range queue {
		if s.done == nil || s.onlyStates() {
			again = append(again, submission{changes: s.changes})
		}
	}
	for _, s := range k.queue { // what has come since is newer than the lazy snapshots
		for _, c := range s.changes {
			if key, ok := stateOf(c); ok {
				delete(lazy, key)
			}
		}
	}
	for key, c := range lazy {
		if newer, waits := k.lazy[key]; waits {
			c, _ = c.before(newer).(SetState)
		}
		k.lazy[key] = c
	}
	k.queue = append(again, k.queue...)
	if over := len(again) - maxRetry; over > 0 {
		k.queue = k.queue[over:]
		k.log.Warn("changes that could not be stored were given up", "count", over)
	}
}

// onlyStates reports whether s stores nothing but snapshots: these are true whenever they are stored.
func (s submission) onlyStates() bool {
	for _, c := range s.changes {
		if _, ok := c.(SetState); !ok {
			return false
		}
	}
	return true
}

// before gives next with what c, which next replaces before it was stored, has for the history.
func (c SetState) before(next Change) Change {
	newer, ok := next.(SetState)
	if !ok {
		return next
	}
	newer.passed = slices.Concat(c.passed, []state.Snapshot{c.State}, newer.passed)
	newer.passed = newer.passed[max(0, len(newer.passed)-historyLength):]
	return newer
}

// stateOf tells whose snapshot a change replaces or ends, if any.
func stateOf(c Change) (Key, bool) {
	switch c := c.(type) {
	case SetState:
		return c.Key, true
	case Put:
		return c.Registration.Key, true
	case Remove:
		return c.Key, true
	}
	return Key{}, false
}
