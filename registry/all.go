package registry

import (
	"fmt"
	"iter"
	"runtime"
	"sync"

	"go.etcd.io/bbolt"
)

const (
	pieceSize   = 128 // registrations that are opened at a time
	mostOpeners = 4
)

// All yields every registration with its snapshot, removed ones too, in the order of service and user. A
// registration that cannot be read is yielded with its Key and the error; the rest follow. Where the file itself is
// damaged the last is ErrDamaged, without a Key. What was read is opened by other goroutines, on every core, a few pieces ahead of
// the caller; they have ended when All returns.
func (r *Registry) All() iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		err := r.db.View(func(tx *bbolt.Tx) error {
			openers := min(runtime.GOMAXPROCS(0), mostOpeners)
			var wg sync.WaitGroup
			defer wg.Wait()
			work := make(chan *piece, openers+1)
			defer close(work)
			for range openers {
				wg.Go(func() {
					for p := range work {
						p.open(r)
					}
				})
			}
			var pieces *pieceCursor
			damage := sound(func() error { pieces = cursorOf(tx); return nil })
			var ahead []*piece // in order; no more than work holds, so that sending never blocks
			for {
				for damage == nil && len(ahead) < cap(work) {
					var p *piece
					if damage = sound(func() error { p = pieces.next(); return nil }); p == nil {
						break
					}
					work <- p
					ahead = append(ahead, p)
				}
				if len(ahead) == 0 {
					return damage
				}
				if !ahead[0].yield(yield) {
					return nil
				}
				ahead = ahead[1:]
			}
		})
		if err != nil {
			yield(Stored{}, fmt.Errorf("read registry: %w", err))
		}
	}
}

// A piece is some registrations that follow each other: as they lie in the file, and then opened.
type piece struct {
	raw    []rawEntry
	opened []entry
	done   chan struct{} // closed once opened is there
}

// A rawEntry is copied: the file's pages are nobody else's to read.
type rawEntry struct{ key, record, snapshot []byte }

type entry struct {
	stored Stored
	err    error
}

func (p *piece) open(r *Registry) {
	p.opened = make([]entry, len(p.raw))
	for i, e := range p.raw {
		p.opened[i].stored, p.opened[i].err = r.decode(e.key, e.record, e.snapshot)
	}
	p.raw = nil
	close(p.done)
}

func (p *piece) yield(yield func(Stored, error) bool) bool {
	<-p.done
	for _, e := range p.opened {
		if !yield(e.stored, e.err) {
			return false
		}
	}
	return true
}

// A pieceCursor cuts the registrations of a transaction into pieces.
type pieceCursor struct {
	registrations *bbolt.Cursor
	states        *bbolt.Bucket
	key, record   []byte // where the next piece begins; nil key: nowhere
}

func cursorOf(tx *bbolt.Tx) *pieceCursor {
	c := &pieceCursor{registrations: tx.Bucket([]byte("registrations")).Cursor(), states: tx.Bucket([]byte("states"))}
	c.key, c.record = c.registrations.First()
	return c
}

// next is nil when there are no more.
func (c *pieceCursor) next() *piece {
	if c.key == nil {
		return nil
	}
	p := &piece{done: make(chan struct{})}
	for c.key != nil && len(p.raw) < pieceSize {
		p.raw = append(p.raw, copied(c.key, c.record, c.states.Get(c.key)))
		c.key, c.record = c.registrations.Next()
	}
	return p
}

// maxRecord is more bytes than any record has. What a damaged page gives as longer is read so far only: it is no record.
const maxRecord = 1 << 20

// copied keeps apart an empty snapshot, which cannot be read, and none.
func copied(key, record, snapshot []byte) rawEntry {
	record, snapshot = record[:min(len(record), maxRecord)], snapshot[:min(len(snapshot), maxRecord)]
	b := make([]byte, 0, len(key)+len(record)+len(snapshot))
	b = append(append(append(b, key...), record...), snapshot...)
	e := rawEntry{key: b[:len(key)], record: b[len(key) : len(key)+len(record)]}
	if snapshot != nil {
		e.snapshot = b[len(key)+len(record):]
	}
	return e
}
