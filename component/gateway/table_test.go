package gateway

import (
	"context"
	"testing"
	"testing/synctest"

	"imgate/transports"
)

// A registration that was removed, and made again while its last session takes its time to end, leaves an account
// without a place in the table. It hears of the stop all the same, and is forgotten when it is gone.
func TestAnAccountWhosePlaceIsTakenHearsOfTheStop(t *testing.T) {
	var release chan struct{}
	stuck := func(context.Context, transports.Account, <-chan transports.Command, chan<- transports.Event) error {
		<-release
		return nil
	}
	displaced := func(w *world) (list []*account) {
		for a := range w.g.accounts.everybody() {
			if w.g.accounts.get(w.key()) != a {
				list = append(list, a)
			}
		}
		return list
	}
	again := func(w *world) (old *account) {
		w.t.Helper()
		release = make(chan struct{})
		w.registers("Alice Liddell", "pw")
		old = w.g.accounts.get(w.key())
		w.unregisters()
		w.registers("Alice Liddell", "pw")
		if got := displaced(w); len(got) != 1 || got[0] != old {
			t.Fatalf("displaced: %v", got)
		}
		return old
	}
	with(t, &puppet{run: stuck}, func(w *world) {
		again(w)
		close(release)
		synctest.Wait()
		if got := displaced(w); len(got) != 0 {
			t.Errorf("gone, and not forgotten: %v", got)
		}
	})
	with(t, &puppet{run: stuck}, func(w *world) {
		old := again(w)
		w.stop()
		synctest.Wait()
		if !old.halted {
			t.Error("the account whose place is taken has not heard of the stop")
		}
		close(release)
		w.start()
	})
}
