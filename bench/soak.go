package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const looks = 6 // how often is looked while everybody idles

// soak lets everybody idle for so long, and prints now and then what that takes. The stream is of no use after it.
func soak(ctx context.Context, o options, n *session, p *process) error {
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := n.next(3 * patient); err != nil { // pings come more often
				ended <- err
				return
			}
		}
	}()
	before, err := p.idle()
	if err != nil {
		return err
	}
	fmt.Printf("idle with %d users\n", o.users)
	for i := range looks {
		select {
		case <-time.After(o.soak / looks):
		case err := <-ended:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		now, err := p.idle()
		if err != nil {
			return err
		}
		took := (o.soak / looks).Seconds()
		fmt.Printf("after %7v   %7.1f MiB, %.2f %% of a core, %.0f wake-ups a second\n", time.Duration(i+1)*o.soak/looks, now.memory.mib(),
			100*(now.cpu-before.cpu).Seconds()/took, float64(now.waits-before.waits)/took)
		before = now
	}
	return nil
}

// An idleness is what a process has taken until now.
type idleness struct {
	memory memory
	cpu    time.Duration
	waits  int // how often a thread went to sleep by itself: each time something woke it
}

func (p *process) idle() (i idleness, err error) {
	if i.memory, err = p.memory(); err != nil {
		return i, err
	}
	if i.cpu, err = p.cpu(); err != nil {
		return i, err
	}
	i.waits, err = p.waits()
	return i, err
}

// waits is the number of voluntary context switches of all threads (proc_pid_status(5)).
func (p *process) waits() (total int, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return 0, err
		}
		for scan := bufio.NewScanner(f); scan.Scan(); {
			if rest, ok := strings.CutPrefix(scan.Text(), "voluntary_ctxt_switches:"); ok {
				n, err := strconv.Atoi(strings.TrimSpace(rest))
				if err != nil {
					f.Close()
					return 0, err
				}
				total += n
			}
		}
		f.Close()
	}
	return total, nil
}
