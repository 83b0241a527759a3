package transporttest

import (
	"testing"
	"testing/synctest"
	"time"
)

// Judge holds a network to the laws that any session shows, and gives the verdict to court instead of t.
func Judge(t *testing.T, court testing.TB, h Harness) {
	for _, law := range []func(testing.TB, Harness){order, doneOnce} {
		synctest.Test(t, func(*testing.T) {
			law(court, h)
			time.Sleep(time.Hour) // of fake time, in which what was left behind ends
		})
	}
}
