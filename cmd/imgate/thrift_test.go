package main

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A collector that is told how often to work, and remembers.
type collector struct{ told []int }

func (c *collector) percent(p int) int {
	was := c.told[len(c.told)-1]
	c.told = append(c.told, p)
	return was
}

func TestThrift(t *testing.T) {
	for _, c := range []struct {
		name  string
		usual int
		want  []int
	}{
		{"as Go has it", 100, []int{100, 50, 100, 50, 100, 50, 100}},
		{"as the operator wants", 200, []int{200, 50, 200, 50, 200, 50, 200}},
		{"less already", 20, []int{20, 50, 20}},
		{"off", -1, []int{-1, 50, -1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				var signOns atomic.Uint64
				gc := &collector{told: []int{c.usual}}
				done := make(chan struct{})
				go func() { defer close(done); thrift(ctx, signOns.Load, gc.percent) }()
				time.Sleep(starting + lookEach + lookEach/2) // it has looked, and is between two looks
				for _, n := range []uint64{many - 1, many, 10 * many, 3, 0, many} {
					signOns.Add(n)
					time.Sleep(lookEach)
				}
				cancel()
				<-done
				if !slices.Equal(gc.told, c.want) {
					t.Errorf("told %v, want %v", gc.told, c.want)
				}
			})
		})
	}
}
