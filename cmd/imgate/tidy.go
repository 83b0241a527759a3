package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	tidyEvery = 2 * time.Second
	burst     = 8 << 20   // bytes allocated since the last time: what is worth a collection
	calm      = 512 << 10 // bytes allocated in tidyEvery: nothing much goes on
)

// tidy calls giveBack when a burst of work is over, until ctx ends; allocated tells how many bytes the heap has
// ever been asked for. A thousand sign-ons at once leave as much garbage as the sessions take, and grown stacks,
// which the collector would keep for as long as nothing else is allocated: idle sessions allocate hardly anything.
func tidy(ctx context.Context, allocated func() uint64, giveBack func()) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	last := allocated()
	tidied := last
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := allocated()
		if now-last < calm && now-tidied > burst {
			giveBack()
			tidied = now
		}
		last = now
	}
}

// heapFloor is memory that is never touched, and so never taken from the system: the collector counts it as live,
// and lets this much more garbage gather before each collection. Without it a gateway of a few hundred users, whose
// heap is small and whose stacks are many, spends a sixth of its time on looking through stacks.
const heapFloor = 16 << 20

func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func giveBack() {
	runtime.GC() // each collection halves stacks that are larger than need be
	debug.FreeOSMemory()
}
