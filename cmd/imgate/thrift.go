package main

import (
	"context"
	"time"
)

const (
	thrifty  = 50               // GOGC while many sign on
	starting = 10 * time.Second // after the start: as long as that, many may sign on at any moment
	lookEach = time.Second
	many     = 50 // sign-ons in lookEach
)

// thrift lets the collector work more often while many sign on at once, until ctx ends. A sign-on leaves six times as
// much garbage as the session keeps, and what is kept lies scattered among it, in pages that stay half empty for as long
// as the session lasts: the less garbage at a time, the fewer pages. A session costs 5 % less memory by it, and a
// sign-on a tenth more of the processor. signOns counts how many there ever were; percent sets GOGC and gives what
// it was: where that is less already, or off, it stays.
func thrift(ctx context.Context, signOns func() uint64, percent func(int) int) {
	usual := percent(thrifty)
	if usual < thrifty {
		percent(usual)
		return
	}
	defer percent(usual)
	now, began := thrifty, time.Now()
	tick := time.NewTicker(lookEach)
	defer tick.Stop()
	for last := signOns(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		n, want := signOns(), usual
		if n-last >= many || time.Since(began) < starting {
			want = thrifty
		}
		last = n
		if want != now {
			percent(want)
			now = want
		}
	}
}
