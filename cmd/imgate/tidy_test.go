package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after a burst, when it is over, and not while there is steady work or none.
func TestTidy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var total atomic.Uint64
		var given atomic.Int64
		go tidy(ctx, total.Load, func() { given.Add(1) })
		time.Sleep(tidyEvery / 2) // between two looks
		for _, step := range []struct {
			name      string
			allocates uint64
			given     int64
		}{
			{"start", 1 << 10, 0},
			{"burst", 100 << 20, 0},
			{"burst goes on", 50 << 20, 0},
			{"calm", 1 << 10, 1},
			{"calm goes on", 1 << 10, 1},
			{"a little work", 2 << 20, 1},
			{"calm after little", 1 << 10, 1},
			{"a little more", 7 << 20, 1},
			{"calm after enough of it", 1 << 10, 2},
		} {
			total.Add(step.allocates)
			time.Sleep(tidyEvery)
			if got := given.Load(); got != step.given {
				t.Errorf("%s: given back %d times, want %d", step.name, got, step.given)
			}
		}
	})
}
