package oscar

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// idleBudget is what an idle session with 100 contacts may cost here, in bytes: 33 KiB, peer and pipe included, 8 that
// only the race detector takes, and the rest for stacks of goroutines that have ended, which vary.
const idleBudget = 46 << 10

// An idle session stays within its budget.
func TestAnIdleSessionIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("measures the heap")
	}
	const sessions = 500
	before := inUse()
	end := startIdle(t, sessions)
	each := (inUse() - before) / sessions
	end()
	t.Logf("%d bytes for each of %d idle sessions", each, sessions)
	if each > idleBudget {
		t.Errorf("an idle session takes %d bytes, more than %d", each, idleBudget)
	}
}

func inUse() int64 {
	for range 4 { // each halves stacks that are larger than they need be
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// startIdle signs on so many sessions and returns when all are on and their peers have fallen silent; end ends
// them. One goroutine hears the events of all.
func startIdle(t testing.TB, sessions int) (end func()) {
	list := wire.Items{{Class: wire.GroupItem}, {Name: "Buddies", Group: 1, Class: wire.GroupItem}}
	for n := range 100 {
		list = append(list, wire.Item{Name: fmt.Sprintf("Contact %d", n), Group: 1, ID: uint16(n + 1)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	events := make(chan transports.Event)
	commands := make(chan transports.Command)
	var peers []*peer
	for range sessions {
		p := newPeer(t)
		p.list = []wire.Feedbag{{Items: list}}
		p.heard, p.beats = make(chan wire.SNAC, 2), nil
		p.dies = make(chan struct{})
		peers = append(peers, p)
		env := transports.Env{Dial: p.Dial, Settings: settings(), Log: slog.New(slog.DiscardHandler)}
		env.Go = func(_ string, f func()) { running.Go(f) }
		running.Go(func() {
			if err := AIM().Run(ctx, env, alice(), commands, events); err != nil {
				t.Error(err)
			}
		})
	}
	for on := 0; on < sessions; {
		if _, ok := (<-events).(transports.ContactList); ok {
			on++
		}
	}
	for _, p := range peers {
		<-p.dies
		p.answers, p.list, p.granted, p.rates, p.heard = nil, nil, nil, wire.Rates{}, nil
	}
	return func() {
		cancel()
		running.Wait()
	}
}
