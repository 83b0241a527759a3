package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// lazyWait is how long a snapshot that may come late waits for company.
const lazyWait = 250 * time.Millisecond

// ErrClosed answers a change that came after the keeper had stopped.
var ErrClosed = errors.New("the registry is closed")

// A Keeper is the one writer: it gathers what is submitted while the file is busy and stores it in one
// transaction. Submitting never blocks on the file.
//
// The mutex guards only the queue between many submitters and one writer, never held over the file; a
// channel of fixed size would make account loops wait for the disk.
type Keeper struct {
	registry *Registry
	log      *slog.Logger

	mu     sync.Mutex
	queue  []submission
	lazy   map[Key]SetState
	closed bool
	signal chan struct{}
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
	for _, c := range changes {
		switch c := c.(type) {
		case SetState:
			delete(k.lazy, c.Key)
		case Put:
			delete(k.lazy, c.Registration.Key)
		case Remove:
			delete(k.lazy, c.Key)
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

// Run writes until ctx ends, then stores what is queued and refuses the rest.
func (k *Keeper) Run(ctx context.Context) {
	timer := time.NewTimer(lazyWait)
	defer timer.Stop()
	timer.Stop()
	var due <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			k.mu.Lock()
			k.closed = true
			k.mu.Unlock()
			k.flush(true)
			return
		case <-due:
			due = nil
			k.flush(true)
		case <-k.signal:
			waiting := k.flush(false)
			switch {
			case !waiting:
				due = nil
			case due == nil:
				timer.Reset(lazyWait)
				due = timer.C
			}
		}
	}
}

// flush stores the queue, with the lazy snapshots when all is true or something is stored anyway. It reports
// whether lazy snapshots are left.
func (k *Keeper) flush(all bool) bool {
	k.mu.Lock()
	if len(k.queue) == 0 && !all {
		left := len(k.lazy) > 0
		k.mu.Unlock()
		return left
	}
	queue, lazy := k.queue, k.lazy
	k.queue, k.lazy = nil, map[Key]SetState{}
	k.mu.Unlock()
	if len(queue) == 0 && len(lazy) == 0 {
		return false
	}
	k.store(queue, lazy)
	return false
}

// store writes one transaction. A submission that is refused for what it asks leaves the others alone: the
// transaction is made again without it.
func (k *Keeper) store(queue []submission, lazy map[Key]SetState) {
	results := make([]error, len(queue))
	for {
		refused := -1
		err := k.registry.db.Update(func(tx *bbolt.Tx) error {
			for i, s := range queue {
				if results[i] != nil {
					continue
				}
				for _, c := range s.changes {
					if err := c.apply(k.registry, tx); err != nil {
						refused = i
						results[i] = err
						return err
					}
				}
			}
			// Submit drops older lazy snapshots, so those left are newer than the queue.
			for _, c := range lazy {
				if err := c.apply(k.registry, tx); err != nil && !errors.Is(err, ErrNotRegistered) {
					return err
				}
			}
			return nil
		})
		if err == nil {
			break
		}
		if refused < 0 {
			k.log.Error("the registry could not be written", "err", err)
			for i := range results {
				if results[i] == nil {
					results[i] = fmt.Errorf("store: %w", err)
				}
			}
			break
		}
	}
	for i, s := range queue {
		if s.done != nil {
			s.done <- results[i]
		}
	}
}
