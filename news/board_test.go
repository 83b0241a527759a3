package news

import (
	"fmt"
	"sync"
	"testing"

	"imgate/registry"
)

func told(n int) News { return OtherLocation{Key: registry.Key{User: "u"}, Name: fmt.Sprint(n)} }

func names(w *Watch) (s string) {
	for _, n := range w.Take() {
		if n, ok := n.(OtherLocation); ok {
			s += n.Name
		}
	}
	return s
}

func TestEachWatchHearsItsUser(t *testing.T) {
	var b Board
	alice, bob, all := b.Watch("alice"), b.Watch("bob"), b.Watch(Everybody)
	b.Tell("alice", told(1))
	b.Tell("bob", told(2))
	b.Tell("carol", told(3))
	if got := names(alice) + " " + names(bob) + " " + names(all); got != "1 2 123" {
		t.Error(got)
	}
	alice.Close()
	alice.Close()
	b.Tell("alice", told(4))
	if got := alice.Take(); got != nil {
		t.Errorf("heard after the end: %v", got)
	}
	bob.Close()
	all.Close()
	if len(b.watches) != 0 || b.watching.Load() != 0 {
		t.Errorf("%v are left, %d", b.watches, b.watching.Load())
	}
}

func TestAWatchThatIsNotReadLooksAgain(t *testing.T) {
	var b Board
	w := b.Watch("u")
	for i := range 10 * room {
		b.Tell("u", told(i))
	}
	if got := w.Take(); len(got) != 1 || got[0] != (LookAgain{}) {
		t.Errorf("%d news", len(got))
	}
	for i := range room {
		b.Tell("u", told(i))
	}
	if got := w.Take(); len(got) != room || got[0] != told(0) || got[room-1] != told(room-1) {
		t.Errorf("%d news after", len(got))
	}
	<-w.Ready()
	select {
	case <-w.Ready():
		t.Error("ready twice for what was taken")
	default:
	}
}

func TestNobodyWatchingCostsNothing(t *testing.T) {
	var b Board
	n := told(1)
	if allocs := testing.AllocsPerRun(100, func() { b.Tell("u", n) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestManyTellAndWatch(t *testing.T) {
	var b Board
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				w := b.Watch(fmt.Sprint(i % 2))
				b.Tell(fmt.Sprint(i%2), told(i))
				if len(w.Take()) == 0 {
					t.Error("a watch missed what it was there for")
				}
				w.Close()
			}
		})
	}
	wg.Wait()
}
