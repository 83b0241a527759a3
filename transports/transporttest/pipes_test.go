package transporttest_test

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports/transporttest"
)

// While two write to an end that nobody reads, time goes on: the deadline comes, and both are told.
func TestWritersToOnePipeDoNotStopTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other := transporttest.Pipe()
		began := time.Now()
		if err := one.SetWriteDeadline(began.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		var writers sync.WaitGroup
		for range 2 {
			writers.Go(func() {
				if _, err := io.WriteString(one, "nobody reads this"); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		writers.Wait()
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		_ = one.Close() // never fails
		if _, err := other.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	})
}
