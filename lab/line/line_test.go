package line

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// opened is a line and its other end. Nothing of it is left when the test ends.
func opened(t *testing.T, limit int) (l *Line, other net.Conn, wait *sync.WaitGroup) {
	ours, other := net.Pipe()
	wait = &sync.WaitGroup{}
	return New(ours, wait, limit), other, wait
}

// What is queued is heard before the end, in order, by a reader that comes late.
func TestWhatIsQueuedIsHeardBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, other, wait := opened(t, 100)
		n := 0
		for range 3 {
			l.Append(func(out []byte) ([]byte, error) { n++; return append(out, byte('0'+n)), nil })
		}
		l.Raw([]byte("."))
		l.Close(false)
		l.Raw([]byte("too late"))
		time.Sleep(goodbyeTime / 2)
		if b, err := io.ReadAll(other); string(b) != "123." || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		wait.Wait()
	})
}

// Nobody waits for a reader that does not read, neither while it may still come nor when it is given up.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*Line)
		most time.Duration
	}{
		{"closed", func(l *Line) { l.Close(false) }, goodbyeTime},
		{"reset", func(l *Line) { l.Close(true) }, goodbyeTime},
		{"left alone", func(*Line) {}, writeTime},
		{"too much", func(l *Line) { l.Raw([]byte(strings.Repeat("x", 101))) }, 0},
		{"what cannot be said", func(l *Line) {
			l.Append(func([]byte) ([]byte, error) { return nil, errors.New("no") })
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, _, wait := opened(t, 100)
				began := time.Now()
				l.Raw([]byte("hello"))
				synctest.Wait()
				c.end(l)
				wait.Wait()
				if took := time.Since(began); took > c.most {
					t.Errorf("it took %v", took)
				}
				l.Raw([]byte("more"))
				wait.Wait()
			})
		})
	}
}

func TestAStalledLineSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, other, wait := opened(t, 100)
		l.Stall()
		if !l.Stalled() {
			t.Error("it does not know")
		}
		l.Raw([]byte("hello"))
		l.Close(false)
		if b, err := io.ReadAll(other); len(b) != 0 || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		wait.Wait()
	})
}
